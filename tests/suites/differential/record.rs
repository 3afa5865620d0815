//! The transcript of a run, shared by everything that takes part in it.
//!
//! It must never be kept across an await: a borrow ends with the line it writes.

use salon_tests::raw_http::Response;
use salon_tests::transcript::Transcript;
use std::cell::RefCell;
use std::rc::Rc;

const HEADERS: [&str; 3] = ["content-type", "content-encoding", "set-cookie"];
const CROSS_ORIGIN_PREFIX: &str = "access-control-";

/// A handle on the transcript of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(Rc<RefCell<Transcript>>);

impl Record {
    /// Begins a step.
    pub(crate) fn begin(&self, step: &str) {
        self.0.borrow_mut().begin(step);
    }

    /// Writes a line.
    pub(crate) fn line(&self, line: &str) {
        self.0.borrow_mut().record(line);
    }

    /// Writes what of a response a Socket.IO client depends on.
    pub(crate) fn response(&self, response: &Response) {
        self.headed_response(response, |name| HEADERS.contains(&name));
    }

    /// The same, with what a page of another origin depends on.
    pub(crate) fn cross_origin_response(&self, response: &Response) {
        self.headed_response(response, |name| {
            HEADERS.contains(&name) || name.starts_with(CROSS_ORIGIN_PREFIX)
        });
    }

    fn headed_response(&self, response: &Response, is_relevant: impl Fn(&str) -> bool) {
        self.line(&format!("status {}", response.status));
        let mut headers: Vec<String> = response
            .headers
            .iter()
            .filter(|(name, _)| is_relevant(name))
            .map(|(name, value)| format!("{name}: {}", value.to_ascii_lowercase()))
            .collect();
        headers.sort();
        headers.iter().for_each(|header| self.line(header));
        let body = response.text();
        self.line(&format!("body {}", body.replace('\u{1e}', "\\x1e")));
    }

    /// The transcript so far.
    pub(crate) fn transcript(&self) -> Transcript {
        self.0.borrow().clone()
    }
}

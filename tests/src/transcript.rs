//! What was said in a script, with everything scrubbed that differs from run to run.
//!
//! It must never scrub more than ids: a transcript that hides a difference is worth nothing.

use similar::TextDiff;

const SCRUBBED_KEYS: [&str; 2] = ["\"sid\":\"", "\"pid\":\""];
const MAX_LINE: usize = 400;

/// One named part of a script and the lines it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Named by the script, once.
    pub name: String,
    /// `peer >> sent`, `peer << received`, or a note.
    pub lines: Vec<String>,
}

/// The steps of one run of one script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    steps: Vec<Step>,
}

impl Transcript {
    /// Begins a step; what is recorded from now on belongs to it.
    pub fn begin(&mut self, name: &str) {
        self.steps.push(Step { name: name.to_owned(), lines: Vec::new() });
    }

    /// Records a line.
    pub fn record(&mut self, line: &str) {
        if self.steps.is_empty() {
            self.begin("start");
        }
        if let Some(step) = self.steps.last_mut() {
            step.lines.push(shorten(&scrub(line)));
        }
    }

    /// The steps so far.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step of that name, to be rewritten.
    pub fn step_mut(&mut self, name: &str) -> Option<&mut Step> {
        self.steps.iter_mut().find(|step| step.name == name)
    }

    /// The whole transcript as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Step { name, lines } in &self.steps {
            text.push_str(&format!("# {name}\n"));
            for line in lines {
                text.push_str(&format!("{line}\n"));
            }
        }
        text
    }

    /// The difference from `self` to `other` line by line, or nothing if they are equal.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self == other {
            return None;
        }
        let (own, others) = (self.text(), other.text());
        let difference = TextDiff::from_lines(&own, &others);
        Some(difference.unified_diff().context_radius(6).to_string())
    }
}

/// Replaces the ids in a line with `*`.
#[must_use]
pub fn scrub(line: &str) -> String {
    let mut scrubbed = line.to_owned();
    for key in SCRUBBED_KEYS {
        let mut from = 0;
        while let Some(found) = scrubbed[from..].find(key) {
            let start = from + found + key.len();
            let Some(length) = scrubbed[start..].find('"') else { break };
            scrubbed.replace_range(start..start + length, "*");
            from = start;
        }
    }
    scrubbed
}

/// Cuts a line that nobody would read to the end, and says how long it was.
fn shorten(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &line[..end], line.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_are_scrubbed_wherever_they_are() {
        let line = r#"0{"sid":"abc","upgrades":[]} 40{"sid":"d-_e","pid":"f"}"#;
        assert_eq!(scrub(line), r#"0{"sid":"*","upgrades":[]} 40{"sid":"*","pid":"*"}"#);
    }

    #[test]
    fn equal_transcripts_have_no_difference() {
        let mut transcript = Transcript::default();
        transcript.record(r#"a << 40{"sid":"1"}"#);
        let mut other = Transcript::default();
        other.record(r#"a << 40{"sid":"2"}"#);
        assert_eq!(transcript.difference(&other), None);
    }

    #[test]
    fn a_difference_names_both_lines() {
        let mut transcript = Transcript::default();
        transcript.record("a << 6");
        let mut other = Transcript::default();
        other.record("a << 1");
        let difference = transcript.difference(&other).expect("they differ");
        assert!(difference.contains("-a << 6") && difference.contains("+a << 1"));
    }
}

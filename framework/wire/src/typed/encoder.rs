//! Frames as text.
//!
//! It must never serialize: what a frame carries is JSON already, whoever made it.

use crate::socket_io::escaped;

/// A frame of borrowed parts, about to be written. What it carries is JSON: values with commas between
/// them, or nothing.
///
/// ```
/// use salon_wire::typed::FrameRef;
///
/// let said = FrameRef::Event { id: None, name: "said", values: r#"{"text":"hi"}"#, last: None };
/// assert_eq!(said.write_behind(""), r#"["said",{"text":"hi"}]"#);
/// assert_eq!(FrameRef::Answer { id: 7, values: "" }.write_behind(""), "[-7]");
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "as the frames themselves")]
pub enum FrameRef<'a> {
    /// An event.
    Event {
        /// By which its answer is told, if one is wanted.
        id: Option<u64>,
        /// Its name.
        name: &'a str,
        /// What it carries.
        values: &'a str,
        /// One more value behind those.
        last: Option<&'a str>,
    },
    /// An answer.
    Answer {
        /// To what.
        id: u64,
        /// What it is.
        values: &'a str,
    },
    /// A refusal.
    Refusal {
        /// Of what.
        id: u64,
        /// Why: an object.
        error: &'a str,
    },
}

impl FrameRef<'_> {
    /// Its text behind `front`, in one allocation.
    #[must_use]
    pub fn write_behind(self, front: &str) -> String {
        self.write_between(front, "")
    }

    /// Its text behind `front` and before `back`, in one allocation.
    #[must_use]
    pub fn write_between(self, front: &str, back: &str) -> String {
        let mut digits = itoa::Buffer::new();
        match self {
            Self::Event { id, name, values, last } => {
                let name = escaped(name);
                let (id, comma) = match id {
                    Some(id) => (digits.format(id), ","),
                    None => ("", ""),
                };
                // An app may have made a payload of blanks, which has nothing.
                let values = if values.trim_start().is_empty() { "" } else { values };
                let (before, between) = (separator(values), separator(last.unwrap_or_default()));
                let last = last.unwrap_or_default();
                joined(&[
                    front, "[", id, comma, "\"", &name, "\"", before, values, between, last, "]",
                    back,
                ])
            }
            Self::Answer { id, values } => {
                let values = if values.trim_start().is_empty() { "" } else { values };
                joined(&[front, "[-", digits.format(id), separator(values), values, "]", back])
            }
            Self::Refusal { id, error } => {
                joined(&[front, "[-", digits.format(id), ",null,", error, "]", back])
            }
        }
    }
}

/// What stands before more values.
fn separator(values: &str) -> &'static str {
    if values.is_empty() { "" } else { "," }
}

fn joined(parts: &[&str]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.push_str(part));
    text
}

//! Files that are made of a contract, written or compared.
//!
//! It must leave a file alone that is current: whoever watches it would build again.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::error::{Difference, Error};
use crate::{
    document::{Document, FORM},
    generate::typescript::{self, FIRST, Options, Script},
};

/// What was made.
pub(super) enum Files {
    /// Nobody has named a file for it.
    Printed(String),
    /// Files, with what belongs in each.
    Written(Vec<(PathBuf, String)>),
}

impl Files {
    pub(super) fn one(file: Option<PathBuf>, text: String) -> Self {
        match file {
            None => Self::Printed(text),
            Some(file) => Self::Written(vec![(file, text)]),
        }
    }

    /// The types of a namespace; of a file of JavaScript two.
    pub(super) fn of_types(
        document: &Document,
        options: &Options,
        file: Option<&Path>,
    ) -> Result<Self, Error> {
        let Some(file) = file else {
            return Ok(Self::Printed(typescript::module(document, options)?));
        };
        let name = file.file_name().and_then(|name| name.to_str());
        let Some(name) = name else { return Err(Error::NoFileName(file.to_owned())) };
        if name.ends_with(".d.ts") {
            return Err(Error::Declarations { file: file.to_owned() });
        }
        let Some(stem) = name.strip_suffix(".js") else {
            return Ok(Self::one(Some(file.to_owned()), typescript::module(document, options)?));
        };
        let Script { module, declarations } = typescript::script(document, options, stem)?;
        let beside = file.with_file_name(format!("{stem}.d.ts"));
        Ok(Self::Written(vec![(file.to_owned(), module), (beside, declarations)]))
    }
}

/// Anything as JSON in one order, whatever features of serde_json an app turns on.
pub(super) fn text(of: &impl serde::Serialize) -> String {
    let mut value = serde_json::to_value(of).unwrap_or_default();
    value.sort_all_objects();
    format!("{value:#}\n")
}

/// A contract that was written by `json`.
pub(super) fn read(file: &Path) -> Result<Document, Error> {
    let text =
        fs::read_to_string(file).map_err(|cause| Error::Read { file: file.to_owned(), cause })?;
    let no_contract = |cause| Error::NoContract { file: file.to_owned(), cause };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(no_contract)?;
    // Of another form nothing is known but that it says so.
    match value.get("salon_contract") {
        Some(form) if *form != FORM => {
            Err(Error::OtherForm { file: file.to_owned(), form: form.clone() })
        }
        _ => serde_json::from_value(value).map_err(no_contract),
    }
}

/// Writes a file, unless that is what it has; tells which it was.
pub(super) fn write(file: &Path, text: &str) -> Result<bool, Error> {
    if fs::read_to_string(file).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    fs::write(file, text).map_err(|cause| Error::Write { file: file.to_owned(), cause })?;
    Ok(true)
}

/// Says so if a file is another than what would be written; `again` is the command for that.
pub(super) fn check(file: &Path, text: &str, again: &str) -> Result<(), Error> {
    let (file, again) = (file.to_owned(), again.to_owned());
    let old = match fs::read_to_string(&file) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            return Err(Error::Missing { file, again });
        }
        Err(cause) => return Err(Error::Read { file, cause }),
        Ok(old) => old,
    };
    match difference(&old, text) {
        None => Ok(()),
        Some(at) => Err(Error::Stale { file, at: Box::new(at), again }),
    }
}

/// The first line that is another. How lines end is git's affair, and the first has the path of the file,
/// which is another from another folder.
fn difference(old: &str, new: &str) -> Option<Difference> {
    let (mut old, mut new) = (old.lines(), new.lines());
    for line in 1.. {
        match (old.next(), new.next()) {
            (None, None) => return None,
            (Some(is), Some(would_be)) if is == would_be => {}
            (Some(is), Some(would_be)) if is.starts_with(FIRST) && would_be.starts_with(FIRST) => {}
            (is, would_be) => {
                let begin = begin(is.unwrap_or_default(), would_be.unwrap_or_default());
                let [is, would_be] = [is, would_be].map(|text| text.map(|text| from(text, begin)));
                return Some(Difference { line, is, would_be });
            }
        }
    }
    None
}

/// From which character on two lines are shown: a few before they differ.
fn begin(one: &str, other: &str) -> usize {
    let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    alike.saturating_sub(12)
}

fn from(line: &str, begin: usize) -> String {
    let rest: String = line.chars().skip(begin).collect();
    if begin == 0 { rest } else { format!("…{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_but_for_who_made_a_file_and_how_lines_end() {
        assert!(difference("a\nb\n", "a\r\nb\r\n").is_none());
        let at = difference("// generated: `x a`\nb\n", "// generated: `x ../a`\nb\nc\n");
        let at = at.expect("a line is missing");
        assert_eq!((at.line, at.is, at.would_be.as_deref()), (3, None, Some("c")));
    }
}

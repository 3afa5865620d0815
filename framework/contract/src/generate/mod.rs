//! What is made of a contract: types for TypeScript, AsyncAPI, a page to read, and what has changed since
//! another one.
//!
//! It must take everything from the [`Document`](crate::document::Document), and give the same text for the
//! same document: whoever checks a file in compares it byte by byte.

pub mod asyncapi;
pub mod cli;
pub mod diff;
pub mod html;
#[cfg(test)]
mod samples;
pub mod typescript;

/// A word of a command line, as a shell reads it.
fn quoted_path(word: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/._-+:@,".contains(it);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Anything as JSON in one order, whatever features of serde_json an app turns on.
fn text(of: &impl serde::Serialize) -> String {
    let mut value = serde_json::to_value(of).unwrap_or_default();
    value.sort_all_objects();
    format!("{value:#}\n")
}

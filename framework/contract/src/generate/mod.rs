//! What is made of a contract: types for TypeScript, AsyncAPI, a page to read, and what has changed since
//! another one.
//!
//! It must take everything from the [`Document`](crate::document::Document), and give the same text for the
//! same document: whoever checks a file in compares it byte by byte.

pub mod cli;
pub mod diff;
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

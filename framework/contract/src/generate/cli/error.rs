//! Why a command did not do what it should.
//!
//! It must say the way out of each.

use std::{io, path::PathBuf};

use super::exit::Exit;
use crate::{document::FORM, excerpt::excerpt, generate::typescript};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("no command is given")]
    NoCommand,
    #[error("{0:?} is no command")]
    UnknownCommand(String),
    #[error(transparent)]
    Arguments(lexopt::Error),
    #[error("--check compares a file: name it")]
    NothingToCheck,
    #[error("diff compares with a contract that was written by `contract json OLD.json`: name it")]
    NothingToCompare,
    #[error("{} is no contract: {cause}; write one by `contract json`", .file.display())]
    NoContract { file: PathBuf, cause: serde_json::Error },
    #[error(
        "{} is a contract of the form {form}, and this is of the form {FORM}: write it again with the app as it \
         was, and this version of Salon", .file.display()
    )]
    OtherForm { file: PathBuf, form: serde_json::Value },
    #[error(transparent)]
    TypeScript(#[from] typescript::Error),
    #[error(
        "{} would be declarations of a module that nobody writes: name the module, as {}",
        .file.display(), .file.display().to_string().replace(".d.ts", ".ts")
    )]
    Declarations { file: PathBuf },
    #[error("{} has no name that another file can be named by: let it be a name, as chat.js", .0.display())]
    NoFileName(PathBuf),
    #[error("cannot read {}: {cause}", .file.display())]
    Read { file: PathBuf, cause: io::Error },
    #[error("cannot write {}: {cause}; is there a folder, and may you write there?", .file.display())]
    Write { file: PathBuf, cause: io::Error },
    #[error("cannot print it: {0}")]
    Output(io::Error),
    #[error("{} is not there; make it: {again}", .file.display())]
    Missing { file: PathBuf, again: String },
    #[error(
        "{} is not current: line {} is {} and would be {}; make it so: {again}",
        .file.display(), .at.line, shown(.at.is.as_ref()), shown(.at.would_be.as_ref())
    )]
    Stale { file: PathBuf, at: Box<Difference>, again: String },
}

/// Where two texts are not the same.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) line: usize,
    pub(super) is: Option<String>,
    pub(super) would_be: Option<String>,
}

/// A line, or a piece of it.
fn shown(line: Option<&String>) -> String {
    line.map_or_else(|| "the end".to_owned(), |line| format!("{:?}", excerpt(line.trim_start())))
}

impl Error {
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Missing { .. } | Self::Stale { .. } => Exit::Failure,
            _ => Exit::Trouble,
        }
    }

    /// Whether it helps to say what can be asked for.
    pub(super) const fn is_of_usage(&self) -> bool {
        matches!(
            self,
            Self::NoCommand | Self::UnknownCommand(_) | Self::Arguments(_) | Self::NothingToCheck
        )
    }
}

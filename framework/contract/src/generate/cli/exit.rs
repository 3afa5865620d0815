//! How a command ended.
//!
//! It must say no more than a number can.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// 0: it is done, the files are current, or nothing breaks.
    Success,
    /// 1: a file is not current, or a change breaks clients.
    Failure,
    /// 2: the command could not be carried out.
    Trouble,
}

impl Exit {
    /// The number that a process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Trouble => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

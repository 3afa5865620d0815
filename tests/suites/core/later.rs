//! What the tests of late answers wait for: work that takes its time, and what becomes of it.
//!
//! It must never know whether a room or a session waits.

use std::time::Duration;

use salon::{Code, prelude::*};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// What becomes of some work when its time has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Fate {
    #[default]
    Done,
    Refused,
    Panics,
    /// The future panics, not what comes after it.
    FuturePanics,
    /// What comes after it panics when it is dropped without having run.
    DropPanics,
}

/// Work that takes so many seconds, and comes to an amount.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Work {
    pub(crate) amount: u32,
    pub(crate) seconds: u64,
    pub(crate) fate: Fate,
}

impl Work {
    /// Takes a second, and is done then.
    pub(crate) fn of(amount: u32) -> Self {
        Self { amount, seconds: 1, fate: Fate::Done }
    }

    pub(crate) fn with(self, fate: Fate) -> Self {
        Self { fate, ..self }
    }

    pub(crate) fn for_seconds(self, seconds: u64) -> Self {
        Self { seconds, ..self }
    }

    /// What is waited for, and what is to be asked when it is done before anything is changed.
    pub(crate) fn begin(self) -> (impl Future<Output = u32> + use<>, Outcome) {
        let Self { amount, seconds, fate } = self;
        let future = async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            assert!(fate != Fate::FuturePanics, "a panic in the future");
            amount
        };
        (future, Outcome { fate, is_armed: fate == Fate::DropPanics })
    }
}

/// What becomes of work that has been begun; one that nobody asks for may panic when it is dropped.
pub(crate) struct Outcome {
    fate: Fate,
    is_armed: bool,
}

impl Outcome {
    /// Whether it may change anything.
    pub(crate) fn ask(mut self) -> Result<(), Refusal> {
        self.is_armed = false;
        match self.fate {
            Fate::Refused => Err(Refusal::other("refused", "the work came to nothing")),
            Fate::Panics => panic!("a panic behind the future"),
            Fate::Done | Fate::FuturePanics | Fate::DropPanics => Ok(()),
        }
    }

    /// The code of the refusal.
    pub(crate) fn refused() -> Code {
        Code::Other("refused".into())
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        assert!(!self.is_armed, "a panic in the drop of what never ran");
    }
}

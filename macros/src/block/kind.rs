//! What an impl block with handlers is of: a room or a session.
//!
//! It must stay the only place that tells the two apart by words.

/// A room, or a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Room,
    Session,
}

impl Kind {
    /// As messages call it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Session => "session",
        }
    }

    /// The attribute, as it is right.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Room => "#[salon::room(key = String)]",
            Self::Session => "#[salon::session]",
        }
    }

    /// A handler as it is right.
    pub(super) fn handler(self) -> &'static str {
        match self {
            Self::Room => "#[on] fn say(&mut self, say: Say, cx: &mut EventContext<Self>)",
            Self::Session => "#[on] fn say(&mut self, say: Say, cx: &mut SessionContext<Self>)",
        }
    }

    /// The context of a handler, as messages call it.
    pub(super) fn context(self) -> &'static str {
        match self {
            Self::Room => "`EventContext`",
            Self::Session => "`SessionContext`",
        }
    }
}

//! The options of `#[event("name", …)]`: their names, and one right example of each.
//!
//! It must stay the only list of options: parsing, suggestions and messages all read it.

use super::Word;

/// An option that may follow the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    /// What acknowledges the event.
    Reply,
    /// The room that handles it, and the field with the room's key.
    Room,
    /// Sending it makes the sender a member.
    Join,
    /// Only members may send it.
    Member,
    /// Whoever may send it, member or not.
    Anyone,
    /// Its sender must have an identity.
    Auth,
    /// A permission that its sender must have been granted.
    Permit,
    /// A check of the application's own.
    Guard,
    /// What its handler refuses with.
    Refuses,
    /// How often one session may send it.
    Rate,
    /// The field by which it is known if it is sent again.
    Once,
    /// A client that is not writable misses it.
    Volatile,
    /// A client that is slow gets the newest, of each key.
    Latest,
    /// A client that is slow misses the oldest or the newest.
    Drop,
    /// How many wait before one is dropped.
    Queue,
    /// In how long a room sends one at most, of each key.
    Throttle,
    /// A client that cannot take it is cut off.
    Overflow,
    /// In how long a client acknowledges it, or gets it once more.
    Acked,
    /// Where the framework is found.
    Crate,
}

impl Keyword {
    const ALL: [Self; 19] = [
        Self::Reply,
        Self::Room,
        Self::Join,
        Self::Member,
        Self::Anyone,
        Self::Auth,
        Self::Permit,
        Self::Guard,
        Self::Refuses,
        Self::Rate,
        Self::Once,
        Self::Volatile,
        Self::Latest,
        Self::Drop,
        Self::Queue,
        Self::Throttle,
        Self::Overflow,
        Self::Acked,
        Self::Crate,
    ];

    /// The option of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.name() == name)
    }

    /// The names of all options, for suggestions.
    pub(super) fn names() -> [&'static str; 19] {
        Self::ALL.map(Word::name)
    }

    /// An example of every option, for the message that lists them.
    pub(super) fn examples() -> [&'static str; 19] {
        Self::ALL.map(Word::example)
    }
}

impl Word for Keyword {
    fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Room => "room",
            Self::Join => "join",
            Self::Member => "member",
            Self::Anyone => "anyone",
            Self::Auth => "auth",
            Self::Permit => "permit",
            Self::Guard => "guard",
            Self::Refuses => "refuses",
            Self::Rate => "rate",
            Self::Once => "once",
            Self::Volatile => "volatile",
            Self::Latest => "latest",
            Self::Drop => "drop",
            Self::Queue => "queue",
            Self::Throttle => "throttle",
            Self::Overflow => "overflow",
            Self::Acked => "acked",
            Self::Crate => "crate",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Reply => "reply = Roster",
            Self::Room => "room = Lobby(lobby)",
            Self::Join => "join",
            Self::Member => "member",
            Self::Anyone => "anyone",
            Self::Auth => "auth",
            Self::Permit => "permit = \"play\"",
            Self::Guard => "guard = NotMuted",
            Self::Refuses => "refuses = NoSeat",
            Self::Rate => "rate = \"5/s\"",
            Self::Once => "once = id",
            Self::Volatile => "volatile",
            Self::Latest => "latest = by",
            Self::Drop => "drop = oldest",
            Self::Queue => "queue = 64",
            Self::Throttle => "throttle = \"100ms\"",
            Self::Overflow => "overflow = close",
            Self::Acked => "acked = \"10s\"",
            Self::Crate => "crate = my_crate::salon",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_found_by_its_name_and_shown_by_its_example() {
        for keyword in Keyword::ALL {
            assert_eq!(Keyword::named(keyword.name()), Some(keyword));
            assert!(keyword.example().starts_with(keyword.name()));
        }
    }
}

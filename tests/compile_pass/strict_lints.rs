//! What the derive expands to stays clean under the lints of a strict crate, needs no prelude, and
//! does not meet what shadows the names in it.

#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub, deprecated)]
#![deny(single_use_lifetimes, elided_lifetimes_in_paths, unsafe_code, non_snake_case)]

#[path = "../compile_fail/lobby.rs"]
mod lobby;

/// Without the names that are everywhere else.
pub mod strict {
    #![no_implicit_prelude]

    use super::lobby::Lobby;
    use ::salon::Event;

    /// Names that the expansion could mean by mistake.
    #[allow(dead_code, non_camel_case_types, reason = "they are there to be in the way")]
    mod shadows {
        pub(super) struct str;
        pub(super) struct Option;
        pub(super) mod salon {}
        pub(super) mod core {}
    }

    #[allow(unused_imports, reason = "they are there to be in the way")]
    use shadows::{Option, core, salon, str};

    /// An old event.
    #[deprecated = "use `Ready`"]
    #[derive(Event)]
    #[event("lobby:old", room = Lobby(lobby), rate = "5/s burst 6", volatile)]
    pub struct Old {
        /// Which lobby.
        #[deprecated]
        pub lobby: ::core::primitive::u64,
    }

    /// An event.
    #[derive(Event)]
    #[event("lobby:ready", room = Lobby(lobby), join, reply = ::std::string::String)]
    pub struct Ready {
        /// Which lobby.
        pub lobby: ::core::primitive::u64,
    }
}

fn main() {
    use salon::room::RoomEvent;

    assert_eq!(*strict::Ready { lobby: 1 }.key(), 1);
}

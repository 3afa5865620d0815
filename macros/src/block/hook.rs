//! What a room or a session may do beside its events: the hooks of the traits.
//!
//! It must say of each what the trait says of it, and be the only list of them.

use super::kind::Kind;

/// A method that the framework calls when something happens that is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    /// `Room::open`
    Open,
    /// `Room::admit`
    Admit,
    /// `Room::left`
    Left,
    /// `Room::closing`
    Closing,
    /// `Session::connect`
    Connect,
    /// `Session::connected`
    Connected,
    /// `Session::lapsed`
    Lapsed,
    /// `Session::disconnected`
    Disconnected,
}

impl Hook {
    /// The hooks of a room or a session, the one first that makes its state.
    pub(super) fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Room => &[Self::Open, Self::Admit, Self::Left, Self::Closing],
            Kind::Session => &[Self::Connect, Self::Connected, Self::Lapsed, Self::Disconnected],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Admit => "admit",
            Self::Left => "left",
            Self::Closing => "closing",
            Self::Connect => "connect",
            Self::Connected => "connected",
            Self::Lapsed => "lapsed",
            Self::Disconnected => "disconnected",
        }
    }

    /// The whole of it, as it is right.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Open => {
                "#[hook] fn open(key: &Key, cx: &mut RoomContext<Self>) -> Result<Self, Refusal>"
            }
            Self::Admit => {
                "#[hook] fn admit(&mut self, who: &Member<Identity>, cx: &mut RoomContext<Self>) \
                 -> Result<(), Refusal>"
            }
            Self::Left => {
                "#[hook] fn left(&mut self, who: &Member<Identity>, why: LeaveReason, \
                 cx: &mut RoomContext<Self>)"
            }
            Self::Closing => "#[hook] fn closing(&mut self, cx: &mut RoomContext<Self>)",
            Self::Connect => {
                "#[hook] fn connect(client: &Candidate<'_, Identity>) -> Result<Self, Refusal>"
            }
            Self::Connected => "#[hook] fn connected(&mut self, cx: &mut SessionContext<Self>)",
            Self::Lapsed => {
                "#[hook] fn lapsed(&mut self, lapse: &Lapse, cx: &mut SessionContext<Self>)"
            }
            Self::Disconnected => {
                "#[hook] fn disconnected(&mut self, reason: DisconnectReason, \
                 cx: &mut SessionContext<Self>)"
            }
        }
    }

    /// The whole of it as it is right where it is async; if it may not be, what waits in its place.
    pub(super) fn async_example(self) -> Result<&'static str, &'static str> {
        match self {
            Self::Open => Ok(
                "#[hook] async fn open(key: &Key, cx: &LoadContext<Self>) -> Result<Self, Refusal>",
            ),
            Self::Admit => {
                Err("what has to be waited for before somebody is in is a `guard` of its \
                                event, or the `Answer` of that event's handler, by whose refusal it \
                                is put out again")
            }
            Self::Connect => {
                Err("what has to be waited for before somebody is in is looked into by \
                                  the `Authenticator`")
            }
            Self::Left | Self::Connected | Self::Lapsed => {
                Err("what takes time is given to `cx.spawn(…)`")
            }
            Self::Closing | Self::Disconnected => {
                Err("what takes time is given to `actix_web::rt::spawn`, and goes on by itself")
            }
        }
    }

    /// Whether it makes the state, and so has none yet.
    pub(super) fn makes_the_state(self) -> bool {
        matches!(self, Self::Open | Self::Connect)
    }

    /// What it is given, beside the state.
    pub(super) fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Open => &["key", "cx"],
            Self::Admit => &["who", "cx"],
            Self::Left => &["who", "why", "cx"],
            Self::Closing | Self::Connected => &["cx"],
            Self::Connect => &["client"],
            Self::Lapsed => &["lapse", "cx"],
            Self::Disconnected => &["reason", "cx"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hook_is_shown_as_it_is_called() {
        for hook in [Kind::Room, Kind::Session].into_iter().flat_map(Hook::of) {
            let example = hook.example();
            assert!(example.starts_with(&format!("#[hook] fn {}(", hook.name())));
            assert_eq!(example.contains("&mut self"), !hook.makes_the_state());
            assert!(hook.parameters().iter().all(|name| example.contains(&format!("{name}: "))));
            if let Ok(example) = hook.async_example() {
                assert!(example.starts_with(&format!("#[hook] async fn {}(", hook.name())));
            }
        }
    }

    #[test]
    fn the_traits_have_these_hooks_and_no_others() {
        let of_trait = |source: &str, name: &str| {
            let start = source.find(&format!("pub trait {name}")).expect("the trait is there");
            let body = &source[start..];
            let body = &body[..body.find("\n}").expect("it ends")];
            let lines = body.lines().filter_map(|line| line.strip_prefix("    fn "));
            lines
                .map(|line| line.split('(').next().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        };
        let names = |kind| Hook::of(kind).iter().map(|hook| hook.name()).collect::<Vec<_>>();
        let room = include_str!("../../../framework/salon/src/room/contract/room.rs");
        assert_eq!(of_trait(room, "Room:"), names(Kind::Room));
        let session = include_str!("../../../framework/salon/src/app/session/contract.rs");
        assert_eq!(of_trait(session, "Session:"), names(Kind::Session));
    }
}

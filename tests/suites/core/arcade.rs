//! The app of the tests of what a slow client may miss: an arcade with a screen that everybody sees.
//!
//! It must never slow a client down by itself: the tests do.

use salon::prelude::*;

/// Enters an arcade: the answer comes behind all that is there.
#[derive(Serialize, Deserialize, Event)]
#[event("arcade:enter", room = Arcade(arcade), join, reply = usize)]
pub(crate) struct Enter {
    pub(crate) arcade: u32,
}

/// Has so many of something sent, to all or to all but its sender, and is answered by how many.
#[derive(Serialize, Deserialize, Event)]
#[event("arcade:play", room = Arcade(arcade), reply = u32)]
pub(crate) struct Play {
    pub(crate) arcade: u32,
    pub(crate) what: What,
    pub(crate) from: u32,
    pub(crate) count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    /// Each of three players in turn.
    Moves,
    MovesOfOthers,
    /// One for the sender alone.
    OwnMove,
    Traces,
    Ticks,
    Glides,
    Scores,
    /// The sender goes.
    Leave,
}

/// Where a player is: the newest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("arcade:moved", latest = by)]
pub(crate) struct Moved {
    pub(crate) by: String,
    pub(crate) to: u32,
}

/// As [`Moved`], but not more often than ten times a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("arcade:glided", latest = by, throttle = "100ms")]
pub(crate) struct Glided {
    pub(crate) by: String,
    pub(crate) to: u32,
}

/// The last three are of interest.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("arcade:trace", drop = oldest, queue = 3)]
pub(crate) struct Trace(pub(crate) u32, pub(crate) String);

/// The first three are of interest.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("arcade:tick", drop = newest, queue = 3)]
pub(crate) struct Tick(pub(crate) u32, pub(crate) String);

/// Nobody may miss it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("arcade:scored")]
pub(crate) struct Scored(pub(crate) u32);

/// One arcade.
#[derive(Default)]
pub(crate) struct Arcade;

impl Room for Arcade {
    const NAME: &'static str = "arcade";
    type Key = u32;
    type Identity = ();
    type Events = (Enter, Play, Break);
    type Sends = (Moved, Glided, Trace, Tick, Scored);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

/// Has its code panic.
#[derive(Serialize, Deserialize, Event)]
#[event("arcade:break", room = Arcade(arcade))]
pub(crate) struct Break {
    pub(crate) arcade: u32,
}

impl On<Break> for Arcade {
    fn on(&mut self, _: Break, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        panic!("the machine is broken")
    }
}

impl On<Enter> for Arcade {
    fn on(&mut self, _: Enter, cx: &mut EventContext<'_, Self>) -> Result<usize, Refusal> {
        Ok(cx.len())
    }
}

pub(crate) fn player(number: u32) -> String {
    ["anna", "ben", "chris"][number as usize % 3].to_owned()
}

impl On<Play> for Arcade {
    fn on(&mut self, play: Play, cx: &mut EventContext<'_, Self>) -> Result<u32, Refusal> {
        // Large enough for a few to fill a line that nobody reads from.
        let padding = || "x".repeat(1_000);
        for to in play.from..play.from + play.count {
            let moved = || Moved { by: player(to), to };
            match play.what {
                What::Moves => cx.broadcast(&moved()),
                What::MovesOfOthers => cx.except(cx.sender()).emit(&moved()),
                What::OwnMove => cx.to(cx.sender()).emit(&moved()),
                What::Traces => cx.broadcast(&Trace(to, padding())),
                What::Ticks => cx.broadcast(&Tick(to, padding())),
                What::Glides => cx.broadcast(&Glided { by: player(to), to }),
                What::Scores => cx.broadcast(&Scored(to)),
                What::Leave => cx.leave(cx.sender()),
            }
        }
        Ok(play.count)
    }
}

pub(crate) fn play(what: What, from: u32, count: u32) -> Play {
    Play { arcade: 1, what, from, count }
}

pub(crate) const ENTER: Enter = Enter { arcade: 1 };

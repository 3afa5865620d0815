//! The app of windows: rooms that say what they are told to, and whose words go out together.
//!
//! It must never say anything that its test does not ask for.

use std::time::Duration;

use salon::{
    Builder, History,
    auth::Identified,
    prelude::*,
    store::MemoryStore,
    testing::{Client, Failure, Lab, Sent},
};
use salon_tests::guests::{Bars, ByName, Guest};

use crate::chat::{Chat, Heard, KEPT, Moved, Said};

/// How long what a room says waits.
pub(crate) const WINDOW: Duration = Duration::from_millis(50);

/// Which of the rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Keeps what it says.
    Hall,
    /// Keeps nothing.
    Yard,
    /// Keeps it in a store, and says nothing before.
    Vault,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Hall, Self::Yard, Self::Vault];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hall => "hall:a",
            Self::Yard => "yard:a",
            Self::Vault => "vault:a",
        }
    }
}

/// What a room does behind what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Then {
    Nothing,
    /// To the member that came first, alone, or to all but that.
    Whisper,
    AllButFirst,
    /// To all who can take it at once.
    Volatile,
    /// Where the sender is.
    Moved,
    Leave,
    EvictFirst,
    AskFirst,
    Crash,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("asked", reply = u64)]
pub(crate) struct Asked;

/// What they send.
type Words = (Said, Heard, Moved, Asked);

macro_rules! windowed {
    ($room:ident, $enter:ident $enters:literal, $tell:ident $tells:literal, $history:expr) => {
        #[derive(Serialize, Deserialize, Event)]
        #[event($enters, room = $room(room), join, reply = bool, permit = "in")]
        struct $enter {
            room: String,
        }

        /// Has so much said, and something done then; the number of the last that was said.
        #[derive(Serialize, Deserialize, Event)]
        #[event($tells, room = $room(room), reply = u64)]
        struct $tell {
            room: String,
            says: u64,
            then: Then,
        }

        #[derive(Default)]
        struct $room;

        #[salon::room(key = String, identity = Guest, sends = Words, history = $history, window = WINDOW)]
        impl $room {
            #[on]
            fn enter(&mut self, _: $enter, cx: &mut EventContext<'_, Self>) -> bool {
                cx.resumed()
            }

            #[on]
            fn tell(&mut self, told: $tell, cx: &mut EventContext<'_, Self>) -> u64 {
                (0..told.says).for_each(|_| say(cx, |cx, said| cx.broadcast(said)));
                let first = cx.members().next();
                match (told.then, first) {
                    (Then::Nothing, _) | (_, None) => {}
                    (Then::Whisper, Some(first)) => {
                        cx.to(&first).emit(&Said { text: "whispered".into() });
                    }
                    (Then::AllButFirst, Some(first)) => {
                        say(cx, |cx, said| cx.except(&first).emit(said));
                    }
                    (Then::Volatile, _) => cx.broadcast(&Heard),
                    (Then::Moved, _) => {
                        cx.broadcast(&Moved { by: "x".into(), to: number(cx) });
                    }
                    (Then::Leave, _) => cx.leave(cx.sender()),
                    (Then::EvictFirst, Some(first)) => cx.evict(&first),
                    (Then::AskFirst, Some(first)) => {
                        let asked = cx.ask(&first, &Asked, Duration::from_secs(5));
                        cx.spawn(asked, |_, _, _| {});
                    }
                    (Then::Crash, _) => panic!("a room crashes"),
                }
                number(cx)
            }
        }
    };
}

windowed!(Hall, EnterHall "hall:enter", TellHall "hall:tell", History::keep(KEPT));
windowed!(Yard, EnterYard "yard:enter", TellYard "yard:tell", History::NONE);
windowed!(Vault, EnterVault "vault:enter", TellVault "vault:tell", History::keep(KEPT).durable());

/// Says the number that it gets.
fn say<R: Room>(cx: &RoomContext<R>, to: impl FnOnce(&RoomContext<R>, &Said)) {
    to(cx, &Said { text: (number(cx) + 1).to_string() });
}

fn number<R: Room>(cx: &RoomContext<R>) -> u64 {
    match cx.position().expect("it is numbered").at {
        salon::At::Seq(number) | salon::At::After(number) => number,
    }
}

pub(crate) fn app() -> Builder<Identified<Guest>> {
    let builder = Salon::builder().authenticate(ByName::default()).authority(Bars::default());
    let builder = builder.store(MemoryStore::new());
    builder.room::<Hall>().room::<Yard>().room::<Vault>().room::<Chat>()
}

pub(crate) async fn lab(
    seed: u64,
    limits: impl FnOnce(&mut salon::config::Limits),
) -> Result<Lab, Failure> {
    let salon = app().limits(limits).build()?;
    Ok(Lab::builder(salon).workers(3).seed(seed).window(1024).start().await)
}

pub(crate) fn enter(client: &Client, kind: Kind) -> Sent<bool> {
    let room = "a".into();
    match kind {
        Kind::Hall => client.send(EnterHall { room }),
        Kind::Yard => client.send(EnterYard { room }),
        Kind::Vault => client.send(EnterVault { room }),
    }
}

pub(crate) fn tell(client: &Client, kind: Kind, says: u64, then: Then) -> Sent<u64> {
    let room = "a".into();
    match kind {
        Kind::Hall => client.send(TellHall { room, says, then }),
        Kind::Yard => client.send(TellYard { room, says, then }),
        Kind::Vault => client.send(TellVault { room, says, then }),
    }
}

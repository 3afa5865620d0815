//! Rooms that panic on order, in every place where a room's code can.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use salon::{Answer, LeaveReason, Refusal, Restart, prelude::*};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Enters a vault.
#[derive(Serialize, Deserialize, Event)]
#[event("vault:enter", room = Vault(vault), join)]
pub(crate) struct Enter {
    pub(crate) vault: u32,
}

/// Enters a vault, and is answered later.
#[derive(Serialize, Deserialize, Event)]
#[event("vault:ring", room = Vault(vault), join)]
pub(crate) struct Ring {
    pub(crate) vault: u32,
}

/// Counts, and says how far.
#[derive(Serialize, Deserialize, Event)]
#[event("vault:count", room = Vault(vault), reply = u32)]
pub(crate) struct CountUp {
    pub(crate) vault: u32,
}

/// Has something panic, or another thing happen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Deed {
    Handler,
    Timer,
    Future,
    Left,
    Leave,
    Close,
    CloseBadly,
    /// Asks for a timer and a future that panic if they reach a room.
    Mine,
    /// Asks for its sender's eviction, and panics.
    EvictAndPanic,
}

#[derive(Serialize, Deserialize, Event)]
#[event("vault:do", room = Vault(vault))]
pub(crate) struct Do {
    pub(crate) vault: u32,
    pub(crate) deed: Deed,
}

/// Panics while it answers.
#[derive(Serialize, Deserialize, Event)]
#[event("vault:answer", room = Vault(vault))]
pub(crate) struct AnswerBadly {
    pub(crate) vault: u32,
}

/// Somebody left, and how many there are.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("vault:left")]
pub(crate) struct Left {
    pub(crate) why: String,
    pub(crate) members: usize,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("vault:opened")]
pub(crate) struct Opened {
    pub(crate) members: usize,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("vault:closing")]
pub(crate) struct Closing {
    pub(crate) members: usize,
}

/// What the test and the vaults share.
#[derive(Clone, Default)]
pub(crate) struct Shared(pub(crate) Arc<Counts>);

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) opened: AtomicU32,
    /// 1: it refuses to open again; 2: it panics.
    pub(crate) jam: AtomicU32,
    pub(crate) explosive: AtomicU32,
    pub(crate) departures: AtomicU32,
}

pub(crate) struct Vault {
    pub(crate) shared: Shared,
    pub(crate) count: u32,
    pub(crate) left_panics: bool,
    pub(crate) closing_panics: bool,
}

pub(crate) struct Boom;

async fn badly() -> Boom {
    panic!("a panic in a future");
}

impl Room for Vault {
    const NAME: &'static str = "vault";
    const RESTART: Restart = Restart::Within { restarts: 2, period: Duration::from_secs(10) };
    type Key = u32;
    type Identity = ();
    type Events = (Enter, Later<Ring>, CountUp, Do, Later<AnswerBadly>);
    type Sends = (Closing, Left, Opened);

    fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let shared = cx.data::<Shared>()?.clone();
        let opened = shared.0.opened.fetch_add(1, Ordering::Relaxed) + 1;
        match shared.0.jam.load(Ordering::Relaxed) {
            1 if opened > 1 => return Err(Refusal::other("jammed", "it does not open again")),
            2 if opened > 1 => panic!("a panic while it is opened anew"),
            _ => {}
        }
        cx.broadcast(&Opened { members: cx.len() });
        Ok(Self { shared, count: 0, left_panics: false, closing_panics: false })
    }

    fn admit(&mut self, _: &Member<()>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        assert!(cx.name() != "vault:13", "a panic in admit");
        Ok(())
    }

    fn left(&mut self, _: &Member<()>, why: LeaveReason, cx: &mut RoomContext<Self>) {
        assert!(!self.left_panics, "a panic in left");
        self.shared.0.departures.fetch_add(1, Ordering::Relaxed);
        cx.broadcast(&Left { why: format!("{why:?}"), members: cx.len() });
    }

    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        assert!(!self.closing_panics, "a panic in closing");
        cx.broadcast(&Closing { members: cx.len() });
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        let explosive = self.shared.0.explosive.load(Ordering::Relaxed) > 0;
        assert!(!explosive, "a panic while the room's state is dropped");
    }
}

impl On<Enter> for Vault {
    fn on(&mut self, event: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        assert!(event.vault != 14, "a panic in the handler of a joining event");
        Ok(())
    }
}

impl OnLater<Ring> for Vault {
    fn on_later(&mut self, _: Ring, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async {
            tokio::time::sleep(SECOND).await;
            Ok(())
        })
    }
}

impl On<CountUp> for Vault {
    fn on(&mut self, _: CountUp, _: &mut EventContext<'_, Self>) -> Result<u32, Refusal> {
        self.count += 1;
        Ok(self.count)
    }
}

impl On<Do> for Vault {
    fn on(&mut self, event: Do, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let sender = cx.sender();
        match event.deed {
            Deed::Handler => panic!("a panic in a handler"),
            Deed::Timer => {
                cx.tell_after(SECOND, Boom);
            }
            Deed::Future => cx.tell_when(badly()),
            Deed::Left => {
                self.left_panics = true;
                cx.leave(sender);
            }
            Deed::Leave => cx.leave(sender),
            Deed::Close => cx.close(),
            Deed::CloseBadly => {
                self.closing_panics = true;
                cx.close();
            }
            Deed::Mine => {
                cx.tell_after(SECOND, Boom);
                cx.tell_when(async {
                    tokio::time::sleep(SECOND).await;
                    Boom
                });
            }
            Deed::EvictAndPanic => {
                cx.evict(sender);
                cx.tell_after(SECOND, Boom);
                panic!("a panic after it asked for an eviction");
            }
        }
        Ok(())
    }
}

impl OnLater<AnswerBadly> for Vault {
    fn on_later(&mut self, _: AnswerBadly, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async { panic!("a panic in an answer") })
    }
}

impl Receive<Boom> for Vault {
    fn receive(&mut self, _: Boom, _: &mut RoomContext<Self>) {
        panic!("a panic in receive");
    }
}

/// A room that is not to start again.
pub(crate) struct Glass;

#[derive(Serialize, Deserialize, Event)]
#[event("glass:hold", room = Glass(glass), join)]
pub(crate) struct Hold {
    pub(crate) glass: u32,
}

impl Room for Glass {
    const NAME: &'static str = "glass";
    const RESTART: Restart = Restart::Never;
    type Key = u32;
    type Identity = ();
    type Events = (Hold,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Hold> for Glass {
    fn on(&mut self, _: Hold, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

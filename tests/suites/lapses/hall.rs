//! A hall from where boards are seen, by who may look: everything here goes on by that permission.
//!
//! It must never tell its client anything but by what was begun.

use salon::{Lapse, Listing, Watching, prelude::*};

use crate::club::{Guest, SECOND};

/// How something goes on that a handler has begun.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum How {
    /// A list that is watched.
    Watch,
    Every,
    /// A timer, which begins another one.
    After,
    /// A future that speaks by itself.
    Future,
    /// A future after which something is begun.
    Then,
}

impl How {
    pub(crate) const ALL: [Self; 5] =
        [Self::Watch, Self::Every, Self::After, Self::Future, Self::Then];
}

/// Begins something.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:begin", permit = "look")]
pub(crate) struct Begin {
    pub(crate) how: How,
}

/// Begins something that goes on whatever becomes of the permission.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:begin-anyway", permit = "look")]
pub(crate) struct BeginAnyway;

/// As [`Begin`], and takes no permission.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:begin-freely")]
pub(crate) struct BeginFreely {
    pub(crate) how: How,
}

/// An answer after ten seconds.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:count", permit = "look", reply = usize)]
pub(crate) struct CountBoards;

/// A handler that panics by a permission.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:stumble", permit = "look")]
pub(crate) struct Stumble;

/// Something new.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("hall:news")]
pub(crate) struct News;

/// The session was told of a loss.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("hall:lost")]
pub(crate) struct LostSight {
    pub(crate) permission: String,
    pub(crate) code: String,
}

#[derive(Default)]
pub(crate) struct Hall {
    watching: Option<Watching>,
}

impl Session for Hall {
    type Identity = Guest;
    type Events = (Begin, BeginAnyway, BeginFreely, Later<CountBoards>, Stumble);
    type Sends = (LostSight, News);

    fn connect(_: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self::default())
    }

    fn lapsed(&mut self, lapse: &Lapse, cx: &mut SessionContext<Self>) {
        let permission = lapse.permission().to_owned();
        cx.emit(&LostSight { permission, code: lapse.code().to_string() });
    }
}

impl Hall {
    fn begin(&mut self, how: How, cx: &mut SessionContext<Self>) {
        match how {
            How::Watch => {
                let watch = cx.rooms::<Board>().watch();
                self.watching = Some(cx.watch(watch, |_, _, cx| tell(cx)));
            }
            How::Every => {
                cx.every(SECOND, |_, cx| tell(cx));
            }
            How::After => {
                cx.after(SECOND, |hall, cx| {
                    tell(cx);
                    hall.begin(How::After, cx);
                });
            }
            How::Future => {
                let socket = cx.socket().clone();
                let speak = async move {
                    while socket.try_emit(&News).is_ok() {
                        tokio::time::sleep(SECOND).await;
                    }
                };
                cx.spawn(speak, |_, (), _| {});
            }
            How::Then => cx.spawn(tokio::time::sleep(SECOND), |hall, (), cx| {
                tell(cx);
                hall.begin(How::Then, cx);
            }),
        }
    }
}

fn tell(cx: &SessionContext<Hall>) {
    cx.emit(&News);
}

impl On<Begin> for Hall {
    fn on(&mut self, event: Begin, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        self.begin(event.how, cx);
        Ok(())
    }
}

impl On<BeginAnyway> for Hall {
    fn on(&mut self, _: BeginAnyway, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        cx.regardless(|cx| self.begin(How::Every, cx));
        Ok(())
    }
}

impl On<BeginFreely> for Hall {
    fn on(&mut self, event: BeginFreely, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        self.begin(event.how, cx);
        Ok(())
    }
}

impl OnLater<CountBoards> for Hall {
    fn on_later(&mut self, _: CountBoards, cx: &mut SessionContext<Self>) -> Answer<usize> {
        let boards = cx.rooms::<Board>();
        Answer::later(async move {
            tokio::time::sleep(10 * SECOND).await;
            Ok(boards.list().len())
        })
    }
}

impl On<Stumble> for Hall {
    fn on(&mut self, _: Stumble, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        panic!("a panic by a permission");
    }
}

/// Pins something to a board, which says on the list how much there is.
#[derive(Serialize, Deserialize, Event)]
#[event("board:pin", room = Board(board), join)]
pub(crate) struct Pin {
    pub(crate) board: u32,
}

pub(crate) struct Board {
    pins: usize,
}

impl Room for Board {
    const NAME: &'static str = "board";
    type Key = u32;
    type Identity = Guest;
    type Events = (Pin,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self { pins: 0 })
    }
}

impl Listing for Board {
    type Entry = usize;
}

impl On<Pin> for Board {
    fn on(&mut self, _: Pin, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        self.pins += 1;
        cx.list(self.pins);
        Ok(())
    }
}

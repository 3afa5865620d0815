//! The app of the model of durable rooms: tomes, in which each event writes one line, and publishes it.
//!
//! It must never write a line that nobody has sent.

use std::time::Duration;

use salon::{History, prelude::*};
use salon_tests::guests::Guest;

/// Joins; how many lines there are.
#[derive(Serialize, Deserialize, Event)]
#[event("tome:open", room = Tome(room), join, reply = usize)]
pub(crate) struct Open {
    pub(crate) room: String,
}

/// Writes a line, once; how many there are then.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("tome:write", room = Tome(room), reply = usize, once = line)]
pub(crate) struct Write {
    pub(crate) room: String,
    pub(crate) line: u64,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Then {
    Nothing,
    Crash,
    Leave,
    LeaveOut,
    Close,
    /// Nothing of it is kept as an answer.
    Refuse,
}

/// As [`Write`], a while later.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("tome:write_later", room = Tome(room), reply = usize, once = line)]
pub(crate) struct WriteLater {
    pub(crate) room: String,
    pub(crate) line: u64,
}

/// All that is written.
#[derive(Serialize, Deserialize, Event)]
#[event("tome:read", room = Tome(room), reply = Vec<u64>)]
pub(crate) struct Read {
    pub(crate) room: String,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("tome:written")]
pub(crate) struct Written {
    pub(crate) line: u64,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tome(Vec<u64>);

impl Tome {
    fn write(&mut self, line: u64, cx: &RoomContext<Self>) -> Result<usize, Refusal> {
        self.0.push(line);
        cx.keep(self)?;
        Ok(self.0.len())
    }
}

impl Room for Tome {
    const NAME: &'static str = "tome";
    const HISTORY: History = History::keep(1_000).durable();
    const LINGER: Duration = Duration::from_secs(3);
    type Key = String;
    type Identity = Guest;
    type Events = (Open, Write, Later<WriteLater>, Read);
    type Sends = (Written,);

    fn open(_: &String, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(cx.kept()?.unwrap_or_default())
    }
}

impl On<Open> for Tome {
    fn on(&mut self, _: Open, _: &mut EventContext<'_, Self>) -> Result<usize, Refusal> {
        Ok(self.0.len())
    }
}

impl On<Write> for Tome {
    fn on(&mut self, event: Write, cx: &mut EventContext<'_, Self>) -> Result<usize, Refusal> {
        let Write { line, then, .. } = event;
        if then == Then::Refuse {
            return Err(Refusal::other("refused", "as told"));
        }
        let lines = self.write(line, cx)?;
        match then {
            Then::LeaveOut => cx.except(cx.sender()).emit(&Written { line }),
            _ => cx.broadcast(&Written { line }),
        }
        match then {
            Then::Crash => panic!("a tome crashes"),
            Then::Leave => cx.leave(cx.sender()),
            Then::Close => cx.close(),
            Then::Nothing | Then::LeaveOut | Then::Refuse => {}
        }
        Ok(lines)
    }
}

impl OnLater<WriteLater> for Tome {
    fn on_later(&mut self, event: WriteLater, cx: &mut EventContext<'_, Self>) -> Answer<usize> {
        let while_ = tokio::time::sleep(Duration::from_millis(300));
        Answer::then(cx, while_, move |tome, (), cx| {
            cx.broadcast(&Written { line: event.line });
            tome.write(event.line, cx)
        })
    }
}

impl On<Read> for Tome {
    fn on(&mut self, _: Read, _: &mut EventContext<'_, Self>) -> Result<Vec<u64>, Refusal> {
        Ok(self.0.clone())
    }
}

/// From outside: a line is written.
impl Reply<u64> for Tome {
    type Output = usize;

    fn reply(&mut self, line: u64, cx: &mut RoomContext<Self>) -> usize {
        cx.broadcast(&Written { line });
        self.write(line, cx).unwrap_or_default()
    }
}

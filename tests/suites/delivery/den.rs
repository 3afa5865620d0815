//! The app of hostile tests: dens, which do what they are told.
//!
//! It must never do more than that.

use std::time::Duration;

use salon::{
    Count, History,
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};
use salon_tests::guests::{ByName, Guest};

use crate::chat::{Chat, KEPT, Said, come, joined};

/// What an outbox holds here.
pub(crate) const OUTBOX: usize = 8;

#[derive(Serialize, Deserialize, Event)]
#[event("den:join", room = Den(room), join, reply = bool)]
pub(crate) struct Enter {
    pub(crate) room: String,
}

/// Has so much said, and then something done.
#[derive(Serialize, Deserialize, Event)]
#[event("den:do", room = Den(room), anyone)]
pub(crate) struct Do {
    pub(crate) room: String,
    pub(crate) says: u64,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Then {
    Nothing,
    Close,
    Crash,
    EvictFirst,
    LeaveFirst,
    WhisperToFirst,
    AllButFirst,
    AskFirst,
}

/// Is answered a second later.
#[derive(Serialize, Deserialize, Event)]
#[event("den:wait", room = Den(room), reply = u64)]
pub(crate) struct Wait {
    pub(crate) room: String,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("den:asked", reply = u64)]
pub(crate) struct Asked;

#[derive(Default)]
pub(crate) struct Den {
    pub(crate) said: u64,
}

impl Room for Den {
    const NAME: &'static str = "den";
    const HISTORY: History = History::keep(KEPT);
    const LINGER: Duration = Duration::from_secs(600);
    type Key = String;
    type Identity = Guest;
    type Events = (Enter, Do, Later<Wait>);
    type Sends = (Said, Asked);

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self::default())
    }
}

impl On<Enter> for Den {
    fn on(&mut self, _: Enter, cx: &mut EventContext<'_, Self>) -> Result<bool, Refusal> {
        Ok(cx.resumed())
    }
}

impl On<Do> for Den {
    fn on(&mut self, event: Do, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        for _ in 0..event.says {
            self.said += 1;
            cx.broadcast(&Said { text: self.said.to_string() });
        }
        let first = cx.members().next();
        match (event.then, first) {
            (Then::Close, _) => cx.close(),
            (Then::Crash, _) => panic!("a den crashes"),
            (Then::EvictFirst, Some(first)) => cx.evict(&first),
            (Then::LeaveFirst, Some(first)) => cx.leave(&first),
            (Then::WhisperToFirst, Some(first)) => {
                cx.to(&first).emit(&Said { text: "1000".into() });
            }
            (Then::AllButFirst, Some(first)) => {
                self.said += 1;
                cx.except(&first).emit(&Said { text: self.said.to_string() });
            }
            (Then::AskFirst, Some(first)) => {
                let asked = cx.ask(&first, &Asked, Duration::from_secs(5));
                cx.spawn(asked, |_, _, _| {});
            }
            _ => {}
        }
        Ok(())
    }
}

impl OnLater<Wait> for Den {
    fn on_later(&mut self, _: Wait, cx: &mut EventContext<'_, Self>) -> Answer<u64> {
        let second = tokio::time::sleep(Duration::from_secs(1));
        Answer::then(cx, second, |den, (), _| Ok(den.said))
    }
}

pub(crate) async fn dens(
    seed: u64,
    limits: impl FnOnce(&mut salon::config::Limits),
) -> Result<Lab, Failure> {
    let salon = Salon::builder()
        .authenticate(ByName::default())
        .limits(limits)
        .room::<Den>()
        .room::<Chat>()
        .build()?;
    Ok(Lab::builder(salon).workers(3).seed(seed).window(512).start().await)
}

pub(crate) async fn small_dens(seed: u64) -> Result<Lab, Failure> {
    dens(seed, |limits| limits.max_outbox_frames = OUTBOX).await
}

pub(crate) fn enter() -> Enter {
    Enter { room: "a".into() }
}

pub(crate) async fn act(lab: &Lab, by: &Client, says: u64, then: Then) -> Result<(), Failure> {
    by.send(Do { room: "a".into(), says, then }).await?;
    lab.settle().await;
    Ok(())
}

/// Ada, who is behind in a den by the numbers up to 60, and Bob, who is not.
pub(crate) async fn behind(lab: &Lab, wire: Wire) -> Result<(Client, Client), Failure> {
    let (ada, bob) = (come(lab, wire, "ada").await?, come(lab, wire, "bob").await?);
    ada.send(enter()).await?;
    bob.send(enter()).await?;
    joined(&ada).await;
    ada.stop_reading();
    for _ in 0..60 {
        act(lab, &bob, 1, Then::Nothing).await?;
    }
    assert_eq!(lab.counters().get(Count::MembersBehind), 1);
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
    Ok((ada, bob))
}

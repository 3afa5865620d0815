//! A small app to be tested: a session that answers, and a hall where members hear each other.

use std::time::Duration;

use salon::{Answer, DisconnectReason, LeaveReason, prelude::*};

/// Doubles a number.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("double", reply = u64)]
pub(crate) struct Double(pub(crate) u64);

/// Answers after so many milliseconds.
#[derive(Serialize, Deserialize, Event)]
#[event("wait", reply = u64)]
pub(crate) struct Wait(pub(crate) u64);

/// May be sent twice a second.
#[derive(Serialize, Deserialize, Event)]
#[event("knock", rate = "2/s")]
pub(crate) struct Knock;

/// Has the server ask the client for its name.
#[derive(Serialize, Deserialize, Event)]
#[event("introduce", reply = String)]
pub(crate) struct Introduce;

/// What the server asks then.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("who", reply = String)]
pub(crate) struct Who;

/// Enters a hall.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("hall:enter", room = Hall(hall), join)]
pub(crate) struct Enter {
    pub(crate) hall: u32,
}

/// Says something in a hall.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("hall:say", room = Hall(hall))]
pub(crate) struct Say {
    pub(crate) hall: u32,
    pub(crate) text: String,
}

/// Somebody said something.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("hall:said")]
pub(crate) struct Said {
    pub(crate) text: String,
}

/// Somebody has left a hall.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("hall:left")]
pub(crate) struct Left {
    pub(crate) why: String,
}

pub(crate) struct Host;

impl Session for Host {
    type Identity = ();
    type Events = (Double, Later<Wait>, Knock, Later<Introduce>);
    type Sends = (Who,);

    fn connect(client: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Auth {
            #[serde(default)]
            banned: bool,
        }
        let Auth { banned } = client.auth()?;
        if banned { Err(Refusal::forbidden("you are banned")) } else { Ok(Self) }
    }
}

impl On<Double> for Host {
    fn on(&mut self, Double(number): Double, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        Ok(2 * number)
    }
}

impl On<Knock> for Host {
    fn on(&mut self, _: Knock, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl OnLater<Wait> for Host {
    fn on_later(&mut self, Wait(milliseconds): Wait, _: &mut SessionContext<Self>) -> Answer<u64> {
        Answer::later(async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok(milliseconds)
        })
    }
}

impl OnLater<Introduce> for Host {
    fn on_later(&mut self, _: Introduce, cx: &mut SessionContext<Self>) -> Answer<String> {
        let asking = cx.ask(&Who, Duration::from_secs(5));
        Answer::later(async move { Ok(asking.await?) })
    }
}

pub(crate) struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    type Key = u32;
    type Identity = ();
    type Events = (Enter, Say);
    type Sends = (Left, Said);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn left(&mut self, _: &Member<()>, why: LeaveReason, cx: &mut RoomContext<Self>) {
        let why = match why {
            LeaveReason::Disconnected(reason) => reason.to_string(),
            other => format!("{other:?}"),
        };
        cx.broadcast(&Left { why });
    }
}

impl On<Enter> for Hall {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Say> for Hall {
    fn on(&mut self, say: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Said { text: say.text });
        Ok(())
    }
}

pub(crate) fn app() -> Salon {
    Salon::builder().session::<Host>().room::<Hall>().build().expect("the app is in order")
}

/// What a hall is told of a client that is gone.
pub(crate) fn gone(reason: DisconnectReason) -> Left {
    Left { why: reason.to_string() }
}

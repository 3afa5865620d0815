//! An app that asks its clients, and takes whatever they send; and clients that write MessagePack themselves.
//!
//! It must never look at what it is answered: it says what came of the question.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use salon::{Binary, Presence, Present, Salon, Value as Any, prelude::*, testing::Lab};
use salon_tests::guests::Guest;
use serde_json::{Value, json};

use crate::parlour::{SECOND, Tokens};

#[derive(Serialize, Deserialize, Event)]
#[event("try", reply = String)]
struct Try {
    what: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("sure", reply = ())]
struct Sure;

#[derive(Debug, Serialize, Deserialize)]
struct Problem {
    code: String,
    message: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Report {
    error: Problem,
}

/// Is answered by what went wrong in the client, which is what it is for.
#[derive(Serialize, Deserialize, Event)]
#[event("report", reply = Report)]
struct Diagnose;

#[derive(Serialize, Deserialize, Event)]
#[event("deep", reply = Value)]
struct Deep {
    levels: usize,
}

#[derive(Serialize, Deserialize, Event)]
#[event("echo", reply = Any)]
struct Echo(Any);

#[derive(Serialize, Deserialize, Event)]
#[event("keep", once = id, reply = u64)]
struct Keep {
    bytes: Binary,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[derive(Default)]
struct Asker;

impl Session for Asker {
    type Identity = Guest;
    type Events = (Later<Try>, Deep, Keep, Echo);
    type Sends = (Sure, Diagnose);

    fn connect(_: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Try> for Asker {
    fn on_later(&mut self, what: Try, cx: &mut SessionContext<Self>) -> Answer<String> {
        let socket = cx.socket().clone();
        let long = 10 * SECOND;
        match &*what.what {
            "sure" => {
                let asked = cx.ask(&Sure, long);
                Answer::later(async move { Ok(format!("{:?}", asked.await)) })
            }
            "report" => {
                let asked = cx.ask(&Diagnose, long);
                Answer::later(async move { Ok(format!("{:?}", asked.await)) })
            }
            _ => Answer::later(async move {
                Ok(format!("{:?}", socket.ask_named("sure", (), long).await))
            }),
        }
    }
}

impl On<Deep> for Asker {
    fn on(&mut self, deep: Deep, _: &mut SessionContext<Self>) -> Result<Value, Refusal> {
        Ok((0..deep.levels).fold(json!(1), |inner, _| json!([inner])))
    }
}

impl On<Echo> for Asker {
    fn on(&mut self, Echo(any): Echo, _: &mut SessionContext<Self>) -> Result<Any, Refusal> {
        Ok(any)
    }
}

static KEPT: AtomicU64 = AtomicU64::new(0);

impl On<Keep> for Asker {
    fn on(&mut self, _: Keep, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        Ok(KEPT.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("gallery:enter", room = Gallery(gallery), join)]
struct EnterGallery {
    gallery: u32,
}

struct Gallery;

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
struct Picture {
    thumb: Binary,
}

impl Room for Gallery {
    const NAME: &'static str = "gallery";
    const PRESENCE: Presence<Self> = Presence::on().grace(Duration::ZERO);
    type Key = u32;
    type Identity = Guest;
    type Events = (EnterGallery,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Present for Gallery {
    type Meta = Picture;

    fn meta(&self, _: &Member<Guest>) -> Picture {
        Picture { thumb: Binary::from(vec![1, 2, 255]) }
    }
}

impl On<EnterGallery> for Gallery {
    fn on(&mut self, _: EnterGallery, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

pub(crate) async fn asking() -> Lab {
    let salon = Salon::builder().authenticate(Tokens).session::<Asker>().room::<Gallery>();
    Lab::new(salon.build().expect("an app")).await
}

//! Keys of every kind, on events of every kind that clients send or the server does.

use std::borrow::Cow;

use salon::{
    Event,
    event::EventKey,
    expanded::Policy,
    prelude::*,
};

struct OrderId(u32, u32);

impl EventKey for OrderId {
    fn key(&self) -> Option<Cow<'_, str>> {
        Some(format!("{}-{}", self.0, self.1).into())
    }
}

#[derive(Event)]
#[event("text", once = id)]
struct Text<'a> {
    id: &'a str,
}

#[derive(Event)]
#[event("optional", once = r#type, rate = "5/s")]
struct Optional {
    r#type: Option<String>,
}

#[derive(Event)]
#[event("positional", once = 1)]
struct Positional(u8, u64);

#[derive(Event)]
#[event("single", once = 0)]
struct Single(Box<str>);

#[derive(Event)]
#[event("own", once = id)]
struct Own<T> {
    id: OrderId,
    #[expect(dead_code, reason = "what it carries is of no interest here")]
    value: T,
}

#[derive(Event)]
#[event("join", room = Hall(hall), join, once = id)]
struct Join {
    hall: u8,
    id: u64,
}

struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    type Key = u8;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u8, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn is<E: Event>(event: &E, field: &str, key: Option<&str>) {
    let Policy { once, .. } = E::POLICY;
    assert_eq!((once, event.once_key().as_deref()), (Some(field), key), "{}", E::NAME);
}

fn main() {
    is(&Text { id: "a" }, "id", Some("a"));
    is(&Optional { r#type: None }, "type", None);
    is(&Positional(1, 2), "[1]", Some("2"));
    is(&Single("a".into()), ".", Some("a"));
    is(&Own { id: OrderId(1, 2), value: () }, "id", Some("1-2"));
    is(&Join { hall: 1, id: 7 }, "id", Some("7"));
}

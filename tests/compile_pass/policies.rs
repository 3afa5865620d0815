//! Rates and what a slow client may miss, alone and together, and the policy that comes of them.

use std::{borrow::Cow, time::Duration};

use salon::{
    Event,
    event::{Dropped, EventKey, Loss, Overflow, Rate},
    expanded::Policy,
};

#[derive(Event)]
#[event("plain")]
struct Plain;

#[derive(Event)]
#[event("volatile", volatile)]
struct Volatile;

#[derive(Event)]
#[event("second", rate = "5/s")]
struct Second;

#[derive(Event)]
#[event("minute", rate = "5/m burst 10", volatile)]
struct Minute;

#[derive(Event)]
#[event("hour", volatile, rate = "1/h",)]
struct Hour;

#[derive(Event)]
#[event("latest", latest)]
struct Latest;

#[derive(Event)]
#[event("of-each", throttle = "100ms", latest = by, rate = "5/s")]
struct OfEach<'a> {
    by: Option<&'a str>,
}

#[derive(Event)]
#[event("by-index", latest = 1, throttle = "2s")]
struct ByIndex(f32, Seat);

struct Seat(u8);

impl EventKey for Seat {
    fn key(&self) -> Option<Cow<'_, str>> {
        self.0.key()
    }
}

#[derive(Event)]
#[event("type", latest = r#type)]
struct Raw {
    r#type: String,
}

#[derive(Event)]
#[event("oldest", drop = oldest)]
struct Oldest;

#[derive(Event)]
#[event("newest", queue = 10_000, drop = newest)]
struct Newest;

#[derive(Event)]
#[event("closing", overflow = close, rate = "5/s")]
struct Closing;

#[derive(Event)]
#[event("acked", overflow = close, acked = "10s")]
struct Acked;

fn is<E: Event>(loss: Loss, throttle: Option<u64>, rate: Option<Rate>) {
    let Policy { loss: is_loss, throttle: is_throttle, rate: is_rate, .. } = E::POLICY;
    let throttle = throttle.map(Duration::from_millis);
    assert_eq!((is_loss, is_throttle, is_rate), (loss, throttle, rate), "{}", E::NAME);
}

fn main() {
    let per_second = Some(Rate::new(5, Duration::from_secs(1), 5));
    is::<Plain>(Loss::None, None, None);
    is::<Volatile>(Loss::Volatile, None, None);
    is::<Second>(Loss::None, None, per_second);
    is::<Minute>(Loss::Volatile, None, Some(Rate::new(5, Duration::from_secs(60), 10)));
    is::<Hour>(Loss::Volatile, None, Some(Rate::new(1, Duration::from_secs(3600), 1)));
    is::<Latest>(Loss::Latest, None, None);
    is::<OfEach<'_>>(Loss::Latest, Some(100), per_second);
    is::<ByIndex>(Loss::Latest, Some(2_000), None);
    is::<Oldest>(Loss::Drop { which: Dropped::Oldest, queue: 64 }, None, None);
    is::<Newest>(Loss::Drop { which: Dropped::Newest, queue: 10_000 }, None, None);
    is::<Closing>(Loss::None, None, per_second);
    assert_eq!((Plain::POLICY.overflow, Closing::POLICY.overflow), (Overflow::Lag, Overflow::Close));
    assert_eq!((Plain::POLICY.acked, Acked::POLICY.acked), (None, Some(Duration::from_secs(10))));
    assert_eq!(Latest.latest_key(), None);
    assert_eq!(OfEach { by: Some("ada") }.latest_key().as_deref(), Some("ada"));
    assert_eq!(ByIndex(0.5, Seat(7)).latest_key().as_deref(), Some("7"));
    assert_eq!(Raw { r#type: "x".to_owned() }.latest_key().as_deref(), Some("x"));
}

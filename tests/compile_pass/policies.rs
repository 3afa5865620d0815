//! Rates and `volatile`, alone and together, and the policy that comes of them.

use std::time::Duration;

use salon::{
    Event,
    event::Rate,
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

fn is<E: Event>(volatile: bool, rate: Option<Rate>) {
    let Policy { volatile: is_volatile, rate: is_rate, .. } = E::POLICY;
    assert_eq!((is_volatile, is_rate), (volatile, rate), "{}", E::NAME);
}

fn main() {
    is::<Plain>(false, None);
    is::<Volatile>(true, None);
    is::<Second>(false, Some(Rate::new(5, Duration::from_secs(1), 5)));
    is::<Minute>(true, Some(Rate::new(5, Duration::from_secs(60), 10)));
    is::<Hour>(true, Some(Rate::new(1, Duration::from_secs(3600), 1)));
}

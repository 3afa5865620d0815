//! `crate = path`: the framework may be re-exported under another name.

mod framework {
    pub mod inner {
        pub use ::salon as realtime;
    }
}

/// A name that would be found instead of the framework if the derive did not take the path.
mod salon {}

use framework::inner::realtime::Event;

#[derive(Event)]
#[event("session", crate = framework::inner::realtime, rate = "1/s", volatile)]
struct Session;

#[derive(Event)]
#[event("absolute", crate = ::salon)]
struct Absolute;

macro_rules! event {
    ($name:ident, $wire:literal, $reply:ty) => {
        #[derive(Event)]
        #[event($wire, crate = $crate::framework::inner::realtime, reply = $reply)]
        struct $name;
    };
}

event!(FromMacro, "from-macro", Vec<u8>);

fn name_of<E: Event>() -> &'static str {
    E::NAME
}

fn main() {
    assert_eq!(name_of::<Session>(), "session");
    assert_eq!(name_of::<Absolute>(), "absolute");
    assert_eq!(name_of::<FromMacro>(), "from-macro");
}

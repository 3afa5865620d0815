use std::time::Duration;

use salon::prelude::*;

struct Kitchen;

struct Ring;

impl Room for Kitchen {
    const NAME: &'static str = "kitchen";
    type Key = u64;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u64, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        cx.tell_after(Duration::from_secs(1), Ring);
        Ok(Self)
    }
}

fn main() {}

use salon::prelude::*;

struct Kitchen;

struct Done;

impl Room for Kitchen {
    const NAME: &'static str = "kitchen";
    type Key = u64;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u64, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        println!("opened by {}", cx.sender().id());
        Ok(Self)
    }
}

impl Receive<Done> for Kitchen {
    fn receive(&mut self, _: Done, cx: &mut RoomContext<Self>) {
        cx.evict(cx.sender());
    }
}

fn main() {}

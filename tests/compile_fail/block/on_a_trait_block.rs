use salon::prelude::*;

struct Chat;

#[salon::room(key = String)]
impl Room for Chat {
    const NAME: &'static str = "chat";
    type Key = String;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}

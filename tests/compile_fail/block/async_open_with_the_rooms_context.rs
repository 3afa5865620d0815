use salon::prelude::*;

struct Board;

#[salon::room(key = u32)]
impl Board {
    #[hook]
    async fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}

use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("board:wipe", room = Board(board), join)]
struct Wipe {
    board: u32,
}

struct Board;

impl Room for Board {
    const NAME: &'static str = "board";
    type Key = u32;
    type Identity = ();
    type Events = (Wipe,);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Wipe> for Board {
    fn on(&mut self, _: Wipe, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        *self = cx.load(async { Ok(Self) })?;
        Ok(())
    }
}

fn main() {}

use salon::prelude::*;

struct Board;

#[salon::room(key = u32)]
impl Board {
    #[hook]
    fn open(_: &u32, _: &LoadContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}

struct Board;

#[salon::room(key = u32)]
impl Board {
    #[hook]
    async fn open(_: &u32) -> Option<Self> {
        Some(Self)
    }
}

fn main() {}

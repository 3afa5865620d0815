use salon::prelude::*;

struct Talk;

#[salon::session]
impl Talk {
    #[hook]
    async fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}

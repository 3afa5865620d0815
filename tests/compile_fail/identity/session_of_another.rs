use salon::{
    auth::{Authenticated, Authenticator, Credentials},
    prelude::*,
};

struct Player;

struct ByName;

impl Authenticator for ByName {
    type Identity = Player;

    async fn authenticate(&self, _: Credentials) -> Result<Authenticated<Player>, Refusal> {
        Ok(Authenticated::new(Player))
    }
}

#[derive(Default)]
struct Hall;

#[salon::session(identity = String)]
impl Hall {}

fn main() {
    let _ = salon::Namespace::new("/hall").authenticate(ByName).session::<Hall>();
}

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
struct Lobby;

#[salon::room(key = u32)]
impl Lobby {}

fn main() {
    let _ = Salon::builder().authenticate(ByName).room::<Lobby>().build();
}

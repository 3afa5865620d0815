use salon::{
    auth::{Anyone, Authority, Grant, Question},
    prelude::*,
};

struct Player;

struct Clerk;

impl Authority for Clerk {
    type Identity = Player;

    async fn decide(&self, _: Question<Player>) -> Result<Grant, Refusal> {
        Ok(Grant::standing())
    }
}

fn main() {
    let _ = Salon::builder().authenticate(Anyone).authority(Clerk).build();
}

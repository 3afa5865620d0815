//! Who a player is, and how a client says so.

use salon::{
    auth::{Authenticated, Authenticator, Credentials},
    prelude::*,
};

use crate::text::Name;

/// What every session and every lobby knows of a client.
#[derive(Clone, Debug, Deserialize)]
pub struct Player {
    /// What the others see.
    pub name: Name,
}

/// Believes everybody who gives a name. Two players may well have the same one.
#[derive(Clone, Copy, Debug)]
pub struct Introduction;

impl Authenticator for Introduction {
    type Identity = Player;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Player>, Refusal> {
        let player: Player = credentials
            .auth()
            .map_err(|_| Refusal::unauthorized("Say who you are: a name of 1 to 24 characters."))?;
        Ok(player.into())
    }
}

//! Players in a lab: they sign in, join, and play a match to its end.
//!
//! It must never know what the program keeps: it sees what a page sees.

use std::time::{Duration, UNIX_EPOCH};

use multiplayer_lobby::{
    Rules,
    code::{Code, MatchId},
    events::{Board, Claim, Claimed, Create, Enter, Join, LobbyState, News, Outcome, Ready, Role},
    guests::{Guests, Player, SignIn},
    routes, salon,
    text::Text,
};
use salon::{
    store::MemoryStore,
    testing::{Client, Failure, Lab},
};
use serde_json::{Value, json};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const RULES: Rules =
    Rules { seconds: 20, countdown: 3, token: Duration::from_secs(120) };

/// The program in a lab, and who issues its tokens.
pub(crate) struct House {
    pub(crate) lab: Lab,
    pub(crate) guests: Guests,
    pub(crate) store: MemoryStore,
}

/// Somebody with a name, a token and a connection.
pub(crate) struct Guest {
    pub(crate) client: Client,
    pub(crate) user: String,
    pub(crate) token: String,
}

impl House {
    pub(crate) async fn open() -> Result<Self, Failure> {
        // By the real clock every token has run out long ago: nobody may look at that.
        let wall = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let guests = Guests::at(wall, [7; 32], RULES.token);
        let store = MemoryStore::new();
        let salon = salon(&guests, RULES, store.clone())?;
        let routes = routes(&salon, &guests);
        let lab = Lab::builder(salon).workers(2).wall(wall).configure(routes).start().await;
        Ok(Self { lab, guests, store })
    }

    /// The program is killed, and started again with what it has kept.
    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        let salon = salon(&self.guests, RULES, self.store.clone())?;
        let routes = routes(&salon, &self.guests);
        self.lab.restart_with(salon, routes).await;
        Ok(())
    }

    /// A new guest.
    pub(crate) async fn guest(&self, name: &str) -> Result<Guest, Failure> {
        self.sign_in(name, None).await
    }

    /// A guest who was here before: another connection with a new token.
    pub(crate) async fn again(&self, name: &str, before: &Guest) -> Result<Guest, Failure> {
        self.sign_in(name, Some(before.token.clone())).await
    }

    async fn sign_in(&self, name: &str, token: Option<String>) -> Result<Guest, Failure> {
        let token = self.token(name, token)?;
        let auth = json!({ "token": token });
        let client = self.lab.visitor().name(name).auth(auth).connect().await?;
        Ok(Guest { client, user: user(&token), token })
    }

    pub(crate) fn token(&self, name: &str, token: Option<String>) -> Result<String, Failure> {
        let sign_in = SignIn { name: text(name), token };
        Ok(self.guests.sign_in(sign_in).map_err(|error| error.to_string())?.token)
    }

    /// Guests of these names in a lobby that the first of them has made.
    pub(crate) async fn lobby_of(&self, names: &[&str]) -> Result<(Code, Vec<Guest>), Failure> {
        let mut guests = Vec::new();
        for name in names {
            guests.push(self.guest(name).await?);
        }
        let create = Create { name: text("Amber room"), private: false };
        let lobby = guests[0].client.send(create).await?;
        for guest in &guests {
            guest.join(&lobby, Role::Player).await?;
        }
        Ok((lobby, guests))
    }

    /// All are ready, and the match begins: its name.
    pub(crate) async fn begin(&self, lobby: &Code, guests: &[Guest]) -> Result<MatchId, Failure> {
        for guest in guests {
            guest.client.send(Ready { lobby: lobby.clone(), ready: true }).await?;
        }
        self.lab.advance(SECOND * RULES.countdown).await;
        Ok(guests[0].state().await.playing.expect("a match"))
    }

    /// A tiny bot: each takes the first free cell that touches its own, in turns, until it is over.
    pub(crate) async fn play(&self, id: &MatchId, guests: &[Guest]) -> Result<Outcome, Failure> {
        let mut board = Err("nobody plays".to_owned());
        for guest in guests {
            board = Ok(guest.client.send(Enter { id: id.clone() }).await?);
        }
        let mut board: Board = board?;
        loop {
            for guest in guests {
                let by = board.players.iter().position(|player| player.user == guest.user);
                let Some(cell) = free_cell(&board, by) else { continue };
                match guest.client.send(Claim { id: id.clone(), cell }).await {
                    Ok(()) => board.cells[cell] = by,
                    Err(refusal) => assert_eq!(refusal.code().as_str(), "rate_limited"),
                }
            }
            let events = guests[0].client.events().await;
            if let Some(over) = events.iter().find(|event| event.name == "match:over") {
                return Ok(over.payload.single()?);
            }
            self.lab.advance(SECOND / 6).await;
        }
    }
}

impl Guest {
    pub(crate) async fn join(&self, lobby: &Code, role: Role) -> Result<(), salon::Refusal> {
        self.client.send(Join { lobby: lobby.clone(), role }).await
    }

    /// Presents a new token over the open connection: how long it is good for.
    pub(crate) async fn refresh(&self, house: &House) -> Result<Value, Failure> {
        let token = house.token("whoever", Some(self.token.clone()))?;
        Ok(self.client.call("salon:refresh", (json!({ "token": token }),)).await?)
    }

    /// The lobby as this guest was told last.
    pub(crate) async fn state(&self) -> LobbyState {
        let mut newest = None;
        for event in self.client.events().await {
            if event.name == "lobby:state" {
                newest = Some(event.payload.single().expect("a state"));
            }
        }
        newest.expect("the lobby said how it is")
    }

    /// Who sits in the lobby, as this guest was told last: away in brackets.
    pub(crate) async fn seats(&self) -> Vec<String> {
        names(&self.state().await)
    }

    /// What was said of the lobby since it was asked last, in words.
    pub(crate) async fn news(&self) -> Vec<String> {
        let mut news = Vec::new();
        for event in self.client.events().await {
            if event.name == "lobby:news" {
                let News { text } = event.payload.single().expect("news");
                news.push(text);
            }
        }
        news
    }

    /// What this guest saw being claimed, in order.
    pub(crate) async fn claims(&self) -> Vec<(usize, usize)> {
        let events = self.client.events().await;
        let claims = events.iter().filter(|event| event.name == "match:claimed");
        let claimed = claims.map(|event| event.payload.single().expect("a claim"));
        claimed.map(|Claimed { cell, by }| (cell, by)).collect()
    }
}

/// Who sits in a lobby: away in brackets.
pub(crate) fn names(state: &LobbyState) -> Vec<String> {
    let seats = state.seats.iter();
    let name = |(name, away): (String, bool)| if away { format!("({name})") } else { name };
    seats.map(|seat| name((seat.name.to_string(), seat.away))).collect()
}

pub(crate) fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    text.to_owned().try_into().expect("it fits")
}

/// Whose token it is.
pub(crate) fn user(token: &str) -> String {
    use jsonwebtoken::dangerous::insecure_decode;
    insecure_decode::<Player>(token).expect("a token").claims.sub
}

/// The first free cell that touches one of the player's.
pub(crate) fn free_cell(board: &Board, by: Option<usize>) -> Option<usize> {
    let width = board.width;
    let touches = |cell: usize, other: usize| {
        let (row, column) = (cell / width, cell % width);
        row.abs_diff(other / width) + column.abs_diff(other % width) == 1
    };
    let own = || (0..board.cells.len()).filter(|cell| by.is_some() && board.cells[*cell] == by);
    let mut free = (0..board.cells.len()).filter(|cell| board.cells[*cell].is_none());
    free.find(|cell| own().any(|other| touches(*cell, other)))
}

//! The hall: what a player sees before joining a lobby.

use std::collections::BTreeMap;

use salon::prelude::*;
use tokio::sync::watch;

use crate::{lobby, player::Player, text::Name};

/// Which lobbies there are.
#[derive(Serialize, Event)]
#[event("hall:lobbies")]
pub struct Listing {
    /// By name.
    pub lobbies: Vec<Line>,
}

/// One lobby in the list.
#[derive(Serialize)]
pub struct Line {
    /// What it is called.
    pub name: Name,
    /// How many players are in it.
    pub players: usize,
    /// How many it has room for.
    pub seats: usize,
}

/// The lobbies with players in them, and how many each has. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Lobbies(watch::Sender<BTreeMap<Name, usize>>);

impl Lobbies {
    /// Notes how many players a lobby has; one without players is taken off the list.
    pub fn note(&self, lobby: &Name, players: usize) {
        self.0.send_if_modified(|lobbies| {
            let before = match players {
                0 => lobbies.remove(lobby),
                _ => lobbies.insert(lobby.clone(), players),
            };
            before.unwrap_or(0) != players
        });
    }
}

/// One client's view of the list, from its connection to its end.
#[derive(Debug)]
pub struct Hall {
    lobbies: watch::Receiver<BTreeMap<Name, usize>>,
}

impl Session for Hall {
    type Identity = Player;
    type Events = ();

    fn connect(client: &Candidate<'_, Player>) -> Result<Self, Refusal> {
        Ok(Self { lobbies: client.data::<Lobbies>()?.0.subscribe() })
    }

    fn connected(&mut self, cx: &mut SessionContext<Self>) {
        self.show(cx);
    }
}

impl Hall {
    /// Sends the list as it is, and again when it has changed.
    fn show(&mut self, cx: &mut SessionContext<Self>) {
        let listing = Listing::from(&*self.lobbies.borrow_and_update());
        // A client that cannot take it is about to be disconnected.
        let _ = cx.emit(&listing);
        let mut lobbies = self.lobbies.clone();
        cx.spawn(async move { lobbies.changed().await }, |hall, changed, cx| {
            if changed.is_ok() {
                hall.show(cx);
            }
        });
    }
}

impl From<&BTreeMap<Name, usize>> for Listing {
    fn from(lobbies: &BTreeMap<Name, usize>) -> Self {
        let line = |(name, &players): (&Name, &usize)| Line {
            name: name.clone(),
            players,
            seats: lobby::SEATS,
        };
        Self { lobbies: lobbies.iter().map(line).collect() }
    }
}

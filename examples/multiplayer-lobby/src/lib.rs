//! Lobbies and a game, in one program, a page for browsers included.
//!
//! Read in the order of a player's clicks: [`guests`] signs a guest in, [`hall`] lists the lobbies,
//! [`lobby`] is where players meet, and [`game`] is what they play, by the events in [`events`].
//! [`text`] and [`code`] are the words that people type, [`records`] is what rooms know of one another,
//! [`data`] is what outlives the program, and [`page`] serves the page.

pub mod code;
pub mod data;
pub mod events;
pub mod game;
pub mod guests;
pub mod hall;
pub mod lobby;
pub mod page;
pub mod records;
pub mod text;

use std::{io, net::TcpListener, path::Path, time::Duration};

use actix_web::{App, HttpServer, dev::Server, web::ServiceConfig};
use salon::{BuildError, prelude::*, store::Store};

use crate::{
    game::{Match, Matches},
    guests::Guests,
    hall::Hall,
    lobby::{Charters, Lobby},
};

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many seconds a match has.
    pub seconds: u32,
    /// How many seconds go before it, once all are ready.
    pub countdown: u32,
    /// How long a guest's token is good for. A quarter of it before its end, the client is told.
    pub token: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self { seconds: 60, countdown: 3, token: Duration::from_secs(120) }
    }
}

/// The realtime side: who may come in, what each client sees, where clients meet, and where rooms are
/// kept.
///
/// # Errors
/// A [`BuildError`] says which two parts do not go together.
pub fn salon(guests: &Guests, rules: Rules, store: impl Store) -> Result<Salon, BuildError> {
    Salon::builder()
        .store(store)
        .authenticate(guests.tokens())
        .lapses(|lapses| lapses.notice = rules.token / 4)
        .data(rules)
        .data(Charters::default())
        .data(Matches::default())
        .session::<Hall>()
        .room::<Lobby>()
        .room::<Match>()
        .build()
}

/// Everything that is served: the page, the sign-in, and the Salon.
pub fn routes(salon: &Salon, guests: &Guests) -> impl Fn(&mut ServiceConfig) + Clone + use<> {
    let (salon, guests) = (salon.clone(), guests.clone());
    move |config| {
        config.configure(page::routes).configure(guests.routes()).configure(salon.routes());
    }
}

/// Serves it all to whoever comes to `listener`, and keeps what outlives the program in `directory`.
///
/// # Errors
/// If the listener or the directory cannot be used, or the Salon cannot be built.
pub fn serve(listener: TcpListener, directory: &Path, rules: Rules) -> io::Result<Server> {
    let (store, key) = data::open(directory)?;
    let guests = Guests::new(key, rules.token);
    let salon = salon(&guests, rules, store)?;
    let routes = routes(&salon, &guests);
    let server = HttpServer::new(move || App::new().configure(routes.clone()));
    Ok(server.salon(&salon).listen(listener)?.run())
}

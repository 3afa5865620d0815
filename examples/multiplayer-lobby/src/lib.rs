//! A multiplayer lobby with chat: one program, a page for browsers included.
//!
//! Read in the order of a player's clicks: [`player`] is who somebody is, [`hall`] shows which
//! lobbies there are, and [`lobby`] is where players meet, by the events in [`events`]. [`text`]
//! keeps what people type within bounds, and [`page`] serves the page.

pub mod events;
pub mod hall;
pub mod lobby;
pub mod page;
pub mod player;
pub mod text;

use std::{io, net::TcpListener};

use actix_web::{App, HttpServer, dev::Server};
use salon::{BuildError, prelude::*};

use crate::{
    hall::{Hall, Lobbies},
    lobby::Lobby,
    player::Introduction,
};

/// The realtime side: who may come in, what each client sees, and where clients meet.
///
/// # Errors
/// A [`BuildError`] says which two parts do not go together.
pub fn salon() -> Result<Salon, BuildError> {
    Salon::builder()
        .authenticate(Introduction)
        .data(Lobbies::default())
        .session::<Hall>()
        .room::<Lobby>()
        .build()
}

/// Serves the page and the lobbies to whoever comes to `listener`.
///
/// # Errors
/// If the listener cannot be used, or the Salon cannot be built.
pub fn serve(listener: TcpListener) -> io::Result<Server> {
    let salon = salon().map_err(io::Error::other)?;
    let server =
        HttpServer::new(move || App::new().configure(salon.routes()).configure(page::routes));
    Ok(server.on_connect(Salon::on_connect).h1_allow_half_closed(false).listen(listener)?.run())
}

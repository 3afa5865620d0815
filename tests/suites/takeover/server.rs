//! What is served here: every Engine.IO message comes back, and a large answer over plain HTTP.
//!
//! It must never log a client's message.

use std::net::SocketAddr;

use actix_web::{HttpResponse, web};
use salon::{Application, Builder, RawConnection, Salon, wire::engine_io::Message};
use salon_tests::{Result, in_process::InProcess};
use tokio::net::TcpSocket;

/// A buffer's size of which the kernel makes the smallest that it has, some kilobytes.
pub(crate) const TINY: u32 = 1;

/// How many bytes `/big` answers with: more than the buffers of two sockets.
pub(crate) const BIG: usize = 8 << 20;

/// How many bytes `/small` answers with: more than the smallest buffers of two sockets, and less than
/// actix-web gathers before it waits for a client.
pub(crate) const SMALL: usize = 20_000;

/// Sends back what comes.
#[derive(Clone, Copy, Debug)]
struct Echo;

impl Application for Echo {
    fn received(&self, connection: &RawConnection, message: Message) {
        // A connection that has ended needs no answer.
        let _ = connection.send(message);
    }
}

/// Serves on two workers.
pub(crate) fn serve() -> Result<InProcess> {
    serve_on(2)
}

/// Serves on so many workers.
pub(crate) fn serve_on(workers: usize) -> Result<InProcess> {
    InProcess::start_with(workers, app(Salon::builder())?)
}

/// Serves on so many workers, of which one has all connections: most of them did not come to it.
pub(crate) fn serve_together_on(workers: usize) -> Result<InProcess> {
    InProcess::start_with(workers, app(Salon::builder().affinity(|_| Some(())))?)
}

/// Serves on one worker whose sockets send from the smallest buffers that there are.
pub(crate) fn serve_from_tiny_buffers() -> Result<InProcess> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(TINY)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    InProcess::start_on(socket.listen(64)?.into_std()?, 1, app(Salon::builder())?)
}

/// What is served, with the rest as it is built there.
pub(crate) fn app(
    builder: Builder,
) -> Result<impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static> {
    let salon = builder.application(Echo).build()?;
    Ok(move |config: &mut web::ServiceConfig| {
        config.configure(salon.routes());
        for (path, length) in [("/big", BIG), ("/small", SMALL)] {
            let answer = move || async move { HttpResponse::Ok().body(vec![0; length]) };
            config.route(path, web::get().to(answer));
        }
    })
}

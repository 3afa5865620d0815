//! A Salon behind a real port of this process, on several workers.
//!
//! It must never outlive its test: dropping it stops its workers.

use std::{
    net::{SocketAddr, TcpListener},
    thread::JoinHandle,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System, web::ServiceConfig};
use salon::Salon;

use crate::Result;

/// A running server.
#[derive(Debug)]
pub struct InProcess {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl InProcess {
    /// Serves a Salon on a free port.
    pub fn start(salon: &Salon, workers: usize) -> Result<Self> {
        let salon = salon.clone();
        Self::start_with(workers, move |config| salon.routes()(config))
    }

    /// Serves an app on a free port.
    pub fn start_with(
        workers: usize,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Result<Self> {
        Self::start_on(TcpListener::bind(("127.0.0.1", 0))?, workers, configure)
    }

    /// Serves an app where `listener` listens; its sockets take its options over.
    pub fn start_on(
        listener: TcpListener,
        workers: usize,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Result<Self> {
        Self::run(listener, workers, true, None, configure)
    }

    /// Serves an app on one worker, with [`Salon::on_connect`] or without; actix-web lets go of a
    /// client that it has answered early after `patience`.
    pub fn start_patient(
        hook: bool,
        patience: Duration,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        Self::run(listener, 1, hook, Some(patience), configure)
    }

    fn run(
        listener: TcpListener,
        workers: usize,
        hook: bool,
        patience: Option<Duration>,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Result<Self> {
        let (started, starting) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let mut server = HttpServer::new(move || App::new().configure(configure.clone()));
                if hook {
                    server = server.on_connect(Salon::on_connect);
                }
                if let Some(patience) = patience {
                    server = server.client_disconnect_timeout(patience);
                }
                let server = server
                    .h1_allow_half_closed(false)
                    .workers(workers)
                    .shutdown_timeout(1)
                    .disable_signals()
                    .listen(listener);
                let server = match server {
                    Ok(server) => server,
                    Err(error) => return drop(started.send(Err(error))),
                };
                let address = server.addrs()[0];
                let server = server.run();
                let _ = started.send(Ok((address, server.handle())));
                if let Err(error) = server.await {
                    eprintln!("the server ended: {error}");
                }
            });
        });
        let (address, handle) = starting.recv()??;
        Ok(Self { address, handle, thread: Some(thread) })
    }

    /// Stops it as an app does that has nothing but the server's handle.
    pub fn stop(&self, graceful: bool) -> impl Future<Output = ()> + use<> {
        self.handle.stop(graceful)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        // The command is sent when `stop` is called; its future only waits.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

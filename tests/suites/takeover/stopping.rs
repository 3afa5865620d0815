//! What clients hear of a server that stops, however it is stopped.
//!
//! It must never be told by the server when it has stopped: that it has is what a client sees.

use std::{net::SocketAddr, sync::mpsc, thread};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System};
use salon::{Application, RawConnection, Salon, prelude::*, wire::engine_io::Message};
use salon_tests::{
    Result,
    polling::{Endpoint, Polling},
};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    LIMIT,
    client::{CLOSE, Client},
    server::serve_on,
};

/// How many clients there are of each sort.
const CROWD: usize = 20;

/// The close frame by which clients are told to come back: 1012.
const RESTART: (u8, [u8; 2]) = (0x88, 1_012_u16.to_be_bytes());

/// Answers with so many messages as it is asked for.
struct Many;

impl Application for Many {
    fn received(&self, connection: &RawConnection, message: Message) {
        let Message::Text(count) = message else { return };
        for _ in 0..count.parse().unwrap_or(0) {
            // A connection that has ended needs none.
            let _ = connection.send(Message::Text("x".repeat(1_000).into()));
        }
    }
}

/// A server with a signal of its own, and what sends that.
struct Wired {
    address: SocketAddr,
    handle: ServerHandle,
    signal: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

/// Serves on two workers, with the hook or without it.
fn serve_wired(has_hook: bool) -> Result<Wired> {
    let salon = Salon::builder().application(Many).build()?;
    let (signal, signalled) = oneshot::channel();
    let (started, starting) = mpsc::channel();
    let thread = thread::spawn(move || {
        System::new().block_on(async move {
            let routes = salon.clone();
            let signalled = salon.shutdown_on(async {
                let _ = signalled.await;
            });
            let mut server = HttpServer::new(move || App::new().configure(routes.routes()));
            if has_hook {
                server = server.salon(&salon);
            }
            let server = server.workers(2).shutdown_signal(signalled).bind(("127.0.0.1", 0));
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
    Ok(Wired { address, handle, signal, thread })
}

/// Checks that a client is told to come back, behind `messages` that were queued for it.
async fn is_told(client: &mut Client, messages: usize) -> Result<()> {
    for _ in 0..messages {
        assert_eq!(client.text().await?.len(), 1_001);
    }
    let (head, payload) = client.frame().await?;
    assert_eq!((head, payload.as_slice()), (RESTART.0, &RESTART.1[..]));
    Ok(())
}

async fn crowd(address: SocketAddr) -> Result<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..CROWD {
        clients.push(Client::open(address).await?);
    }
    Ok(clients)
}

#[tokio::test]
async fn a_signal_tells_every_client_behind_what_is_queued_for_it_and_stops_the_server()
-> Result<()> {
    for has_hook in [true, false] {
        let server = serve_wired(has_hook)?;
        let endpoint =
            Endpoint { address: server.address, path: "/socket.io/", parameters: String::new() };
        let mut polling = Vec::new();
        for _ in 0..CROWD {
            polling.push(Polling::open(endpoint.clone()).await?.0);
        }
        let mut clients = crowd(server.address).await?;
        for client in &mut clients {
            // More than the buffers of two sockets.
            assert_eq!(client.ask("4900").await?.len(), 1_001);
        }
        let polls = polling.iter().map(Polling::get);
        let polls = futures_util::future::try_join_all(polls);
        let told = async {
            // It is held until there is news.
            server.signal.send(()).map_err(|()| "nobody waits for the signal")?;
            for mut client in clients {
                is_told(&mut client, 899).await?;
                client.send(&CLOSE).await?;
                client.is_over().await?;
            }
            Ok(())
        };
        let all = futures_util::future::try_join(polls, told);
        let (polled, ()) = timeout(LIMIT, all).await??;
        for answer in polled {
            let answer = answer.text();
            assert!(answer == "1" || answer == "6\u{1e}1", "{answer:?}");
        }
        timeout(LIMIT, tokio::task::spawn_blocking(move || server.thread.join()))
            .await??
            .map_err(|_| "the server panicked")?;
    }
    Ok(())
}

#[tokio::test]
async fn who_stops_the_server_by_its_handle_alone_has_its_clients_told_all_the_same() -> Result<()>
{
    for (workers, graceful) in [(1, true), (1, false), (4, true), (4, false)] {
        let server = serve_on(workers)?;
        let mut clients = crowd(server.address()).await?;
        for client in &mut clients {
            assert_eq!(client.ask("4here").await?, "4here");
        }
        drop(server.stop(graceful));
        for mut client in clients {
            timeout(LIMIT, is_told(&mut client, 0)).await??;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_was_given_its_salon_may_be_stopped_by_its_handle_as_well() -> Result<()> {
    let server = serve_wired(true)?;
    let clients = crowd(server.address).await?;
    let handle = server.handle.clone();
    let stopped = handle.stop(true);
    for mut client in clients {
        timeout(LIMIT, is_told(&mut client, 0)).await??;
    }
    timeout(LIMIT, stopped).await?;
    Ok(())
}

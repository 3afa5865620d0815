//! Connections that belong together, over real sockets: their bytes are read on one worker, whichever
//! worker had accepted them and whatever they speak.
//!
//! It must never take the thread of a worker for its name: another one gets a thread of its own.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, thread};

use actix::Arbiter;
use salon::{Application, RawConnection, Salon, wire::engine_io::Message};
use salon_tests::{
    Result,
    in_process::InProcess,
    polling::{Endpoint, Polling},
    websocket::{Incoming, WebSocket},
};
use tokio::{task::yield_now, time::timeout};

use crate::LIMIT;

/// Answers with the thread that it is called on, and ends that on demand.
struct Where;

impl Application for Where {
    fn received(&self, connection: &RawConnection, message: Message) {
        if message == Message::Text("end".into()) {
            Arbiter::current().stop();
        } else {
            // A connection that has ended needs no answer.
            let _ = connection.send(Message::Text(format!("{:?}", thread::current().id()).into()));
        }
    }
}

fn serve(workers: usize) -> Result<InProcess> {
    let builder = Salon::builder().application(Where);
    let salon = builder.affinity(|request| request.query("lobby").map(str::to_owned)).build()?;
    InProcess::start_with(workers, move |config| {
        config.configure(salon.routes());
        config.configure(salon.plain_routes("/plain", Arc::new(Where)));
    })
}

fn endpoint(address: SocketAddr, lobby: &str) -> Endpoint {
    Endpoint { address, path: "/socket.io/", parameters: format!("lobby={lobby}") }
}

/// What a WebSocket is answered.
async fn ask(socket: &mut WebSocket, text: &str) -> Result<String> {
    socket.send(text).await?;
    match socket.receive().await? {
        Incoming::Text(answer) => Ok(answer),
        other => Err(format!("{text} was answered with {other:?}").into()),
    }
}

/// The thread that answered somebody, whose connection goes on as long as this.
type Came = (String, Option<WebSocket>);

async fn by_websocket(address: SocketAddr, lobby: &str) -> Result<Came> {
    let target = endpoint(address, lobby).target("websocket", None);
    let mut socket = WebSocket::open(address, &target).await?;
    assert!(matches!(socket.receive().await?, Incoming::Text(open) if open.starts_with("0{")));
    let thread = ask(&mut socket, "4where").await?.split_off(1);
    Ok((thread, Some(socket)))
}

async fn by_polling(address: SocketAddr, lobby: &str) -> Result<Came> {
    let (polling, _) = Polling::open(endpoint(address, lobby)).await?;
    polling.post("4where").await?;
    // It goes on until it misses a ping.
    Ok((polling.get().await?.text().split_off(1), None))
}

async fn by_upgrade(address: SocketAddr, lobby: &str) -> Result<Came> {
    let endpoint = endpoint(address, lobby);
    let (polling, _) = Polling::open(endpoint.clone()).await?;
    let target = endpoint.target("websocket", Some(polling.sid()));
    let mut socket = WebSocket::open(address, &target).await?;
    assert_eq!(ask(&mut socket, "2probe").await?, "3probe");
    socket.send("5").await?;
    let thread = ask(&mut socket, "4where").await?.split_off(1);
    Ok((thread, Some(socket)))
}

async fn without_engine_io(address: SocketAddr, lobby: &str) -> Result<Came> {
    let mut socket = WebSocket::open(address, &format!("/plain?lobby={lobby}")).await?;
    let thread = ask(&mut socket, "where").await?;
    Ok((thread, Some(socket)))
}

/// So many in each way, and on how many threads they are.
async fn all_ways(address: SocketAddr, lobby: &str, each: usize) -> Result<(Vec<Came>, usize)> {
    let mut came = Vec::new();
    for _ in 0..each {
        came.push(by_websocket(address, lobby).await?);
        came.push(by_polling(address, lobby).await?);
        came.push(by_upgrade(address, lobby).await?);
        came.push(without_engine_io(address, lobby).await?);
    }
    let threads: BTreeSet<_> = came.iter().map(|(thread, _)| thread.clone()).collect();
    Ok((came, threads.len()))
}

#[tokio::test]
async fn whoever_names_one_lobby_is_served_by_one_thread_whatever_it_speaks() -> Result<()> {
    let server = serve(3)?;
    let (in_a, threads_of_a) = all_ways(server.address(), "a", 5).await?;
    let (in_b, threads_of_b) = all_ways(server.address(), "b", 5).await?;
    assert_eq!((threads_of_a, threads_of_b), (1, 1));
    assert_ne!(in_a[0].0, in_b[0].0, "of two lobbies each has a worker, as long as there are some");
    Ok(())
}

/// actix-web gives connections to its workers in turn: of each pair the first comes to the same one.
#[tokio::test]
async fn pairs_that_come_one_after_the_other_are_spread_over_all_workers() -> Result<()> {
    let server = serve(2)?;
    let mut came = Vec::new();
    for lobby in 0..8 {
        for _ in 0..2 {
            came.push(by_websocket(server.address(), &lobby.to_string()).await?);
        }
    }
    let on_first = came.iter().filter(|(thread, _)| *thread == came[0].0).count();
    assert_eq!(on_first, 8, "of 16");
    Ok(())
}

#[tokio::test]
async fn after_the_thread_of_a_lobby_has_ended_its_clients_are_served_by_another() -> Result<()> {
    let server = serve(2)?;
    let (mut clients, _) = all_ways(server.address(), "a", 3).await?;
    let ended = clients[0].0.clone();
    if let Some(socket) = &mut clients[0].1 {
        socket.send("4end").await?;
    }
    for socket in clients.iter_mut().filter_map(|(_, socket)| socket.as_mut()) {
        let told = timeout(LIMIT, socket.receive()).await??;
        assert!(matches!(told, Incoming::Closed(_)), "{told:?}");
    }
    // While actix-web puts another thread in its place, it resets who comes to the one that ended.
    let back = async {
        loop {
            match all_ways(server.address(), "a", 3).await {
                Ok(back) => return back,
                Err(_) => yield_now().await,
            }
        }
    };
    let (back, threads) = timeout(LIMIT, back).await?;
    assert_eq!(threads, 1);
    assert_ne!(back[0].0, ended);
    Ok(())
}

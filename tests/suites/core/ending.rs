//! How connections end, and that nothing of them stays.
//!
//! It must never wait for an end that time brings without saying to the millisecond when it does.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use salon::{
    Code, Count,
    testing::{self, ConnectError, Happened, Lab, Traffic, Wire},
};

use crate::table::{Sit, come, guest, salon, salon_with, text};

const MILLISECOND: Duration = Duration::from_millis(1);

/// A heartbeat that ends a silent connection after 300 ms.
fn quick() -> salon::Salon {
    salon_with(|builder| builder.heartbeat(200 * MILLISECOND, 100 * MILLISECOND))
}

/// Checks that nothing is left, now and not later.
async fn assert_empty(lab: &Lab) {
    lab.settle().await;
    let salon = lab.salon();
    assert_eq!((salon.connections(), salon.open_rooms()), (0, 0), "connections and rooms");
    let counters = lab.counters();
    assert_eq!(counters.get(Count::ConnectionsOpened), counters.get(Count::ConnectionsClosed));
    assert_eq!(counters.get(Count::RoomsOpened), counters.get(Count::RoomsClosed));
}

/// Ways in which a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Dropped,
    Reset,
    Closed,
    Disconnected,
    DisconnectedAlone,
    Nonsense,
    ConnectedTwice,
    DisconnectedByServer,
    Vanished,
}

const ENDS: [End; 9] = [
    End::Dropped,
    End::Reset,
    End::Closed,
    End::Disconnected,
    End::DisconnectedAlone,
    End::Nonsense,
    End::ConnectedTwice,
    End::DisconnectedByServer,
    End::Vanished,
];

#[test]
fn after_every_kind_of_end_the_registries_are_empty() {
    testing::for_seeds(0..20, async |seed| {
        let lab = Lab::builder(salon()).workers(4).seed(seed).start().await;
        for (table, (wire, end)) in
            (100..).zip(Wire::ALL.iter().flat_map(|wire| ENDS.map(|end| (*wire, end))))
        {
            let client = lab.connect_over(wire, guest("ada")).await?;
            client.send(Sit { table }).await?;
            match end {
                End::Dropped => drop(client),
                End::Reset => client.reset(),
                End::Closed => client.close(),
                End::Disconnected => client.disconnect(),
                // The connection stays, for other namespaces, until the client ends it.
                End::DisconnectedAlone => {
                    match wire {
                        Wire::Plain | Wire::PlainMsgpack => client.disconnect(),
                        _ => client.send_raw(text("1")),
                    }
                    lab.settle().await;
                    assert_eq!(lab.salon().open_rooms(), 0, "{wire:?}");
                    drop(client);
                }
                End::Nonsense | End::ConnectedTwice => {
                    let is_nonsense = end == End::Nonsense;
                    client.send_raw(text(if is_nonsense { "nonsense" } else { "0{}" }));
                    let closed = client.closed().await;
                    let is_told = [Wire::Plain, Wire::PlainMsgpack].contains(&wire);
                    let code = is_told.then_some(4400);
                    assert_eq!(closed.close_code, code, "{end:?} over {wire:?}");
                    assert!(!client.is_connected());
                }
                End::DisconnectedByServer => {
                    lab.salon().namespace("/").disconnect();
                    assert!(client.closed().await.disconnected, "{end:?} over {wire:?}");
                    drop(client);
                }
                End::Vanished => client.vanish(),
            }
            // No other end takes more time than it takes to be noticed: a heartbeat at most.
            lab.advance(50 * 1_000 * MILLISECOND).await;
            assert_eq!(lab.salon().open_rooms(), 0, "{end:?} over {wire:?}");
            lab.advance(50 * 1_000 * MILLISECOND).await;
            assert_empty(&lab).await;
        }
        Ok(())
    });
}

#[salon::test]
async fn a_websocket_that_ends_leaves_nothing_and_takes_no_time() {
    let lab = Lab::builder(salon()).workers(4).start().await;
    for (table, end) in (0..).zip([End::Dropped, End::Reset, End::Closed, End::Disconnected]) {
        let client = come(&lab, "ada").await?;
        client.send(Sit { table }).await?;
        match end {
            End::Reset => client.reset(),
            End::Closed => client.close(),
            End::Disconnected => client.disconnect(),
            _ => drop(client),
        }
        assert_empty(&lab).await;
    }
    assert_eq!(lab.elapsed(), Duration::ZERO);
}

#[salon::test]
async fn a_client_that_does_not_answer_pings_is_gone() {
    let lab = Lab::new(quick()).await;
    let silent = lab.visitor().open().await?;
    silent.stop_answering_pings();
    lab.advance(299 * MILLISECOND).await;
    assert!(silent.is_connected());
    lab.advance(MILLISECOND).await;
    assert_eq!(silent.closed().await.at, 300 * MILLISECOND);
    let transcript = silent.transcript();
    let ping = Happened::Came(Traffic::Ping);
    let pings = transcript.entries().iter().filter(|entry| entry.what == ping);
    assert_eq!(pings.map(|ping| ping.at).collect::<Vec<_>>(), [200 * MILLISECOND]);
    assert_empty(&lab).await;
}

#[salon::test]
async fn pongs_that_answer_no_ping_keep_no_client_that_does_not_read() {
    let lab = Lab::new(quick()).await;
    let open = "/socket.io/?EIO=4&transport=polling";
    let opened = lab.visitor().request(Method::GET, open, "").await?.text();
    let opened: serde_json::Value = serde_json::from_str(&opened[1..])?;
    let session = format!("{open}&sid={}", opened["sid"].as_str().ok_or("no session")?);
    // It never polls for the ping, so it cannot know that there is one to answer.
    for _ in 0..6 {
        let pong = lab.visitor().request(Method::POST, &session, "3").await?;
        assert_eq!(pong.status, StatusCode::OK, "at {:?}", lab.elapsed());
        lab.advance(50 * MILLISECOND).await;
    }
    let late = lab.visitor().request(Method::POST, &session, "3").await?;
    assert_eq!((late.status, lab.elapsed()), (StatusCode::BAD_REQUEST, 300 * MILLISECOND));
    assert_empty(&lab).await;
}

#[salon::test]
async fn without_a_connect_in_time_the_connection_is_closed() {
    let salon =
        salon_with(|builder| builder.timeouts(|timeouts| timeouts.connect = 50 * MILLISECOND));
    let lab = Lab::new(salon).await;
    let client = lab.visitor().open().await?;
    lab.advance(49 * MILLISECOND).await;
    assert!(client.is_connected());
    lab.advance(MILLISECOND).await;
    let closed = client.closed().await;
    assert_eq!((closed.close_code, closed.at), (None, 50 * MILLISECOND));
    assert_empty(&lab).await;
}

#[salon::test]
async fn a_shutdown_tells_the_clients_that_the_server_restarts() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let ada = come(&lab, "ada").await?;
    ada.send(Sit { table: 1 }).await?;
    lab.drive(lab.salon().shutdown(Duration::from_secs(5))).await;
    assert!(lab.elapsed() < 100 * MILLISECOND, "it waits no longer than its clients are there");
    let closed = ada.closed().await;
    assert_eq!((closed.close_code, closed.code), (Some(1012), Code::Disconnected));
    match lab.visitor().open().await {
        Err(ConnectError::Rejected { status: 503, .. }) => {}
        late => panic!("a server that shuts down takes no new client: {late:?}"),
    }
    assert_empty(&lab).await;
}

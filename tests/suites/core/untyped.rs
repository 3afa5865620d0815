//! The layer below typed events: rooms that are names alone, and the ends of sessions by a handle.
//!
//! It must never depend on which worker a client is on: each lab has two.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use futures_util::future::join;
use salon::{
    Audience, DisconnectReason, Namespace, Salon, Socket, TransportKind,
    auth::{Authenticated, Authenticator, Credentials, Permissions},
    prelude::*,
    testing::{Client, Happened, Lab, Traffic, Wire},
};
use serde_json::json;

use crate::table::text;

const SECOND: Duration = Duration::from_secs(1);

/// The handle of a client's session.
async fn socket(lab: &Lab, client: &Client) -> Socket {
    let id = client.id().expect("it is connected");
    let mut sockets = lab.drive(lab.salon().namespace("/").to(id).fetch()).await;
    assert_eq!(sockets.len(), 1, "a session's id is a room that it is alone in");
    sockets.remove(0)
}

/// The ids of all who are meant, in the order of their ids.
async fn ids(lab: &Lab, audience: &Audience) -> Vec<String> {
    let sockets = lab.drive(audience.fetch()).await;
    let mut ids: Vec<_> = sockets.iter().map(|socket| socket.id().to_owned()).collect();
    ids.sort();
    ids
}

/// By which handle something is done to a session.
#[derive(Clone, Copy, Debug)]
enum By {
    Handle,
    Id,
    Room,
}

impl By {
    const ALL: [Self; 3] = [Self::Handle, Self::Id, Self::Room];

    /// Those who are meant: the session alone, or all in the room.
    fn audience(self, lab: &Lab, socket: &Socket, room: &str) -> Option<Audience> {
        let all = lab.salon().namespace("/");
        match self {
            Self::Handle => None,
            Self::Id => Some(all.to(socket.id())),
            Self::Room => Some(all.to(room.to_owned())),
        }
    }
}

#[salon::test]
async fn who_is_put_into_an_untyped_room_hears_it_until_it_is_taken_out_and_no_other_room() {
    for wire in Wire::ALL {
        for by in By::ALL {
            let case = format!("{by:?} over {wire:?}");
            let lab = Lab::builder(Salon::builder().build()?).workers(2).start().await;
            let (ada, ben) = (lab.connect_over(wire, ()).await?, lab.connect(()).await?);
            let socket = socket(&lab, &ada).await;
            let all = lab.salon().namespace("/");
            all.join("hall");
            lab.settle().await;
            for room in ["red", "blue"] {
                match by.audience(&lab, &socket, "hall") {
                    Some(audience) => audience.join(room),
                    None => socket.join(room)?,
                }
            }
            lab.settle().await;
            let mut rooms = socket.rooms();
            rooms.sort();
            assert_eq!(rooms, ["blue", "hall", "red"], "{case}");
            all.clone().to("red").emit_named("news", (1,));
            assert_eq!(ada.expect_named("news").await.json(), [1], "{case}");
            match by.audience(&lab, &socket, "hall") {
                Some(audience) => audience.leave("red"),
                None => socket.leave("red"),
            }
            // What it is not in it cannot leave.
            socket.leave("green");
            lab.settle().await;
            let mut rooms = socket.rooms();
            rooms.sort();
            assert_eq!(rooms, ["blue", "hall"], "{case}");
            assert_eq!(ids(&lab, &all.clone().to("red")).await, [""; 0], "{case}");
            all.clone().to("red").emit_named("news", (2,));
            all.clone().to("blue").emit_named("news", (3,));
            all.clone().except("red").emit_named("news", (4,));
            assert_eq!(ada.expect_named("news").await.json(), [3], "{case}");
            assert_eq!(ada.expect_named("news").await.json(), [4], "{case}");
            ada.expect_none().await;
            // It may come back.
            socket.join("red")?;
            lab.settle().await;
            all.clone().to("red").emit_named("news", (5,));
            assert_eq!(ada.expect_named("news").await.json(), [5], "{case}");
            drop(ben);
        }
    }
}

#[salon::test]
async fn an_untyped_room_keeps_nobody_whose_session_has_ended() {
    for wire in Wire::ALL {
        let lab = Lab::new(Salon::builder().build()?).await;
        let (ada, ben) = (lab.connect_over(wire, ()).await?, lab.connect(()).await?);
        let red = lab.salon().namespace("/").to("red");
        lab.salon().namespace("/").join("red");
        lab.settle().await;
        let gone = socket(&lab, &ada).await;
        assert_eq!(ids(&lab, &red).await.len(), 2);
        ada.disconnect();
        lab.settle().await;
        assert_eq!(ids(&lab, &red).await, [ben.id().ok_or("no id")?], "{wire:?}");
        assert!(gone.rooms().is_empty(), "{wire:?}");
        // Nor does it come back to one as a ghost.
        gone.join("red")?;
        lab.settle().await;
        assert_eq!(ids(&lab, &red).await.len(), 1, "{wire:?}");
        assert!(gone.rooms().is_empty(), "{wire:?}");
    }
}

/// How a session is ended, or its connection with it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Disconnect,
    Close,
    HangUp,
}

#[salon::test]
async fn a_session_is_ended_alone_or_with_its_connection_as_its_handle_was_told() {
    for wire in Wire::SOCKET_IO {
        for (by, end) in [
            (By::Handle, End::Disconnect),
            (By::Id, End::Disconnect),
            (By::Room, End::Disconnect),
            (By::Handle, End::Close),
            (By::Id, End::Close),
            (By::Room, End::Close),
            (By::Handle, End::HangUp),
        ] {
            let case = format!("{end:?} by {by:?} over {wire:?}");
            let heard = Arc::<Mutex<Vec<DisconnectReason>>>::default();
            let ends = heard.clone();
            let salon = Salon::builder()
                .disconnected(move |_, reason| ends.lock().expect("no panic").push(reason))
                .namespace(Namespace::new("/other").on("hello", |_, event| {
                    let _ = event.acknowledge(());
                }))
                .build()?;
            let lab = Lab::builder(salon).workers(2).start().await;
            let (ada, ben) = (lab.connect_over(wire, ()).await?, lab.connect(()).await?);
            let socket = socket(&lab, &ada).await;
            ada.send_raw(text("0/other,"));
            lab.settle().await;
            socket.join("red")?;
            lab.settle().await;
            match (by.audience(&lab, &socket, "red"), end) {
                (None, End::Disconnect) => socket.disconnect(),
                (None, End::Close) => socket.close(),
                (None, End::HangUp) => socket.hang_up(),
                (Some(audience), End::Disconnect) => audience.disconnect(),
                (Some(audience), _) => audience.close(),
            }
            lab.advance(SECOND).await;
            let reason = match end {
                End::Disconnect | End::Close => DisconnectReason::ServerNamespaceDisconnect,
                End::HangUp => DisconnectReason::ForcedClose,
            };
            assert_eq!(*heard.lock().expect("no panic"), [reason], "{case}");
            let others = |namespace: &str| lab.salon().namespace(namespace.to_owned());
            assert_eq!(ids(&lab, &others("/")).await, [ben.id().ok_or("no id")?], "{case}");
            let elsewhere = usize::from(end == End::Disconnect);
            assert_eq!(ids(&lab, &others("/other")).await.len(), elsewhere, "{case}");
            assert_eq!(lab.salon().connections(), 1 + elsewhere, "{case}");
            let transcript = ada.transcript();
            let disconnect = Happened::Came(Traffic::Disconnect);
            let told = transcript.entries().iter().any(|entry| entry.what == disconnect);
            assert_eq!(told, end != End::HangUp, "{case}: {transcript:#?}");
            // A handle to what has ended does no harm to what the connection goes on with.
            socket.close();
            socket.disconnect();
            lab.advance(SECOND).await;
            assert_eq!(ids(&lab, &others("/other")).await.len(), elsewhere, "{case}");
        }
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("count", reply = u32)]
struct HowMany;

/// The same question, as one takes it who understands it wrongly.
#[derive(Serialize, Deserialize, Event)]
#[event("count", reply = String)]
struct WhatCount;

#[salon::test]
async fn whoever_asks_many_is_told_how_many_gave_no_answer_that_can_be_read() {
    for wire in Wire::ALL {
        let lab = Lab::builder(Salon::builder().build()?).workers(2).start().await;
        let mut clients = Vec::new();
        for _ in 0..5 {
            clients.push(lab.connect_over(wire, ()).await?);
        }
        let all = lab.salon().namespace("/");
        let asking = lab.drive(async move { all.ask(&HowMany, SECOND).await });
        let answering = async {
            for (client, number) in clients.iter().zip([1, 2]) {
                client.expect_question::<HowMany>().await.answer(&number);
            }
            clients[2].expect_question::<WhatCount>().await.answer(&"three".to_owned());
            // One does not answer, and one goes away.
            clients[3].expect_question::<HowMany>().await;
            clients[4].expect_question::<HowMany>().await;
            clients[4].disconnect();
        };
        let (answers, ()) = join(asking, answering).await;
        let mut answers = answers?;
        answers.received.sort_unstable();
        assert_eq!((answers.received, answers.missing), (vec![1, 2], 3), "{wire:?}");
    }
}

#[salon::test]
async fn answers_to_questions_that_are_under_way_together_are_told_apart() {
    for wire in Wire::ALL {
        let lab = Lab::builder(Salon::builder().build()?).workers(2).start().await;
        let ada = lab.connect_over(wire, ()).await?;
        let (its_own, all) = (socket(&lab, &ada).await, lab.salon().namespace("/"));
        let asking = lab.drive(async move {
            let (first, second) = (its_own.ask(&HowMany, SECOND), its_own.ask(&HowMany, SECOND));
            join(join(first, second), all.ask(&HowMany, SECOND)).await
        });
        let answering = async {
            let mut questions = Vec::new();
            for _ in 0..3 {
                questions.push(ada.expect_question::<HowMany>().await);
            }
            for (number, question) in [1, 2, 3].iter().zip(questions).rev() {
                question.answer(number);
            }
        };
        let (((first, second), third), ()) = join(asking, answering).await;
        assert_eq!((first?, second?), (1, 2), "{wire:?}");
        assert_eq!(third?.received, [3], "{wire:?}");
    }
}

/// Says that everybody is ada, for an hour.
struct Anybody;

impl Authenticator for Anybody {
    type Identity = u64;

    async fn authenticate(&self, who: Credentials) -> Result<Authenticated<u64>, Refusal> {
        let may = "walk".parse().map_err(Refusal::internal)?;
        let ada = Authenticated::new(7).subject("ada").permissions(may);
        Ok(ada.until(who.now() + 3_600 * SECOND))
    }
}

#[salon::test]
async fn a_handle_knows_whose_it_is_and_what_its_client_presented_last() {
    for (wire, transport) in [
        (Wire::WebSocket, TransportKind::WebSocket),
        (Wire::Polling, TransportKind::Polling),
        (Wire::Upgrade, TransportKind::WebSocket),
    ] {
        let salon = Salon::builder().authenticate(Anybody).build()?;
        let lab = Lab::builder(salon).wall(SystemTime::UNIX_EPOCH).start().await;
        let visitor = lab.visitor().wire(wire).query("from", "afar");
        let ada = visitor.auth(json!({ "first": 1 })).connect().await?;
        let handle = socket(&lab, &ada).await;
        let came = lab.elapsed();
        // A move to WebSocket that is under way comes first.
        lab.advance(SECOND).await;
        assert_eq!((handle.id(), handle.namespace()), (&*ada.id().ok_or("no id")?, "/"));
        assert_eq!(handle.handshake().query("from"), Some("afar"), "{wire:?}");
        assert_eq!(handle.identity::<u64>(), Some(&7), "{wire:?}");
        assert_eq!(handle.identity::<u32>(), None, "{wire:?}: it is of another type");
        assert_eq!(handle.subject().as_deref(), Some("ada"), "{wire:?}");
        assert_eq!(handle.permissions(), "walk".parse()?, "{wire:?}");
        assert_eq!(handle.transport(), transport, "{wire:?}");
        let expires = handle.expires().ok_or("it has an end")?;
        let expires = expires.duration_since(SystemTime::UNIX_EPOCH)?;
        assert!((3_600 * SECOND..=3_600 * SECOND + came).contains(&expires), "{wire:?}");
        assert_eq!(handle.auth::<serde_json::Value>()?, json!({ "first": 1 }), "{wire:?}");
        let second = json!({ "second": [2] });
        let _: serde_json::Value = ada.call("salon:refresh", (second.clone(),)).await?;
        assert_eq!(handle.auth::<serde_json::Value>()?, second, "{wire:?}");
        let refreshed = handle.expires().ok_or("it has an end")?;
        assert!(refreshed.duration_since(SystemTime::UNIX_EPOCH)? > expires, "{wire:?}");
    }
}

#[salon::test]
async fn who_presents_nothing_is_nobody_and_has_presented_an_empty_object() {
    for wire in Wire::ALL {
        let lab = Lab::new(Salon::builder().build()?).await;
        let ben = lab.connect_over(wire, ()).await?;
        let handle = socket(&lab, &ben).await;
        assert_eq!(handle.auth::<serde_json::Value>()?, json!({}), "{wire:?}");
        assert_eq!((handle.subject(), handle.expires()), (None, None), "{wire:?}");
        assert_eq!(handle.permissions(), Permissions::none(), "{wire:?}");
        assert!(!handle.is_recovered(), "{wire:?}");
    }
}

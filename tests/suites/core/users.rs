//! What is sent to a user reaches every session of theirs, and nobody else.
//!
//! It must never take a user for a session: most users here have several.

use std::time::Duration;

use salon::{
    Count, Namespace,
    prelude::*,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};
use salon_tests::guests::{ByName, Guest, guest};
use serde_json::json;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("note")]
struct Note {
    number: u32,
}

/// Has a session write to a user.
#[derive(Serialize, Deserialize, Event)]
#[event("write")]
struct Write {
    to: String,
    number: u32,
}

/// Has a room write to a user.
#[derive(Serialize, Deserialize, Event)]
#[event("desk:write", room = Desk(desk), join)]
struct WriteAtDesk {
    desk: u32,
    to: String,
    number: u32,
}

struct Writer;

impl Session for Writer {
    type Identity = Guest;
    type Events = (Write,);
    type Sends = ();

    fn connect(_: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Write> for Writer {
    fn on(&mut self, write: Write, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        cx.user(&write.to).emit(&Note { number: write.number });
        Ok(())
    }
}

struct Desk;

impl Room for Desk {
    const NAME: &'static str = "desk";
    type Key = u32;
    type Identity = Guest;
    type Events = (WriteAtDesk,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<WriteAtDesk> for Desk {
    fn on(&mut self, write: WriteAtDesk, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.user(&write.to).emit(&Note { number: write.number });
        Ok(())
    }
}

fn salon(recovery: Option<Duration>) -> Result<Salon, salon::BuildError> {
    let builder = Salon::builder()
        .authenticate(ByName::default())
        .session::<Writer>()
        .room::<Desk>()
        .namespace(Namespace::new("/other").authenticate(ByName::default()))
        .namespace(Namespace::pattern("/many-{any}").authenticate(ByName::default()));
    recovery.into_iter().fold(builder, salon::Builder::recovery).build()
}

/// The sessions of one user: over every wire, each on another worker, in several namespaces.
async fn everywhere(lab: &Lab, name: &str) -> Result<Vec<Client>, Failure> {
    let mut clients = Vec::new();
    for (worker, (wire, namespace)) in
        Wire::ALL.into_iter().zip(["/", "/other", "/many-1"]).enumerate()
    {
        let visitor = lab.visitor().wire(wire).worker(worker).namespace(namespace);
        clients.push(visitor.auth(guest(name)).connect().await?);
    }
    Ok(clients)
}

#[test]
fn a_user_is_reached_in_every_session_once_and_nobody_else_is() {
    for_seeds(0..8, async |seed| {
        let lab = Lab::builder(salon(None)?).workers(4).seed(seed).start().await;
        let (ada, ben) = (everywhere(&lab, "ada").await?, everywhere(&lab, "ben").await?);
        let nobody = lab.visitor().worker(3).auth(guest("")).connect().await?;
        lab.salon().user("ada").emit(&Note { number: 1 });
        ben[0].send(Write { to: "ada".to_owned(), number: 2 }).await?;
        nobody.send(WriteAtDesk { desk: 1, to: "ada".to_owned(), number: 3 }).await?;
        for client in &ada {
            for number in 1..=3 {
                assert_eq!(client.expect::<Note>().await, Note { number });
            }
            client.expect_none().await;
        }
        let id = nobody.id().ok_or("it is connected")?;
        for number in 4..6 {
            lab.salon().user("carl").emit(&Note { number });
            lab.salon().user("").emit(&Note { number });
            lab.salon().user(&id).emit(&Note { number });
        }
        lab.settle().await;
        for client in ada.iter().chain(&ben).chain([&nobody]) {
            client.expect_none().await;
        }
        Ok(())
    });
}

#[salon::test]
async fn each_session_gets_what_one_handler_sends_in_the_order_of_the_calls() {
    let lab = Lab::builder(salon(None)?).workers(4).start().await;
    let ada = everywhere(&lab, "ada").await?;
    let user = lab.salon().user("ada");
    for number in 0..20 {
        user.emit(&Note { number });
    }
    for client in &ada {
        for number in 0..20 {
            assert_eq!(client.expect::<Note>().await, Note { number });
        }
    }
}

#[salon::test]
async fn a_session_that_has_ended_is_no_session_of_its_user() {
    let lab = Lab::builder(salon(None)?).workers(4).start().await;
    let ada = everywhere(&lab, "ada").await?;
    let user = lab.salon().user("ada");
    assert_eq!(user.subject(), "ada");
    let ids = |lab: &Lab| {
        let sockets = lab.salon().user("ada").sockets();
        sockets.iter().map(|socket| Some(socket.id().to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(ids(&lab), ada.iter().map(Client::id).collect::<Vec<_>>());
    ada[1].close();
    lab.settle().await;
    assert_eq!(ids(&lab), [ada[0].id(), ada[2].id()]);
    user.emit_named("note", (json!({ "number": 1 }),));
    for client in [&ada[0], &ada[2]] {
        assert_eq!(client.expect::<Note>().await, Note { number: 1 });
    }
    drop(ada);
    lab.settle().await;
    assert!(user.sockets().is_empty());
    user.emit(&Note { number: 2 });
}

#[salon::test]
async fn who_was_lost_and_comes_back_has_missed_nothing_that_its_user_was_sent() {
    for wire in Wire::SOCKET_IO {
        let lab = Lab::builder(salon(Some(MINUTE))?).workers(4).start().await;
        let visitor = |worker| lab.visitor().wire(wire).worker(worker);
        let stays = visitor(0).namespace("/other").auth(guest("ada")).connect().await?;
        let lost = visitor(1).auth(guest("ada")).connect().await?;
        let ben = visitor(2).auth(json!({ "name": "ben" })).connect().await?;
        let (user, other) = (lab.salon().user("ada"), lab.salon().user("ben"));
        // A client that is to come back has to name something that it has seen.
        user.emit(&Note { number: 1 });
        other.emit(&Note { number: 1 });
        for client in [&stays, &lost, &ben] {
            assert_eq!(client.expect_named("note").await.json()[0], json!({ "number": 1 }));
        }
        lost.reset();
        ben.reset();
        // Of one that polls it is the heartbeat that tells.
        lab.advance(MINUTE * 46 / 60).await;
        assert_eq!(user.sockets().len(), 1, "{wire:?}");
        user.emit(&Note { number: 2 });
        user.emit(&Note { number: 3 });
        lost.reconnect().await?;
        ben.reconnect().await?;
        user.emit(&Note { number: 4 });
        for client in [&stays, &lost] {
            for number in 2..=4 {
                let note = client.expect_named("note").await;
                assert_eq!(note.json()[0], json!({ "number": number }), "{wire:?}");
            }
            client.expect_none().await;
        }
        ben.expect_none().await;
    }
}

/// The id of a session is known to those who are told of it, and a client may choose what its room is
/// called.
#[salon::test]
async fn a_room_that_is_called_like_a_session_hears_nothing_of_what_is_for_that_session_alone() {
    for wire in Wire::SOCKET_IO {
        let lab = Lab::new(salon(Some(MINUTE))?).await;
        let come = async |name: &str| lab.visitor().wire(wire).auth(guest(name)).connect().await;
        let (ada, mallory) = (come("ada").await?, come("mallory").await?);
        let alone = |name: &str| lab.salon().user(name).sockets().swap_remove(0);
        let (hers, his) = (alone("ada"), alone("mallory"));
        his.join(hers.id())?;
        his.emit(&Note { number: 0 });
        let mut wanted = Vec::new();
        for round in 0..2 {
            lab.salon().user("ada").emit(&Note { number: 2 * round + 1 });
            lab.settle().await;
            hers.emit(&Note { number: 2 * round + 2 });
            wanted.extend([2 * round + 1, 2 * round + 2]);
            lab.settle().await;
            if round == 0 {
                // What is said while he is away is kept for those who are meant.
                assert_eq!(mallory.expect_named("note").await.json()[0], json!({ "number": 0 }));
                mallory.expect_none().await;
                mallory.reset();
                lab.advance(MINUTE * 46 / 60).await;
            }
        }
        mallory.reconnect().await?;
        assert!(alone("mallory").is_recovered(), "{wire:?}");
        mallory.expect_none().await;
        for number in wanted {
            let note = ada.expect_named("note").await;
            assert_eq!(note.json()[0], json!({ "number": number }), "{wire:?}");
        }
        ada.expect_none().await;
    }
}

#[salon::test]
async fn what_cannot_be_sent_is_counted_and_sent_to_nobody() {
    let lab = Lab::builder(salon(None)?).workers(4).start().await;
    let ada = everywhere(&lab, "ada").await?;
    lab.salon().user("ada").emit_named("disconnect", ());
    assert_eq!(lab.counters().get(Count::EventsNotSent), 1);
    for client in &ada {
        client.expect_none().await;
    }
}

#[test]
fn a_handle_does_not_show_whose_it_is() {
    let user = salon(None).expect("it is built").user("ada@example.com");
    assert!(!format!("{user:?}").contains("ada"));
}

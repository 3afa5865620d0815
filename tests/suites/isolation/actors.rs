//! What becomes of clients when an actor of Salon's dies: here by the app's own log, which Salon has to
//! trust. By the app's own parser none dies.

use std::fmt::{Debug, Write as _};

use salon::{
    Code, Count,
    prelude::*,
    testing::{Failure, Lab, Wire},
    wire::socket_io::{Decoder, JsonParser, Messages, Packet, PacketLimits, Parser},
};
use tracing::{Event as Record, Subscriber, field, subscriber::DefaultGuard};
use tracing_subscriber::{
    Registry,
    layer::{Context, Layer, SubscriberExt as _},
};

use crate::{
    app::{Bystanders, Hall},
    sessions::{ByName, Guest},
};

/// The name of a well of which nobody hears that it has ended.
const DRY: &str = "well:13";

/// A log that panics at a word that it does not like.
struct Prudish;

impl<S: Subscriber> Layer<S> for Prudish {
    fn on_event(&self, record: &Record<'_>, _: Context<'_, S>) {
        let mut text = String::new();
        record.record(&mut |_: &field::Field, value: &dyn Debug| {
            let _ = write!(text, "{value:?} ");
        });
        assert!(!text.contains("curse"), "a log");
    }
}

/// From here on everything that is logged on this thread; the lab has had a log of its own.
fn log() -> DefaultGuard {
    tracing::subscriber::set_default(Registry::default().with(Prudish))
}

/// JSON, and a panic at an answer that it does not like, or at words about a well that has none.
#[derive(Debug)]
struct Squeamish;

impl Parser for Squeamish {
    fn encode(&self, packet: &Packet) -> Messages {
        if let Packet::Ack { arguments, .. } = packet {
            assert!(!arguments.json_text().contains("poison"), "a parser");
        }
        if let Packet::Event { name, arguments, .. } = packet {
            let is_dry = arguments.json_text().contains(DRY);
            assert!(!(is_dry && name == "salon:evicted"), "a parser at the end of a room");
        }
        JsonParser.encode(packet)
    }

    fn decoder(&self, limits: &PacketLimits) -> Box<dyn Decoder> {
        JsonParser.decoder(limits)
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("well:come", room = Well(well), join)]
struct Come {
    well: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("well:drink", room = Well(well), reply = String)]
struct Drink {
    well: u32,
    says: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("sip", reply = String)]
struct Sip {
    says: String,
}

/// Says it again, or refuses to.
fn echo(says: String) -> Result<String, Refusal> {
    match says.as_str() {
        "curse" => Err(Refusal::other("rude", says)),
        _ => Ok(says),
    }
}

fn drink(says: &str) -> Drink {
    Drink { well: 1, says: says.to_owned() }
}

fn sip(says: &str) -> Sip {
    Sip { says: says.to_owned() }
}

struct Well;

impl Room for Well {
    const NAME: &'static str = "well";
    type Key = u32;
    type Identity = Guest;
    type Events = (Come, Drink);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Come> for Well {
    fn on(&mut self, _: Come, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Drink> for Well {
    fn on(&mut self, drink: Drink, _: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        echo(drink.says)
    }
}

struct Drinker;

impl Session for Drinker {
    type Identity = Guest;
    type Events = (Sip,);
    type Sends = ();

    fn connect(_: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Sip> for Drinker {
    fn on(&mut self, sip: Sip, _: &mut SessionContext<Self>) -> Result<String, Refusal> {
        echo(sip.says)
    }
}

async fn lab() -> Lab {
    let builder = Salon::builder().authenticate(ByName).parser(Squeamish);
    let builder = builder.session::<Drinker>().room::<Well>().room::<Hall>();
    Lab::builder(builder.build().expect("the app is in order")).workers(2).start().await
}

/// So many actors were lost, and nothing is left of anybody.
async fn lost(lab: &Lab, actors: u64, bystanders: Bystanders) -> Result<(), Failure> {
    bystanders.talk().await?;
    assert_eq!(lab.counters().get(Count::ActorsLost), actors);
    bystanders.leave(lab).await;
    Ok(())
}

#[salon::test]
async fn the_members_of_a_room_whose_actor_dies_are_cut_off_and_come_back() {
    for wire in Wire::ALL {
        let lab = lab().await;
        let _log = log();
        let bystanders = Bystanders::come(&lab).await?;
        let (one, other) = (lab.connect_over(wire, ()).await?, lab.connect(()).await?);
        one.send(Come { well: 1 }).await?;
        other.send(Come { well: 1 }).await?;
        drop(one.send(drink("curse")));
        for member in [&one, &other] {
            assert!(!member.closed().await.disconnected, "clients come back by themselves");
            member.reconnect().await?;
            member.send(Come { well: 1 }).await?;
        }
        assert!(lab.salon().room::<Well>(&1).is_open());
        one.disconnect();
        other.disconnect();
        lost(&lab, 1, bystanders).await?;
    }
}

#[salon::test]
async fn nothing_is_left_of_a_room_whose_worker_ends_though_its_members_cannot_be_told() {
    for wire in Wire::SOCKET_IO {
        let lab = lab().await;
        let first = lab.visitor().worker(0).connect().await?;
        first.send(Come { well: 13 }).await?;
        let (one, other) = (lab.visitor().wire(wire).worker(1), lab.visitor().worker(1));
        let (one, other) = (one.connect().await?, other.connect().await?);
        for member in [&one, &other] {
            member.send(Come { well: 13 }).await?;
        }
        lab.end_worker(0);
        lab.settle().await;
        assert_eq!(lab.salon().open_rooms(), 0, "{wire:?}");
        let counters = lab.counters();
        assert_eq!((counters.get(Count::HandlerPanics), counters.get(Count::ActorsLost)), (2, 0));
        for member in [&one, &other] {
            member.expect_none().await;
            member.send(Come { well: 13 }).await?;
        }
        let members = lab.drive(lab.salon().room::<Well>(&13).members()).await;
        assert_eq!(members.len(), 2, "{wire:?}");
    }
}

#[salon::test]
async fn an_answer_at_which_the_parser_panics_is_refused_and_harms_nobody() {
    for wire in Wire::SOCKET_IO {
        let lab = lab().await;
        let client = lab.connect_over(wire, ()).await?;
        client.send(Come { well: 1 }).await?;
        for sent in [client.send(drink("poison")), client.send(sip("poison"))] {
            let refusal = sent.await.expect_err("the answer has no form");
            assert_eq!(*refusal.code(), Code::Internal, "{refusal}");
        }
        assert_eq!(client.send(drink("water")).await?, "water");
        assert_eq!(client.send(sip("water")).await?, "water");
        let counters = lab.counters();
        let counted = [Count::HandlerPanics, Count::EventsNotSent, Count::ActorsLost];
        assert_eq!(counted.map(|count| counters.get(count)), [2, 2, 0]);
    }
}

#[salon::test]
async fn a_client_whose_connections_actor_dies_is_cut_off_and_comes_back() {
    for wire in Wire::ALL {
        let lab = lab().await;
        let _log = log();
        let bystanders = Bystanders::come(&lab).await?;
        let client = lab.connect_over(wire, ()).await?;
        client.send(crate::app::Enter { hall: 1 }).await?;
        drop(client.send(sip("curse")));
        client.closed().await;
        client.reconnect().await?;
        client.send(crate::app::Enter { hall: 1 }).await?;
        client.disconnect();
        lost(&lab, 1, bystanders).await?;
    }
}

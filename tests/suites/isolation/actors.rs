//! What becomes of clients when an actor of Salon's dies: here by the app's own parser, which Salon has to
//! trust.

use salon::{
    Count,
    prelude::*,
    testing::{Failure, Lab, Wire},
    wire::socket_io::{Decoder, JsonParser, Messages, Packet, PacketLimits, Parser},
};

use crate::{
    app::{Bystanders, Hall},
    sessions::{ByName, Guest},
};

/// JSON, and a panic at an answer that it does not like.
#[derive(Debug)]
struct Squeamish;

impl Parser for Squeamish {
    fn encode(&self, packet: &Packet) -> Messages {
        if let Packet::Ack { arguments, .. } = packet {
            assert!(!arguments.json_text().contains("poison"), "a parser");
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
}

#[derive(Serialize, Deserialize, Event)]
#[event("sip", reply = String)]
struct Sip;

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
    fn on(&mut self, _: Drink, _: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok("poison".to_owned())
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
    fn on(&mut self, _: Sip, _: &mut SessionContext<Self>) -> Result<String, Refusal> {
        Ok("poison".to_owned())
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
        let bystanders = Bystanders::come(&lab).await?;
        let (one, other) = (lab.connect_over(wire, ()).await?, lab.connect(()).await?);
        one.send(Come { well: 1 }).await?;
        other.send(Come { well: 1 }).await?;
        drop(one.send(Drink { well: 1 }));
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
async fn a_client_whose_connections_actor_dies_is_cut_off_and_comes_back() {
    for wire in Wire::ALL {
        let lab = lab().await;
        let bystanders = Bystanders::come(&lab).await?;
        let client = lab.connect_over(wire, ()).await?;
        client.send(crate::app::Enter { hall: 1 }).await?;
        drop(client.send(Sip));
        client.closed().await;
        client.reconnect().await?;
        client.send(crate::app::Enter { hall: 1 }).await?;
        client.disconnect();
        lost(&lab, 1, bystanders).await?;
    }
}

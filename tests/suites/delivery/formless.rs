//! What has no form for some client: its number counts all the same.
//!
//! It must never harm anybody else.

use salon::{
    Count,
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
    wire::socket_io::{Decoder, JsonParser, Messages, Packet, PacketLimits, Parser},
};
use salon_tests::guests::ByName;
use serde_json::{Value, json};

use crate::chat::{Said, come, joined, said};
use crate::den::{Den, OUTBOX, enter};

/// JSON, and a panic at the 30th that is said.
#[derive(Debug)]
struct Squeamish;

impl Parser for Squeamish {
    fn encode(&self, packet: &Packet) -> Messages {
        if let Packet::Event { arguments, .. } = packet {
            assert!(!arguments.json_text().contains("\"30\""), "a parser");
        }
        JsonParser.encode(packet)
    }

    fn decoder(&self, limits: &PacketLimits) -> Box<dyn Decoder> {
        JsonParser.decoder(limits)
    }
}

/// A den of three on one worker, whose parser panics at the 30th that is said.
async fn squeamish() -> Result<(Lab, Vec<Client>), Failure> {
    let salon = Salon::builder()
        .authenticate(ByName::default())
        .parser(Squeamish)
        .limits(|limits| limits.max_outbox_frames = OUTBOX)
        .room::<Den>()
        .build()?;
    let lab = Lab::builder(salon).workers(1).window(512).start().await;
    let mut clients = Vec::new();
    for name in ["ada", "bob", "cyd"] {
        let client = come(&lab, Wire::WebSocket, name).await?;
        client.send(enter()).await?;
        clients.push(client);
    }
    Ok((lab, clients))
}

/// An event that has no form is the app's mistake, and harms nothing else.
#[salon::test]
async fn what_has_no_form_harms_no_shard_on_which_somebody_is_behind() {
    let (lab, clients) = squeamish().await?;
    clients[0].stop_reading();
    // From outside: those who hear are not looked at.
    let den = lab.salon().room::<Den>(&"a".into());
    for number in 1..=35 {
        den.broadcast(&Said { text: number.to_string() }).await;
        lab.settle().await;
    }
    // The parser's own, once, and no more.
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1, "the shard panicked as well");
}

/// "numbers are contiguous for everybody, so a gap is a gap": of what has no form there is to be a `salon:skip`.
#[salon::test]
async fn what_has_no_form_has_its_number_all_the_same() {
    let (lab, clients) = squeamish().await?;
    let den = lab.salon().room::<Den>(&"a".into());
    for number in 1..=35 {
        den.broadcast(&Said { text: number.to_string() }).await;
        lab.settle().await;
    }
    let came = clients[1].events().await;
    let came = came.iter().filter(|event| matches!(&*event.name, "chat:said" | "salon:skip"));
    assert_eq!(came.count(), 35);
}

/// "13, 14, as they were; { to: 14 }": what is answered is what came.
#[salon::test]
async fn a_gap_around_what_has_no_form_is_filled_up_to_what_is_answered() {
    let salon =
        Salon::builder().authenticate(ByName::default()).parser(Squeamish).room::<Den>().build()?;
    let lab = Lab::builder(salon).workers(1).start().await;
    let bob = come(&lab, Wire::WebSocket, "bob").await?;
    // It is open once somebody has come, and stays so for a while.
    bob.send(enter()).await?;
    bob.disconnect();
    lab.settle().await;
    let den = lab.salon().room::<Den>(&"a".into());
    for number in 1..=35 {
        den.broadcast(&Said { text: number.to_string() }).await;
    }
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    ada.send(enter()).await?;
    let epoch = joined(&ada).await["epoch"].clone();
    let gap = json!({ "room": "den:a", "epoch": epoch, "after": 28, "to": 34 });
    let answer: Value = ada.call("salon:replay", (gap,)).await?;
    assert_eq!(answer["to"], json!(34));
    assert_eq!(said(&ada).await, [29, 31, 32, 33, 34]);
}

//! A client that says one thing after the other, and comes back when its server was killed.
//!
//! It must never say one thing under two ids, nor leave one out: what it does not know to have come through,
//! it says again.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use salon_tests::{
    Result,
    socket_io::{Client, Packet},
};
use serde_json::{Value, json};

use crate::{ledger::Ledger, token};

/// One client of one room.
pub(crate) struct Chatter {
    name: String,
    room: String,
    ledger: Arc<Mutex<Ledger>>,
    /// The last that it has seen: the epoch and the number.
    seen: Option<(String, u64)>,
    /// How much it has said and knows to have come through.
    pub(crate) said: u64,
}

impl Chatter {
    pub(crate) fn new(name: &str, room: &str, ledger: Arc<Mutex<Ledger>>) -> Self {
        Self { name: name.into(), room: room.into(), ledger, seen: None, said: 0 }
    }

    /// Comes back, and has missed nothing.
    async fn join(&mut self, address: SocketAddr) -> Result<Client> {
        let mut auth = json!({ "token": token(&self.name)? });
        if let Some((epoch, seq)) = &self.seen {
            let after = json!({ "epoch": epoch, "seq": seq });
            auth["salon"] = json!({ "after": { format!("chat:{}", self.room): after } });
        }
        let mut client = Client::connect(address, auth).await?;
        let id = client.start_asking("chat:join", json!({ "room": self.room, "name": self.name }));
        let id = id.await?;
        loop {
            let packet = client.next().await?;
            if self.takes(&packet) == Some(id) {
                return Ok(client);
            }
        }
    }

    /// Says one thing after the other until the connection ends, or it has said so much.
    pub(crate) async fn talk(&mut self, address: SocketAddr, up_to: u64) -> Result<()> {
        let mut client = self.join(address).await?;
        while self.said < up_to {
            let text = format!("{} {}", self.name, self.said + 1);
            let say = json!({ "room": self.room, "text": text, "id": text });
            let id = client.start_asking("chat:say", say).await?;
            loop {
                let packet = client.next().await?;
                let answered = self.takes(&packet);
                if answered == Some(id)
                    && let Packet::Ack(_, answer) = &packet
                {
                    let seq = answer[0].as_u64().ok_or_else(|| format!("{answer:?}"))?;
                    self.ledger().acknowledges(&text, seq);
                    self.said += 1;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Hears everything that there is, and says how much the room has handled.
    pub(crate) async fn hears_all(&mut self, address: SocketAddr) -> Result<u64> {
        let mut client = self.join(address).await?;
        let id = client.start_asking("chat:count", json!({ "room": self.room })).await?;
        loop {
            let packet = client.next().await?;
            if self.takes(&packet) == Some(id)
                && let Packet::Ack(_, answer) = packet
            {
                return Ok(answer[0].as_u64().ok_or("a count")?);
            }
        }
    }

    /// Takes what came; the id that is acknowledged by it, if any is.
    fn takes(&mut self, packet: &Packet) -> Option<u64> {
        match packet {
            Packet::Ack(id, _) => return Some(*id),
            Packet::Event(name, arguments, _) if name == "salon:joined" => {
                let told = &arguments[0];
                let epoch = told["epoch"].as_str().expect("an epoch").to_owned();
                let after = told["after"].as_u64().expect("a number");
                self.ledger().is_in(&epoch);
                if let Some((_, seq)) = &self.seen {
                    assert_eq!(told["resumed"], Value::Bool(true), "{}: {told}", self.name);
                    assert_eq!(after, *seq);
                }
                self.seen = Some((epoch, after));
            }
            Packet::Event(_, arguments, _) => {
                let place = arguments.last().expect("a place");
                let seq = place["seq"].as_u64()?;
                let (epoch, before) = self.seen.clone().expect("it has joined");
                assert_eq!(place["epoch"], epoch);
                assert_eq!(
                    seq,
                    before + 1,
                    "{} misses nothing, and hears nothing twice",
                    self.name
                );
                // Who is present has its numbers as well.
                self.ledger().hears(seq, arguments[0]["text"].as_str());
                self.seen = Some((epoch, seq));
            }
            _ => {}
        }
        None
    }

    pub(crate) fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("nobody panics with it")
    }
}

//! What every client heard, held against what every other one heard.
//!
//! It must never ask the server what happened: the clients' own transcripts are all that counts.

use std::collections::BTreeMap;

use salon::{
    At, Position, PresenceChange, PresenceSnapshot, PresentUser,
    testing::{Client, Failure, Happened, Lab, Traffic, for_seeds},
};
use serde_json::{Value, json};

use crate::lounge::{Feel, GRACE, Leave, Lounge, SECOND, Say, To, come, enter, salon};

const CLIENTS: usize = 7;
const ROUNDS: usize = 40;

/// What is the same for whoever heard it.
#[derive(Debug, Default)]
struct Order {
    /// What has a number, by epoch and number.
    published: BTreeMap<(String, u64), String>,
    /// Who is there right after it.
    present: BTreeMap<(String, u64), Vec<PresentUser>>,
}

/// One visit of one client to the lounge, as far as it has heard.
struct Visit {
    epoch: String,
    last: u64,
    users: Vec<PresentUser>,
    /// Numbers that it was not told.
    missed: Vec<u64>,
}

impl Visit {
    fn take(&mut self, place: &Position, name: &str, arguments: &str, order: &mut Order) {
        assert_eq!(place.epoch, self.epoch, "a visit is to one state of the room");
        match place.at {
            At::After(last) => assert!(last >= self.last, "{name} is after {last}"),
            At::Seq(number) => {
                assert!(number > self.last, "{name} is {number}, after {}", self.last);
                self.missed.extend(self.last + 1..number);
                self.last = number;
                let at = (place.epoch.clone(), number);
                let same =
                    order.published.entry(at).or_insert_with(|| format!("{name} {arguments}"));
                assert_eq!(*same, format!("{name} {arguments}"), "{number} is one event for all");
            }
        }
    }

    fn change(&mut self, change: PresenceChange) {
        let PresenceChange::Users { joined, updated, left, .. } = change else {
            panic!("{change:?}: there are few enough to be told by name")
        };
        for user in joined {
            assert!(
                self.users.iter().all(|known| known.user != user.user),
                "{user:?} joined twice"
            );
            self.users.push(user);
        }
        for user in updated {
            let known = self.users.iter_mut().find(|known| known.user == user.user);
            *known.expect("who is updated is there") = user;
        }
        for user in left {
            let index = self.users.iter().position(|known| known.user == user);
            self.users.remove(index.expect("who left was there"));
        }
    }

    /// Checks that what every client knows at this point is the same.
    fn compare(&self, order: &mut Order) {
        let at = (self.epoch.clone(), self.last);
        let same = order.present.entry(at).or_insert_with(|| self.users.clone());
        assert_eq!(*same, self.users, "who is there after {}", self.last);
    }
}

/// Goes through what a client heard. Its last visit, if it is not over.
fn replay(client: &Client, order: &mut Order) -> Result<Option<Visit>, Failure> {
    #[derive(serde::Deserialize)]
    struct Joined {
        #[serde(flatten)]
        place: Position,
        presence: PresenceSnapshot,
    }
    let (mut visit, mut leaving, mut talking) = (None::<Visit>, Vec::new(), BTreeMap::new());
    let mut own = Vec::new();
    for entry in client.transcript().entries() {
        match &entry.what {
            Happened::Sent(Traffic::Event { name, id: Some(id), json }) => match &**name {
                "lounge:leave" => leaving.push(*id),
                "lounge:say" => {
                    talking.insert(*id, serde_json::from_str::<Say>(json)?.to);
                }
                _ => {}
            },
            Happened::Came(Traffic::Acknowledgement { id, json: reply }) => {
                if let Some(To::Others) = talking.remove(id) {
                    own.extend(reply.parse::<u64>());
                }
                if leaving.contains(id)
                    && let Some(over) = visit.take()
                {
                    check_missed(&over, order, &own)?;
                }
            }
            Happened::Came(Traffic::Connected) => {
                // Whatever it was in, it has lost with the connection before.
                if let Some(over) = visit.take() {
                    check_missed(&over, order, &own)?;
                }
            }
            Happened::Came(Traffic::Event { name, json, .. }) if name == "salon:joined" => {
                assert!(visit.is_none(), "it joins once");
                let Joined { place, presence } = serde_json::from_str(json)?;
                let (At::After(last), PresenceSnapshot::Users(users)) = (place.at, presence) else {
                    panic!("{json}: a visit begins after a number, with a list");
                };
                let begun = Visit { epoch: place.epoch, last, users, missed: Vec::new() };
                begun.compare(order);
                visit = Some(begun);
            }
            Happened::Came(Traffic::Event { name, json, .. })
                if ["lounge:said", "lounge:missed", "salon:presence"].contains(&&**name) =>
            {
                let visit = visit.as_mut().expect("nothing is heard outside of a visit");
                let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
                let said = values.next().ok_or("no argument")??;
                // What is left is a comma and the place.
                let place = json[values.byte_offset()..].trim_start_matches(',');
                visit.take(&serde_json::from_str(place)?, name, &said.to_string(), order);
                if name == "salon:presence" {
                    visit.change(serde_json::from_value(said)?);
                }
                visit.compare(order);
            }
            _ => {}
        }
    }
    if let Some(visit) = &visit {
        check_missed(visit, order, &own)?;
    }
    Ok(visit)
}

/// Each number that one visit lacks is of something that the client itself told the others.
fn check_missed(visit: &Visit, order: &Order, own: &[u64]) -> Result<(), Failure> {
    for missed in &visit.missed {
        let Some(published) = order.published.get(&(visit.epoch.clone(), *missed)) else {
            // It was alone, or those who heard it come later in the replay.
            continue;
        };
        let said = published.strip_prefix("lounge:said ").ok_or_else(|| published.clone())?;
        let said: crate::lounge::Said = serde_json::from_str(said)?;
        assert_eq!(said.to_whom, "Others", "{missed} is a gap");
        assert!(own.contains(&said.number), "{missed} is a gap: another said it");
    }
    Ok(())
}

#[test]
fn every_client_hears_one_order_without_gap_or_double_and_knows_who_is_there_at_each_point() {
    for_seeds(0..25, async |seed| {
        let lab = Lab::builder(salon()).workers(4).seed(seed).start().await;
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut clients = Vec::new();
        for client in 0..CLIENTS {
            // Two of them are one user.
            let user = format!("user {}", client.min(CLIENTS - 2));
            let visitor = lab.visitor().name(&format!("client {client}"));
            clients.push(visitor.auth(json!({ "name": user })).connect().await?);
        }
        // One that never leaves, and never leaves itself out, hears everything.
        let host = come(&lab, "host").await?;
        host.send(enter("calm")).await?;
        let mut inside = [false; CLIENTS];
        for _ in 0..ROUNDS {
            let mut answers = Vec::new();
            for (client, inside) in clients.iter().zip(&mut inside) {
                if !client.is_connected() {
                    if chance.bool() {
                        client.reconnect().await?;
                    }
                    continue;
                }
                match (*inside, chance.u8(0..10)) {
                    (false, _) => {
                        answers.push(client.send(enter(["calm", "glad"][chance.usize(0..2)])));
                        *inside = true;
                    }
                    (true, 0) => {
                        answers.push(client.send(Leave { lounge: 1 }));
                        *inside = false;
                    }
                    (true, 1) => {
                        client.close();
                        *inside = false;
                    }
                    (true, 2) => {
                        let mood = ["sad", "glad", "tired"][chance.usize(0..3)].to_owned();
                        answers.push(client.send(Feel { lounge: 1, mood }));
                    }
                    (true, talk) => {
                        let to = [To::Everybody, To::Others, To::Oneself][usize::from(talk) % 3];
                        drop(client.send(Say { lounge: 1, to }));
                    }
                }
            }
            if chance.bool() {
                for answer in answers {
                    // Its connection may have been closed meanwhile.
                    let _ = answer.await;
                }
            }
            if chance.u8(0..8) == 0 {
                lab.advance(if chance.bool() { SECOND } else { GRACE }).await;
            }
        }
        lab.settle().await;
        let room = lab.salon().room::<Lounge>(&1);
        let there: Vec<_> = lab.drive(room.presence()).await;
        let mut order = Order::default();
        let heard = replay(&host, &mut order)?.ok_or("the host is there")?;
        assert_eq!(heard.missed, [0; 0], "nothing was lost to everybody");
        // Twice: what only a later client heard is known the second time.
        for client in clients.iter().chain(&clients) {
            if let Some(visit) = replay(client, &mut order)?
                && client.is_connected()
            {
                let known: Vec<_> = visit.users.iter().map(|user| user.user.clone()).collect();
                let truth: Vec<_> = there.iter().map(|user| user.user.clone()).collect();
                assert_eq!(known, truth, "what {} knows at the end", client.name());
            }
        }
        assert!(order.published.len() > ROUNDS, "too little happened: {}", order.published.len());
        Ok(())
    });
}

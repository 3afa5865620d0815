//! Random histories of a durable room against what it has said: whatever fails, whoever goes and however often
//! it is started again, what was acknowledged is there, once, where it was said to be.
//!
//! A tome publishes each of its lines as the event of that number. So there is one list in the end, and all that
//! was ever heard or answered is about it. That nobody misses a number the lab itself holds every client to.

use std::{collections::HashMap, pin::Pin, time::Duration};

use fastrand::Rng;
use salon::{
    At, Refusal, Salon,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};
use salon_tests::guests::ByName;
use serde_json::json;

use crate::{
    moody::MoodyStore,
    tome::{Open, Read, Then, Tome, Write, WriteLater},
};

type Answer = Pin<Box<dyn Future<Output = Result<usize, Refusal>>>>;

/// What is known of the tome.
#[derive(Default)]
struct Known {
    epoch: Option<String>,
    /// Which line was said to be the one of that number.
    lines: HashMap<u64, u64>,
    /// The lines that were sent, by whom and whether to be written later, until they are acknowledged.
    sent: HashMap<u64, (usize, bool)>,
    next: u64,
}

impl Known {
    fn is_line(&mut self, number: u64, line: u64, how: &str) {
        let before = *self.lines.entry(number).or_insert(line);
        assert_eq!(before, line, "number {number} was {how} as another line");
    }

    fn line(&mut self, by: usize, later: bool) -> u64 {
        self.next += 1;
        self.sent.insert(self.next, (by, later));
        self.next
    }
}

struct Reader {
    client: Client,
    is_away: bool,
    seen: u64,
    answers: Vec<(u64, Answer)>,
}

impl Reader {
    async fn hear(&mut self, known: &mut Known) {
        for event in self.client.events().await {
            let Some(position) = &event.position else { continue };
            let At::Seq(number) = position.at else { continue };
            let epoch = known.epoch.get_or_insert_with(|| position.epoch.to_string());
            assert_eq!(*epoch, position.epoch.to_string(), "an order was lost");
            self.seen = self.seen.max(number);
            if event.name == "tome:written" {
                let line = event.json()[0]["line"].as_u64().expect("a line is a number");
                known.is_line(number, line, "heard");
            }
        }
    }

    /// Looks at the answers that have come.
    async fn settle(&mut self, known: &mut Known) {
        for (line, answer) in std::mem::take(&mut self.answers) {
            if let Ok(number) = answer.await {
                known.sent.remove(&line);
                known.is_line(number as u64, line, "acknowledged");
            }
        }
    }
}

fn open() -> Open {
    Open { room: "a".into() }
}

async fn lab(seed: u64, store: MoodyStore) -> Result<Lab, Failure> {
    let salon = Salon::builder()
        .authenticate(ByName::default())
        .store(store)
        .limits(|limits| (limits.max_outbox_frames, limits.max_uncommitted) = (12, 6))
        .room::<Tome>()
        .build()?;
    Ok(Lab::builder(salon).workers(3).seed(seed).window(512).start().await)
}

/// Readers who have seen as much.
async fn come(
    lab: &Lab,
    rng: &mut Rng,
    known: &Known,
    seen: [u64; 3],
) -> Result<Vec<Reader>, Failure> {
    let mut readers = Vec::new();
    for (name, seen) in ["ada", "bob", "cyd"].into_iter().zip(seen) {
        let mut auth = json!({ "name": name });
        if let Some(epoch) = &known.epoch {
            auth["salon"] = json!({ "after": { "tome:a": { "epoch": epoch, "seq": seen } } });
        }
        let wire = rng.choice(Wire::ALL).unwrap_or_default();
        let client = lab.visitor().name(name).wire(wire).auth(auth).connect().await?;
        drop(client.send(open()));
        readers.push(Reader { client, is_away: false, seen, answers: Vec::new() });
    }
    Ok(readers)
}

async fn step(
    lab: &Lab,
    rng: &mut Rng,
    known: &mut Known,
    readers: &mut [Reader],
) -> Result<(), Failure> {
    let number = rng.usize(0..readers.len());
    let reader = &mut readers[number];
    reader.is_away |= !reader.client.is_connected();
    let then = match rng.u8(0..24) {
        0 => Then::Crash,
        1 => Then::Leave,
        2 => Then::Close,
        3 | 4 => Then::LeaveOut,
        5 => Then::Refuse,
        _ => Then::Nothing,
    };
    match rng.u8(0..20) {
        0..=8 if !reader.is_away => {
            let line = known.line(number, false);
            let write = Write { room: "a".into(), line, then };
            let answer = reader.client.send(write.clone());
            reader.answers.push((line, Box::pin(async move { answer.await })));
            if rng.u8(0..4) == 0 {
                let again = reader.client.send(write);
                reader.answers.push((line, Box::pin(async move { again.await })));
            }
        }
        9 | 10 if !reader.is_away => {
            let line = known.line(number, true);
            let answer = reader.client.send(WriteLater { room: "a".into(), line });
            reader.answers.push((line, Box::pin(async move { answer.await })));
        }
        11..=13 if !reader.is_away => drop(reader.client.send(open())),
        14 if !reader.is_away => {
            reader.client.reset();
            reader.client.read_on();
            reader.is_away = true;
        }
        15 | 16 if reader.is_away => {
            reader.client.read_on();
            reader.client.resume().await?;
            reader.is_away = false;
            drop(reader.client.send(open()));
        }
        17 if !reader.is_away => reader.client.stop_reading(),
        18 => reader.client.read_on(),
        19 => lab.advance(Duration::from_millis(rng.u64(1..2_000))).await,
        _ => {}
    }
    if rng.bool() {
        lab.settle().await;
    }
    if rng.u8(0..3) == 0 {
        lab.advance(Duration::from_millis(rng.u64(1..300))).await;
    }
    Ok(())
}

/// Everybody is there, and whatever was not acknowledged is sent once more.
async fn conclude(lab: &Lab, known: &mut Known, readers: &mut [Reader]) -> Result<(), Failure> {
    lab.advance(Duration::from_secs(12)).await;
    readers.iter().for_each(|reader| reader.client.read_on());
    // What a client could not send before comes now.
    lab.advance(Duration::from_secs(2)).await;
    for reader in readers.iter_mut() {
        reader.settle(known).await;
        if reader.is_away || !reader.client.is_connected() {
            reader.client.resume().await?;
            reader.is_away = false;
        }
        reader.client.send(open()).await?;
        reader.hear(known).await;
    }
    let mut unsure: Vec<_> = known.sent.iter().map(|(line, by)| (*line, *by)).collect();
    unsure.sort_unstable();
    for (line, (by, later)) in unsure {
        let client = &readers[by].client;
        let room = "a".to_owned();
        let answer = match later {
            true => client.send(WriteLater { room, line }),
            false => client.send(Write { room, line, then: Then::Nothing }),
        };
        lab.advance(Duration::from_secs(1)).await;
        match answer.await {
            Ok(number) => known.is_line(number as u64, line, "acknowledged at last"),
            // It came first as another event, and may be there or not.
            Err(refusal) => {
                assert!(matches!(refusal.code().as_str(), "key_reused" | "refused"), "{refusal}");
            }
        }
    }
    let line = known.line(0, false);
    let last = Write { room: "a".into(), line, then: Then::Nothing };
    let number = readers[0].client.send(last).await?;
    known.is_line(number as u64, line, "acknowledged as the last");
    let all = readers[0].client.send(Read { room: "a".into() }).await?;
    for reader in readers.iter_mut() {
        reader.hear(known).await;
        assert_eq!(reader.seen, all.len() as u64, "{} has heard of all", reader.client.name());
        let told = reader.client.transcript().to_string();
        assert!(!told.contains("\"lost\""), "{} has lost something", reader.client.name());
    }
    known.sent.clear();
    for (number, line) in &known.lines {
        assert_eq!(all.get(*number as usize - 1), Some(line), "number {number}");
    }
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), all.len(), "a line was written twice: {all:?}");
    Ok(())
}

#[test]
fn whatever_happens_there_is_one_list_and_all_that_was_said_is_about_it() {
    for_seeds(0..40, async |seed| {
        let mut rng = Rng::with_seed(seed);
        let (store, mut known) = (MoodyStore::new(seed), Known::default());
        let mut seen = [0; 3];
        for process in 0..3 {
            let lab = lab(seed * 10 + process, store.clone()).await?;
            store.be_good(process == 0);
            let mut readers = come(&lab, &mut rng, &known, seen).await?;
            if process == 0 {
                // An order is kept from its first event on.
                let line = known.line(0, false);
                let first = Write { room: "a".into(), line, then: Then::Nothing };
                known.is_line(readers[0].client.send(first).await? as u64, line, "the first");
            }
            store.be_good(false);
            for _ in 0..50 {
                step(&lab, &mut rng, &mut known, &mut readers).await?;
            }
            if process < 2 && rng.bool() {
                // It is killed.
                for (reader, seen) in readers.iter_mut().zip(&mut seen) {
                    reader.hear(&mut known).await;
                    *seen = reader.seen;
                }
                continue;
            }
            store.be_good(true);
            conclude(&lab, &mut known, &mut readers).await?;
            seen = [0, 1, 2].map(|number: usize| readers[number].seen);
        }
        assert_eq!(store.conflicts(), 0);
        Ok(())
    });
}

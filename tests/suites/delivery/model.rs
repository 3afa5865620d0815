//! Random histories against a list: whatever is said, left out, cut off, revoked and come back to, each member
//! has heard what the list says, and whoever is none nothing.
//!
//! That no number is missing, and none comes twice, the lab itself holds every client to; and that what may be
//! missed comes behind its place.

use std::collections::HashMap;

use fastrand::Rng;
use salon::{
    At,
    auth::{What, Who},
    testing::{Client, Failure, Incoming, Lab, Wire, for_seeds},
};

use crate::chat::{Join, KEPT, Moved, Say, To, come, joined, lab, moved, say};

/// What the room has published: who was left out of each, by its number from 1.
type Published = Vec<Option<usize>>;

const NAMES: [&str; 3] = ["ada", "bob", "cyd"];

struct Guest {
    client: Client,
    is_away: bool,
    /// Whether it has lost the room, and how much had been published by then.
    lost: Option<u64>,
    is_slow: bool,
    /// The number of the last that it has seen.
    seen: u64,
    heard: usize,
    /// Where it has last seen that each of a few is.
    moved: HashMap<String, u64>,
}

impl Guest {
    /// Looks at what has come since it last did.
    async fn hear(&mut self, number: usize, published: &Published) {
        for Incoming { name, payload, position, .. } in self.client.events().await {
            let Some(position) = position else { continue };
            let (At::Seq(seq) | At::After(seq)) = position.at;
            assert!(self.lost.is_none_or(|lost| seq <= lost), "{number} has no right to {seq}");
            if name == "chat:moved" {
                let Moved { by, to } = payload.single().expect("it is one");
                let before = self.moved.insert(by, to);
                assert!(before <= Some(to), "{to} came behind {before:?}");
                continue;
            }
            self.seen = self.seen.max(seq);
            let left_out = || published[usize::try_from(seq).unwrap_or_default() - 1];
            match &*name {
                "chat:said" => {
                    assert_ne!(left_out(), Some(number), "{number} was left out of {seq}");
                    assert!(payload.json().contains(&format!("\"{seq}\"")), "{seq}: {payload:?}");
                    self.heard += 1;
                }
                "salon:skip" => assert_eq!(left_out(), Some(number), "of {seq}"),
                other => panic!("{other} has a position"),
            }
        }
    }
}

/// One client of each wire, each of which is a member.
async fn guests(lab: &Lab, rng: &mut Rng) -> Result<Vec<Guest>, Failure> {
    let mut guests = Vec::new();
    for name in NAMES {
        let client = come(lab, rng.choice(Wire::ALL).unwrap_or_default(), name).await?;
        client.send(Join { room: "a".into() }).await?;
        joined(&client).await;
        let (seen, heard, moved) = (0, 0, HashMap::new());
        let (is_away, lost, is_slow) = (false, None, false);
        guests.push(Guest { client, is_away, lost, is_slow, seen, heard, moved });
    }
    Ok(guests)
}

/// Comes back to the room, and gets what was missed if all of it is kept.
async fn come_back(guest: &mut Guest, number: usize, published: &Published) -> Result<(), Failure> {
    guest.client.read_on();
    guest.client.resume().await?;
    // What it had not looked at has been seen.
    guest.hear(number, published).await;
    let answer = guest.client.send(Join { room: "a".into() }).await?;
    let told = joined(&guest.client).await;
    let is_kept = guest.seen + KEPT as u64 >= published.len() as u64;
    assert_eq!(answer.resumed, is_kept, "{told} of {}", published.len());
    if !is_kept {
        guest.seen = published.len() as u64;
    }
    (guest.is_away, guest.lost, guest.is_slow) = (false, None, false);
    Ok(())
}

/// Takes the room from one of them.
async fn revoke(lab: &Lab, guest: &mut Guest, number: usize, published: &Published) {
    let salon = lab.salon().clone();
    let whose = Who::user(NAMES[number]);
    lab.drive(async move { salon.revoke(whose, What::room("chat:a")).await }).await;
    guest.lost = Some(published.len() as u64);
}

/// One that has lost the room joins it anew.
async fn join_anew(guest: &mut Guest, number: usize, published: &Published) -> Result<(), Failure> {
    guest.client.read_on();
    guest.hear(number, published).await;
    guest.client.send(Join { room: "a".into() }).await?;
    joined(&guest.client).await;
    (guest.lost, guest.is_slow, guest.seen) = (None, false, published.len() as u64);
    Ok(())
}

#[test]
fn whatever_happens_everybody_hears_what_was_published_and_nothing_else() {
    for_seeds(0..150, async |seed| {
        let mut rng = Rng::with_seed(seed);
        let lab = lab(seed, |limits| limits.max_outbox_frames = 12).await?;
        let mut guests = guests(&lab, &mut rng).await?;
        let (mut published, mut moves) = (Published::new(), 0);
        for _ in 0..60 {
            let number = rng.usize(0..guests.len());
            let guest = &mut guests[number];
            // One that is slower than all that is kept is cut off.
            guest.is_away |= !guest.client.is_connected();
            let next = published.len() as u64 + 1;
            match rng.u8(0..14) {
                0..=3 => {
                    let more = rng.u64(1..15);
                    say(&lab, next..next + more).await;
                    (0..more).for_each(|_| published.push(None));
                }
                4 | 5 if !guest.is_away && !guest.is_slow && guest.lost.is_none() => {
                    let text = next.to_string();
                    let whisper = Say { room: "a".into(), text, to: To::Others };
                    assert_eq!(guest.client.send(whisper).await?, next);
                    published.push(Some(number));
                }
                6 if !guest.is_away => {
                    guest.client.stop_reading();
                    guest.is_slow = true;
                }
                7 => {
                    guest.client.read_on();
                    guest.is_slow = false;
                    guest.hear(number, &published).await;
                }
                8 if !guest.is_away => {
                    guest.client.reset();
                    guest.client.read_on();
                    (guest.is_away, guest.is_slow) = (true, false);
                    lab.settle().await;
                }
                9 if guest.is_away => come_back(guest, number, &published).await?,
                10 | 11 => {
                    moves += 1;
                    moved(&lab, rng.choice(["x", "y", "z"]).unwrap_or_default(), moves).await;
                }
                12 if !guest.is_away && guest.lost.is_none() => {
                    revoke(&lab, guest, number, &published).await;
                }
                13 if !guest.is_away && guest.lost.is_some() => {
                    join_anew(guest, number, &published).await?;
                }
                _ => {}
            }
            lab.settle().await;
        }
        for (number, guest) in guests.iter_mut().enumerate() {
            guest.client.read_on();
            guest.hear(number, &published).await;
            if guest.is_away || !guest.client.is_connected() {
                come_back(guest, number, &published).await?;
                guest.hear(number, &published).await;
            } else if guest.lost.is_some() {
                join_anew(guest, number, &published).await?;
            }
            assert_eq!(guest.seen, published.len() as u64, "guest {number}");
        }
        assert!(guests.iter().any(|guest| guest.heard > 0));
        assert!(moves == 0 || guests.iter().any(|guest| !guest.moved.is_empty()));
        Ok(())
    });
}

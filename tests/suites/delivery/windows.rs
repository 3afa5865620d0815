//! Windows: what a room says within one goes out as one write, and nothing of it changes its place.
//!
//! That no number is missing, and none comes twice or in another order, the lab itself holds every client to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use salon::{
    auth::{What, Who},
    testing::{Client, Failure, Happened, Lab, Traffic, Wire, for_seeds},
};

use crate::{
    chat::{come, join, said, say},
    hall::{Asked, Kind, Then, WINDOW, app, enter, lab, tell},
};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Two members of one room.
async fn two(lab: &Lab, wire: Wire, kind: Kind) -> Result<(Client, Client), Failure> {
    let (ada, bob) = (come(lab, wire, "ada").await?, come(lab, wire, "bob").await?);
    enter(&ada, kind).await?;
    enter(&bob, kind).await?;
    Ok((ada, bob))
}

/// Everything is said that waits, and what comes of it.
async fn end(lab: &Lab) {
    lab.settle().await;
    lab.advance(WINDOW).await;
}

/// For each kind of room and each wire.
fn each(seeds: u64, test: impl AsyncFn(u64, Wire, Kind) -> Result<(), Failure>) {
    for_seeds(0..seeds, async |seed| {
        for kind in Kind::ALL {
            for wire in Wire::ALL {
                test(seed, wire, kind).await?;
            }
        }
        Ok(())
    });
}

#[test]
fn what_is_said_within_a_window_comes_when_it_ends_and_its_answer_behind_it() {
    each(5, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let (ada, bob) = two(&lab, wire, kind).await?;
        let begun = lab.elapsed();
        let first = tell(&bob, kind, 2, Then::Nothing);
        lab.settle().await;
        lab.advance(WINDOW - MILLISECOND).await;
        let second = tell(&bob, kind, 1, Then::Nothing);
        lab.settle().await;
        assert_eq!(said(&ada).await, [0; 0], "{wire:?} {kind:?}");
        lab.advance(MILLISECOND).await;
        assert_eq!(said(&ada).await, [1, 2, 3], "{wire:?} {kind:?}");
        assert_eq!((first.await?, second.await?), (2, 3));
        assert_eq!(lab.elapsed() - begun, WINDOW, "{wire:?} {kind:?}");
        // Behind which nothing waits, that goes at once.
        assert_eq!(tell(&bob, kind, 0, Then::Whisper).await?, 3);
        assert_eq!(lab.elapsed() - begun, WINDOW, "{wire:?} {kind:?}");
        assert_eq!(ada.expect::<crate::chat::Said>().await.text, "whispered");
        assert_eq!(answers_in_order(&bob), 3);
        Ok(())
    });
}

/// Each answer came behind what was said up to the number that it has; how many there were.
#[track_caller]
fn answers_in_order(client: &Client) -> usize {
    let (mut last, mut answers) = (0, 0);
    for entry in client.transcript().entries() {
        match &entry.what {
            Happened::Came(Traffic::Event { name, json, .. }) => {
                let word = if name == "salon:joined" { r#""after":"# } else { r#""seq":"# };
                let seq = json.split_once(word).map_or("", |(_, at)| at);
                let digits = seq.split(|digit: char| !digit.is_ascii_digit()).next();
                last = digits.and_then(|digits| digits.parse().ok()).unwrap_or(last).max(last);
            }
            Happened::Came(Traffic::Acknowledgement { json, .. }) => {
                let Ok(number) = json.parse::<u64>() else { continue };
                assert!(number <= last, "{number} was the answer behind {last}");
                answers += 1;
            }
            _ => {}
        }
    }
    answers
}

#[test]
fn who_comes_and_goes_has_its_place_among_what_waits() {
    each(5, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let (ada, bob) = two(&lab, wire, kind).await?;
        let telling = tell(&bob, kind, 3, Then::Nothing);
        lab.settle().await;
        let eve = come(&lab, wire, "eve").await?;
        enter(&eve, kind).await?;
        let told = eve.expect_named("salon:joined").await.json()[0].clone();
        assert_eq!(told["after"], 3, "{wire:?} {kind:?}");
        end(&lab).await;
        assert_eq!(telling.await?, 3);
        // The last words reach who is put out; who leaves gets its answer behind them.
        let evicting = tell(&bob, kind, 2, Then::EvictFirst);
        lab.settle().await;
        let leaving = tell(&eve, kind, 1, Then::Leave);
        end(&lab).await;
        assert_eq!((evicting.await?, leaving.await?), (5, 6), "{wire:?} {kind:?}");
        let names: Vec<_> = ada.events().await.into_iter().map(|event| event.name).collect();
        assert_eq!(names.last().map(|name| &**name), Some("salon:evicted"), "{names:?}");
        assert_eq!(names.iter().filter(|name| *name == "chat:said").count(), 5, "{names:?}");
        assert_eq!(said(&eve).await, [4, 5, 6], "{wire:?} {kind:?}");
        assert_eq!(said(&bob).await, [1, 2, 3, 4, 5, 6], "{wire:?} {kind:?}");
        Ok(())
    });
}

#[test]
fn what_waits_when_a_room_restarts_comes_before_the_word_about_it() {
    each(5, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let (ada, bob) = two(&lab, wire, kind).await?;
        let telling = tell(&bob, kind, 2, Then::Nothing);
        let crashing = tell(&bob, kind, 3, Then::Crash);
        end(&lab).await;
        assert_eq!(telling.await?, 2);
        assert!(crashing.await.is_err());
        let anew = tell(&bob, kind, 1, Then::Nothing);
        end(&lab).await;
        assert_eq!(anew.await?, if kind == Kind::Vault { 3 } else { 1 }, "{wire:?} {kind:?}");
        let names: Vec<_> = ada.events().await.into_iter().map(|event| event.name).collect();
        let said = names.iter().position(|name| name == "salon:restarted");
        let said = said.map(|at| names[..at].iter().filter(|name| *name == "chat:said").count());
        // What a durable room says in a turn that panics is not said.
        assert_eq!(said, Some(if kind == Kind::Vault { 2 } else { 5 }), "{wire:?} {names:?}");
        Ok(())
    });
}

#[test]
fn of_a_right_that_is_lost_nothing_waits() {
    each(10, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let (ada, bob) = two(&lab, wire, kind).await?;
        let own = tell(&ada, kind, 1, Then::Whisper);
        lab.settle().await;
        let other = tell(&bob, kind, 3, Then::Nothing);
        lab.settle().await;
        let salon = lab.salon().clone();
        let revoked = async move { salon.revoke(Who::user("ada"), What::room(kind.name())).await };
        lab.drive(revoked).await;
        let before = ada.transcript().to_string().matches("chat:said").count();
        lab.advance(2 * WINDOW).await;
        assert_eq!(ada.transcript().to_string().matches("chat:said").count(), before);
        assert_eq!(own.await.expect_err("it has lost the room").code().as_str(), "lapsed");
        assert_eq!(other.await?, 4, "{wire:?} {kind:?}");
        assert_eq!(said(&bob).await.last(), Some(&4));
        Ok(())
    });
}

#[test]
fn half_of_what_an_outbox_holds_ends_a_window() {
    each(3, async |seed, wire, kind| {
        let lab = lab(seed, |limits| limits.max_outbox_frames = 16).await?;
        let (ada, bob) = two(&lab, wire, kind).await?;
        let telling = tell(&bob, kind, 11, Then::Nothing);
        lab.settle().await;
        // Eight wait, and the ninth has them go.
        assert_eq!(said(&ada).await, (1..=9).collect::<Vec<_>>(), "{wire:?} {kind:?}");
        lab.advance(WINDOW).await;
        assert_eq!(said(&ada).await, [10, 11], "{wire:?} {kind:?}");
        assert_eq!(telling.await?, 11);
        Ok(())
    });
}

#[test]
fn what_is_volatile_is_for_whoever_can_take_it_when_the_window_ends() {
    each(3, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let (ada, bob) = two(&lab, wire, kind).await?;
        let eve = come(&lab, wire, "eve").await?;
        enter(&eve, kind).await?;
        eve.stop_reading();
        // More than its line takes.
        for _ in 0..20 {
            let telling = tell(&bob, kind, 1, Then::Nothing);
            end(&lab).await;
            telling.await?;
        }
        let volatile = tell(&bob, kind, 1, Then::Volatile);
        end(&lab).await;
        let moved = tell(&bob, kind, 1, Then::Moved);
        end(&lab).await;
        eve.read_on();
        lab.settle().await;
        let names = async |client: &Client| -> Vec<String> {
            client.events().await.into_iter().map(|event| event.name.to_string()).collect()
        };
        let heard = names(&ada).await;
        let behind = heard.iter().position(|name| name == "chat:heard").expect("it could take it");
        assert_eq!(heard[..behind].iter().filter(|name| *name == "chat:said").count(), 21);
        assert_eq!(heard.iter().filter(|name| *name == "chat:moved").count(), 1);
        assert_eq!((volatile.await?, moved.await?), (21, 22));
        let slow = names(&eve).await;
        assert!(!slow.iter().any(|name| name == "chat:heard"), "{wire:?} {slow:?}");
        Ok(())
    });
}

#[test]
fn a_question_ends_the_window_ahead_of_it() {
    each(3, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let (ada, bob) = two(&lab, wire, kind).await?;
        let telling = tell(&bob, kind, 3, Then::AskFirst);
        let question = ada.expect_question::<Asked>().await;
        assert_eq!(said(&ada).await, [1, 2, 3], "{wire:?} {kind:?}");
        question.answer(&7);
        end(&lab).await;
        assert_eq!(telling.await?, 3);
        Ok(())
    });
}

#[salon::test]
async fn a_client_that_polls_is_answered_once_in_a_window_and_not_for_each_event() {
    let answers = Arc::<AtomicUsize>::default();
    let counted = answers.clone();
    let salon = app().headers(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Vec::new()
    });
    let lab = Lab::builder(salon.build()?).workers(2).start().await;
    let ada = come(&lab, Wire::Polling, "ada").await?;
    let bob = come(&lab, Wire::WebSocket, "bob").await?;
    enter(&ada, Kind::Hall).await?;
    enter(&bob, Kind::Hall).await?;
    join(&ada).await?;
    lab.settle().await;
    let before = answers.load(Ordering::Relaxed);
    for number in 1..=20 {
        say(&lab, [number]).await;
        lab.settle().await;
    }
    let without = answers.swap(0, Ordering::Relaxed) - before;
    assert_eq!((said(&ada).await.len(), without), (20, 20));
    let telling: Vec<_> = (0..20).map(|_| tell(&bob, Kind::Hall, 1, Then::Nothing)).collect();
    lab.settle().await;
    lab.advance(WINDOW).await;
    let with = answers.load(Ordering::Relaxed);
    assert_eq!((said(&ada).await.len(), with), (20, 1));
    for telling in telling {
        telling.await?;
    }
}

#[salon::test]
async fn what_waits_goes_out_before_the_end_of_the_server() {
    let lab = lab(0, |_| {}).await?;
    let (ada, bob) = two(&lab, Wire::WebSocket, Kind::Hall).await?;
    let telling = tell(&bob, Kind::Hall, 2, Then::Nothing);
    lab.settle().await;
    lab.drive(lab.salon().shutdown(WINDOW / 2)).await;
    assert_eq!(telling.await?, 2);
    assert_eq!(said(&ada).await, [1, 2]);
}

#[test]
fn whatever_happens_everybody_gets_everything_in_order_and_no_answer_overtakes_it() {
    for_seeds(0..60, async |seed| {
        let mut rng = Rng::with_seed(seed);
        let kind = rng.choice(Kind::ALL).unwrap_or(Kind::Hall);
        let lab = lab(seed, |limits| limits.max_outbox_frames = 64).await?;
        let mut guests = Vec::new();
        for name in ["ada", "bob", "cyd", "dan"] {
            let client = come(&lab, rng.choice(Wire::ALL).unwrap_or_default(), name).await?;
            enter(&client, kind).await?;
            guests.push((client, true));
        }
        let mut waiting = Vec::new();
        for _ in 0..80 {
            let number = rng.usize(0..guests.len());
            let (client, is_in) = &mut guests[number];
            match rng.u8(0..12) {
                0..=4 if *is_in => {
                    let all = [Then::Nothing, Then::Whisper, Then::Volatile, Then::AllButFirst];
                    // Where nothing is kept, whoever is left out misses a number.
                    let which = if kind == Kind::Yard { &all[..3] } else { &all };
                    let then = rng.choice(which).copied().unwrap_or(Then::Moved);
                    waiting.push(tell(client, kind, rng.u64(0..4), then));
                }
                5 if *is_in => waiting.push(tell(client, kind, 1, Then::Moved)),
                6 if *is_in => {
                    waiting.push(tell(client, kind, rng.u64(0..3), Then::Leave));
                    *is_in = false;
                }
                7 if !*is_in => {
                    let entering = enter(client, kind);
                    lab.settle().await;
                    *is_in = entering.await.is_ok();
                }
                8 | 9 => lab.advance(WINDOW / rng.u32(1..8)).await,
                _ => lab.settle().await,
            }
        }
        end(&lab).await;
        for answer in waiting {
            // One who left may have sent something behind that.
            let _ = answer.await;
        }
        let (mut heads, mut answers) = (Vec::new(), 0);
        for (client, is_in) in &guests {
            answers += answers_in_order(client);
            if *is_in {
                heads.push(tell(client, kind, 0, Then::Nothing).await?);
            }
        }
        assert!(answers > 10, "{answers} answers");
        assert!(heads.windows(2).all(|heads| heads[0] == heads[1]), "{heads:?}");
        Ok(())
    });
}

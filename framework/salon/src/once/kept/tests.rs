//! The answers that are kept, by themselves: what is forgotten, and when.

use std::time::Duration;

use super::*;
use crate::{base::clock, once::Id};

const ONE: Duration = Duration::from_secs(1);

fn kept(change: impl FnOnce(&mut Limits)) -> Kept {
    let mut limits = Limits { once_window: 10 * ONE, ..Limits::default() };
    change(&mut limits);
    Kept::new(Bounds::of_room(&limits))
}

fn who(name: &str) -> Who {
    Who { namespace: "/".into(), id: Id::Subject(name.into()) }
}

fn keyed(key: usize) -> Keyed {
    Keyed { key: key.to_string().into(), payload: 0 }
}

/// The number of an event that comes, if it comes first.
fn begin(kept: &mut Kept, name: &str, key: usize, now: Instant) -> Option<u64> {
    match kept.begin(&who(name), "say", &keyed(key), now) {
        Ok(Found::Nothing { number }) => Some(number),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_leaves_nothing_behind() {
    let mut kept = kept(|_| {});
    let now = clock::now();
    for (name, key) in [("ada", 1), ("ada", 2), ("eve", 1)] {
        let number = begin(&mut kept, name, key, now).expect("it comes first");
        kept.finish(number, &Err(Refusal::forbidden("no")), now);
        assert_eq!(begin(&mut kept, name, key, now + 9 * ONE), None);
    }
    let number = begin(&mut kept, "bob", 1, now + 10 * ONE).expect("it comes first");
    assert_eq!((kept.entries.len(), kept.senders.len(), kept.bytes), (1, 1, 0));
    kept.remove(number);
    assert!(kept.entries.is_empty() && kept.senders.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_answered_behind_one_that_takes_its_time_is_kept_no_longer() {
    let mut kept = kept(|_| {});
    let now = clock::now();
    let slow = begin(&mut kept, "ada", 1, now).expect("it comes first");
    let quick = begin(&mut kept, "ada", 2, now).expect("it comes first");
    kept.finish(quick, &Ok(Payload::none()), now);
    kept.finish(slow, &Ok(Payload::none()), now + 9 * ONE);
    assert!(begin(&mut kept, "ada", 2, now + 10 * ONE).is_some());
    assert_eq!(begin(&mut kept, "ada", 1, now + 10 * ONE), None);
}

#[tokio::test(start_paused = true)]
async fn there_is_never_more_than_the_bounds_whatever_comes() {
    let mut kept = kept(|limits| {
        (limits.max_once_in_room, limits.max_once_per_user) = (8, 3);
        (limits.max_once_bytes, limits.max_once_bytes_per_user) = (200, 90);
    });
    let now = clock::now();
    for step in 0_usize..500 {
        let (name, key) = (["ada", "eve", "bob", "eva"][step % 4], step * 7 % 11);
        if let Some(number) = begin(&mut kept, name, key, now) {
            let message = "x".repeat(step * 13 % 100);
            match step % 5 {
                0 => drop(kept.remove(number)),
                1 => drop(kept.finish(number, &Err(Refusal::internal("it broke")), now)),
                _ => drop(kept.finish(number, &Err(Refusal::forbidden(message)), now)),
            }
        }
        assert!(kept.entries.len() <= 8 && kept.bytes <= 200, "{step}");
        let of_all = |of_one: fn(&Sender) -> usize| kept.senders.values().map(of_one).sum();
        let (numbers, bytes): (usize, usize) =
            (of_all(|sender| sender.numbers.len()), of_all(|sender| sender.bytes));
        assert_eq!((numbers, bytes), (kept.entries.len(), kept.bytes), "{step}");
        let is_bounded = |sender: &Sender| sender.numbers.len() <= 3 && sender.bytes <= 90;
        assert!(kept.senders.values().all(is_bounded), "{step}");
    }
}

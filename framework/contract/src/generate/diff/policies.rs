//! Who may send what, how often, and what is kept of it, compared.
//!
//! It must call it breaking if a client is refused, or left without something, that was not before.

use std::collections::BTreeSet;

use super::both::Both;
use crate::document::{Down, LossContract, RateContract, RoomContract, SentBy, Up};

/// What the derive says of something that clients send.
pub(super) fn ups(both: &mut Both<'_, '_>, at: &str, old: &Up, new: &Up) {
    match (&old.room, &new.room) {
        (was, is) if was == is => {}
        (None, Some(room)) => both.push(
            true,
            at,
            &format!("it is stricter: the room {room:?} handles it now, and the session did"),
        ),
        (Some(room), Some(other)) => both.push(
            true,
            at,
            &format!("the room {other:?} handles it now, and {room:?} did: clients that exist are in that one"),
        ),
        (Some(room), None) => {
            let is_joining = old.by == Some(SentBy::Join);
            let why = if is_joining { ", so that nobody becomes a member by it" } else { "" };
            let words = format!("the session handles it now, and the room {room:?} did{why}");
            both.push(is_joining, at, &words);
        }
        (None, None) => {}
    }
    if let (Some(was), Some(is)) = (old.by, new.by)
        && was != is
    {
        by(both, at, was, is);
    }
    if let (Some(was), Some(is)) = (&old.key, &new.key)
        && was != is
    {
        let words = format!(
            "its room's key is in {is:?} now, and was in {was:?}: clients that exist fill in the other"
        );
        both.push(true, at, &words);
    }
    if old.auth != new.auth && old.permission.is_none() && new.permission.is_none() {
        let words = match new.auth {
            true => "it is stricter: its sender has to be known",
            false => "its sender need not be known any more",
        };
        both.push(new.auth, at, words);
    }
    match (&old.permission, &new.permission) {
        (was, is) if was == is => {}
        (Some(was), None) => {
            both.push(false, at, &format!("the permission {was:?} is not needed any more"));
        }
        (_, Some(is)) => {
            both.push(true, at, &format!("it is stricter: the permission {is:?} is needed now"));
        }
        (None, None) => {}
    }
    match (&old.once, &new.once) {
        (was, is) if was == is => {}
        (None, Some(field)) => {
            both.push(false, at, &format!("it is handled once for each {field:?} now"));
        }
        (Some(field), None) => both.push(
            true,
            at,
            &format!("it is not handled once for each {field:?} any more: clients that exist send it again"),
        ),
        (Some(was), Some(is)) => both.push(
            true,
            at,
            &format!("it is handled once for each {is:?} now, and was for each {was:?}"),
        ),
        (None, None) => {}
    }
    rates(both, at, old.rate, new.rate);
    refusals(both, at, old, new);
}

fn by(both: &mut Both<'_, '_>, at: &str, was: SentBy, is: SentBy) {
    let (breaking, words) = match (was, is) {
        (SentBy::Anyone, SentBy::Member) => (true, "it is stricter: only members may send it now"),
        (SentBy::Member, SentBy::Anyone) => (false, "others than members may send it now"),
        (SentBy::Join, _) => (true, "whoever sends it does not become a member by it any more"),
        (SentBy::Anyone, _) => {
            (true, "it is stricter: whoever sends it has to become a member by it")
        }
        _ => (false, "others than members may send it now, and become members by it"),
    };
    both.push(breaking, at, words);
}

fn rates(both: &mut Both<'_, '_>, at: &str, old: Option<RateContract>, new: Option<RateContract>) {
    let shown = |rate: RateContract| {
        format!("{} in {} ms, {} at once", rate.count, rate.per_ms, rate.burst)
    };
    match (old, new) {
        (was, is) if was == is => {}
        (None, Some(is)) => {
            let words = format!("it is stricter: it is limited to {} now", shown(is));
            both.push(true, at, &words);
        }
        (Some(was), None) => {
            both.push(false, at, &format!("it is not limited to {} any more", shown(was)));
        }
        (Some(was), Some(is)) => {
            let of = |one: RateContract, other: RateContract| {
                u128::from(one.count) * u128::from(other.per_ms)
            };
            let breaks = of(is, was) < of(was, is) || is.burst < was.burst;
            let stricter = if breaks { "it is stricter: " } else { "" };
            let words =
                format!("{stricter}it is limited to {} now, and was to {}", shown(is), shown(was));
            both.push(breaks, at, &words);
        }
        (None, None) => {}
    }
}

/// A client takes a code that it does not know as it takes those of Salon itself, which may become more.
fn refusals(both: &mut Both<'_, '_>, at: &str, old: &Up, new: &Up) {
    let (Some(was), Some(is)) = (&old.refusals, &new.refusals) else {
        match (&old.refusals, &new.refusals) {
            (None, Some(_)) => both.push(false, at, "it says now how it is refused"),
            (Some(_), None) => both.push(false, at, "it does not say any more how it is refused"),
            _ => {}
        }
        return;
    };
    let [was, is] = [was, is].map(|codes| codes.iter().collect::<BTreeSet<_>>());
    for code in is.difference(&was) {
        let words = format!(
            "it is refused as {code:?} too; every client has to take refusals that it does not know"
        );
        both.push(false, at, &words);
    }
    for code in was.difference(&is) {
        both.push(false, at, &format!("it is not refused as {code:?} any more"));
    }
}

/// What the derive says of something that the server sends.
pub(super) fn downs(both: &mut Both<'_, '_>, at: &str, old: &Down, new: &Down) {
    let [was, is] = [old, new].map(|down| down.rooms.iter().collect::<BTreeSet<_>>());
    for room in was.difference(&is) {
        let words = format!(
            "the room {room:?} does not send it any more: clients that exist wait for it there"
        );
        both.push(true, at, &words);
    }
    for room in is.difference(&was) {
        both.push(false, at, &format!("the room {room:?} sends it too"));
    }
    match (old.session, new.session) {
        (true, false) => both.push(
            true,
            at,
            "no session sends it any more, only rooms: clients that exist wait for it without being in one",
        ),
        (false, true) => both.push(false, at, "a session sends it too"),
        _ => {}
    }
    if old.loss != new.loss {
        let breaks = match (old.loss, new.loss) {
            (_, LossContract::Nothing) => false,
            (LossContract::Oldest(was), LossContract::Oldest(is))
            | (LossContract::Newest(was), LossContract::Newest(is)) => is < was,
            _ => true,
        };
        let words = format!(
            "a client that is slow may miss {} now, and missed {}",
            missed(new.loss),
            missed(old.loss)
        );
        both.push(breaks, at, &words);
    }
    match (old.throttle_ms, new.throttle_ms) {
        (was, is) if was == is => {}
        (None, Some(is)) => both.push(
            true,
            at,
            &format!("it is sent once in {is} ms now: clients that exist may count on each"),
        ),
        (Some(was), is) => {
            let is = is.map_or_else(|| "each time".to_owned(), |is| format!("once in {is} ms"));
            both.push(false, at, &format!("it is sent {is} now, and was once in {was} ms"));
        }
        (None, None) => {}
    }
    match (old.acked_ms, new.acked_ms) {
        (was, is) if was == is => {}
        (None, Some(_)) => both.push(
            true,
            at,
            "it has to be acknowledged now: clients that exist do not, and get it again and again",
        ),
        (Some(_), None) => both.push(
            true,
            at,
            "it is not sent again any more until it is acknowledged: clients that exist may count on it",
        ),
        (Some(was), Some(is)) => {
            both.push(false, at, &format!("it is sent again after {is} ms now, and was after {was} ms"));
        }
        (None, None) => {}
    }
}

fn missed(loss: LossContract) -> String {
    match loss {
        LossContract::Nothing => "nothing of it".to_owned(),
        LossContract::Volatile => "what comes while it cannot be written to".to_owned(),
        LossContract::Latest => "all but the newest".to_owned(),
        LossContract::Oldest(most) => format!("the oldest of more than {most}"),
        LossContract::Newest(most) => format!("the newest of more than {most}"),
    }
}

/// What a room says of itself.
pub(super) fn rooms(both: &mut Both<'_, '_>, at: &str, old: &RoomContract, new: &RoomContract) {
    match (&old.presence, &new.presence) {
        (Some(_), None) => both.push(true, at, "it does not say who is there any more"),
        (None, Some(_)) => both.push(false, at, "it says who is there now"),
        _ => {}
    }
    match (old.history, new.history) {
        (Some(_), None) => both.push(
            true,
            at,
            "it keeps nothing any more: clients that exist do not get what they missed",
        ),
        (None, Some(_)) => both.push(false, at, "it keeps what it has sent now"),
        (Some(was), Some(is)) if was != is => both.push(
            false,
            at,
            "how much it keeps has changed; that it is too little, every client has to take",
        ),
        _ => {}
    }
    match (old.durable, new.durable) {
        (true, false) => both.push(true, at, "what it keeps does not outlive the process any more"),
        (false, true) => both.push(false, at, "what it keeps outlives the process now"),
        _ => {}
    }
}

//! How much is kept, and what is known of what is not any more.

use super::*;
use crate::{
    message::{Content, Ordered},
    payload::Payload,
};

const WINDOW: Duration = Duration::from_secs(60);

fn target(to: &[&str]) -> Target {
    let to = to.iter().map(|room| ByteString::from(*room)).collect();
    Target::Namespace { namespace: "/".into(), to, except: Vec::new() }
}

fn recovery(change: impl FnOnce(&mut Limits)) -> Recovery {
    let mut limits = Limits::default();
    change(&mut limits);
    Recovery::new(WINDOW, &limits)
}

/// Keeps something of one byte, for those rooms or for all.
fn keep(recovery: &Recovery, to: &[&str]) {
    let event = |offset| {
        let (namespace, payload) = ("/".into(), Payload::from_parts("1".into(), Vec::new()));
        let (name, order) = (ByteString::new(), Some(Ordered::Kept(offset)));
        Publication::new(Content::Event { namespace, name, payload, order, question: None })
    };
    recovery.keep(target(to), event, |_| ());
}

fn gone(recovery: &Recovery, rooms: &[&str]) -> u64 {
    let rooms: Vec<_> = rooms.iter().map(|room| ByteString::from(*room)).collect();
    let id = SessionId::parse(&"A".repeat(20)).unwrap();
    let recipient = Recipient { namespace: "/".into(), id, rooms, subject: None };
    recovery.lock().kept.floors.of(&recipient)
}

#[tokio::test(start_paused = true)]
async fn no_more_frames_are_kept_than_the_limit_and_none_longer_than_the_window() {
    let recovery = recovery(|limits| limits.max_recovery_frames = 3);
    for _ in 0..5 {
        keep(&recovery, &[]);
    }
    assert_eq!(recovery.lock().kept.len(), 3);
    tokio::time::advance(Duration::from_secs(61)).await;
    keep(&recovery, &[]);
    assert_eq!(recovery.lock().kept.len(), 1);
    assert_eq!(recovery.lock().kept.bytes(), 1);
}

#[test]
fn no_more_bytes_are_kept_than_the_limit() {
    let recovery = recovery(|limits| limits.max_recovery_bytes = 4);
    for _ in 0..9 {
        keep(&recovery, &[]);
    }
    assert_eq!(recovery.lock().kept.bytes(), 4);
}

#[test]
fn what_is_gone_is_gone_for_those_alone_that_it_was_for() {
    let recovery = recovery(|limits| limits.max_recovery_frames = 1);
    keep(&recovery, &["red"]);
    keep(&recovery, &["blue", "green"]);
    keep(&recovery, &["blue"]);
    assert_eq!(gone(&recovery, &[]), 0);
    assert_eq!(gone(&recovery, &["red"]), 1);
    assert_eq!(gone(&recovery, &["green", "red"]), 2);
    keep(&recovery, &[]);
    assert_eq!(gone(&recovery, &["blue"]), 3);
    keep(&recovery, &[]);
    assert_eq!(gone(&recovery, &[]), 4, "it was for all");
}

#[test]
fn of_more_than_can_be_told_apart_all_that_is_gone_was_for_everybody() {
    let recovery = recovery(|limits| {
        limits.max_recovery_frames = 1;
        limits.max_recovery_sessions = 3;
    });
    for room in ["a", "b", "c", "d", "e"] {
        keep(&recovery, &[room]);
    }
    assert_eq!(gone(&recovery, &[]), 4);
    assert_eq!(gone(&recovery, &["a"]), 4);
    assert!(recovery.lock().kept.floors.is_bounded_by(3));
}

//! A session's end, its refresh, and what was asked about it, in every order.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use loom::{future::block_on, model, thread};

use super::AuthState;
use crate::auth::Credential;

const EARLY: SystemTime = SystemTime::UNIX_EPOCH;

fn late() -> SystemTime {
    EARLY + Duration::from_secs(1)
}

/// What the session of Ada stands on until then.
fn until(end: SystemTime) -> Credential {
    Credential { subject: Some("ada".into()), until: Some(end), ..Credential::default() }
}

fn session() -> Arc<AuthState> {
    Arc::new(AuthState::new(until(EARLY), Some("first".into())))
}

fn is_over(credential: &Credential) -> bool {
    credential.until == Some(EARLY)
}

#[test]
fn a_session_is_refreshed_or_lapses_and_never_both() {
    model(|| {
        let session = session();
        let other = session.clone();
        let lapsing = thread::spawn(move || other.end(is_over));
        let refreshed = session.refresh(until(late()), Some("second".into())).is_ok();
        let lapsed = lapsing.join().unwrap();
        assert_ne!(refreshed, lapsed, "one of them was first");
        assert_eq!(session.has_ended(), lapsed);
        let stands_on = if refreshed { late() } else { EARLY };
        assert_eq!(session.credential().until, Some(stands_on));
    });
}

#[test]
fn of_two_ends_one_is_the_end() {
    model(|| {
        let session = session();
        let other = session.clone();
        let ending = thread::spawn(move || other.end(|_| true));
        let ended = [session.end(is_over), ending.join().unwrap()];
        assert_eq!(ended.iter().filter(|ended| **ended).count(), 1);
    });
}

#[test]
fn an_answer_about_what_was_presented_before_never_stands_after_a_refresh() {
    model(|| {
        let session = session();
        let (_, version) = session.presented();
        let other = session.clone();
        let asked = thread::spawn(move || other.confirm(version, Some(until(EARLY))));
        session.refresh(until(late()), Some("second".into())).unwrap();
        assert!(asked.join().unwrap(), "yes, or overtaken");
        assert_eq!(session.credential().until, Some(late()));
        assert_eq!(session.auth().as_deref(), Some("second"));
    });
}

#[test]
fn a_refused_answer_ends_no_session_that_was_refreshed_meanwhile() {
    model(|| {
        let session = session();
        let (_, version) = session.presented();
        let other = session.clone();
        let refreshing =
            thread::spawn(move || other.refresh(until(late()), Some("second".into())).is_ok());
        let goes_on = session.confirm(version, None);
        if goes_on {
            assert!(refreshing.join().unwrap());
            let (auth, now) = session.presented();
            assert!(now > version && auth.as_deref() == Some("second"));
        } else {
            refreshing.join().unwrap();
        }
    });
}

#[test]
fn whoever_watches_misses_neither_a_refresh_nor_the_end() {
    model(|| {
        let session = session();
        let other = session.clone();
        let watching = thread::spawn(move || {
            loop {
                // As the supervisor does: what changes after the look is told.
                let changed = other.changed();
                if other.has_ended() {
                    return;
                }
                block_on(changed.notified());
            }
        });
        session.refresh(until(late()), None).unwrap();
        assert!(session.end(|_| true));
        watching.join().unwrap();
    });
}

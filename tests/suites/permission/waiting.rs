//! Checks that take time: what waits for them, and what ends them.
//!
//! It must never let a check go on by itself: each waits at the desk until the test lets it go on.

use std::time::Duration;

use salon::{
    Code,
    auth::{What, Who},
    testing::{self, Client, Failure, Lab, Wire},
};
use serde_json::json;

use crate::{
    clerk::{MOMENT, reader},
    heard::{answers, at_noon, next_text, refusal, text},
    library::{Count, Known, Leave, Lend, List, Read, Whisper, enter, library},
};

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn events_wait_for_the_checks_of_an_earlier_one() {
    testing::for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let (salon, desk) = library(|builder| builder);
            let lab = Lab::builder(salon).workers(4).seed(seed).start().await;
            let rights = reader(&json!({ "list": "Slow", "enter": "Slow", "read": "Slow" }));
            let ada = lab.connect_over(wire, rights).await?;
            let wait = || "wait".to_owned();
            let list = ada.send(List);
            let count = ada.send(Count);
            let whisper = ada.send(Whisper(wait()));
            let count_again = ada.send(Count);
            let enter = ada.send(enter(1));
            let read = ada.send(Read { shelf: 1, aloud: wait() });
            let leave = ada.send(Leave { shelf: 1 });
            let all = [
                "#0 1",
                "#1 2",
                "#2 3",
                "#3 4",
                r##"#4 "standing""##,
                r##"#5 "standingwait""##,
                "#6",
            ];
            // List, whisper, enter, and read twice: for its permission, and for its guard.
            for (begun, answered) in (1..).zip([0, 2, 4, 5, 5]) {
                lab.settle().await;
                assert_eq!(desk.begun(), begun, "over {wire:?}: one event is checked at a time");
                assert_eq!(answers(&ada), all[..answered], "over {wire:?}");
                desk.go_on();
            }
            assert_eq!((list.await?, count.await?), (1, 2));
            assert_eq!((whisper.await?, count_again.await?), (3, 4));
            assert_eq!((enter.await?, read.await?), ("standing".into(), "standingwait".into()));
            leave.await?;
            assert_eq!(answers(&ada), all, "over {wire:?}");
            assert_eq!((desk.begun(), desk.given_up()), (5, 0));
            ada.expect_none().await;
        }
        Ok(())
    });
}

#[salon::test]
async fn checks_that_take_too_long_refuse_in_time_and_cost_no_connection() {
    for wire in [Wire::WebSocket, Wire::Upgrade] {
        refused_in_time(wire).await?;
    }
}

/// The checks may take twice as long as a client may be silent.
async fn refused_in_time(wire: Wire) -> Result<(), Failure> {
    let (salon, desk) = library(|builder| {
        builder
            .timeouts(|timeouts| timeouts.middleware = 300 * MILLISECOND)
            .heartbeat(50 * MILLISECOND, 100 * MILLISECOND)
    });
    let lab = Lab::new(salon).await;
    let ada = lab.connect_over(wire, reader(&json!({ "list": "Slow" }))).await?;
    let (list, count) = (ada.send(List), ada.send(Count));
    lab.advance(299 * MILLISECOND).await;
    assert_eq!((desk.begun(), desk.given_up()), (1, 0), "over {wire:?}");
    assert!(answers(&ada).is_empty(), "over {wire:?}: nothing is known yet");
    lab.advance(MILLISECOND).await;
    assert_eq!((desk.begun(), desk.given_up()), (1, 1), "over {wire:?}");
    let refusal = refusal(list.await);
    assert_eq!(*refusal.code(), Code::Timeout);
    assert_eq!(refusal.message(), r#"whether "list" may be sent was not known in 300ms"#);
    assert_eq!(count.await?, 1);
    assert_eq!(desk.questions(), 1);
    lab.advance(Duration::from_secs(10)).await;
    assert_eq!(ada.send(Count).await?, 2, "over {wire:?}");
    Ok(())
}

#[salon::test]
async fn what_a_check_waits_for_ends_with_the_connection() {
    for wire in Wire::ALL {
        let (salon, desk) = library(patient);
        let lab = Lab::new(salon).await;
        let ada = lab.connect_over(wire, reader(&json!({ "list": "Slow" }))).await?;
        let list = ada.send(List);
        lab.settle().await;
        assert_eq!((desk.begun(), desk.given_up()), (1, 0));
        lab.salon().namespace("/").close();
        ada.closed().await;
        assert_eq!(desk.given_up(), 1, "over {wire:?}");
        assert_eq!(*refusal(list.await).code(), Code::Disconnected);
    }
}

/// The end of a WebSocket comes behind the messages before it, and they wait for the check: only the
/// heartbeat says sooner that nobody is there. A POST that is given up says so by itself.
#[salon::test]
async fn a_client_that_goes_while_a_check_waits_is_missed_by_the_heartbeat_at_the_latest() {
    // Behind a message that waits its link does not look for the end of a WebSocket.
    for (wire, waiting, missed) in [
        (Wire::WebSocket, 0, Duration::ZERO),
        (Wire::WebSocket, 1, 45_000 * MILLISECOND),
        (Wire::Polling, 0, Duration::ZERO),
    ] {
        let (salon, desk) = library(patient);
        let lab = Lab::new(salon).await;
        let bob = lab.connect_over(wire, reader(&json!({ "list": "Slow" }))).await?;
        (0..=waiting).for_each(|_| bob.emit(List));
        lab.settle().await;
        assert_eq!((desk.begun(), lab.salon().connections()), (1, 1));
        bob.reset();
        if missed > Duration::ZERO {
            lab.advance(missed - MILLISECOND).await;
            assert_eq!(desk.given_up(), 0, "over {wire:?}");
            lab.advance(MILLISECOND).await;
        }
        lab.settle().await;
        assert_eq!(desk.given_up(), 1, "over {wire:?}");
        lab.advance(Duration::from_secs(1)).await;
        assert_eq!(lab.salon().connections(), 0, "over {wire:?}");
    }
}

#[salon::test]
async fn what_a_check_waits_for_ends_with_the_session_and_later_packets_are_handled() {
    let (salon, desk) = library(patient);
    let lab = Lab::new(salon).await;
    let bob = lab.visitor().open().await?;
    let connect = format!("0{}", reader(&json!({ "list": "Slow" })));
    bob.send_raw(text(&connect));
    assert!(next_text(&bob).await.starts_with("0{"));
    bob.send_raw(text(r#"20["list"]"#));
    lab.settle().await;
    assert_eq!((desk.begun(), desk.given_up()), (1, 0));
    lab.salon().namespace("/").disconnect();
    assert_eq!(next_text(&bob).await, "1");
    lab.settle().await;
    assert_eq!((desk.begun(), desk.given_up()), (1, 1));
    bob.send_raw(text(&connect));
    assert!(next_text(&bob).await.starts_with("0{"));
    bob.send_raw(text(r#"20["count"]"#));
    assert_eq!(next_text(&bob).await, "30[1]");
    bob.expect_none().await;
}

/// Only here it is looked at whether the permission holds still: there is no room to look again.
#[salon::test]
async fn a_permission_that_ends_while_a_guard_waits_is_none() {
    for by_time in [false, true] {
        for wire in Wire::ALL {
            // Of a POST that waits nothing more is read, no pong either.
            let hour = Duration::from_secs(3600);
            let (salon, desk) = library(|builder| patient(builder).heartbeat(hour, hour));
            let lab = at_noon(salon).await;
            let rights = reader(&json!({ "lend": "Brief", "read": "Brief", "enter": "Standing" }));
            let ada = lab.connect_over(wire, rights).await?;
            ada.send(enter(1)).await?;
            let wait = || "wait".to_owned();
            let (first, second) = (ada.send(Lend(wait())), ada.send(Lend(wait())));
            let read = ada.send(Read { shelf: 1, aloud: wait() });
            lab.settle().await;
            desk.go_on();
            assert_eq!(first.await?, 1);
            lab.settle().await;
            assert_eq!(desk.begun(), 2);
            end(&lab, &ada, by_time, "lend").await?;
            desk.go_on();
            assert_eq!(*refusal(second.await).code(), ended(by_time), "{wire:?}");
            lab.settle().await;
            assert_eq!(desk.begun(), 3);
            end(&lab, &ada, by_time, "read").await?;
            desk.go_on();
            assert_eq!(*refusal(read.await).code(), ended(by_time), "{wire:?}");
            assert_eq!(ada.send(Count).await?, 2, "no other handler has run");
        }
    }
}

fn ended(by_time: bool) -> Code {
    if by_time { Code::Lapsed } else { Code::Revoked }
}

/// Has a permission end.
async fn end(
    lab: &Lab,
    client: &Client,
    by_time: bool,
    permission: &'static str,
) -> Result<(), Failure> {
    if by_time {
        lab.advance(MOMENT).await;
        return Ok(());
    }
    let (salon, id) = (lab.salon().clone(), client.id().ok_or("it is connected")?);
    let what = What::permission(permission);
    lab.drive(async move { salon.revoke(Who::session(id), what).await }).await;
    Ok(())
}

/// Checks may take an hour.
fn patient(builder: Known) -> Known {
    builder.timeouts(|timeouts| timeouts.middleware = Duration::from_secs(3600))
}

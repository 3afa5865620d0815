//! Time in a lab: it stands until it is moved, and then everything that is due happens when it is.

use std::time::{Duration, SystemTime};

use salon::{Code, DisconnectReason, testing::Lab};

use crate::app::{Double, Enter, Introduce, Knock, Left, Wait, app, gone};

const SECOND: Duration = Duration::from_secs(1);

#[salon::test]
#[allow(clippy::disallowed_methods, reason = "it is real time that is to be short")]
async fn an_hour_takes_no_time_and_every_heartbeat_in_it_happens() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    lab.advance(3600 * SECOND).await;
    assert_eq!(client.send(Double(1)).await?, 2);
    assert_eq!(lab.elapsed(), 3600 * SECOND);
}

#[salon::test]
async fn a_client_that_answers_no_ping_is_gone_to_the_second() {
    let lab = Lab::new(app()).await;
    let (stays, mute) = (lab.connect(()).await?, lab.connect(()).await?);
    for client in [&stays, &mute] {
        client.send(Enter { hall: 1 }).await?;
    }
    mute.stop_answering_pings();
    lab.advance(45 * SECOND - Duration::from_millis(1)).await;
    assert!(mute.is_connected());
    lab.advance(Duration::from_millis(1)).await;
    assert_eq!(mute.closed().await.at, 45 * SECOND);
    assert_eq!(stays.expect::<Left>().await, gone(DisconnectReason::PingTimeout));
}

#[salon::test]
async fn a_handler_waits_for_the_clock_of_the_lab() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    let (long, short) = (client.send(Wait(5_000)), client.send(Wait(1_000)));
    assert_eq!(lab.advance_to_next_timer().await, Some(SECOND));
    assert_eq!(short.await?, 1_000);
    lab.advance(4 * SECOND).await;
    assert_eq!(long.await?, 5_000);
}

#[salon::test]
async fn a_rate_is_filled_up_by_the_clock_of_the_lab() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    for _ in 0..2 {
        client.send(Knock).await?;
    }
    let refused = client.send(Knock).await.expect_err("two a second at most");
    assert_eq!(*refused.code(), Code::RateLimited);
    lab.advance(SECOND / 2).await;
    client.send(Knock).await?;
}

#[salon::test]
async fn an_empty_room_lingers_on_the_clock_of_the_lab() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    client.send(Enter { hall: 1 }).await?;
    client.close();
    lab.advance(9 * SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 1);
    lab.advance(SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 0);
}

#[salon::test]
async fn a_question_that_nobody_answers_ends_in_time() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    let introduced = client.send(Introduce);
    lab.advance(5 * SECOND).await;
    assert_eq!(introduced.await.expect_err("nobody answered").code(), &Code::Timeout);
}

#[salon::test]
async fn an_event_can_be_expected_within_a_span() {
    let lab = Lab::new(app()).await;
    let (stays, mute) = (lab.connect(()).await?, lab.connect(()).await?);
    for client in [&stays, &mute] {
        client.send(Enter { hall: 1 }).await?;
    }
    mute.stop_answering_pings();
    stays.expect_within::<Left>(60 * SECOND).await;
    assert_eq!(lab.elapsed(), 45 * SECOND, "no longer than it took");
}

#[salon::test]
async fn the_wall_clock_goes_with_the_other_and_can_be_set_alone() {
    let noon = SystemTime::UNIX_EPOCH + 1_800_000_000 * SECOND;
    let lab = Lab::builder(app()).wall(noon).start().await;
    lab.advance(90 * SECOND).await;
    assert_eq!(lab.wall(), noon + 90 * SECOND);
    lab.set_wall(noon);
    assert_eq!(lab.elapsed(), 90 * SECOND);
    lab.advance(SECOND).await;
    assert_eq!(lab.wall(), noon + SECOND);
}

#[salon::test]
async fn nothing_moves_the_clock_but_the_test() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    let _waiting = client.send(Wait(1));
    client.send(Double(1)).await?;
    client.events().await;
    lab.settle().await;
    assert_eq!(lab.elapsed(), Duration::ZERO);
}

#[actix_web::test]
async fn a_lab_works_in_tests_of_actix_as_well() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await.unwrap();
    let waited = client.send(Wait(1_000));
    lab.advance(2 * SECOND).await;
    assert_eq!(waited.await, Ok(1_000));
}

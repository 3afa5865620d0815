//! Seats, as a room sees them while the clock of the lab moves.

use std::time::Duration;

use salon::{Code, Salon, Seats, Taken, testing::Lab};

const SECOND: Duration = Duration::from_secs(1);

#[salon::test]
async fn a_reservation_holds_a_seat_until_it_runs_out_or_is_taken_or_given_up() {
    let lab = Lab::new(Salon::builder().build()?).await;
    let mut seats = Seats::<&str, ()>::new(3);
    seats.reserve("ada", 10 * SECOND)?;
    seats.reserve("ben", 20 * SECOND)?;
    seats.reserve("cleo", 20 * SECOND)?;
    let reserved = |seats: &Seats<&str, ()>| {
        ["ada", "ben", "cleo", "dora"].map(|user| seats.is_reserved_for(&user))
    };
    assert_eq!(reserved(&seats), [true, true, true, false]);
    lab.advance(10 * SECOND - Duration::from_millis(1)).await;
    assert!(seats.is_reserved_for(&"ada"));
    assert_eq!(seats.next_expiry(), Some(Duration::from_millis(1)));
    lab.advance(Duration::from_millis(1)).await;
    assert_eq!(reserved(&seats), [false, true, true, false]);
    assert_eq!((seats.reserved(), seats.free_seats()), (2, 1));
    assert_eq!(seats.take("ben", || ())?, Taken::Reserved);
    seats.free(&"cleo");
    assert_eq!(reserved(&seats), [false; 4]);
    assert_eq!((seats.len(), seats.free_seats(), seats.next_expiry()), (1, 2, None));
}

#[salon::test]
async fn while_it_is_locked_nobody_comes_but_who_has_a_seat_or_a_reservation() {
    let mut seats = Seats::<&str, ()>::new(4);
    assert!(!seats.is_locked());
    seats.take("ada", || ())?;
    seats.reserve("ben", SECOND)?;
    seats.lock();
    assert!(seats.is_locked());
    for refused in [seats.take("cleo", || ()).map(drop), seats.reserve("cleo", SECOND)] {
        assert_eq!(refused.map_err(|refusal| refusal.code().clone()), Err(Code::from("locked")));
    }
    assert_eq!(seats.take("ada", || ())?, Taken::Back);
    assert_eq!(seats.take("ben", || ())?, Taken::Reserved);
    seats.unlock();
    assert!(!seats.is_locked());
    assert_eq!(seats.take("cleo", || ())?, Taken::New);
}

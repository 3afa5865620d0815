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

#[salon::test]
async fn whoever_has_a_seat_has_what_is_kept_for_it_and_is_there_or_away() {
    let mut seats = Seats::<&str, u32>::new(3);
    assert!((seats.is_empty(), seats.first_present()) == (true, None));
    for (number, user) in (1..).zip(["ada", "ben"]) {
        assert_eq!(seats.take(user, || number)?, Taken::New);
    }
    assert_eq!(seats.take("ada", || unreachable!("it has a seat"))?, Taken::Back);
    assert_eq!((seats.capacity(), seats.len(), seats.is_empty()), (3, 2, false));
    assert_eq!(["ada", "ben", "cleo"].map(|user| seats.contains(&user)), [true, true, false]);
    assert_eq!(
        ["ada", "ben", "cleo"].map(|user| seats.get(&user).copied()),
        [Some(1), Some(2), None]
    );
    assert!(seats.get_mut(&"cleo").is_none());
    *seats.get_mut(&"ben").ok_or("it has a seat")? += 10;
    seats.iter_mut().for_each(|(_, number)| *number += 100);
    assert_eq!(seats.iter().collect::<Vec<_>>(), [(&"ada", &101), (&"ben", &112)]);
    // Who is away keeps the seat, and is not among those who are there.
    assert_eq!((seats.away(&"ada"), seats.away(&"cleo")), (true, false));
    assert_eq!(["ada", "ben", "cleo"].map(|user| seats.is_away(&user)), [true, false, false]);
    assert_eq!((seats.present().count(), seats.first_present()), (1, Some(&"ben")));
    assert_eq!((seats.back(&"ada"), seats.back(&"cleo")), (true, false));
    assert_eq!((seats.is_away(&"ada"), seats.first_present()), (false, Some(&"ada")));
    seats.away(&"ada");
    assert_eq!(seats.take("ada", || unreachable!("it has a seat"))?, Taken::Back);
    assert!(!seats.is_away(&"ada"), "to take it is to be there");
    assert_eq!((seats.free(&"ada"), seats.free(&"ada")), (Some(101), None));
    assert_eq!((seats.len(), seats.free_seats(), seats.is_full()), (1, 2, false));
}

#[salon::test]
async fn of_seats_that_are_taken_and_reserved_there_are_never_more_than_there_are() {
    let lab = Lab::new(Salon::builder().build()?).await;
    let mut seats = Seats::<&str, ()>::new(2);
    seats.take("ada", || ())?;
    seats.reserve("ada", SECOND)?;
    assert_eq!(seats.reserved(), 0, "it has a seat");
    seats.reserve("ben", 2 * SECOND)?;
    assert_eq!((seats.reserved(), seats.free_seats(), seats.is_full()), (1, 0, true));
    for refused in [seats.take("cleo", || ()).map(drop), seats.reserve("cleo", SECOND)] {
        let refusal = refused.expect_err("it is full");
        assert_eq!(*refusal.code(), Code::from("full"));
        assert_eq!(refusal.data(), Some(&serde_json::json!({ "capacity": 2 })));
    }
    // For so long from when it was asked for last.
    lab.advance(SECOND).await;
    seats.reserve("ben", 2 * SECOND)?;
    lab.advance(2 * SECOND - Duration::from_millis(1)).await;
    assert!(seats.take("cleo", || ()).is_err());
    lab.advance(Duration::from_millis(1)).await;
    assert_eq!((seats.reserved(), seats.free_seats(), seats.next_expiry()), (0, 1, None));
    assert_eq!(seats.take("cleo", || ())?, Taken::New);
    assert!(seats.take("ben", || ()).is_err(), "its reservation has run out");
}

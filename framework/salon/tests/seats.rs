//! The promises of seats, against a plain account of the same: never more than there are, none lost
//! but by being freed or running out, and the order of taking.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use salon::{Code, Seats, Taken};

const SECOND: Duration = Duration::from_secs(1);

/// What can be done with seats; users are few, so that they meet.
#[derive(Clone, Copy, Debug)]
enum Step {
    Take(u8),
    Reserve(u8, u8),
    Free(u8),
    Away(u8),
    Back(u8),
    Lock,
    Unlock,
    /// So many seconds pass.
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let user = 0..6_u8;
    prop_oneof![
        4 => user.clone().prop_map(Step::Take),
        3 => (user.clone(), 0..8_u8).prop_map(|(user, time)| Step::Reserve(user, time)),
        2 => user.clone().prop_map(Step::Free),
        1 => user.clone().prop_map(Step::Away),
        1 => user.prop_map(Step::Back),
        1 => Just(Step::Lock),
        1 => Just(Step::Unlock),
        3 => (0..5_u8).prop_map(Step::Wait),
    ]
}

/// The same, kept as simply as can be.
#[derive(Default)]
struct Account {
    capacity: usize,
    locked: bool,
    /// In the order of taking: who, what is kept, and whether they are away.
    taken: Vec<(u8, usize, bool)>,
    /// For whom, and until which second.
    reserved: Vec<(u8, u64)>,
    second: u64,
}

impl Account {
    fn taken(&mut self, user: u8) -> Option<&mut (u8, usize, bool)> {
        self.taken.iter_mut().find(|(other, ..)| *other == user)
    }

    fn is_reserved(&self, user: u8) -> bool {
        self.reserved.iter().any(|(other, _)| *other == user)
    }

    fn check_free(&self) -> Result<(), Code> {
        if self.locked {
            return Err(Code::from("locked"));
        }
        let free = self.taken.len() + self.reserved.len() < self.capacity;
        free.then_some(()).ok_or(Code::from("full"))
    }

    fn take(&mut self, user: u8, number: usize) -> Result<Taken, Code> {
        if let Some(taken) = self.taken(user) {
            taken.2 = false;
            return Ok(Taken::Back);
        }
        let taken = if self.is_reserved(user) {
            Taken::Reserved
        } else {
            self.check_free()?;
            Taken::New
        };
        self.reserved.retain(|(other, _)| *other != user);
        self.taken.push((user, number, false));
        Ok(taken)
    }

    fn reserve(&mut self, user: u8, seconds: u8) -> Result<(), Code> {
        if self.taken(user).is_some() {
            return Ok(());
        }
        if !self.is_reserved(user) {
            self.check_free()?;
        }
        self.reserved.retain(|(other, _)| *other != user);
        self.reserved.push((user, self.second + u64::from(seconds)));
        self.expire();
        Ok(())
    }

    fn free(&mut self, user: u8) -> Option<usize> {
        self.reserved.retain(|(other, _)| *other != user);
        let at = self.taken.iter().position(|(other, ..)| *other == user)?;
        Some(self.taken.remove(at).1)
    }

    fn expire(&mut self) {
        let now = self.second;
        self.reserved.retain(|(_, until)| *until > now);
    }

    /// Checks that seats say the same, in everything that can be asked of them.
    fn check(&self, seats: &Seats<u8, usize>) {
        assert!(seats.len() + seats.reserved() <= seats.capacity());
        let kept: Vec<_> = self.taken.iter().map(|(user, number, _)| (*user, *number)).collect();
        assert!(
            seats.iter().map(|(user, number)| (*user, *number)).eq(kept),
            "the order of taking"
        );
        let here: Vec<_> =
            self.taken.iter().filter(|taken| !taken.2).map(|taken| taken.0).collect();
        assert_eq!(seats.first_present(), here.first());
        assert!(seats.present().eq(&here));
        assert_eq!(seats.reserved(), self.reserved.len());
        let free = self.capacity - self.taken.len() - self.reserved.len();
        assert_eq!((seats.free_seats(), seats.is_full()), (free, free == 0));
        assert_eq!((seats.len(), seats.is_empty()), (self.taken.len(), self.taken.is_empty()));
        let left = self.reserved.iter().map(|(_, until)| until - self.second).min();
        assert_eq!(seats.next_expiry(), left.map(Duration::from_secs));
        for user in 0..6 {
            let taken = self.taken.iter().find(|(other, ..)| *other == user);
            assert_eq!(seats.get(&user), taken.map(|(_, number, _)| number));
            assert_eq!(seats.contains(&user), taken.is_some());
            assert_eq!(seats.is_away(&user), taken.is_some_and(|taken| taken.2));
            assert_eq!(seats.is_reserved_for(&user), self.is_reserved(user));
        }
    }
}

/// Runs on a clock that stands until it is moved.
fn with_stopped_clock<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime").block_on(test)
}

proptest! {
    #[test]
    fn seats_are_as_a_plain_account_of_them(capacity in 0..5_usize, steps in vec(step(), 0..60)) {
        with_stopped_clock(async {
            let mut seats = Seats::new(capacity);
            let mut account = Account { capacity, ..Account::default() };
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Take(user) => {
                        let taken = seats.take(user, || number).map_err(|no| no.code().clone());
                        assert_eq!(taken, account.take(user, number));
                    }
                    Step::Reserve(user, seconds) => {
                        let time = u32::from(seconds) * SECOND;
                        let reserved = seats.reserve(user, time).map_err(|no| no.code().clone());
                        assert_eq!(reserved, account.reserve(user, seconds));
                    }
                    Step::Free(user) => assert_eq!(seats.free(&user), account.free(user)),
                    Step::Away(user) | Step::Back(user) => {
                        let away = matches!(step, Step::Away(_));
                        let known = if away { seats.away(&user) } else { seats.back(&user) };
                        let taken = account.taken(user);
                        assert_eq!(known, taken.is_some());
                        taken.into_iter().for_each(|taken| taken.2 = away);
                    }
                    Step::Lock => {
                        seats.lock();
                        account.locked = true;
                    }
                    Step::Unlock => {
                        seats.unlock();
                        account.locked = false;
                    }
                    Step::Wait(seconds) => {
                        tokio::time::advance(u32::from(seconds) * SECOND).await;
                        account.second += u64::from(seconds);
                        account.expire();
                    }
                }
                assert_eq!(seats.is_locked(), account.locked);
                account.check(&seats);
            }
        });
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    let mut seats = Seats::new(1);
    seats.take("ada", || ()).expect("it is free");
    let full = seats.take("bob", || ()).expect_err("it is taken");
    assert_eq!(full.to_string(), "full: The only seat is taken: try again later, or go elsewhere.");
    assert_eq!(full.data(), Some(&serde_json::json!({ "capacity": 1 })));
    seats.lock();
    let locked = seats.reserve("bob", SECOND).expect_err("it is locked");
    assert_eq!(locked.to_string(), "locked: Nobody is let in now: ask the host to unlock.");
    assert_eq!(seats.take("ada", || ()), Ok(Taken::Back), "a lock keeps nobody out who has a seat");
    let mut two = Seats::new(2);
    (0..2_u8).for_each(|user| drop(two.take(user, || ())));
    let full = two.take(2, || ()).expect_err("both are taken");
    assert_eq!(full.message(), "All 2 seats are taken: try again later, or go elsewhere.");
}

#[test]
fn what_is_kept_for_a_seat_can_be_changed_and_comes_back_when_it_is_freed() {
    let mut seats = Seats::new(2);
    for (user, ready) in [("ada", false), ("bob", true)] {
        seats.take(user, || ready).expect("it is free");
    }
    *seats.get_mut(&"ada").expect("she has a seat") = true;
    assert!(seats.iter().all(|(_, ready)| *ready));
    seats.iter_mut().for_each(|(_, ready)| *ready = false);
    assert_eq!((seats.free(&"bob"), seats.free(&"bob")), (Some(false), None));
    assert_eq!(seats.get_mut(&"bob"), None);
}

#[test]
fn a_reservation_lasts_to_the_moment_and_a_second_one_begins_anew() {
    with_stopped_clock(async {
        let mut seats = Seats::new(1);
        seats.reserve("ada", 3 * SECOND).expect("it is free");
        tokio::time::advance(2 * SECOND).await;
        seats.lock();
        seats.reserve("ada", 3 * SECOND).expect("she has one");
        tokio::time::advance(3 * SECOND - Duration::from_nanos(1)).await;
        assert!(seats.is_reserved_for(&"ada") && seats.is_full());
        tokio::time::advance(Duration::from_nanos(1)).await;
        assert_eq!((seats.reserved(), seats.next_expiry()), (0, None));
        let late = seats.take("ada", || ()).expect_err("as if it had never been");
        assert_eq!(*late.code(), Code::from("locked"));
    });
}

//! The seats of a room: who has one, for whom one is kept, and whether more are let in.
//!
//! It must never act by itself: it has no timers, and what has run out is gone when somebody looks.

use std::{hash::Hash, time::Duration};

use indexmap::IndexMap;
use serde_json::json;

use crate::base::{
    clock::{self, Instant},
    refusal::Refusal,
};

/// A fixed number of seats, which a room keeps as a field. `U` is what users are told apart by, such
/// as their subject, so that one who comes back on another connection has the same seat; `S` is what
/// the room keeps for each seat.
///
/// A seat is kept until the room [frees](Self::free) it: one whose user is disconnected is
/// [away](Self::away) until then. A reservation holds a seat back for a time; one that has run out
/// is as if it had never been. Seats taken and reserved are never more than there are.
///
/// ```
/// use std::time::Duration;
///
/// use salon::{Seats, prelude::*};
///
/// # #[derive(Deserialize, Event)]
/// # #[event("lobby:join", room = Lobby(lobby), join)]
/// # struct Join { lobby: u32 }
/// # impl On<Join> for Lobby {
/// #     fn on(&mut self, _: Join, _: &mut EventContext<Self>) -> Result<(), Refusal> { Ok(()) }
/// # }
/// struct Player { name: String }
///
/// #[derive(Default)]
/// struct Seat { ready: bool, giving_up: Option<Timer> }
///
/// struct Lobby { seats: Seats<String, Seat> }
///
/// /// The time to come back in is over.
/// struct GiveUp { name: String }
///
/// impl Room for Lobby {
///     const NAME: &'static str = "lobby";
///     type Key = u32;
///     type Identity = Player;
///     type Events = (Join,);
///     type Sends = ();
///
///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
///         Ok(Self { seats: Seats::new(8) })
///     }
///
///     /// Refuses with `full` or `locked`, unless the player has a seat or a reservation.
///     fn admit(&mut self, who: &Member<Player>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
///         let name = &who.identity().name;
///         self.seats.take(name.clone(), Seat::default)?;
///         if let Some(timer) = self.seats.get_mut(name).and_then(|seat| seat.giving_up.take()) {
///             cx.cancel(timer);
///         }
///         Ok(())
///     }
///
///     /// Who meant to leave has left. Who lost the connection has half a minute to come back.
///     fn left(&mut self, who: &Member<Player>, why: LeaveReason, cx: &mut RoomContext<Self>) {
///         let name = &who.identity().name;
///         if cx.members().any(|other| other.identity().name == *name) {
///             return; // in another tab
///         }
///         match (why, self.seats.get_mut(name)) {
///             (LeaveReason::Disconnected(_), Some(seat)) => {
///                 let give_up = GiveUp { name: name.clone() };
///                 seat.giving_up = Some(cx.tell_after(Duration::from_secs(30), give_up));
///                 self.seats.away(name);
///             }
///             _ => drop(self.seats.free(name)),
///         }
///     }
/// }
///
/// impl Receive<GiveUp> for Lobby {
///     fn receive(&mut self, GiveUp { name }: GiveUp, _: &mut RoomContext<Self>) {
///         self.seats.free(&name);
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Seats<U, S> {
    capacity: usize,
    locked: bool,
    /// In the order in which they were taken.
    taken: IndexMap<U, Seat<S>>,
    /// Until when each reservation holds, in the order in which they were made.
    reserved: IndexMap<U, Instant>,
}

#[derive(Clone, Debug)]
struct Seat<S> {
    state: S,
    away: bool,
}

/// How somebody has come to a seat: see [`Seats::take`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are no other ways to a seat")]
pub enum Taken {
    /// It was free.
    New,
    /// It was reserved for them.
    Reserved,
    /// It was theirs already, with what the room keeps for it.
    Back,
}

impl<U, S> Seats<U, S> {
    /// So many seats, all free.
    ///
    /// ```
    /// let seats = salon::Seats::<u64, ()>::new(4);
    /// assert_eq!((seats.capacity(), seats.len(), seats.free_seats()), (4, 0, 4));
    /// ```
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, locked: false, taken: IndexMap::new(), reserved: IndexMap::new() }
    }

    /// How many seats there are.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many are taken, by users who are away as well.
    #[must_use]
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether none is taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// How many are reserved, and not taken.
    #[must_use]
    pub fn reserved(&self) -> usize {
        let now = clock::now();
        self.reserved.values().filter(|until| **until > now).count()
    }

    /// How many are neither taken nor reserved.
    #[must_use]
    pub fn free_seats(&self) -> usize {
        self.capacity.saturating_sub(self.len() + self.reserved())
    }

    /// Whether all are taken or reserved.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.free_seats() == 0
    }

    /// Lets nobody in any more but those who have a seat or a reservation.
    pub fn lock(&mut self) {
        self.locked = true;
    }

    /// Lets everybody in again.
    pub fn unlock(&mut self) {
        self.locked = false;
    }

    /// Whether it is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// How long it is until the next reservation runs out, for a room that wants to list its free
    /// seats then; `None` if none is reserved. After that long the seat is free.
    ///
    /// ```
    /// use salon::{Refusal, Seats, prelude::*};
    ///
    /// /// A reservation may have run out.
    /// struct LookAgain;
    ///
    /// /// One timer is enough, however many seats are reserved: `timer` is a field of the room.
    /// fn look_again<R: Room + Receive<LookAgain>, S>(
    ///     seats: &Seats<String, S>,
    ///     timer: &mut Option<Timer>,
    ///     cx: &mut RoomContext<R>,
    /// ) {
    ///     if let Some(timer) = timer.take() {
    ///         cx.cancel(timer);
    ///     }
    ///     *timer = seats.next_expiry().map(|wait| cx.tell_after(wait, LookAgain));
    /// }
    /// ```
    #[must_use]
    pub fn next_expiry(&self) -> Option<Duration> {
        let now = clock::now();
        let left = self.reserved.values().map(|until| until.saturating_duration_since(now));
        left.filter(|left| !left.is_zero()).min()
    }

    /// Those who have a seat, and what is kept for each, in the order in which they were taken.
    pub fn iter(&self) -> impl Iterator<Item = (&U, &S)> {
        self.taken.iter().map(|(user, seat)| (user, &seat.state))
    }

    /// As [`iter`](Self::iter), to change what is kept.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&U, &mut S)> {
        self.taken.iter_mut().map(|(user, seat)| (user, &mut seat.state))
    }

    /// Those who have a seat and are not away, in the order in which they took it.
    pub fn present(&self) -> impl Iterator<Item = &U> {
        self.taken.iter().filter(|(_, seat)| !seat.away).map(|(user, _)| user)
    }

    /// Who has had a seat for the longest of those who are not away: the host, if hosts are those
    /// who came first.
    #[must_use]
    pub fn first_present(&self) -> Option<&U> {
        self.present().next()
    }
}

impl<U: Eq + Hash, S> Seats<U, S> {
    /// Keeps a seat for a user, for so long. One who has a reservation already has it for so long
    /// from now; for one who has a seat there is nothing to do.
    ///
    /// It does not keep the room open: a room without members closes after its
    /// [linger](crate::Room::LINGER), with its reservations.
    ///
    /// # Errors
    /// `locked` or `full`, as for [`take`](Self::take).
    pub fn reserve(&mut self, user: U, time: Duration) -> Result<(), Refusal> {
        self.forget_expired();
        if self.taken.contains_key(&user) {
            return Ok(());
        }
        if !self.reserved.contains_key(&user) {
            self.check_free()?;
        }
        self.reserved.insert(user, clock::after(time));
        self.assert_counts();
        Ok(())
    }

    /// Gives a user a seat; `state` is what to keep for it if they have none yet. They are
    /// [present](Self::back) from here on.
    ///
    /// ```
    /// use salon::{Code, Seats, Taken};
    ///
    /// let mut seats = Seats::new(1);
    /// assert_eq!(seats.take("ada", || 0)?, Taken::New);
    /// assert_eq!(seats.take("ada", || 0)?, Taken::Back);
    /// let refusal = seats.take("bob", || 0).unwrap_err();
    /// assert_eq!(*refusal.code(), Code::from("full"));
    /// # Ok::<(), salon::Refusal>(())
    /// ```
    ///
    /// # Errors
    /// `locked` if it is [locked](Self::lock), and `full` if all seats are taken or reserved, with
    /// `capacity` as data: unless the user has a seat or a reservation.
    pub fn take(&mut self, user: U, state: impl FnOnce() -> S) -> Result<Taken, Refusal> {
        self.forget_expired();
        if self.back(&user) {
            return Ok(Taken::Back);
        }
        let taken = match self.reserved.shift_remove(&user) {
            Some(_) => Taken::Reserved,
            None => self.check_free().map(|()| Taken::New)?,
        };
        self.taken.insert(user, Seat { state: state(), away: false });
        self.assert_counts();
        Ok(taken)
    }

    fn assert_counts(&self) {
        debug_assert!(
            self.len() + self.reserved() <= self.capacity,
            "{} seats are taken and {} reserved, of {}",
            self.len(),
            self.reserved(),
            self.capacity
        );
    }

    fn check_free(&self) -> Result<(), Refusal> {
        if self.locked {
            return Err(Refusal::other("locked", "Nobody is let in now: ask the host to unlock."));
        }
        if !self.is_full() {
            return Ok(());
        }
        let seats = match self.capacity {
            1 => "The only seat is".to_owned(),
            capacity => format!("All {capacity} seats are"),
        };
        let message = format!("{seats} taken: try again later, or go elsewhere.");
        Err(Refusal::other("full", message).with_data(json!({ "capacity": self.capacity })))
    }

    /// Frees the seat of a user, and gives their reservation up: what was kept for the seat, if they
    /// had one.
    pub fn free(&mut self, user: &U) -> Option<S> {
        self.reserved.shift_remove(user);
        self.taken.shift_remove(user).map(|seat| seat.state)
    }

    /// Notes that a user who has a seat is not there; false if they have none.
    pub fn away(&mut self, user: &U) -> bool {
        self.mark(user, true)
    }

    /// Notes that a user who has a seat is there again; false if they have none.
    pub fn back(&mut self, user: &U) -> bool {
        self.mark(user, false)
    }

    fn mark(&mut self, user: &U, away: bool) -> bool {
        let seat = self.taken.get_mut(user);
        seat.map(|seat| seat.away = away).is_some()
    }

    /// Whether a user has a seat, and is not there.
    #[must_use]
    pub fn is_away(&self, user: &U) -> bool {
        self.taken.get(user).is_some_and(|seat| seat.away)
    }

    /// Whether a user has a seat.
    #[must_use]
    pub fn contains(&self, user: &U) -> bool {
        self.taken.contains_key(user)
    }

    /// Whether a seat is reserved for a user who has not taken it.
    #[must_use]
    pub fn is_reserved_for(&self, user: &U) -> bool {
        self.reserved.get(user).is_some_and(|until| *until > clock::now())
    }

    /// What is kept for a user's seat.
    #[must_use]
    pub fn get(&self, user: &U) -> Option<&S> {
        self.taken.get(user).map(|seat| &seat.state)
    }

    /// As [`get`](Self::get), to change it.
    #[must_use]
    pub fn get_mut(&mut self, user: &U) -> Option<&mut S> {
        self.taken.get_mut(user).map(|seat| &mut seat.state)
    }

    fn forget_expired(&mut self) {
        let now = clock::now();
        self.reserved.retain(|_, until| *until > now);
    }
}

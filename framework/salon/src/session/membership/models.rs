//! A session that enters a room while something is taken from it, or while it ends, in every order.

use std::any::Any;

use loom::{model, thread};

use super::*;
use crate::base::room_id::RoomIds;

/// A room that admits whoever comes.
struct Anyones {
    room: RoomId,
    name: ByteString,
}

impl RoomLink for Anyones {
    fn room(&self) -> RoomId {
        self.room
    }

    fn name(&self) -> &ByteString {
        &self.name
    }

    fn key(&self) -> &dyn Any {
        &()
    }

    fn hash(&self) -> u64 {
        0
    }

    fn is_quiet(&self) -> bool {
        true
    }

    fn look(&self) {}

    fn ended(&self, _: SessionNumber, _: DisconnectReason) {}

    fn leave(&self, _: SessionNumber, _: oneshot::Sender<()>) {}

    fn replay(&self, _: Replay) {}

    fn lapsed(&self, _: Lapsed) {}
}

fn membership() -> Membership {
    let room = RoomIds::draw().next().0;
    let link = Arc::new(Anyones { room, name: "hall:1".into() });
    Membership { number: MembershipNumber::FIRST, granted: None, link }
}

/// Takes every membership from a session; how many it had.
fn withdraw(memberships: &Memberships) -> usize {
    // As whoever revokes: what is under way is overtaken, whether or not there is a membership yet.
    memberships.note_withdrawal();
    memberships.withdraw(SessionNumber::FIRST, &Code::Revoked, |_| true, |_| {}).len()
}

#[test]
fn a_session_enters_no_room_by_a_right_that_was_taken_from_it_meanwhile() {
    model(|| {
        let memberships = Arc::new(Memberships::default());
        // What it may was decided when so many things had been taken from it.
        let decided = memberships.withdrawals();
        let other = memberships.clone();
        let entering = thread::spawn(move || other.enter(membership(), 8, decided).is_ok());
        let lost = withdraw(&memberships);
        assert_eq!(entering.join().unwrap(), lost == 1, "it is in and loses that, or is not in");
    });
}

#[test]
fn a_session_that_ends_is_in_no_room_that_does_not_know() {
    model(|| {
        let memberships = Arc::new(Memberships::default());
        let decided = memberships.withdrawals();
        let other = memberships.clone();
        let entering = thread::spawn(move || other.enter(membership(), 8, decided).is_ok());
        let told = memberships.end().len();
        assert_eq!(entering.join().unwrap(), told == 1);
        assert!(memberships.number(membership().room()).is_none());
    });
}

#[test]
fn of_two_rooms_at_once_a_session_enters_no_more_than_its_limit() {
    model(|| {
        let memberships = Arc::new(Memberships::default());
        let other = memberships.clone();
        let entering = thread::spawn(move || other.enter(membership(), 1, 0).is_ok());
        let entered = memberships.enter(membership(), 1, 0).is_ok();
        assert_ne!(entered, entering.join().unwrap());
    });
}

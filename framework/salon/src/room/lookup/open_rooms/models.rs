//! Rooms that close while others look for them, in every order.

use std::sync::Arc;

use actix::{
    Addr,
    dev::channel::{self, AddressReceiver},
};
use loom::{model, sync::mpsc, thread};

use super::*;
use crate::{
    base::{config::Limits, contained::Contained, meter::Tally, room_id::RoomIds},
    hub::{Opener, Openings},
    room::{context::RoomContext, life::RoomActor},
};

/// A room of which only the way to it is there.
struct Cell;

impl Room for Cell {
    const NAME: &'static str = "cell";
    type Key = u32;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

const KEY: u32 = 7;
const HASH: u64 = 7;

type Actor = RoomActor<Cell>;

/// What an actor has of its room; dropped when that stops.
type Receiver = AddressReceiver<Actor>;

/// The open rooms, of which there is one at most.
struct Building {
    rooms: OpenRooms<Cell, Actor>,
    openings: Openings,
    ids: RoomIds,
}

impl Building {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            rooms: OpenRooms::default(),
            openings: Openings::new(&Limits::default()),
            ids: RoomIds::draw(),
        })
    }

    /// The room, and what its actor has if this is what opened it.
    fn enter(&self) -> (Found<Cell, Actor>, Option<Receiver>) {
        let mut begun = None;
        let found = self.rooms.find_or_open(HASH, &KEY, "cell:7", || {
            let (sender, receiver) = channel::channel(1);
            let (room, _) = self.ids.next();
            let key = Contained::new(KEY, Tally::NONE);
            let found = Link::new(room, "cell:7".into(), HASH, key, Addr::new(sender));
            begun = Some(receiver);
            Ok((found, self.openings.take(Opener::App)?))
        });
        (found.unwrap().0, begun)
    }

    /// Closes the room as it does itself when nobody is in it; what goes on if it may not.
    fn close_if_idle(&self, link: &Link<Cell, Actor>, receiver: Receiver) -> Option<Receiver> {
        (!self.rooms.remove_if_quiet(link)).then_some(receiver)
    }
}

#[test]
fn a_room_closes_with_no_ticket_out_and_gives_none_once_it_has() {
    model(|| {
        let building = Building::new();
        let ((link, ticket), receiver) = building.enter();
        // What it was opened for has arrived.
        drop(ticket);
        let other = building.clone();
        let sending = thread::spawn(move || {
            let Some((link, ticket)) = other.rooms.find(HASH, &KEY) else { return };
            assert!(link.is_connected(), "whoever has a ticket finds the room");
            thread::yield_now();
            assert!(link.is_connected(), "for as long as it has that");
            drop(ticket);
        });
        let goes_on = building.close_if_idle(&link, receiver.unwrap());
        sending.join().unwrap();
        assert_eq!(building.rooms.len(), usize::from(goes_on.is_some()));
    });
}

#[test]
fn there_is_one_room_of_a_key_however_many_want_it_while_it_closes() {
    model(|| {
        let building = Building::new();
        let ((link, ticket), receiver) = building.enter();
        drop(ticket);
        let entering = [(); 2].map(|()| {
            let building = building.clone();
            thread::spawn(move || building.enter())
        });
        let goes_on = building.close_if_idle(&link, receiver.unwrap());
        let entered = entering.map(|entering| entering.join().unwrap());
        // Neither ticket has been given back.
        let [((first, _), _), ((second, _), _)] = &entered;
        assert!(first.is_connected() && Arc::ptr_eq(first, second), "they are in one room");
        assert_eq!(Arc::ptr_eq(first, &link), goes_on.is_some());
        let begun = entered.iter().filter(|(_, begun)| begun.is_some()).count();
        assert_eq!(begun, usize::from(goes_on.is_none()), "it is opened anew once");
        assert_eq!(building.rooms.len(), 1);
    });
}

#[test]
fn a_room_that_closes_by_itself_hears_all_that_is_on_its_way_first() {
    model(|| {
        let building = Building::new();
        let ((link, ticket), receiver) = building.enter();
        let (mailbox, messages) = mpsc::channel();
        mailbox.send(ticket).unwrap();
        let other = building.clone();
        let sending = thread::spawn(move || {
            let Some((link, ticket)) = other.rooms.find(HASH, &KEY) else { return };
            assert!(link.is_connected(), "whoever has a ticket finds the room");
            mailbox.send(ticket).expect("the room is there to hear it");
        });
        building.rooms.remove(&*link);
        // As it settles: closed, but not gone before it is quiet.
        while !link.is_quiet() {
            drop(messages.recv().unwrap());
        }
        drop((receiver, messages));
        sending.join().unwrap();
        assert!(building.rooms.find(HASH, &KEY).is_none());
    });
}

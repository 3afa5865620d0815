//! Rooms that close when nobody is there, and what they save.
//!
//! It must never have two rooms of one key at once: what one saves the next has to find.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use salon::{
    Count,
    prelude::*,
    testing::{Failure, Lab},
};

both_ways! {
    crate::closing::salon(),
    0..20,
    what_a_closing_room_saves_is_there_for_the_next
    a_room_does_not_close_before_what_it_is_opened_for
}

const SECOND: Duration = Duration::from_secs(1);

/// What is saved, outside of the room.
#[derive(Clone, Default)]
struct Shelf(Arc<AtomicU32>);

/// It is read from the shelf when it opens, and put back when it closes.
struct Book {
    shelf: Shelf,
    lines: u32,
}

/// Adds a line.
struct Write;

/// How many lines there are.
struct Read;

impl Room for Book {
    const NAME: &'static str = "book";
    const LINGER: Duration = Duration::ZERO;
    type Key = u32;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let shelf = cx.data::<Shelf>()?.clone();
        let lines = shelf.0.load(Ordering::SeqCst);
        Ok(Self { shelf, lines })
    }

    fn closing(&mut self, _: &mut RoomContext<Self>) {
        // Saving takes its time, in which others come.
        (0..10_000).for_each(|_| std::thread::yield_now());
        self.shelf.0.store(self.lines, Ordering::SeqCst);
    }
}

impl Reply<Write> for Book {
    type Output = u32;

    fn reply(&mut self, _: Write, _: &mut RoomContext<Self>) -> u32 {
        self.lines += 1;
        self.lines
    }
}

impl Reply<Read> for Book {
    type Output = u32;

    fn reply(&mut self, _: Read, _: &mut RoomContext<Self>) -> u32 {
        self.lines
    }
}

pub(crate) fn salon() -> Salon {
    let builder = Salon::builder().data(Shelf::default());
    builder.room::<Book>().room::<Parlour>().room::<Leaflet>().build().expect("they fit")
}

async fn what_a_closing_room_saves_is_there_for_the_next(lab: &Lab) -> Result<(), Failure> {
    // Every worker has been there, so that the next room may be on another one.
    let _clients = [lab.connect(()).await?, lab.connect(()).await?, lab.connect(()).await?];
    let book = lab.salon().room::<Book>(&1);
    let mut lines = 0;
    // On a busy machine the room may be asked again each time before it closes.
    while lines < 20 || lab.counters().get(Count::RoomsClosed) == 0 {
        lines += 1;
        assert_eq!(lab.drive(book.open_and_ask(Write)).await?, lines);
        assert!(lines < 100_000, "no room closed meanwhile");
    }
    assert_eq!(lab.drive(book.open_and_ask(Read)).await?, lines);
    Ok(())
}

/// Read once, and thrown away when it closes.
struct Leaflet;

impl Room for Leaflet {
    const NAME: &'static str = "leaflet";
    type Key = u32;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        if let Ok(shelf) = cx.data::<Shelf>() {
            shelf.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Reply<Read> for Leaflet {
    type Output = u32;

    fn reply(&mut self, _: Read, cx: &mut RoomContext<Self>) -> u32 {
        cx.data::<Shelf>().map_or(0, |shelf| shelf.0.load(Ordering::SeqCst))
    }
}

async fn a_room_does_not_close_before_what_it_is_opened_for(lab: &Lab) -> Result<(), Failure> {
    let _clients = [lab.connect(()).await?, lab.connect(()).await?];
    for key in 0..2_000 {
        let read = lab.salon().room::<Leaflet>(&key).open_and_ask(Read);
        assert_eq!(lab.drive(read).await?, 0, "so many were thrown away before they were read");
    }
    Ok(())
}

#[derive(Serialize, Deserialize, Event)]
#[event("parlour:enter", room = Parlour(parlour), join)]
struct Enter {
    parlour: u32,
}

struct Parlour;

impl Room for Parlour {
    const NAME: &'static str = "parlour";
    const LINGER: Duration = Duration::from_secs(10);
    type Key = u32;
    type Identity = ();
    type Events = (Enter,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Parlour {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

#[salon::test]
async fn an_empty_room_is_kept_for_a_whole_linger_each_time() {
    let lab = Lab::new(salon()).await;
    for _ in 0..3 {
        let guest = lab.connect(()).await?;
        guest.send(Enter { parlour: 1 }).await?;
        guest.close();
        lab.advance(9 * SECOND).await;
        assert_eq!(lab.salon().open_rooms(), 1);
    }
    lab.advance(2 * SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 0);
    assert_eq!(lab.counters().get(Count::RoomsOpened), 1);
}

//! `auth`, `permit` and guards, alone and together, in sessions and in rooms.

use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("mine", auth)]
struct Mine;

#[derive(Deserialize, Event)]
#[event("list", permit = "lobby:list")]
struct List;

#[derive(Deserialize, Event)]
#[event("say", guard = NotMuted, auth, guard = At::Least<3>, rate = "5/s", guard = Any<Say>, permit = "say")]
struct Say {
    text: String,
}

/// One more guard than any list of tuples would have.
#[derive(Deserialize, Event)]
#[event(
    "table:sit", room = Table(table), join, guard = NotMuted, guard = At::Least<0>, guard = At::Least<1>,
    guard = At::Least<2>, guard = At::Least<3>, guard = At::Least<4>, guard = At::Least<5>,
    guard = At::Least<6>, guard = At::Least<7>, guard = At::Least<8>, guard = At::Least<9>,
    guard = At::Least<10>, guard = At::Least<11>, guard = At::Least<12>, guard = At::Least<13>,
    guard = At::Least<14>, guard = At::Least<15>, guard = At::Least<16>, guard = At::Least<17>,
)]
struct Sit {
    table: u64,
}

/// A generic event with a generic guard.
#[derive(Deserialize, Event)]
#[event("put", guard = Any<Put<T>>)]
struct Put<T: 'static>(T);

struct NotMuted;

impl<E: Event> Guard<E> for NotMuted {
    type Identity = ();

    async fn check(cx: Checked<'_, E, ()>) -> Result<(), Refusal> {
        cx.data::<String>().map(drop)
    }
}

#[allow(non_snake_case, reason = "a guard may be named by a path")]
mod At {
    pub struct Least<const LEVEL: u8>;
}

impl<const LEVEL: u8, E: Event> Guard<E> for At::Least<LEVEL> {
    type Identity = ();

    fn check(_: Checked<'_, E, ()>) -> impl Future<Output = Result<(), Refusal>> {
        std::future::ready(Ok(()))
    }
}

struct Any<T>(std::marker::PhantomData<T>);

impl<T: Event + 'static> Guard<T> for Any<T> {
    type Identity = ();

    async fn check(cx: Checked<'_, T, ()>) -> Result<(), Refusal> {
        let _: &T = cx.event();
        Ok(())
    }
}

struct Talk;

impl Session for Talk {
    type Identity = ();
    type Events = (Mine, Later<List>, Say, Put<u8>);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Mine> for Talk {
    fn on(&mut self, _: Mine, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl OnLater<List> for Talk {
    fn on_later(&mut self, _: List, _: &mut SessionContext<Self>) -> Answer<()> {
        Answer::later(async { Ok(()) })
    }
}

impl On<Say> for Talk {
    fn on(&mut self, event: Say, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        drop(event.text);
        Ok(())
    }
}

impl On<Put<u8>> for Talk {
    fn on(&mut self, Put(byte): Put<u8>, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        let _ = byte;
        Ok(())
    }
}

struct Table;

impl Room for Table {
    const NAME: &'static str = "table";
    type Key = u64;
    type Identity = ();
    type Events = (Sit,);
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Sit> for Table {
    fn on(&mut self, _: Sit, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn is<E: Event>(auth: bool, permission: Option<&str>) {
    assert_eq!((E::POLICY.auth, E::POLICY.permission), (auth, permission), "{}", E::NAME);
}

fn main() {
    is::<Mine>(true, None);
    is::<List>(false, Some("lobby:list"));
    is::<Say>(true, Some("say"));
    is::<Sit>(false, None);
}

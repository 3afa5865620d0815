//! Lifetimes, parameters, constants and where clauses are carried over, and no bound is added.

#[path = "../compile_fail/lobby.rs"]
mod lobby;

use std::{borrow::Cow, fmt::Debug, marker::PhantomData};

use lobby::Lobby;
use salon::{Event, Refusal, Room, RoomContext, room::RoomEvent};

#[derive(Event)]
#[event("lifetime", volatile)]
struct Lifetime<'a> {
    _text: &'a str,
    _more: Cow<'a, str>,
}

#[derive(Event)]
#[event("parameter", reply = Vec<u8>)]
struct Parameter<T>(PhantomData<T>);

#[derive(Event)]
#[event("bounds", reply = Option<T>)]
struct Bounds<'a, T: Debug + 'static = u8, const N: usize = 4>
where
    T: Clone,
{
    _items: [&'a T; N],
}

#[derive(Event)]
#[event("room", room = Lobby(lobby))]
struct InRoom<'a, T: ?Sized> {
    lobby: u64,
    _payload: &'a T,
}

struct Table<T>(PhantomData<T>);

impl<T: 'static> Room for Table<T> {
    const NAME: &'static str = "table";
    type Key = u64;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self(PhantomData))
    }
}

#[derive(Event)]
#[event("generic-room", room = Table<(T, u8)>(1), join)]
struct Sit<T: 'static>(T, u64);

#[derive(Event)]
#[event("enum")]
enum Either<L, R> {
    _Left(L),
    _Right(R),
}

struct NotEvenClone;

fn is_event<E: Event>() {}

fn main() {
    let text = String::from("text");
    let event = Lifetime { _text: &text, _more: Cow::Borrowed(&text) };
    assert_eq!(name_of(&event), "lifetime");
    is_event::<Parameter<NotEvenClone>>();
    is_event::<Bounds<'_, String, 2>>();
    is_event::<Either<NotEvenClone, NotEvenClone>>();
    assert_eq!(*InRoom { lobby: 7, _payload: text.as_str() }.key(), 7);
    assert_eq!(*in_table::<NotEvenClone, _>(&Sit(NotEvenClone, 8)).key(), 8);
}

fn in_table<T: 'static, E: RoomEvent<Room = Table<(T, u8)>>>(event: &E) -> &E {
    event
}

fn name_of<E: Event>(_: &E) -> &'static str {
    E::NAME
}

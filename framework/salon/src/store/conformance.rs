//! What every [`Store`] is held to, as a test: [`check`].
//!
//! It must never ask for more than the contract says: what is below a floor may be there or not, and an
//! error may say what it likes.

use bytes::Bytes;
use futures_util::future::join_all;

use super::{Batch, Floors, Kind, Record, RoomName, Store, Stored};

/// Holds a store to its contract: for the tests of whoever writes one.
///
/// `open` is called for one after the other, and each time gives a store in which nothing is kept yet.
///
/// ```
/// use salon::store::{MemoryStore, conformance};
///
/// # async fn example() {
/// conformance::check(async || MemoryStore::new()).await;
/// # }
/// ```
///
/// # Panics
/// The store breaks its contract: the message says how.
pub async fn check<S: Store>(mut open: impl AsyncFnMut() -> S) {
    gives_back_what_it_has_taken(&open().await).await;
    takes_calls_when_they_are_made(&open().await).await;
    takes_none_but_the_next(&open().await).await;
    has_what_was_not_changed(&open().await).await;
    replaces_all(&open().await).await;
    has_what_is_not_below_a_floor(&open().await).await;
    forgets_a_room(&open().await).await;
    tells_rooms_apart(&open().await).await;
    takes_any_bytes(&open().await).await;
    takes_many_rooms_at_once(&open().await).await;
    ends(&open().await).await;
}

fn room(name: &str) -> RoomName {
    RoomName { namespace: "/".into(), name: name.into() }
}

/// One that says which it is.
fn batch(revision: u64) -> Batch {
    Batch { revision, head: format!("head {revision}").into(), ..Batch::default() }
}

fn record(kind: Kind, number: u64) -> Record {
    Record { kind, number, bytes: format!("{kind:?} {number}").into() }
}

async fn append(store: &impl Store, room: &RoomName, batch: Batch) {
    let revision = batch.revision;
    let appended = store.append(room, batch).await;
    assert!(appended.is_ok(), "batch {revision} of {room:?} is the next one: {appended:?}");
}

async fn refuse(store: &impl Store, room: &RoomName, batch: Batch) {
    let revision = batch.revision;
    let refused = store.append(room, batch).await;
    let is_conflict = refused.as_ref().is_err_and(super::StoreError::is_conflict);
    assert!(is_conflict, "batch {revision} of {room:?} is not the next one: {refused:?}");
}

async fn stored(store: &impl Store, room: &RoomName) -> Option<Stored> {
    match store.open(room).await {
        Ok(stored) => stored,
        Err(error) => panic!("{room:?} can be read: {error:?}"),
    }
}

async fn is_there(store: &impl Store, room: &RoomName, expected: Stored) {
    let stored = stored(store, room).await;
    assert_eq!(stored, Some(expected), "what there is of {room:?}");
}

async fn gives_back_what_it_has_taken(store: &impl Store) {
    let room = room("chat:lounge");
    assert_eq!(stored(store, &room).await, None, "there is nothing at first");
    let records = vec![record(Kind::Event, 1), record(Kind::Event, 2), record(Kind::Answer, 7)];
    let first = Batch { state: Some("a state".into()), records, ..batch(1) };
    append(store, &room, first).await;
    let records = vec![record(Kind::Member, 1), record(Kind::Event, 3)];
    append(store, &room, Batch { records, ..batch(2) }).await;
    let expected = [
        record(Kind::Event, 1),
        record(Kind::Event, 2),
        record(Kind::Event, 3),
        record(Kind::Answer, 7),
        record(Kind::Member, 1),
    ];
    let of_kind = |records: &[Record], kind: Kind| -> Vec<Record> {
        records.iter().filter(|record| record.kind == kind).cloned().collect()
    };
    // Kinds may lie in any order, each by its numbers.
    let Some(found) = stored(store, &room).await else { panic!("{room:?} is there") };
    for kind in Kind::ALL {
        assert_eq!(of_kind(&found.records, kind), of_kind(&expected, kind), "what is kept");
    }
    let rest = Stored { records: Vec::new(), ..found };
    let state = Some("a state".into());
    assert_eq!(rest, Stored::new(2, "head 2".into(), state, Vec::new()), "what the room says");
}

async fn takes_calls_when_they_are_made(store: &impl Store) {
    let room = room("chat:lounge");
    // None of them is polled before all are made.
    let first = store.append(&room, batch(1));
    drop(store.append(&room, batch(2)));
    let seen = store.open(&room);
    let third = store.append(&room, batch(3));
    let last = store.open(&room);
    let revision = |stored: Result<Option<Stored>, _>| match stored {
        Ok(stored) => stored.map(|stored| stored.revision),
        Err(error) => panic!("{room:?} can be read: {error:?}"),
    };
    assert_eq!(revision(last.await), Some(3), "calls count in the order in which they are made");
    assert!(third.await.is_ok(), "a call whose future is dropped has been made");
    assert_eq!(revision(seen.await), Some(2), "what is called for later is not seen");
    assert!(first.await.is_ok(), "a call counts when it is made");
}

async fn takes_none_but_the_next(store: &impl Store) {
    let room = room("chat:lounge");
    let wrong = |revision| Batch {
        state: Some("of a batch that was refused".into()),
        records: vec![record(Kind::Event, revision)],
        replaces: true,
        ..batch(revision)
    };
    refuse(store, &room, wrong(0)).await;
    refuse(store, &room, wrong(2)).await;
    assert_eq!(stored(store, &room).await, None, "nothing is kept of what is refused");
    append(store, &room, batch(1)).await;
    for revision in [0, 1, 3, u64::MAX] {
        refuse(store, &room, wrong(revision)).await;
    }
    is_there(store, &room, Stored::new(1, "head 1".into(), None, Vec::new())).await;
    append(store, &room, batch(2)).await;
    is_there(store, &room, Stored::new(2, "head 2".into(), None, Vec::new())).await;
}

async fn has_what_was_not_changed(store: &impl Store) {
    let room = room("chat:lounge");
    append(store, &room, Batch { state: Some("first".into()), ..batch(1) }).await;
    append(store, &room, batch(2)).await;
    let state = Some("first".into());
    is_there(store, &room, Stored::new(2, "head 2".into(), state, Vec::new())).await;
    append(store, &room, Batch { state: Some(Bytes::new()), ..batch(3) }).await;
    let state = Some(Bytes::new());
    is_there(store, &room, Stored::new(3, "head 3".into(), state, Vec::new())).await;
}

async fn replaces_all(store: &impl Store) {
    let room = room("chat:lounge");
    let records = vec![record(Kind::Event, 8), record(Kind::Member, 9)];
    let floors = Floors { events: 5, answers: 5, members: 5 };
    append(store, &room, Batch { state: Some("old".into()), records, floors, ..batch(1) }).await;
    // Numbers begin anew, and so do floors.
    let records = vec![record(Kind::Event, 1)];
    append(store, &room, Batch { replaces: true, records, ..batch(2) }).await;
    let records = vec![record(Kind::Event, 1)];
    is_there(store, &room, Stored::new(2, "head 2".into(), None, records)).await;
}

async fn has_what_is_not_below_a_floor(store: &impl Store) {
    const LAST: u64 = 300;
    let room = room("chat:lounge");
    for revision in 1..=LAST {
        let records = Kind::ALL.map(|kind| record(kind, revision)).into();
        let floors = Floors { events: revision.saturating_sub(99), answers: 0, members: revision };
        append(store, &room, Batch { records, floors, ..batch(revision) }).await;
    }
    let Some(found) = stored(store, &room).await else { panic!("{room:?} is there") };
    let floors = Floors { events: LAST - 99, answers: 1, members: LAST };
    for kind in Kind::ALL {
        let numbers = found.records.iter().filter(|record| record.kind == kind);
        let numbers = numbers.map(|record| record.number).filter(|it| *it >= floors.of(kind));
        let expected: Vec<u64> = (floors.of(kind)..=LAST).collect();
        assert_eq!(numbers.collect::<Vec<_>>(), expected, "what is kept of {kind:?}");
    }
    let none = Floors { events: u64::MAX, answers: u64::MAX, members: u64::MAX };
    append(store, &room, Batch { floors: none, ..batch(LAST + 1) }).await;
    let found = stored(store, &room).await.map(|found| found.revision);
    assert_eq!(found, Some(LAST + 1), "a room of which no record is needed is there");
}

async fn forgets_a_room(store: &impl Store) {
    let (room, other) = (room("chat:lounge"), room("chat:hall"));
    let removed = store.remove(&room).await;
    assert!(removed.is_ok(), "a room that is not there can be removed: {removed:?}");
    let records = vec![record(Kind::Event, 1)];
    append(store, &room, Batch { state: Some("old".into()), records, ..batch(1) }).await;
    append(store, &other, batch(1)).await;
    let removed = store.remove(&room).await;
    assert!(removed.is_ok(), "a room can be removed: {removed:?}");
    assert_eq!(stored(store, &room).await, None, "a room that was removed is not there");
    refuse(store, &room, batch(2)).await;
    append(store, &room, batch(1)).await;
    is_there(store, &room, Stored::new(1, "head 1".into(), None, Vec::new())).await;
    is_there(store, &other, Stored::new(1, "head 1".into(), None, Vec::new())).await;
}

async fn tells_rooms_apart(store: &impl Store) {
    let named = |namespace: &str, name: &str| RoomName {
        namespace: namespace.to_owned().into(),
        name: name.to_owned().into(),
    };
    let rooms = [
        named("/", "a"),
        named("/admin", "a"),
        named("/", "A"),
        named("/", ""),
        named("/", "a "),
        named("/", "a\0b"),
        named("/", "%"),
        named("/", "ä"),
        named("/", "a\u{308}"),
    ];
    for (number, room) in (1..).zip(&rooms) {
        assert_eq!(stored(store, room).await, None, "{room:?} is none of those before it");
        append(store, room, Batch { records: vec![record(Kind::Event, number)], ..batch(1) }).await;
    }
    for (number, room) in (1..).zip(&rooms) {
        let records = vec![record(Kind::Event, number)];
        is_there(store, room, Stored::new(1, "head 1".into(), None, records)).await;
    }
}

async fn takes_any_bytes(store: &impl Store) {
    let room = room("chat:lounge");
    let large: Bytes = (0..1_u32 << 18).flat_map(u32::to_le_bytes).collect();
    for (revision, bytes) in (1..).zip([large.clone(), Bytes::new(), large]) {
        let bytes_of = |kind| Record { kind, number: revision, bytes: bytes.clone() };
        let records: Vec<Record> = Kind::ALL.map(bytes_of).into();
        let (head, state) = (bytes.clone(), Some(bytes.clone()));
        let next = Batch { revision, replaces: true, head, state, records, ..Batch::default() };
        append(store, &room, next).await;
        let Some(found) = stored(store, &room).await else { panic!("{room:?} is there") };
        assert!(found.head == bytes, "a head of {} bytes", bytes.len());
        assert!(found.state.as_ref() == Some(&bytes), "a state of {} bytes", bytes.len());
        let is_same = found.records.len() == 3 && found.records.iter().all(|it| it.bytes == bytes);
        assert!(is_same, "records of {} bytes", bytes.len());
    }
}

async fn takes_many_rooms_at_once(store: &impl Store) {
    let rooms: Vec<RoomName> = (0..200).map(|number| room(&format!("chat:{number}"))).collect();
    let mut calls = Vec::new();
    for revision in 1..=5 {
        for room in &rooms {
            let records = vec![record(Kind::Event, revision)];
            calls.push(store.append(room, Batch { records, ..batch(revision) }));
            // One that is refused concerns nobody else.
            calls.push(store.append(room, batch(revision)));
        }
    }
    for (call, appended) in (0..).zip(join_all(calls).await) {
        let is_right = appended.is_ok() == (call % 2 == 0);
        assert!(is_right, "each batch is taken once: {appended:?}");
    }
    for room in &rooms {
        let records = (1..=5).map(|number| record(Kind::Event, number)).collect();
        is_there(store, room, Stored::new(5, "head 5".into(), None, records)).await;
    }
}

async fn ends(store: &impl Store) {
    let room = room("chat:lounge");
    let before = store.append(&room, batch(1));
    let closed = store.close();
    let after = store.append(&room, batch(2));
    assert!(after.await.is_err(), "what comes after the end is refused");
    let closed = closed.await;
    assert!(closed.is_ok(), "a store can be closed: {closed:?}");
    assert!(before.await.is_ok(), "what comes before the end is kept");
    assert!(store.open(&room).await.is_err(), "a store that is closed opens no room");
    assert!(store.remove(&room).await.is_err(), "a store that is closed removes no room");
    let again = store.close().await;
    assert!(again.is_ok(), "a store that is closed can be closed: {again:?}");
}

//! What is read and written of one room.
//!
//! It must never begin or end a transaction: a room's batch is one among others.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};
use salon::store::{Batch, Floors, Kind, Record, RoomName, Stored};

/// Records that are not needed go when a floor passes a multiple of this: to look for them with each
/// batch would cost as much as to write it. So many of a kind may be there that are not needed.
const STEP: i64 = 64;

/// What has become of something that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is written, to the room of that number.
    To(i64),
    /// The room is gone; it had that number.
    Removed(Option<i64>),
    /// It does not follow the revision that is kept.
    Conflict(u64),
}

/// A room as it is before a batch.
struct Before {
    id: i64,
    revision: u64,
    floors: [i64; 3],
}

impl Before {
    fn find(connection: &Connection, room: &RoomName) -> rusqlite::Result<Option<Self>> {
        let found = "SELECT id, revision, event_floor, answer_floor, member_floor FROM rooms
            WHERE namespace = ?1 AND name = ?2";
        let read = |row: &Row<'_>| {
            let floors = [row.get(2)?, row.get(3)?, row.get(4)?];
            Ok(Self { id: row.get(0)?, revision: row.get::<_, i64>(1)?.cast_unsigned(), floors })
        };
        let mut found = connection.prepare_cached(found)?;
        found.query_row([&*room.namespace, &*room.name], read).optional()
    }
}

/// How a kind is written; `None` if there are more kinds than this version knows.
const fn code(kind: Kind) -> Option<i64> {
    match kind {
        Kind::Event => Some(1),
        Kind::Answer => Some(2),
        Kind::Member => Some(3),
        _ => None,
    }
}

/// As in the columns of rooms.
fn lowest(floors: &Floors) -> [i64; 3] {
    [floors.events, floors.answers, floors.members]
        .map(|floor| i64::try_from(floor).unwrap_or(i64::MAX))
}

fn refused(why: &'static str) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(why.into())
}

/// Writes a batch. If it `saves` room, whatever is not needed any more goes first.
pub(crate) fn append(
    connection: &Connection,
    room: &RoomName,
    batch: &Batch,
    now: i64,
    saves: bool,
) -> rusqlite::Result<Written> {
    let before = Before::find(connection, room)?;
    let kept = before.as_ref().map_or(0, |before| before.revision);
    if batch.revision != kept.wrapping_add(1) {
        return Ok(Written::Conflict(kept));
    }
    let mut floors = lowest(&batch.floors);
    if let Some(before) = &before {
        if batch.replaces {
            forget(connection, before.id)?;
        } else {
            for (floor, was) in floors.iter_mut().zip(before.floors) {
                *floor = was.max(*floor);
            }
            cut(connection, before, floors, saves)?;
        }
    }
    let id = put(connection, room, before.as_ref(), batch, floors, now)?;
    if let Some(state) = &batch.state {
        let state_of = "INSERT OR REPLACE INTO states (room, bytes) VALUES (?1, ?2)";
        connection.prepare_cached(state_of)?.execute(params![id, &state[..]])?;
    }
    let record = "INSERT OR REPLACE INTO records (room, kind, number, bytes)
        VALUES (?1, ?2, ?3, ?4)";
    let mut record = connection.prepare_cached(record)?;
    for Record { kind, number, bytes } in &batch.records {
        let kind = code(*kind).ok_or_else(|| refused("this version does not know the kind"))?;
        let number = i64::try_from(*number).map_err(|_| refused("its number is too great"))?;
        record.execute(params![id, kind, number, &bytes[..]])?;
    }
    Ok(Written::To(id))
}

/// Writes what a room says of itself.
fn put(
    connection: &Connection,
    room: &RoomName,
    before: Option<&Before>,
    batch: &Batch,
    [events, answers, members]: [i64; 3],
    now: i64,
) -> rusqlite::Result<i64> {
    let (revision, head) = (batch.revision.cast_signed(), &batch.head[..]);
    let Some(Before { id, .. }) = before else {
        let new = "INSERT INTO rooms (namespace, name, revision, is_whole, written_at,
            event_floor, answer_floor, member_floor, head)
            VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8)";
        let (namespace, name) = (&*room.namespace, &*room.name);
        let new = connection
            .prepare_cached(new)?
            .insert(params![namespace, name, revision, now, events, answers, members, head]);
        return new;
    };
    let next = "UPDATE rooms SET revision = ?2, is_whole = max(is_whole, ?3), written_at = ?4,
        event_floor = ?5, answer_floor = ?6, member_floor = ?7, head = ?8 WHERE id = ?1";
    connection.prepare_cached(next)?.execute(params![
        id,
        revision,
        batch.replaces,
        now,
        events,
        answers,
        members,
        head
    ])?;
    Ok(*id)
}

/// Deletes records below the floors, if it is time to.
fn cut(
    connection: &Connection,
    before: &Before,
    floors: [i64; 3],
    saves: bool,
) -> rusqlite::Result<()> {
    let below = "DELETE FROM records WHERE room = ?1 AND kind = ?2 AND number < ?3";
    for ((kind, floor), was) in Kind::ALL.into_iter().zip(floors).zip(before.floors) {
        if saves || floor / STEP != was / STEP {
            let mut below = connection.prepare_cached(below)?;
            below.execute(params![before.id, code(kind), floor])?;
        }
    }
    Ok(())
}

/// Deletes all that there is of a room but its row.
fn forget(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM records WHERE room = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM states WHERE room = ?1")?.execute([id])?;
    Ok(())
}

/// Deletes a room of that number.
pub(crate) fn delete(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    forget(connection, id)?;
    connection.prepare_cached("DELETE FROM rooms WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Deletes a room of that name.
pub(crate) fn remove(connection: &Connection, room: &RoomName) -> rusqlite::Result<Written> {
    let id = number(connection, room)?;
    if let Some(id) = id {
        delete(connection, id)?;
    }
    Ok(Written::Removed(id))
}

/// By which number a room is known, if it is there.
pub(crate) fn number(connection: &Connection, room: &RoomName) -> rusqlite::Result<Option<i64>> {
    Ok(Before::find(connection, room)?.map(|before| before.id))
}

/// What there is of a room, and its number.
pub(crate) fn read(
    connection: &Connection,
    room: &RoomName,
) -> rusqlite::Result<Option<(i64, Stored)>> {
    let Some(Before { id, revision, floors }) = Before::find(connection, room)? else {
        return Ok(None);
    };
    let rest = "SELECT head, is_whole, (SELECT bytes FROM states WHERE room = id) FROM rooms
        WHERE id = ?1";
    let mut rest = connection.prepare_cached(rest)?;
    let (head, is_whole, state) = rest.query_row([id], |row| {
        let state: Option<Vec<u8>> = row.get(2)?;
        Ok((Bytes::from(row.get::<_, Vec<u8>>(0)?), row.get::<_, bool>(1)?, state.map(Bytes::from)))
    })?;
    let mut records = Vec::new();
    let above = "SELECT number, bytes FROM records WHERE room = ?1 AND kind = ?2 AND number >= ?3
        ORDER BY number";
    for (kind, floor) in Kind::ALL.into_iter().zip(floors) {
        let mut above = connection.prepare_cached(above)?;
        let found = above.query_map(params![id, code(kind), floor], |row| {
            let number = row.get::<_, i64>(0)?.cast_unsigned();
            Ok(Record { kind, number, bytes: row.get::<_, Vec<u8>>(1)?.into() })
        })?;
        for record in found {
            records.push(record?);
        }
    }
    let stored = Stored::new(revision, head, state, records);
    Ok(Some((id, if is_whole { stored } else { stored.incomplete() })))
}

/// The rooms behind that number, a few of them, each with the time when it was last written.
pub(crate) fn behind(
    connection: &Connection,
    id: i64,
    few: usize,
) -> rusqlite::Result<Vec<(i64, i64)>> {
    let behind = "SELECT id, written_at FROM rooms WHERE id > ?1 ORDER BY id LIMIT ?2";
    let mut behind = connection.prepare_cached(behind)?;
    let few = i64::try_from(few).unwrap_or(i64::MAX);
    let found = behind.query_map([id, few], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.collect()
}

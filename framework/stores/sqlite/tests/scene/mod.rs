//! What these tests have in common: batches that say which they are, and the files of a store as the end
//! of a process would leave them.

#![allow(dead_code, reason = "each suite has its own need of it")]

use std::{
    error::Error,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use salon::store::{Batch, Kind, Record, RoomName, Store, StoreError, Stored};

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

pub(crate) fn room(number: usize) -> RoomName {
    RoomName { namespace: "/".into(), name: format!("chat:{number}").into() }
}

/// One with an event whose number is that of the batch.
pub(crate) fn batch(revision: u64) -> Batch {
    let mut batch = Batch::default();
    batch.revision = revision;
    batch.head = format!("head {revision}").into();
    let bytes = format!("event {revision}").repeat(20).into();
    batch.records = vec![Record { kind: Kind::Event, number: revision, bytes }];
    batch
}

/// As many batches of a room, all at once.
pub(crate) async fn append(
    store: &impl Store,
    room: &RoomName,
    revisions: std::ops::RangeInclusive<u64>,
) -> Result<(), StoreError> {
    let calls: Vec<_> = revisions.map(|revision| store.append(room, batch(revision))).collect();
    for call in calls {
        call.await?;
    }
    Ok(())
}

/// Whether all that a room has written is there, up to the revision that it has.
pub(crate) fn is_in_order(stored: &Stored) -> bool {
    let expected: Vec<_> = (1..=stored.revision).flat_map(|it| batch(it).records).collect();
    stored.records == expected && stored.head == batch(stored.revision).head
}

/// A file that lies beside another.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(ending);
    path.into()
}

/// The files of a store as they are at this moment: what is left if its process ends now.
pub(crate) fn left_behind(store: &Path, copy: &Path) -> io::Result<()> {
    for ending in ["", "-wal", "-mark"] {
        fs::copy(beside(store, ending), beside(copy, ending))?;
    }
    Ok(())
}

//! What is found when a file is opened again.

mod scene;

use std::{fs, path::Path};

use salon::store::Store;
use salon_sqlite::{Durability, Sqlite};
use tempfile::TempDir;

use crate::scene::{Failure, append, batch, beside, is_in_order, left_behind, room};

/// How many commits the mark counts.
fn commits(path: &Path) -> Result<u64, Failure> {
    let mark = fs::read(beside(path, "-mark"))?;
    let count = mark.get(16..24).ok_or("the mark is short")?;
    Ok(u64::from_le_bytes(count.try_into()?))
}

#[tokio::test]
async fn what_was_kept_is_there_however_the_store_ended() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    for (number, durability) in [Durability::Process, Durability::Disk].into_iter().enumerate() {
        let path = directory.path().join(format!("{number}.db"));
        let store = Sqlite::at(&path).durability(durability).open()?;
        append(&store, &room(1), 1..=50).await?;
        store.close().await?;
        // The other durability the second time, and no call of `close`.
        let store = Sqlite::open(&path)?;
        append(&store, &room(1), 51..=100).await?;
        drop(store.append(&room(1), batch(101)));
        drop(store);
        let store = Sqlite::open(&path)?;
        let found = store.open(&room(1)).await?.ok_or("the room is there")?;
        assert_eq!((found.revision, found.is_whole), (101, true));
        assert!(is_in_order(&found));
        // And as if the process had ended at this moment.
        append(&store, &room(1), 102..=110).await?;
        let copy = directory.path().join(format!("{number}-copy.db"));
        left_behind(&path, &copy)?;
        let found = Sqlite::open(&copy)?.open(&room(1)).await?.ok_or("the room is there")?;
        assert_eq!((found.revision, found.is_whole), (110, true));
        assert!(is_in_order(&found));
    }
    Ok(())
}

#[tokio::test]
async fn batches_that_come_together_are_one_commit() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    let store = Sqlite::open(&path)?;
    let before = commits(&path)?;
    let calls: Vec<_> = (0..100).map(|number| store.append(&room(number), batch(1))).collect();
    for call in calls {
        call.await?;
    }
    let commits = commits(&path)? - before;
    assert!(commits < 20, "100 batches took {commits} commits");
    Ok(())
}

#[tokio::test]
async fn one_that_is_refused_takes_none_of_the_others_with_it() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let store = Sqlite::open(directory.path().join("salon.db"))?;
    let mut spoilt = batch(1);
    // A number that no table of SQLite can have.
    spoilt.records[0].number = u64::MAX;
    let mut calls = vec![store.append(&room(0), spoilt), store.append(&room(0), batch(2))];
    calls.extend((1..50).map(|number| store.append(&room(number), batch(1))));
    calls.push(store.append(&room(0), batch(1)));
    for (number, call) in calls.into_iter().enumerate() {
        let appended = call.await;
        assert_eq!(appended.is_ok(), (2..51).contains(&number), "{number}: {appended:?}");
    }
    // Until it is opened nothing more of that room is kept.
    assert!(store.append(&room(0), batch(1)).await.is_err());
    assert_eq!(store.open(&room(0)).await?, None);
    store.append(&room(0), batch(1)).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_below_a_floor_does_not_stay_for_ever() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    let store = Sqlite::open(&path)?;
    for revision in 1..=500 {
        let mut next = batch(revision);
        next.floors.events = revision;
        store.append(&room(1), next).await?;
    }
    store.close().await?;
    let tables = rusqlite::Connection::open(&path)?;
    let records = "SELECT count(*) FROM records";
    let records: i64 = tables.query_row(records, [], |row| row.get(0))?;
    assert!(records <= 64, "{records} records for one that is needed");
    Ok(())
}

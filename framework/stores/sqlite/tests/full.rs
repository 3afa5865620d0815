//! A file that is full, a disk that takes no more, and rooms that nobody writes any more.

mod scene;

use std::{env, path::PathBuf, process::Command, time::Duration};

use bytes::Bytes;
use salon::store::{Batch, Store};
use salon_sqlite::Sqlite;
use tempfile::TempDir;

use crate::scene::{Failure, append, batch, room};

const FILE: &str = "SALON_FILE_OF_THE_CHILD";

/// One with an event of 4 KiB.
fn large(revision: u64) -> Batch {
    let mut batch = batch(revision);
    batch.records[0].bytes = Bytes::from(vec![u8::try_from(revision % 251).unwrap_or(0); 4_096]);
    batch
}

#[tokio::test]
async fn a_full_file_has_what_it_has_taken_and_takes_more_when_there_is_room() -> Result<(), Failure>
{
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    let store = Sqlite::at(&path).max_bytes(1 << 20).open()?;
    append(&store, &room(0), 1..=3).await?;
    let mut kept = 0;
    let refused = loop {
        match store.append(&room(1), large(kept + 1)).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 1_000, "it is never full");
    };
    assert!(refused.to_string().contains("full"), "{refused}");
    assert!(kept > 50, "{kept} batches fill it");
    assert!(std::fs::metadata(&path)?.len() <= 1 << 20);
    // Nothing more, until the room is opened; then all is there.
    let again = store.append(&room(1), batch(kept + 1)).await;
    assert!(again.is_err());
    let found = store.open(&room(1)).await?.ok_or("the room is there")?;
    assert_eq!((found.revision, found.is_whole), (kept, true));
    assert!((1..=kept).flat_map(|it| large(it).records).eq(found.records));
    // A floor that moves by a little makes room, though it would not be deleted for that otherwise.
    let mut next = large(kept + 1);
    next.floors.events = 4;
    store.append(&room(1), next).await?;
    let found = store.open(&room(1)).await?.ok_or("the room is there")?;
    assert_eq!(found.records.first().map(|record| record.number), Some(4));
    // And so does a room that is removed.
    store.remove(&room(1)).await?;
    for revision in 1..=50 {
        store.append(&room(2), large(revision)).await?;
    }
    store.close().await?;
    let store = Sqlite::open(&path)?;
    assert!(store.open(&room(0)).await?.is_some_and(|found| found.revision == 3));
    assert!(store.open(&room(2)).await?.is_some_and(|found| found.revision == 50));
    Ok(())
}

#[tokio::test]
async fn one_that_is_too_large_takes_none_of_the_others_with_it() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let store = Sqlite::at(directory.path().join("salon.db")).max_bytes(1 << 20).open()?;
    let mut too_large = batch(1);
    too_large.state = Some(Bytes::from(vec![1; 2 << 20]));
    let mut calls = vec![store.append(&room(0), too_large)];
    calls.extend((1..20).map(|number| store.append(&room(number), batch(1))));
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.is_err(), number == 0, "of room {number}");
    }
    Ok(())
}

/// The child: appends on a disk that takes no more than a mebibyte in one file.
#[tokio::test]
#[ignore = "it is the child of the test beside it"]
async fn appends_where_writes_fail() -> Result<(), Failure> {
    let Some(path) = env::var_os(FILE) else { return Ok(()) };
    let store = Sqlite::open(PathBuf::from(path))?;
    let (mut kept, mut failures) = (0, 0);
    while kept < 1_000 {
        let mut next = large(kept + 1);
        next.floors.events = (kept + 1).saturating_sub(10);
        if store.append(&room(1), next).await.is_ok() {
            kept += 1;
            continue;
        }
        failures += 1;
        assert!(store.append(&room(1), large(kept + 1)).await.is_err(), "it was not opened again");
        let found = store.open(&room(1)).await?.ok_or("the room is there")?;
        assert!(found.is_whole, "nothing that was kept is missing");
        assert!((kept..=kept + 1).contains(&found.revision), "{} of {kept}", found.revision);
        kept = found.revision;
    }
    assert!(failures > 2, "{failures} writes have failed");
    // No `close`: it is left as a process leaves it that ends.
    std::process::exit(0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_write_that_fails_is_told_and_nothing_is_lost_by_it() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    // The limit of one file, in blocks of 512 bytes, and no signal when it is reached.
    let limited = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\"";
    let mut child = Command::new("sh");
    child.args(["-c", limited]).arg(env::current_exe()?);
    child.args(["--ignored", "--exact", "appends_where_writes_fail"]).env(FILE, &path);
    let ended = child.output()?;
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}");
    let found = Sqlite::open(&path)?.open(&room(1)).await?.ok_or("the room is there")?;
    assert_eq!((found.revision, found.is_whole), (1_000, true));
    assert!((990..=1_000).flat_map(|it| large(it).records).eq(found.records));
    Ok(())
}

#[tokio::test]
async fn rooms_that_nobody_writes_go_and_those_that_are_open_stay() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    let retention = Duration::from_millis(500);
    let store = Sqlite::open(&path)?;
    for number in 0..600 {
        drop(store.append(&room(number), batch(1)));
    }
    store.close().await?;
    tokio::time::sleep(retention).await;
    let store = Sqlite::at(&path).retention(retention).open()?;
    assert!(store.open(&room(7)).await?.is_some());
    append(&store, &room(8), 2..=2).await?;
    append(&store, &room(1_000), 1..=1).await?;
    let mut looks = 0;
    let left = loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        looks += 1;
        // What is looked at from outside is a copy: to open a room would keep it.
        let copy = directory.path().join("copy.db");
        scene::left_behind(&path, &copy)?;
        let tables = rusqlite::Connection::open(&copy)?;
        let rooms: i64 = tables.query_row("SELECT count(*) FROM rooms", [], |row| row.get(0))?;
        if rooms <= 3 || looks > 600 {
            break rooms;
        }
    };
    assert_eq!(left, 3, "rooms are left");
    tokio::time::sleep(2 * retention).await;
    for (number, revision) in [(7, Some(1)), (8, Some(2)), (1_000, Some(1)), (9, None)] {
        let found = store.open(&room(number)).await?;
        assert_eq!(found.map(|found| found.revision), revision, "of room {number}");
    }
    // One that has closed goes as well, though this process has opened it.
    store.release(&room(8));
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let copy = directory.path().join("copy.db");
        scene::left_behind(&path, &copy)?;
        let tables = rusqlite::Connection::open(&copy)?;
        let rooms: i64 = tables.query_row("SELECT count(*) FROM rooms", [], |row| row.get(0))?;
        if rooms == 2 {
            return Ok(());
        }
    }
    Err("a room that has closed is kept for ever".into())
}

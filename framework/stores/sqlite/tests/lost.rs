//! What is said of a file whose end was lost, or may have been.

mod scene;

use std::{fs, path::Path};

use salon::store::Store;
use salon_sqlite::{Durability, OpenError, Sqlite};
use tempfile::TempDir;

use crate::scene::{Failure, append, batch, beside, is_in_order, left_behind, room};

const KEPT: u64 = 40;
/// Of the log: its header, that of a frame, and a page.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4_096;

/// A file with one room, as the end of its process leaves it.
async fn left(directory: &Path, durability: Durability, boot: &str) -> Result<(), Failure> {
    let path = directory.join("running.db");
    let store = Sqlite::at(&path).durability(durability).booted_as(boot).open()?;
    for revision in 1..=KEPT {
        store.append(&room(1), batch(revision)).await?;
    }
    left_behind(&path, &directory.join("left.db"))?;
    Ok(())
}

/// What is found in a copy of it that was changed: all of it, or that something may be missing.
async fn is_honest(
    directory: &Path,
    change: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let (left, path) = (directory.join("left.db"), directory.join("changed.db"));
    left_behind(&left, &path)?;
    change(&path)?;
    let store = match Sqlite::at(&path).booted_as("a").open() {
        Ok(store) => store,
        Err(OpenError::Damaged { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let Some(found) = store.open(&room(1)).await? else { return Ok(false) };
    assert!(is_in_order(&found), "{} is not what was kept", found.revision);
    assert!(found.revision <= KEPT);
    assert!(!found.is_whole || found.revision == KEPT, "{} is said to be all", found.revision);
    Ok(found.is_whole)
}

#[tokio::test]
async fn a_log_that_was_cut_off_is_noticed_wherever_it_was() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    left(directory.path(), Durability::Process, "a").await?;
    assert!(is_honest(directory.path(), |_| Ok(())).await?, "what was not changed is whole");
    let log = fs::read(beside(&directory.path().join("left.db"), "-wal"))?;
    let frames = (log.len() - HEADER) / FRAME;
    assert!(frames > 40, "there are {frames} frames");
    let within = [0, 1, 23, 24, 25, 24 + 100, FRAME - 1];
    let frame = |number: usize| HEADER + number * FRAME;
    let last = [0, 1, frames / 2, frames - 2, frames - 1];
    let in_frames = last.iter().flat_map(|number| within.map(|offset| frame(*number) + offset));
    for length in [0, 1, HEADER - 1].into_iter().chain(in_frames) {
        let cut = |path: &Path| Ok(fs::write(beside(path, "-wal"), &log[..length])?);
        assert!(!is_honest(directory.path(), cut).await?, "{length} bytes are not all");
    }
    Ok(())
}

#[tokio::test]
async fn a_log_in_which_bits_were_flipped_is_noticed() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    left(directory.path(), Durability::Disk, "a").await?;
    let log = fs::read(beside(&directory.path().join("left.db"), "-wal"))?;
    let frames = (log.len() - HEADER) / FRAME;
    let mut places: Vec<usize> = (0..HEADER).collect();
    for number in [0, frames / 2, frames - 1] {
        let start = HEADER + number * FRAME;
        places.extend((start..start + 24).chain([start + 24, start + 2_000, start + FRAME - 1]));
    }
    for place in places {
        let flip = |path: &Path| {
            let mut log = log.clone();
            log[place] ^= 1 << (place % 8);
            Ok(fs::write(beside(path, "-wal"), log)?)
        };
        // What the header says of checkpoints before is of no account.
        let is_whole = is_honest(directory.path(), flip).await?;
        assert!(!is_whole || (12..16).contains(&place), "a flip at {place} went unnoticed");
    }
    Ok(())
}

#[tokio::test]
async fn a_log_that_is_gone_is_noticed() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    left(directory.path(), Durability::Process, "a").await?;
    let gone = |path: &Path| Ok(fs::remove_file(beside(path, "-wal"))?);
    assert!(!is_honest(directory.path(), gone).await?);
    Ok(())
}

#[tokio::test]
async fn without_a_mark_that_is_whole_nothing_is() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    left(directory.path(), Durability::Disk, "a").await?;
    let gone = |path: &Path| Ok(fs::remove_file(beside(path, "-mark"))?);
    assert!(!is_honest(directory.path(), gone).await?);
    let mark = fs::read(beside(&directory.path().join("left.db"), "-mark"))?;
    for length in 0..mark.len() {
        let cut = |path: &Path| Ok(fs::write(beside(path, "-mark"), &mark[..length])?);
        assert!(!is_honest(directory.path(), cut).await?, "{length} bytes are no mark");
    }
    for place in 0..mark.len() {
        let flip = |path: &Path| {
            let mut mark = mark.clone();
            mark[place] ^= 1 << (place % 8);
            Ok(fs::write(beside(path, "-mark"), mark)?)
        };
        assert!(!is_honest(directory.path(), flip).await?, "a flip at {place} went unnoticed");
    }
    // That of another file is none of this one.
    let other = directory.path().join("other.db");
    drop(Sqlite::open(&other)?);
    let swap =
        |path: &Path| Ok(fs::copy(beside(&other, "-mark"), beside(path, "-mark")).map(drop)?);
    assert!(!is_honest(directory.path(), swap).await?);
    Ok(())
}

#[tokio::test]
async fn a_power_cut_is_noticed_if_it_was_not_to_be_outlived() -> Result<(), Failure> {
    for (durability, boot, is_whole) in [
        (Durability::Process, "a", true),
        (Durability::Process, "b", false),
        // A machine that does not say when it was started.
        (Durability::Process, "", false),
        (Durability::Disk, "b", true),
    ] {
        let directory = TempDir::new()?;
        left(directory.path(), durability, boot).await?;
        let found = is_honest(directory.path(), |_| Ok(())).await?;
        assert_eq!(found, is_whole, "{durability:?}, started as {boot:?} before");
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_was_closed_outlives_the_machine() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    for boot in ["a", "b", "", ""] {
        let store = Sqlite::at(&path).booted_as(boot).open()?;
        let found = store.open(&room(1)).await?;
        assert!(found.as_ref().is_none_or(|found| found.is_whole), "started as {boot:?}");
        let next = found.map_or(0, |found| found.revision) + 1;
        append(&store, &room(1), next..=next + 9).await?;
        store.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_was_lost_stays_lost_until_the_room_begins_anew() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    left(directory.path(), Durability::Process, "a").await?;
    let path = directory.path().join("left.db");
    let open = || Sqlite::at(&path).booted_as("b").open();
    for revision in [KEPT, KEPT + 1] {
        let store = open()?;
        let found = store.open(&room(1)).await?.ok_or("the room is there")?;
        assert_eq!((found.revision, found.is_whole), (revision, false));
        // What goes on from what may be less than there was is no more whole than that.
        store.append(&room(1), batch(revision + 1)).await?;
    }
    let store = open()?;
    let mut anew = batch(KEPT + 3);
    anew.replaces = true;
    store.append(&room(1), anew).await?;
    drop(store);
    let store = open()?;
    let found = store.open(&room(1)).await?.ok_or("the room is there")?;
    assert_eq!((found.revision, found.is_whole), (KEPT + 3, true));
    assert_eq!(found.records, batch(KEPT + 3).records);
    // And a room that was not there before is whole.
    append(&store, &room(2), 1..=3).await?;
    assert!(store.open(&room(2)).await?.is_some_and(|found| found.is_whole));
    Ok(())
}

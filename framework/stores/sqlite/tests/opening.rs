//! Which files are opened, and which are left alone.

mod scene;

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use rusqlite::Connection;
use salon::store::Store;
use salon_sqlite::{OpenError, Sqlite};
use tempfile::TempDir;

use crate::scene::{Failure, append, room};

fn changed(path: &Path) -> Result<(SystemTime, Vec<u8>), Failure> {
    Ok((fs::metadata(path)?.modified()?, fs::read(path)?))
}

#[test]
fn a_file_is_open_once() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    let store = Sqlite::open(&path)?;
    let again = Sqlite::open(&path);
    assert!(matches!(again, Err(OpenError::Taken { .. })), "{again:?}");
    let roundabout = directory.path().join(".").join("salon.db");
    let again = Sqlite::open(roundabout);
    assert!(matches!(again, Err(OpenError::Taken { .. })), "{again:?}");
    let clone = store.clone();
    drop(store);
    assert!(matches!(Sqlite::open(&path), Err(OpenError::Taken { .. })));
    drop(clone);
    Sqlite::open(&path)?;
    Ok(())
}

#[test]
fn a_file_that_another_program_has_locked_is_refused() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    drop(Sqlite::open(&path)?);
    let other = Connection::open(&path)?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let refused = Sqlite::open(&path);
    assert!(matches!(refused, Err(OpenError::Taken { .. })), "{refused:?}");
    Ok(())
}

#[test]
fn a_file_of_somebody_else_is_refused_and_not_changed() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let tables = directory.path().join("tables.db");
    let other = Connection::open(&tables)?;
    other.execute_batch(
        "PRAGMA journal_mode = WAL; CREATE TABLE theirs (x); PRAGMA user_version = 7",
    )?;
    drop(other);
    let text = directory.path().join("text.db");
    fs::write(&text, "a letter to somebody")?;
    let long = directory.path().join("long.db");
    fs::write(&long, vec![0_u8; 1 << 16])?;
    for path in [tables, text, long] {
        let before = changed(&path)?;
        let refused = Sqlite::open(&path);
        assert!(matches!(refused, Err(OpenError::Foreign { .. })), "{refused:?}");
        assert!(changed(&path)? == before, "{} is as it was", path.display());
    }
    Ok(())
}

#[test]
fn a_file_of_a_newer_version_is_refused() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    drop(Sqlite::open(&path)?);
    let newer = Connection::open(&path)?;
    newer.execute("UPDATE meta SET value = 1000 WHERE key = 'version'", [])?;
    newer.close().map_err(|(_, error)| error)?;
    let before = fs::read(&path)?;
    let refused = Sqlite::open(&path);
    assert!(matches!(refused, Err(OpenError::Newer { found: 1000, .. })), "{refused:?}");
    assert!(fs::read(&path)? == before);
    Ok(())
}

#[test]
fn what_cannot_be_made_is_an_error_that_names_it() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let refused = Sqlite::open(directory.path().join("nowhere").join("salon.db"));
    let Err(error @ OpenError::Io { .. }) = refused else {
        return Err(format!("it was opened: {refused:?}").into());
    };
    assert!(error.to_string().contains("salon.db"), "{error}");
    Ok(())
}

#[tokio::test]
async fn what_is_damaged_is_an_error_of_the_file_or_of_a_room() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    let store = Sqlite::open(&path)?;
    append(&store, &room(1), 1..=400).await?;
    store.close().await?;
    drop(store);
    let whole = fs::read(&path)?;
    let (mut of_file, mut of_room) = (0, 0);
    // Each page in turn, but for what says whose file it is.
    for page in 0..whole.len() / 4_096 {
        let mut damaged = whole.clone();
        let start = page * 4_096 + if page == 0 { 100 } else { 0 };
        damaged[start..(page + 1) * 4_096].fill(0xA5);
        fs::write(&path, &damaged)?;
        match Sqlite::open(&path) {
            Ok(store) => of_room += usize::from(store.open(&room(1)).await.is_err()),
            Err(OpenError::Damaged { .. }) => of_file += 1,
            Err(error) => return Err(error.into()),
        }
    }
    assert!(of_file > 0 && of_room > 0, "{of_file} and {of_room} of {}", whole.len() / 4_096);
    Ok(())
}

#[tokio::test]
async fn a_call_that_nobody_can_answer_is_no_call_that_waits() -> Result<(), Failure> {
    let directory = TempDir::new()?;
    let store = Sqlite::open(directory.path().join("salon.db"))?;
    store.close().await?;
    let waited = tokio::time::timeout(Duration::from_secs(5), store.open(&room(1))).await?;
    assert!(waited.is_err_and(|error| error.to_string().contains("closed")));
    Ok(())
}

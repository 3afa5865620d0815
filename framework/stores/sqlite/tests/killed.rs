//! A process that is killed while it appends: what it was told to be kept is there.
//!
//! `SALON_KILLS` says how often; a few times if it is not set.

mod scene;

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use salon::store::Store;
use salon_sqlite::{Durability, Sqlite};
use tempfile::TempDir;

use crate::scene::{Failure, batch, is_in_order, room};

const ROOMS: usize = 8;
const FILE: &str = "SALON_FILE_OF_THE_CHILD";

/// The child: appends to its rooms for as long as it lives, and says what it was told to be kept.
#[tokio::test]
#[ignore = "it is the child of the test beside it"]
async fn appends_until_it_is_killed() -> Result<(), Failure> {
    let Some(path) = env::var_os(FILE) else { return Ok(()) };
    let kind =
        if env::var_os("SALON_DISK").is_some() { Durability::Disk } else { Durability::Process };
    let path = PathBuf::from(path);
    let open = || Sqlite::at(&path).durability(kind).open();
    let mut store = open()?;
    let mut revisions = [0; ROOMS];
    for (number, revision) in revisions.iter_mut().enumerate() {
        *revision = store.open(&room(number)).await?.map_or(0, |found| found.revision);
    }
    loop {
        // Now and then it closes its store and opens it again: there are moments in that, too.
        if fastrand::u8(..20) == 0 {
            store.close().await?;
            drop(store);
            store = open()?;
            for (number, revision) in revisions.iter().enumerate() {
                let found = store.open(&room(number)).await?;
                assert_eq!(found.map_or(0, |found| found.revision), *revision);
            }
        }
        let mut calls = Vec::new();
        for (number, revision) in revisions.iter_mut().enumerate() {
            for _ in 0..=fastrand::usize(..4) {
                *revision += 1;
                calls.push((number, *revision, store.append(&room(number), batch(*revision))));
            }
        }
        for (number, revision, call) in calls {
            call.await?;
            // One write each: a line is there or not.
            std::io::stderr().write_all(format!("kept {number} {revision}\n").as_bytes())?;
        }
    }
}

/// Lets a child append for a while, and kills it. What it has said to be kept, by room.
fn kill_one(path: &Path, durability: Durability) -> Result<[u64; ROOMS], Failure> {
    let mut child = Command::new(env::current_exe()?);
    child.args(["--ignored", "--exact", "appends_until_it_is_killed", "--nocapture"]);
    child.env(FILE, path).stdout(Stdio::null()).stderr(Stdio::piped());
    if durability == Durability::Disk {
        child.env("SALON_DISK", "1");
    }
    let mut child = child.spawn()?;
    let mut lines = BufReader::new(child.stderr.take().ok_or("it has a pipe")?);
    let (mut kept, mut line) = ([0; ROOMS], String::new());
    let is_kept = |line: &str, kept: &mut [u64; ROOMS]| {
        let mut words = line.split_whitespace();
        if words.next() != Some("kept") || !line.ends_with('\n') {
            return Err(format!("the child says {line:?}"));
        }
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
        let (room, revision) = (number().ok_or("no room")?, number().ok_or("no revision")?);
        kept[usize::try_from(room).map_err(|_| "no room")?] = revision;
        Ok(())
    };
    // At any moment: while it starts, or once it is at work.
    if fastrand::bool() {
        lines.read_line(&mut line)?;
    }
    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_micros(fastrand::u64(..60_000)));
        child.kill().and_then(|()| child.wait())
    });
    while !line.is_empty() || lines.read_line(&mut line)? > 0 {
        is_kept(&line, &mut kept)?;
        line.clear();
    }
    killer.join().map_err(|_| "the thread that kills has panicked")??;
    Ok(kept)
}

async fn kill_many(durability: Durability) -> Result<(), Failure> {
    let kills = env::var("SALON_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20);
    let directory = TempDir::new()?;
    let path = directory.path().join("salon.db");
    for kill in 0..kills {
        // A file becomes long; a new one now and then is quicker, and has its own moments.
        if kill % 10 == 0 && kill > 0 {
            for ending in ["", "-wal", "-mark"] {
                std::fs::remove_file(scene::beside(&path, ending))?;
            }
        }
        let said = kill_one(&path, durability)?;
        let store = Sqlite::open(&path)?;
        for (number, said) in said.into_iter().enumerate() {
            let found = store.open(&room(number)).await?;
            let revision = found.as_ref().map_or(0, |found| found.revision);
            assert!(said <= revision, "{said} was said to be kept, and {revision} is");
            assert!(found.is_none_or(|found| found.is_whole && is_in_order(&found)));
        }
        // The file is left as one that was not closed, half of the time.
        if kill % 2 == 0 {
            let copy = directory.path().join("copy.db");
            scene::left_behind(&path, &copy)?;
            drop(store);
            for ending in ["", "-wal", "-mark"] {
                std::fs::rename(scene::beside(&copy, ending), scene::beside(&path, ending))?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_was_kept_outlives_a_kill() -> Result<(), Failure> {
    kill_many(Durability::Process).await
}

#[tokio::test]
async fn what_was_on_the_disk_outlives_a_kill() -> Result<(), Failure> {
    kill_many(Durability::Disk).await
}

//! How many batches are kept in a second, and how long one waits: `cargo run --release -p salon-sqlite
//! --example appends [directory]`, on the disk that is to be measured.
//!
//! Each room gives its next batch when the one before is kept: what it takes from end to end.

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use salon::store::{Batch, Kind, Record, RoomName, Store, StoreError};
use salon_sqlite::{Durability, Sqlite};

const FOR: Duration = Duration::from_secs(5);
const EVENT: usize = 200;
/// As many events of a room are kept.
const HISTORY: u64 = 1_000;

fn batch(revision: u64) -> Batch {
    let mut batch = Batch::default();
    batch.revision = revision;
    batch.head = vec![1; 48].into();
    let bytes = vec![2; EVENT].into();
    batch.records = vec![Record { kind: Kind::Event, number: revision, bytes }];
    batch.floors.events = revision.saturating_sub(HISTORY);
    batch
}

/// One room's part: how long each of its batches has waited.
#[allow(clippy::disallowed_methods, reason = "it measures")]
async fn appends(
    store: Sqlite,
    number: usize,
    running: Arc<AtomicUsize>,
) -> Result<Vec<Duration>, StoreError> {
    let room = RoomName { namespace: "/".into(), name: format!("chat:{number}").into() };
    let mut waited = Vec::new();
    for revision in 1.. {
        let start = Instant::now();
        store.append(&room, batch(revision)).await?;
        waited.push(start.elapsed());
        if running.load(Ordering::Relaxed) == 0 {
            break;
        }
    }
    Ok(waited)
}

async fn measure(
    directory: &Path,
    durability: Durability,
    rooms: usize,
) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir_in(directory)?;
    let store = Sqlite::at(directory.path().join("salon.db")).durability(durability).open()?;
    let running = Arc::new(AtomicUsize::new(1));
    let of_room = |number| tokio::spawn(appends(store.clone(), number, running.clone()));
    let rooms_at_work: Vec<_> = (0..rooms).map(of_room).collect();
    tokio::time::sleep(FOR).await;
    running.store(0, Ordering::Relaxed);
    let mut waited = Vec::new();
    for room in rooms_at_work {
        waited.extend(room.await??);
    }
    waited.sort_unstable();
    let per_second = waited.len() as f64 / FOR.as_secs_f64();
    let at = |part: f64| waited[((waited.len() - 1) as f64 * part) as usize];
    println!(
        "{durability:?}, {rooms} rooms: {per_second:.0} appends/s, p50 {:?}, p99 {:?}, longest {:?}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    store.close().await?;
    Ok(())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = env::args_os().nth(1).map_or_else(env::temp_dir, PathBuf::from);
    for durability in [Durability::Process, Durability::Disk] {
        for rooms in [1, 1_000] {
            measure(&directory, durability, rooms).await?;
        }
    }
    Ok(())
}

//! Many clients that come back after a restart, all at once.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use salon_tests::Result;
use tokio::task::JoinSet;

use crate::{Rooms, chatter::Chatter, ledger::Ledger};

/// Rooms, and clients of each; `salon-bench restart` measures more.
const ROOMS: usize = 20;
const CLIENTS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_come_back_after_a_restart_and_nobody_needs_a_snapshot() -> Result<()> {
    let rooms = Rooms::new("many")?;
    let server = rooms.serve("process").await?;
    let mut chatters = Vec::new();
    for room in 0..ROOMS {
        let ledger = Arc::<Mutex<Ledger>>::default();
        for client in 0..CLIENTS {
            let (name, room) = (format!("client {client} of {room}"), format!("room {room}"));
            chatters.push(Chatter::new(&name, &room, ledger.clone()));
        }
    }
    let mut all = JoinSet::new();
    let address = server.address();
    for mut chatter in chatters {
        all.spawn(async move {
            chatter.talk(address, 3).await.map(|()| chatter).map_err(|it| it.to_string())
        });
    }
    let chatters = all.join_all().await.into_iter().collect::<Result<Vec<_>, String>>()?;
    server.kill().await?;

    let server = rooms.serve("process").await?;
    let address = server.address();
    let mut all = JoinSet::new();
    for mut chatter in chatters {
        all.spawn(async move {
            // It asserts that it was resumed, and that it has missed nothing.
            let heard = chatter.hears_all(address).await.map_err(|it| it.to_string())?;
            assert_eq!(heard, 3 * CLIENTS as u64);
            Ok(())
        });
    }
    let back = tokio::time::timeout(Duration::from_secs(60), all.join_all()).await?;
    back.into_iter().collect::<Result<Vec<()>, String>>()?;
    Ok(())
}

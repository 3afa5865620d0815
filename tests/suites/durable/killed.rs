//! A process that is killed at random moments under load.

use std::{
    env,
    sync::{Arc, Mutex},
    time::Duration,
};

use salon_tests::Result;
use tokio::{task::JoinSet, time::sleep};

use crate::{Rooms, chatter::Chatter, ledger::Ledger};

/// How often it is killed; more by the environment.
const KILLS: usize = 12;
/// Rooms, and clients of each.
const ROOMS: usize = 4;
const CLIENTS: usize = 2;
/// What a client says until it stops at most: less in all than the room keeps.
const MOST: u64 = 400;

fn kills() -> Result<usize> {
    Ok(env::var("SALON_KILLS").map_or(Ok(KILLS), |kills| kills.parse())?)
}

/// Kills a server so often while all talk. What was acknowledged is there, nothing is said twice, and nobody
/// hears a gap.
async fn kill(durability: &str, kills: usize) -> Result<()> {
    let rooms = Rooms::new(&format!("killed-{durability}"))?;
    let mut chance = fastrand::Rng::with_seed(7);
    let mut chatters = JoinSet::new();
    let mut parts: Vec<Chatter> = Vec::new();
    // A room keeps a thousand events: when that much is said, all go on in other rooms.
    let mut generation = 0;
    let mut begin = |parts: &mut Vec<Chatter>| {
        generation += 1;
        let ledgers: Vec<_> = (0..ROOMS).map(|_| Arc::<Mutex<Ledger>>::default()).collect();
        parts.clear();
        for (room, ledger) in ledgers.iter().enumerate() {
            let name = format!("{generation}-{room}");
            parts.extend((0..CLIENTS).map(|client| {
                Chatter::new(&format!("client {client} of {name}"), &name, ledger.clone())
            }));
        }
    };
    let mut acknowledged = 0;
    begin(&mut parts);
    for kill in 0..kills {
        let server = rooms.serve(durability).await?;
        let address = server.address();
        for mut chatter in parts.drain(..) {
            chatters.spawn(async move {
                // It ends with its server.
                let _ = chatter.talk(address, MOST).await;
                chatter
            });
        }
        sleep(Duration::from_millis(chance.u64(20..400))).await;
        server.kill().await?;
        while let Some(chatter) = chatters.join_next().await {
            parts.push(chatter?);
        }
        let is_last = kill + 1 == kills;
        if is_last || parts.iter().any(|chatter| chatter.said == MOST) {
            let server = rooms.serve(durability).await?;
            let mut counts = Vec::new();
            for chatter in &mut parts {
                counts.push(chatter.hears_all(server.address()).await?);
            }
            for (chatter, count) in parts.iter().zip(counts) {
                assert_eq!(chatter.ledger().check(), count, "each has had its effect once");
                acknowledged += chatter.said;
            }
            server.kill().await?;
            begin(&mut parts);
        }
    }
    println!("{kills} kills, {acknowledged} events acknowledged and there");
    assert!(acknowledged > kills as u64, "they have talked");
    Ok(())
}

#[tokio::test]
async fn what_was_acknowledged_is_there_once_however_often_the_process_is_killed() -> Result<()> {
    kill("process", kills()?).await
}

#[tokio::test]
async fn so_it_is_where_each_commit_waits_for_the_disk() -> Result<()> {
    kill("disk", kills()? / 4).await
}

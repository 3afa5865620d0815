//! How a server waits for what is on its way between its workers, before it ends.
//!
//! It must never wait for a client.

use tokio::sync::oneshot;

use super::{Broadcaster, window};

/// From the handler of an event to its members is one way between workers, and one more if a room
/// told another.
const TURNS: usize = 3;

impl Broadcaster {
    /// Waits until what was on its way between the workers has arrived: each has carried out what it
    /// was told before, and what it said itself meanwhile; and what waited for the end of a window is said.
    pub(crate) async fn settle(&self) {
        for _ in 0..TURNS {
            let shards = self.shards();
            let arrived = shards.iter().map(|shard| {
                let (tell, told) = oneshot::channel();
                shard.run(move || {
                    window::end_all();
                    // Whoever waits may have stopped waiting.
                    let _ = tell.send(());
                });
                told
            });
            let arrived: Vec<_> = arrived.collect();
            for told in arrived {
                // A worker that has ended has nothing more on its way.
                let _ = told.await;
            }
        }
    }
}

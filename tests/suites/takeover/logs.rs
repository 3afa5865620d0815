//! What this program logs.
//!
//! It must never hold back what another test logs: errors of any of them count.

use std::sync::{Arc, Mutex, PoisonError};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

/// Everything at error level, and how much there was at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs(Arc<Mutex<(usize, Vec<String>)>>);

/// Watches what all threads log from now on.
pub(crate) fn watch() -> Logs {
    let logs = Logs::default();
    let subscriber = tracing_subscriber::registry().with(logs.clone());
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    logs
}

impl Logs {
    /// How many events there were, of every level.
    pub(crate) fn seen(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Those at error level.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

impl<S: Subscriber> Layer<S> for Logs {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logs.0 += 1;
        if *event.metadata().level() == Level::ERROR {
            logs.1.push(format!("{event:?}"));
        }
    }
}

//! How a Salon is set up, and what could not work.
//!
//! It must never hold what the application has declared: that is in `core.rs`.

use std::time::Duration;

use super::{build_error::BuildError, hooks::Hooks};
use crate::base::config::{ClientAddress, Heartbeat, Http, Lapses, Limits, Timeouts};

/// How a Salon is set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) lapses: Lapses,
    pub(crate) http: Http,
    pub(crate) hooks: Hooks,
    /// How long what a client misses is kept for it; not at all if `None`.
    pub(crate) recovery: Option<Duration>,
}

impl Settings {
    /// Refuses what could not work.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let transports = self.http.transports;
        if !transports.polling && !transports.websocket {
            return Err(BuildError::NoTransport);
        }
        let paths = [Some(&self.http.path), self.http.plain_path.as_ref()];
        if let Some(wrong) = paths.into_iter().flatten().find(|path| !path.starts_with('/')) {
            return Err(BuildError::Path(wrong.clone()));
        }
        let day = Duration::from_secs(24 * 60 * 60);
        let spans = [
            ("ping_interval", self.heartbeat.ping_interval),
            ("ping_timeout", self.heartbeat.ping_timeout),
            ("timeouts.connect", self.timeouts.connect),
            ("timeouts.upgrade", self.timeouts.upgrade),
            ("timeouts.close", self.timeouts.close),
            ("timeouts.middleware", self.timeouts.middleware),
            ("timeouts.loading", self.timeouts.loading),
            ("timeouts.shutdown", self.timeouts.shutdown),
            ("timeouts.handler", self.timeouts.handler.unwrap_or(day)),
            ("lapses.reevaluate_every", self.lapses.reevaluate_every.unwrap_or(day)),
            ("lapses.notice", self.lapses.notice),
        ];
        if let Some((name, span)) = spans.iter().find(|(_, span)| span.is_zero() || *span > day) {
            let found = format!("{span:?}");
            return Err(BuildError::Setting { name, found, wanted: "more than 0, a day at most" });
        }
        if let ClientAddress::Header { name, proxies } = &self.http.client_address {
            if *proxies == 0 {
                let (name, wanted) = ("client_address.proxies", "at least 1");
                return Err(BuildError::Setting { name, found: "0".to_owned(), wanted });
            }
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_name) {
                let (name, found) = ("client_address.name", format!("{name:?}"));
                return Err(BuildError::Setting { name, found, wanted: "the name of a header" });
            }
        }
        let counts = [
            ("limits.max_events_in_flight", self.limits.max_events_in_flight),
            ("limits.max_uncommitted", self.limits.max_uncommitted),
            ("limits.max_once_in_room", self.limits.max_once_in_room),
            ("limits.max_once_in_sessions", self.limits.max_once_in_sessions),
            ("limits.max_once_per_user", self.limits.max_once_per_user),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            let wanted = "at least 1";
            return Err(BuildError::Setting { name, found: "0".to_owned(), wanted });
        }
        Ok(())
    }
}

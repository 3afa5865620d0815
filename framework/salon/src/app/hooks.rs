//! What the application adds to the HTTP side of a connection.
//!
//! It must never see more than the request: there is no session yet.

use std::{fmt, sync::Arc};

use futures_util::future::LocalBoxFuture;

use super::affinity::Affinity;
use crate::{
    auth::{Handshake, Principal},
    base::refusal::Refusal,
};

/// Decides about one HTTP request.
pub(super) type Admission = Arc<
    dyn Fn(Arc<Handshake>) -> LocalBoxFuture<'static, Result<Principal, Refusal>> + Send + Sync,
>;

/// Adds headers to a response.
pub(super) type Headers = Arc<dyn Fn(&Handshake) -> Vec<(String, String)> + Send + Sync>;

/// What the application adds to the HTTP side; nothing by default.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    /// Asked for every request. Later requests of a session id must yield the same principal.
    pub(crate) admission: Option<Admission>,
    /// Which connections live on one worker. Asked once, when a connection is opened.
    pub(crate) affinity: Option<Affinity>,
    /// Headers of the response that opens a connection.
    pub(crate) initial_headers: Option<Headers>,
    /// Headers of every response.
    pub(crate) headers: Option<Headers>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("admission", &self.admission.is_some())
            .field("affinity", &self.affinity.is_some())
            .field("initial_headers", &self.initial_headers.is_some())
            .field("headers", &self.headers.is_some())
            .finish()
    }
}

//! What a connection has while its client connects to namespaces.
//!
//! It must never take room once that is over.

use std::convert::Infallible;

use bytestring::ByteString;
use tokio::sync::oneshot;

/// The namespaces that a client is about to be in, and the end of its time. Boxed: most of the
/// time there is neither.
#[derive(Default)]
pub(super) struct Connecting(Option<Box<Pending>>);

/// What waits for the end of the time is at its end when this is dropped.
type Deadline = oneshot::Sender<Infallible>;

#[derive(Default)]
struct Pending {
    namespaces: Vec<ByteString>,
    deadline: Option<Deadline>,
}

impl Connecting {
    /// The namespaces.
    pub(super) fn namespaces(&self) -> &[ByteString] {
        self.0.as_ref().map_or(&[], |pending| &pending.namespaces)
    }

    /// The client is about to be in a namespace.
    pub(super) fn begin(&mut self, namespace: ByteString) {
        self.0.get_or_insert_default().namespaces.push(namespace);
    }

    /// The client is in a namespace, or was refused.
    pub(super) fn end(&mut self, namespace: &ByteString) {
        self.change(|pending| pending.namespaces.retain(|other| other != namespace));
    }

    /// What ends the connection, unless its client is in a namespace by then.
    pub(super) fn set_deadline(&mut self, deadline: Deadline) {
        self.0.get_or_insert_default().deadline = Some(deadline);
    }

    /// The client is in a namespace: that is in time, whatever becomes of it.
    pub(super) fn meet_deadline(&mut self) {
        self.change(|pending| pending.deadline = None);
    }

    fn change<T: Default>(&mut self, change: impl FnOnce(&mut Pending) -> T) -> T {
        let Some(pending) = &mut self.0 else { return T::default() };
        let changed = change(pending);
        if pending.namespaces.is_empty() && pending.deadline.is_none() {
            self.0 = None;
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    #[test]
    fn nothing_is_left_of_it_once_it_is_over() {
        let mut connecting = Connecting::default();
        let (deadline, mut met) = oneshot::channel();
        connecting.set_deadline(deadline);
        connecting.begin("/".into());
        connecting.begin("/chat".into());
        connecting.end(&"/".into());
        assert_eq!(connecting.namespaces(), ["/chat"]);
        connecting.end(&"/chat".into());
        assert_eq!(met.try_recv(), Err(TryRecvError::Empty));
        connecting.meet_deadline();
        assert_eq!(met.try_recv(), Err(TryRecvError::Closed));
        assert!(connecting.0.is_none());
    }
}

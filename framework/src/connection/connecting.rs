//! What a connection has while its client connects to namespaces.
//!
//! It must never take room once that is over.

use actix::SpawnHandle;
use bytestring::ByteString;

/// The namespaces that a client is about to be in, and the end of its time. Boxed: most of the
/// time there is neither.
#[derive(Default)]
pub(super) struct Connecting(Option<Box<Pending>>);

#[derive(Default)]
struct Pending {
    namespaces: Vec<ByteString>,
    deadline: Option<SpawnHandle>,
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
    pub(super) fn set_deadline(&mut self, deadline: SpawnHandle) {
        self.0.get_or_insert_default().deadline = Some(deadline);
    }

    /// The same, to be cancelled.
    pub(super) fn take_deadline(&mut self) -> Option<SpawnHandle> {
        self.change(|pending| pending.deadline.take())
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
    use super::*;

    #[test]
    fn nothing_is_left_of_it_once_it_is_over() {
        let mut connecting = Connecting::default();
        connecting.set_deadline(SpawnHandle::default());
        connecting.begin("/".into());
        connecting.begin("/chat".into());
        connecting.end(&"/".into());
        assert_eq!(connecting.namespaces(), ["/chat"]);
        connecting.end(&"/chat".into());
        assert_eq!(connecting.take_deadline(), Some(SpawnHandle::default()));
        assert_eq!(connecting.take_deadline(), None);
        assert!(connecting.0.is_none());
    }
}

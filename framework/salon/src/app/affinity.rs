//! Which connections belong together: those of which the application finds one key.
//!
//! It must never keep a key itself: clients choose them.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::Arc,
};

use crate::auth::Handshake;

/// What connections have in common that belong together, hashed by a secret. Two keys of one hash
/// share a worker, which does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyHash(pub(crate) u64);

/// Tells from its handshake which others a connection belongs to.
pub(super) type Affinity = Arc<dyn Fn(&Handshake) -> Option<KeyHash> + Send + Sync>;

/// The affinity by the keys that the application finds in handshakes.
pub(crate) fn affinity<K: Hash>(
    key: impl Fn(&Handshake) -> Option<K> + Send + Sync + 'static,
) -> Affinity {
    let hashes = RandomState::new();
    Arc::new(move |handshake| key(handshake).map(|key| KeyHash(hashes.hash_one(key))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_key_a_hash_is_kept_that_another_server_does_not_have() {
        let handshake =
            |lobby: &str| Handshake::new("/", [("host", "localhost")], [("lobby", lobby)]);
        let lobby = |handshake: &Handshake| handshake.query("lobby").map(str::to_owned);
        let (one, other) = (affinity(lobby), affinity(lobby));
        let long = "x".repeat(100_000);
        assert_eq!(one(&handshake(&long)), one(&handshake(&long)));
        assert_ne!(one(&handshake(&long)), one(&handshake("x")));
        assert_ne!(one(&handshake("x")), other(&handshake("x")));
    }
}

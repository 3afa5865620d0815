//! What rooms write down for one another: a match looks there who is in its lobby.
//!
//! It must never be all that there is of something: it goes with the process, and rooms keep what is
//! theirs.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// One value for each key. Clones share them.
pub struct Records<K, V>(Arc<Mutex<BTreeMap<K, V>>>);

impl<K: Ord, V: Clone> Records<K, V> {
    /// What is written down of that key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        self.lock().get(key).cloned()
    }

    /// Writes it down, in place of what was.
    pub fn put(&self, key: K, value: V) {
        self.lock().insert(key, value);
    }

    /// Writes it down if nothing was; whether that is so.
    #[must_use]
    pub fn put_new(&self, key: K, value: V) -> bool {
        match self.lock().entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(value);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// All that are like that.
    #[must_use]
    pub fn filter(&self, is_wanted: impl Fn(&V) -> bool) -> Vec<(K, V)>
    where
        K: Clone,
    {
        let records = self.lock();
        let wanted = records.iter().filter(|(_, value)| is_wanted(value));
        wanted.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Crosses it out.
    pub fn remove(&self, key: &K) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, V>> {
        // Nothing above can leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Clone for Records<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Default for Records<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> fmt::Debug for Records<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

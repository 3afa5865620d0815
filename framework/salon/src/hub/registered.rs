//! What is registered by a type: one thing for each.
//!
//! It must never know what those are: whoever registers one knows its type again.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{PoisonError, RwLock},
};

/// Things by the types that they are found by.
#[derive(Default)]
pub(crate) struct Registered(RwLock<HashMap<TypeId, Box<dyn Any + Send + Sync>>>);

impl Registered {
    /// Registers `thing` for the type `T`.
    pub(crate) fn add<T: 'static>(&self, thing: impl Any + Send + Sync) {
        let mut registered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        registered.insert(TypeId::of::<T>(), Box::new(thing));
    }

    /// What is registered for the type `T`.
    pub(crate) fn find<T: 'static, V: Clone + 'static>(&self) -> Option<V> {
        let registered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        registered.get(&TypeId::of::<T>()).and_then(|thing| thing.downcast_ref()).cloned()
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_tuple("Registered").field(&registered.len()).finish()
    }
}

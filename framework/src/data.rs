//! Values that the application shares with its sessions and rooms.
//!
//! It must stay read-only after the build: what changes is behind a lock of the application's own.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    sync::Arc,
};

use crate::refusal::Refusal;

/// At most one value of each type; cloning it counts a reference.
#[derive(Clone, Default)]
pub(crate) struct Data(Arc<HashMap<TypeId, Box<dyn Any + Send + Sync>>>);

/// The values while the Salon is being built.
#[derive(Default)]
pub(crate) struct DataBuilder(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl DataBuilder {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(value));
    }

    pub(crate) fn build(self) -> Data {
        Data(Arc::new(self.0))
    }
}

impl Data {
    pub(crate) fn get<T: 'static>(&self) -> Result<&T, Refusal> {
        self.0.get(&TypeId::of::<T>()).and_then(|value| value.downcast_ref()).ok_or_else(|| {
            Refusal::internal(format_args!(
                "no value of type {} was given to Salon::builder().data(..)",
                type_name::<T>()
            ))
        })
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Data").field(&self.0.len()).finish()
    }
}

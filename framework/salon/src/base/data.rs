//! Values that the application shares with its sessions and rooms.
//!
//! It must stay read-only after the build: what changes is behind a lock of the application's own.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    sync::Arc,
};

use super::refusal::Refusal;
use super::{contained::Contained, meter::Tally};

/// At most one value of each type; cloning it counts a reference.
#[derive(Clone, Default)]
pub(crate) struct Data(Arc<HashMap<TypeId, Box<dyn Any + Send + Sync>>>);

/// The values while the Salon is being built.
#[derive(Default)]
pub(crate) struct DataBuilder(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl DataBuilder {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        // It is dropped when all is over, and nobody counts any more.
        self.0.insert(TypeId::of::<T>(), Box::new(Contained::new(value, Tally::NONE)));
    }

    pub(crate) fn build(self) -> Data {
        Data(Arc::new(self.0))
    }
}

impl Data {
    pub(crate) fn get<T: 'static>(&self) -> Result<&T, Refusal> {
        let value = self.0.get(&TypeId::of::<T>());
        let value = value.and_then(|value| value.downcast_ref::<Contained<T>>());
        value.map(|value| &**value).ok_or_else(|| {
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

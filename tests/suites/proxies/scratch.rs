//! A folder of one test's, for configurations, certificates and what programs write.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use salon_tests::Result;

/// The folder; dropped, it is removed.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("salon-proxies-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it is in a folder that is emptied anyway.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

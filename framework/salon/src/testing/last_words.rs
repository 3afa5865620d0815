//! What a lab leaves behind for whoever learns only later that its test failed.
//!
//! It must never say the same twice: what a failure has shown already is not shown again.

use std::cell::RefCell;

use super::journal::Journal;

thread_local! {
    /// The journal of the lab that ended last on this thread.
    static LAST: RefCell<Option<Journal>> = const { RefCell::new(None) };
}

/// Leaves a journal for [`show`]; or shows it at once if the test is failing right now.
pub(super) fn leave(journal: &Journal) {
    if std::thread::panicking() {
        print(journal);
    } else {
        // At the thread's end there is nobody left who would ask for it.
        let _ = LAST.try_with(|last| last.replace(Some(journal.clone())));
    }
}

/// Forgets what labs have left, before a test that is to be told of its own alone.
pub(super) fn forget() {
    LAST.take();
}

/// Shows what the last lab has left, if any did.
pub(super) fn show() {
    if let Some(journal) = LAST.take() {
        print(&journal);
    }
}

fn print(journal: &Journal) {
    if journal.tell() {
        let (again, last) = (journal.how_again(), journal.transcript());
        eprintln!("\nWhat happened in the lab {again}:\n{}", last.shortened());
    }
}

//! Keeps the durable rooms of [Salon](salon) in one SQLite file.
//!
//! ```
//! use salon_sqlite::{Durability, OpenError, Sqlite};
//!
//! # fn main() -> Result<(), OpenError> {
//! # let directory = tempfile::tempdir().expect("a directory");
//! # let path = directory.path().join("salon.db");
//! // With what nearly every app wants: it outlives `kill -9`, for 30 days, in 8 GiB.
//! let store = Sqlite::open(&path)?;
//! # drop(store);
//! // Or: it outlives a power cut, and each commit waits for the disk.
//! let store = Sqlite::at(&path).durability(Durability::Disk).max_bytes(1 << 30).open()?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//! A batch that was said to be kept is there when the file is opened again, whole and in its order:
//!
//! | | `kill -9`, a panic | a power cut, a crash of the kernel | what a commit waits for |
//! |---|---|---|---|
//! | [`Durability::Process`] | there | the last seconds may be missing, and it is noticed | the kernel has it |
//! | [`Durability::Disk`] | there | there | the disk has it |
//!
//! A commit takes all batches that have come while the one before was written, whatever rooms they are
//! of: the more rooms write, the less each of them costs. One thread does it, and no worker of the app
//! waits for a disk.
//!
//! # What it finds out
//! Beside `salon.db`, and its `-wal`, there is `salon.db-mark`: how many commits were answered, in which
//! run of the machine, and whether the file was closed. A database that has fewer of them has lost its
//! end; one that was cut off with the power may have. Then each room that is there is given back as not
//! [whole](salon::store::Stored::is_whole), and begins an order of its own, so that no number is ever
//! given out twice. The mark must be moved with the file. **Whoever brings back an older copy of the
//! file deletes the mark beside it**: that is how rooms learn of it.
//!
//! A copy is made while no process has the file open: of the file, of its `-wal`, and of its `-mark`.
//!
//! # What it refuses
//! One process has the file, and whoever else opens it is told so; `salon.db-lock` is that lock, and ends
//! with the process that holds it. A file that is not of this crate, or of a newer version of it, is not
//! touched. What is damaged inside is an error, of the file when it is opened or of one room, and never
//! a guess.
//!
//! Nothing but rooms that were opened and written is kept, and what was not written for the time of
//! [retention](Opening::retention) goes: clients who open rooms cannot fill the disk. A file that has
//! reached [its limit](Opening::max_bytes) takes nothing more, and has all that it has taken.

#![warn(clippy::exhaustive_enums)]

mod clock;
mod database;
mod durability;
mod error;
mod files;
mod group;
mod mark;
mod opening;
mod rooms;
mod schema;
mod store;
mod writer;

pub use self::{durability::Durability, error::OpenError, opening::Opening, store::Sqlite};

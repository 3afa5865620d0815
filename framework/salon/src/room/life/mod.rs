//! The life of a room: its actor, from what opens it to its end.
//!
//! It must never be named but by what starts rooms: others have links and handles.

mod acknowledging;
mod actor;
mod closing;
mod committing;
mod concluding;
mod course;
mod entered;
mod handled;
mod joining;
mod loading;
mod mailbox;
mod notice;
mod opening;
mod outside;
mod pending_start;
mod repeated;
mod replaying;
mod restarting;
mod restoring;
mod state;

pub(crate) use self::actor::RoomDirectory;

pub(super) use self::actor::RoomActor;

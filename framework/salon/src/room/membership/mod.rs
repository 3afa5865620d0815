//! Who is in a room, and what belongs to a membership: its values, its place in the order, what is owed.
//!
//! It must never call the room's code: who comes and goes is decided by its life.

mod member;
mod members;
mod order;
mod owed;
mod per_member;
pub(super) mod store;

pub use self::{
    member::{LeaveReason, Member},
    per_member::PerMember,
};

pub(super) use self::{
    members::{Members, Shared},
    order::{Lost, Order},
    owed::Creditor,
    store::MemberStore,
};

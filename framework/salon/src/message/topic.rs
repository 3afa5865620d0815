//! What two events have in common of which a newer one takes the place of an older one, or which wait for
//! one client together.
//!
//! It must never hold anything of what they carry.

use std::sync::Arc;

use bytestring::ByteString;

use crate::base::room_id::RoomId;

/// An event of that name, in a namespace and in a typed room if it is of one, with that key if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Topic {
    pub(crate) namespace: ByteString,
    pub(crate) room: Option<RoomId>,
    pub(crate) event: ByteString,
    pub(super) key: Option<Arc<str>>,
}

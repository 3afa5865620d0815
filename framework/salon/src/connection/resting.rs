//! What of a session rests on grants: its memberships, and what its handlers have begun.
//!
//! It must never keep a right in use: who has one of these lets it go soon.

use std::sync::Arc;

use bytestring::ByteString;

use crate::{
    auth::{Granted, Right},
    base::{
        number::{MembershipNumber, RightNumber},
        refusal::Code,
        room_id::RoomId,
    },
    session::{
        handle::SessionHandle,
        membership::{Basis, Confirmed},
    },
};

/// Something that rests on a grant, and on which.
#[derive(Debug)]
pub(crate) enum Resting {
    Membership(Basis),
    Begun { right: Arc<Right>, granted: Granted },
}

/// What it is, whatever grant it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RestingKey {
    Membership(RoomId, MembershipNumber),
    Begun(RightNumber),
}

impl Resting {
    /// All that rests on grants.
    pub(crate) fn all(handle: &SessionHandle) -> Vec<Self> {
        let memberships = handle.state.memberships.bases().into_iter().map(Self::Membership);
        let begun = handle.state.grants.in_use().into_iter();
        let begun = begun.map(|right| Self::Begun { granted: right.granted(), right });
        memberships.chain(begun).collect()
    }

    pub(crate) fn key(&self) -> RestingKey {
        match self {
            Self::Membership(basis) => RestingKey::Membership(basis.room_id, basis.number),
            Self::Begun { right, .. } => RestingKey::Begun(right.number),
        }
    }

    /// The grant.
    pub(crate) fn granted(&self) -> Granted {
        match self {
            Self::Membership(basis) => basis.granted,
            Self::Begun { granted, .. } => *granted,
        }
    }

    /// The room that the grant is for, if it is for one.
    pub(crate) fn room(&self) -> Option<&ByteString> {
        match self {
            Self::Membership(basis) => Some(&basis.room),
            Self::Begun { right, .. } => right.room.as_ref(),
        }
    }

    /// Whether it is that, by that grant still.
    pub(crate) fn is(&self, key: RestingKey, granted: Granted) -> bool {
        self.key() == key && self.granted() == granted
    }

    /// It goes on by a newer grant, if nothing was taken from the session since it was asked about.
    pub(super) fn confirm(
        &self,
        handle: &SessionHandle,
        granted: Granted,
        withdrawals: u64,
    ) -> Confirmed {
        match self {
            Self::Membership(basis) => {
                handle.state.memberships.confirm(basis, granted, withdrawals)
            }
            Self::Begun { right, .. } if right.lost().is_some() => Confirmed::Gone,
            // What is taken counts first, and is lost then, for good: a newer grant changes nothing.
            Self::Begun { .. } if handle.state.memberships.withdrawals() != withdrawals => {
                Confirmed::Overtaken
            }
            Self::Begun { right, .. } if right.renew(granted.grant) => Confirmed::Renewed,
            Self::Begun { .. } => Confirmed::Gone,
        }
    }

    /// It has no right to go on any more. Its room, or the session's code, is told; nobody waits for
    /// that here.
    pub(crate) fn lose(&self, handle: &SessionHandle, code: &Code) {
        match self {
            Self::Membership(basis) => drop(handle.withdraw(code, |one| basis.is(one))),
            Self::Begun { right, .. } => drop(right.lose(code)),
        }
    }
}

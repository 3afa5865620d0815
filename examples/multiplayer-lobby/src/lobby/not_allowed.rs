//! Why a lobby does not do what somebody asks for.

use salon::Refusals;

use crate::text::Text;

/// What clients are told; their pages go by the codes.
#[derive(Debug, Refusals)]
pub(crate) enum NotAllowed {
    #[refusal("kicked", "The host has put you out of this lobby.")]
    Kicked,
    /// As one is told who is put out, in the host's words.
    #[refusal("kicked", "{0}")]
    PutOut(Text<80>),
    #[refusal("playing", "A match is on: wait until it is over.")]
    Playing,
    #[refusal("yourself", "To go yourself, leave.")]
    Yourself,
    #[refusal("forbidden", "You are watching: only players may do that.")]
    Watching,
    #[refusal("forbidden", "Only the host may do that.")]
    NotHost,
    #[refusal("forbidden", "Join the lobby first: a match is for those who are there.")]
    NotThere,
    #[refusal("not_found", "No lobby has this code.")]
    NoLobby,
    #[refusal("not_found", "That player is not here any more.")]
    NoPlayer,
}

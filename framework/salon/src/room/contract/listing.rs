//! Kinds of rooms that list themselves, for those who look for one.
//!
//! It must never be needed to reach a room: a room that is on no list is as open as any other.

use super::room::Room;

/// A kind of room that may be found: its rooms list themselves with
/// [`RoomContext::list`](crate::room::context::RoomContext::list), each with an entry that says what there is to know
/// about it.
///
/// ```
/// use salon::{Listing, prelude::*};
///
/// /// What a lobby shows to those who are not in it.
/// #[derive(Clone, PartialEq, Serialize)]
/// struct Line { players: usize, seats: usize }
///
/// #[derive(Deserialize, Event)]
/// #[event("lobby:join", room = Lobby(lobby), join)]
/// struct Join { lobby: u32 }
///
/// struct Lobby;
///
/// impl Room for Lobby {
///     const NAME: &'static str = "lobby";
///     type Key = u32;
///     type Identity = ();
///     type Events = (Join,);
///     type Sends = ();
///
///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
///         Ok(Self)
///     }
///
///     fn left(&mut self, _: &Member<()>, _: LeaveReason, cx: &mut RoomContext<Self>) {
///         cx.list(Line { players: cx.len(), seats: 8 });
///     }
/// }
///
/// impl Listing for Lobby {
///     type Entry = Line;
/// }
///
/// impl On<Join> for Lobby {
///     fn on(&mut self, _: Join, cx: &mut EventContext<Self>) -> Result<(), Refusal> {
///         cx.list(Line { players: cx.len(), seats: 8 });
///         Ok(())
///     }
/// }
///
/// let salon = Salon::builder().room::<Lobby>().build()?;
/// assert!(salon.rooms::<Lobby>().list().is_empty());
/// # Ok::<(), salon::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "rooms of the kind `{Self}` do not list themselves",
    note = "write `impl Listing for {Self}`, with its `Entry`"
)]
pub trait Listing: Room {
    /// What the list says of a room. Those who watch are woken when it is another one than before,
    /// by its `PartialEq`.
    type Entry: Clone + PartialEq + Send + Sync + 'static;
}

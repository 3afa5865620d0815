//! Rooms that list themselves, for those who look for one.
//!
//! It must never be needed to reach a room: a room that is on no list is as open as any other.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use super::{
    Directory, Reply, Room, RoomContext, RoomHandle, kinds,
    registry::{Line, OwnLine, Registry},
    watch::Watch,
};
use crate::base::refusal::Refusal;

/// A kind of room that may be found: its rooms list themselves with [`RoomContext::list`], each with
/// an entry that says what there is to know about it.
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

impl<R: Listing> RoomContext<R> {
    /// Puts this room on the list of its kind, or changes its entry there, at once. An entry like
    /// the one before changes nothing, and wakes nobody: say it as often as you like.
    ///
    /// The room goes off the list by [`unlist`](Self::unlist), when it closes, and when its code
    /// panics: a state that is opened anew is not on it until it says so, for instance in
    /// [`open`](Room::open).
    pub fn list(&mut self, entry: R::Entry) {
        let own = self.line.as_mut().and_then(|line| line.downcast_mut::<OwnLine<R>>());
        if let Some(own) = own {
            own.update(entry);
        } else if let Some(directory) = kinds::directory::<R>(self.members.broadcaster()).upgrade()
        {
            let own =
                OwnLine::enter(directory.registry(), self.key().clone(), entry, directory.tally());
            self.line = Some(Box::new(Box::new(own)));
        }
    }

    /// Takes this room off the list, at once, if it is on it: a match that has begun, a lobby that
    /// is for friends only. It stays open.
    pub fn unlist(&mut self) {
        self.line = None;
    }
}

impl<R> RoomContext<R> {
    /// The rooms of a kind, in whichever namespace.
    ///
    /// # Panics
    /// If no namespace of this Salon has rooms of the kind `T`.
    #[must_use]
    pub fn rooms<T: Listing>(&self) -> Rooms<T> {
        kinds::rooms(self.members.broadcaster())
    }
}

/// The rooms of one kind: from [`Salon::rooms`](crate::Salon::rooms), or from the context of a
/// room's or a session's handler. It keeps neither the rooms nor the Salon.
///
/// What it yields is as it is at this moment; a room may be full or gone before anybody gets there.
///
/// ```no_run
/// use salon::{Listing, prelude::*};
///
/// #[derive(Clone, PartialEq)]
/// struct Line { players: usize, seats: usize }
///
/// # struct Lobby;
/// # impl Room for Lobby {
/// #     const NAME: &'static str = "lobby";
/// #     type Key = u32;
/// #     type Identity = ();
/// #     type Events = ();
/// #     type Sends = ();
/// #     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> { Ok(Self) }
/// # }
/// impl Listing for Lobby {
///     type Entry = Line;
/// }
///
/// fn look_around(salon: &Salon) {
///     let rooms = salon.rooms::<Lobby>();
///     println!("{} lobbies are open", rooms.open());
///     for (lobby, line) in rooms.filter(|_, line| line.players < line.seats) {
///         println!("lobby {lobby}: {} of {}", line.players, line.seats);
///     }
///     let nearly_full = rooms.find(|_, line| line.players + 1 == line.seats);
///     println!("one more fits into {:?}", nearly_full.map(|(lobby, _)| lobby));
/// }
/// ```
pub struct Rooms<R: Listing> {
    directory: Weak<Directory<R>>,
    registry: Arc<Registry<R>>,
}

impl<R: Listing> Rooms<R> {
    pub(super) fn new(directory: Weak<Directory<R>>) -> Self {
        let registry = directory.upgrade().map_or_else(Registry::ended, |it| it.registry());
        Self { directory, registry }
    }

    /// The rooms on the list, in the order in which they were listed.
    #[must_use]
    pub fn list(&self) -> Vec<(R::Key, R::Entry)> {
        self.filter(|_, _| true)
    }

    /// The rooms on the list that match, in the order in which they were listed.
    pub fn filter(
        &self,
        mut matches: impl FnMut(&R::Key, &R::Entry) -> bool,
    ) -> Vec<(R::Key, R::Entry)> {
        let lines = self.registry.lines().into_iter();
        lines.filter(|line| matches(&line.key, &line.entry)).map(|line| line.to_pair()).collect()
    }

    /// The room that matches and was listed first.
    pub fn find(
        &self,
        mut matches: impl FnMut(&R::Key, &R::Entry) -> bool,
    ) -> Option<(R::Key, R::Entry)> {
        let found = self.registry.lines().into_iter().find(|line| matches(&line.key, &line.entry));
        found.as_ref().map(Line::to_pair)
    }

    /// What the list says of one room, if it is on it.
    #[must_use]
    pub fn get(&self, key: &R::Key) -> Option<R::Entry> {
        self.registry.line(key).map(|line| R::Entry::clone(&line.entry))
    }

    /// How many rooms of this kind are open, on the list or not.
    #[must_use]
    pub fn open(&self) -> usize {
        self.directory.upgrade().map_or(0, |directory| directory.len())
    }

    /// One of them, by its key, whether it is open or not.
    #[must_use]
    pub fn room(&self, key: &R::Key) -> RoomHandle<R> {
        RoomHandle::new(key.clone(), self.directory.clone())
    }

    /// Watches the list: first all of it, then what changes.
    #[must_use]
    pub fn watch(&self) -> Watch<R> {
        Watch::new(self.registry.clone(), None)
    }

    /// Watches those rooms on the list that match. One that does so no more is
    /// [removed](super::Changes::removed) for this watcher, one that does now is
    /// [added](super::Changes::added).
    #[must_use]
    pub fn watch_only(
        &self,
        matches: impl FnMut(&R::Key, &R::Entry) -> bool + Send + Sync + 'static,
    ) -> Watch<R> {
        Watch::new(self.registry.clone(), Some(Box::new(matches)))
    }

    /// Asks the listed rooms that match, one after the other in the order in which they were listed,
    /// until one accepts: its key, and what it answered. `None` if none did. Rooms that are listed
    /// meanwhile are not asked.
    ///
    /// The room decides, not the list, so that two who want the last seat cannot both have it: see
    /// [`Seats`](super::Seats), and the guide's page on
    /// [lobbies](crate::guide::lobbies#join-or-create). A room that has closed meanwhile, or that
    /// panics, has not accepted.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::{Listing, Seats, prelude::*};
    ///
    /// /// Keeps a seat for a player.
    /// struct Reserve { player: String }
    ///
    /// struct Lobby { seats: Seats<String, ()> }
    ///
    /// # impl Room for Lobby {
    /// #     const NAME: &'static str = "lobby";
    /// #     type Key = u32;
    /// #     type Identity = ();
    /// #     type Events = ();
    /// #     type Sends = ();
    /// #     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    /// #         Ok(Self { seats: Seats::new(2) })
    /// #     }
    /// # }
    /// impl Listing for Lobby {
    ///     /// How many seats are free.
    ///     type Entry = usize;
    /// }
    ///
    /// impl Reply<Reserve> for Lobby {
    ///     type Output = Result<(), Refusal>;
    ///
    ///     fn reply(&mut self, ask: Reserve, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
    ///         self.seats.reserve(ask.player, Duration::from_secs(10))?;
    ///         cx.list(self.seats.free_seats());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// async fn find_a_seat(salon: &Salon, player: &str) -> Option<u32> {
    ///     let reserve = || Reserve { player: player.to_owned() };
    ///     let accepted = salon.rooms::<Lobby>().first_to_accept(|_, free| *free > 0, reserve).await;
    ///     accepted.map(|(lobby, ())| lobby)
    /// }
    /// ```
    pub async fn first_to_accept<M, T>(
        &self,
        mut matches: impl FnMut(&R::Key, &R::Entry) -> bool,
        mut message: impl FnMut() -> M,
    ) -> Option<(R::Key, T)>
    where
        R: Reply<M, Output = Result<T, Refusal>>,
        M: Send + 'static,
        T: Send + 'static,
    {
        for line in self.registry.lines() {
            if !matches(&line.key, &line.entry) {
                continue;
            }
            if let Ok(Ok(accepted)) = self.room(&line.key).ask(message()).await {
                return Some((R::Key::clone(&line.key), accepted));
            }
        }
        None
    }
}

impl<R: Listing> Clone for Rooms<R> {
    fn clone(&self) -> Self {
        Self { directory: self.directory.clone(), registry: self.registry.clone() }
    }
}

impl<R: Listing> fmt::Debug for Rooms<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rooms").field(&self.registry).finish()
    }
}

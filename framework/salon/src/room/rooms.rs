//! The rooms of one kind, for those who look for one of them.
//!
//! It must never decide for a room: what it yields may be another way by the time that somebody is
//! there.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use super::{
    context::RoomContext,
    contract::{Listing, Reply},
    handle::RoomHandle,
    life::RoomDirectory,
    listing::{Line, Registry, Watch},
    lookup::kinds,
};
use crate::{base::refusal::Refusal, hub::Broadcaster};

impl<R> RoomContext<R> {
    /// The rooms of a kind, in whichever namespace.
    ///
    /// # Panics
    /// If no namespace of this Salon has rooms of the kind `T`.
    #[must_use]
    pub fn rooms<T: Listing>(&self) -> Rooms<T> {
        Rooms::of(self.members.broadcaster())
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
    directory: Weak<RoomDirectory<R>>,
    registry: Arc<Registry<R>>,
}

impl<R: Listing> Rooms<R> {
    /// The rooms of one kind.
    ///
    /// # Panics
    /// If there is no such kind.
    pub(crate) fn of(broadcaster: &Broadcaster) -> Self {
        let directory = kinds::directory(broadcaster);
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
    /// [removed](crate::Changes::removed) for this watcher, one that does now is
    /// [added](crate::Changes::added).
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

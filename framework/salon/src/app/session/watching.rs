//! How a session looks at rooms that list themselves, and tells its client what changes.
//!
//! It must never go on when its session has ended, nor keep it from ending.

use std::{convert::Infallible, rc::Rc};

use tokio::sync::oneshot;

use super::context::SessionContext;
use crate::room::{Changes, Listing, Rooms, Watch, Watching, begin_watching, next_changes};

impl<S> SessionContext<S> {
    /// The rooms of a kind, in whichever namespace.
    ///
    /// # Panics
    /// If no namespace of this Salon has rooms of the kind `R`.
    #[must_use]
    pub fn rooms<R: Listing>(&self) -> Rooms<R> {
        Rooms::of(self.socket().broadcaster())
    }

    /// Calls `then` with the whole list, and again each time when it has changed, until what this
    /// returns is dropped, the session ends, or the permission is [lost](crate::Session::lapsed) by
    /// which the handler was called that watches. What happens while the session has other things to
    /// do comes as one. After a panic in `then` it goes on.
    ///
    /// Keep the [`Watching`] in the session: there a new one takes the place of the one before, so
    /// that a client which asks again and again is still one watcher.
    ///
    /// ```
    /// use salon::{Changes, Listing, Watching, prelude::*};
    ///
    /// #[derive(Clone, PartialEq, Serialize)]
    /// struct Line { players: usize }
    ///
    /// /// The client looks at the list of lobbies.
    /// #[derive(Deserialize, Event)]
    /// #[event("hall:look", rate = "1/s burst 3")]
    /// struct Look;
    ///
    /// /// What is new about the lobbies.
    /// #[derive(Serialize, Event)]
    /// #[event("hall:lobbies")]
    /// struct News { removed: Vec<u32>, listed: Vec<(u32, Line)> }
    ///
    /// impl From<Changes<Lobby>> for News {
    ///     fn from(Changes { added, changed, removed }: Changes<Lobby>) -> Self {
    ///         Self { removed, listed: added.into_iter().chain(changed).collect() }
    ///     }
    /// }
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
    /// # impl Listing for Lobby { type Entry = Line; }
    /// struct Hall { watching: Option<Watching> }
    ///
    /// impl Session for Hall {
    ///     type Identity = ();
    ///     type Events = (Look,);
    ///     type Sends = (News,);
    ///
    ///     fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
    ///         Ok(Self { watching: None })
    ///     }
    /// }
    ///
    /// impl On<Look> for Hall {
    ///     fn on(&mut self, _: Look, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
    ///         let watch = cx.rooms::<Lobby>().watch();
    ///         self.watching = Some(cx.watch(watch, |_, changes, cx| {
    ///             cx.emit(&News::from(changes));
    ///         }));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let salon = Salon::builder().room::<Lobby>().session::<Hall>().build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    pub fn watch<R: Listing>(
        &mut self,
        watch: Watch<R>,
        then: impl Fn(&mut S, Changes<R>, &mut Self) + 'static,
    ) -> Watching
    where
        S: 'static,
    {
        let (watching, dropped) = begin_watching();
        self.await_changes(watch, dropped, Rc::new(then));
        watching
    }

    fn await_changes<R: Listing>(
        &mut self,
        watch: Watch<R>,
        dropped: oneshot::Receiver<Infallible>,
        then: Rc<Then<S, R>>,
    ) where
        S: 'static,
    {
        let handle = self.socket().handle().clone();
        let ended = async move { handle.until_ended().await };
        let news = next_changes(watch, dropped, ended);
        self.spawn(news, move |session, (watch, dropped, changes), cx| {
            if let Some(changes) = changes {
                cx.await_changes(watch, dropped, then.clone());
                then(session, changes, cx);
            }
        });
    }
}

type Then<S, R> = dyn Fn(&mut S, Changes<R>, &mut SessionContext<S>);

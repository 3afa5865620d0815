//! A room that loads what it is made of, before anything is handled in it.
//!
//! It must never let anything overtake what waits for the room, nor hold it up for longer than the
//! time that a room may load.

use std::future::poll_fn;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use futures_util::FutureExt;
use tokio::time::{error::Elapsed, timeout_at};

use super::{
    actor::RoomActor,
    opening::{made, set_store, with_store},
    state::not_loaded,
};
use crate::{
    base::{
        clock,
        contained::{Panicked, Running, contain, discard},
        logged::Logged,
        refusal::{Code, Refusal},
    },
    room::{
        context::{Action, Make, RoomContext},
        contract::Room,
        membership::store,
    },
};

impl<R: Room> RoomContext<R> {
    /// In [`open`](Room::open), for a room whose state has to be loaded first: the room is what the
    /// future yields. What this returns is what `open` is to return.
    ///
    /// The future owns what it needs, and holds nothing of the context. Until it is done nothing is
    /// handled in the room: whatever comes waits, and is handled then in the order in which it came.
    /// A refusal is the answer to all that waited; so is `internal` for a panic, and `timeout` for a
    /// future that takes longer than `timeouts.loading`, which is dropped. Who comes after them opens
    /// the room anew. Where a room is opened anew after a panic it is the same: its members wait.
    ///
    /// What else `open` has asked for, such as a timer, comes once the room is there.
    ///
    /// ```
    /// use salon::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Database;
    ///
    /// impl Database {
    ///     async fn cells(&self, board: u32) -> Result<Vec<u8>, Refusal> {
    ///         Ok(vec![0; board as usize])
    ///     }
    /// }
    ///
    /// struct Board { cells: Vec<u8> }
    ///
    /// impl Room for Board {
    ///     const NAME: &'static str = "board";
    ///     type Key = u32;
    ///     type Identity = ();
    ///     type Events = ();
    ///     type Sends = ();
    ///
    ///     fn open(board: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         let (database, board) = (cx.data::<Database>()?.clone(), *board);
    ///         cx.load(async move { Ok(Self { cells: database.cells(board).await? }) })
    ///     }
    /// }
    ///
    /// let salon = Salon::builder().data(Database).room::<Board>().build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// Always: the error stands for the room until it is there. It is of no use anywhere but in
    /// `open`.
    pub fn load(
        &mut self,
        future: impl Future<Output = Result<R, Refusal>> + 'static,
    ) -> Result<R, Refusal> {
        self.load_then(future, |room, _| room)
    }

    /// As [`load`](Self::load), and makes the room of what the future yields, with the context in
    /// hand: for timers, for a list, for whoever is a member still after a panic.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Save;
    ///
    /// struct Board { cells: Vec<u8> }
    ///
    /// # async fn cells_of(board: u32) -> Result<Vec<u8>, Refusal> { Ok(vec![0; board as usize]) }
    /// impl Room for Board {
    ///     const NAME: &'static str = "board";
    ///     type Key = u32;
    ///     type Identity = ();
    ///     type Events = ();
    ///     type Sends = ();
    ///
    ///     fn open(board: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         cx.load_then(cells_of(*board), |cells, cx| {
    ///             let cells = cells?;
    ///             cx.tell_every(Duration::from_secs(60), Save);
    ///             Ok(Self { cells })
    ///         })
    ///     }
    /// }
    ///
    /// impl Receive<Save> for Board {
    ///     fn receive(&mut self, _: Save, _: &mut RoomContext<Self>) {
    ///         println!("{} cells", self.cells.len());
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_then<V: 'static>(
        &mut self,
        future: impl Future<Output = V> + 'static,
        then: impl FnOnce(V, &mut Self) -> Result<R, Refusal> + 'static,
    ) -> Result<R, Refusal> {
        let make = |value| -> Make<R> { Box::new(|cx| then(value, cx)) };
        let tally = self.members.broadcaster().tally;
        self.actions.push_back(Action::Load(Running::new(future.map(make).boxed_local(), tally)));
        Err(not_loaded())
    }

    /// What `open` has asked to be loaded, if it is not under way yet.
    fn take_load(&mut self) -> Option<Running<Make<R>>> {
        let is_load = |action: &Action<R>| matches!(action, Action::Load(_));
        let place = self.actions.iter().rposition(is_load)?;
        match self.actions.remove(place)? {
            Action::Load(load) => Some(load),
            _ => None,
        }
    }
}

impl<R: Room> RoomActor<R> {
    /// Has the room loaded, unless it is under way. Whether it is `anew`, after a panic, is to be
    /// counted when it is there.
    ///
    /// The actor handles nothing while it waits: what comes stays in its mailbox, in order. It takes
    /// no more there than elsewhere, since each event is one of those that its connection may have in
    /// flight.
    pub(super) fn load(&mut self, anew: bool, ctx: &mut Context<Self>) {
        let Some(load) = self.cx.take_load() else { return };
        let until = clock::after(self.cx.members.broadcaster().loading);
        let (mut load, mut store) = (Box::pin(timeout_at(until, load)), self.cx.store.take());
        // What is awaited makes the room, or a part of it, with the values for its members.
        let waiting = poll_fn(move |task| {
            let before = store.take();
            let (polled, after) = store::opening(before, || load.as_mut().poll(task));
            store = after;
            polled.map(|loaded| (loaded, store.take()))
        });
        ctx.wait(waiting.into_actor(self).map(move |(loaded, store), actor, ctx| {
            set_store(&mut actor.cx, store);
            actor.be_made(loaded);
            if anew {
                actor.note_restart();
            }
            actor.settle(ctx);
        }));
    }

    /// The room is what was loaded, or closed.
    fn be_made(&mut self, loaded: Result<Result<Make<R>, Panicked>, Elapsed>) {
        let opened = match loaded {
            Ok(Ok(make)) => with_store(&mut self.cx, |cx| contain(|| make(cx))),
            Ok(Err(panicked)) => Err(panicked),
            Err(_) => Ok(Err(self.too_slow())),
        };
        if let Some(load) = self.cx.take_load() {
            self.refuse_to_load(load);
        }
        self.state = made(opened, &mut self.cx);
    }

    pub(super) fn too_slow(&self) -> Refusal {
        let (room, limit) = (self.cx.members.name(), self.cx.members.broadcaster().loading);
        tracing::warn!(room = %Logged(room), ?limit, "the room was not loaded in time: it is closed");
        Refusal::new(Code::Timeout, format!("the room was not loaded within {limit:?}"))
    }

    /// Something was to be loaded for a room that is there.
    pub(super) fn refuse_to_load(&self, load: Running<Make<R>>) {
        let room = Logged(self.cx.members.name());
        tracing::error!(%room, "a room is loaded by what `open` returns: what was to be loaded is dropped");
        discard(load, self.tally());
    }
}

//! What a durable room keeps of its state.
//!
//! It must never be there for a room that is not durable: what it keeps would be lost without a word.

use serde::{Serialize, de::DeserializeOwned};

use super::{load_context::LoadContext, room_context::RoomContext};
use crate::{
    base::{logged::Logged, refusal::Refusal},
    room::{
        contract::Room,
        kept::{self, Durable},
    },
};

impl<R: Room> RoomContext<R> {
    /// Keeps this of the room's state, in the place of what it has kept before: in one step with what the
    /// handler has published and answered, before anybody hears of it. If the handler panics nothing of
    /// that is kept. Only a room with a [durable](crate::History::durable) history has a place for it: in
    /// another this does not compile.
    ///
    /// What it says when the room is opened again, [`kept`](Self::kept) does. It is written as JSON, whole,
    /// each time: keep what cannot be made anew, when it has changed.
    ///
    /// ```
    /// use salon::{History, prelude::*, store::MemoryStore};
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("tally:join", room = Tally(tally), join, reply = u64)]
    /// struct Join { tally: u32 }
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("tally:count", room = Tally(tally), reply = u64)]
    /// struct Count { tally: u32 }
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("tally:counted")]
    /// struct Counted(u64);
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Tally { counted: u64 }
    ///
    /// impl Room for Tally {
    ///     const NAME: &'static str = "tally";
    ///     const HISTORY: History = History::keep(100).durable();
    ///     type Key = u32;
    ///     type Identity = ();
    ///     type Events = (Join, Count);
    ///     type Sends = (Counted,);
    ///
    ///     fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         Ok(cx.kept()?.unwrap_or_default())
    ///     }
    /// }
    ///
    /// impl On<Join> for Tally {
    ///     fn on(&mut self, _: Join, _: &mut EventContext<Self>) -> Result<u64, Refusal> {
    ///         Ok(self.counted)
    ///     }
    /// }
    ///
    /// impl On<Count> for Tally {
    ///     fn on(&mut self, _: Count, cx: &mut EventContext<Self>) -> Result<u64, Refusal> {
    ///         self.counted += 1;
    ///         cx.keep(self)?;
    ///         cx.broadcast(&Counted(self.counted));
    ///         Ok(self.counted)
    ///     }
    /// }
    ///
    /// let salon = Salon::builder().store(MemoryStore::new()).room::<Tally>().build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// `internal` if it has no JSON form. The log says what is wrong, and nothing of what the handler has done is
    /// kept or said, whatever it answers: the room is opened again from what it has kept before, as after a panic.
    pub fn keep<T: Serialize>(&self, state: &T) -> Result<(), Refusal> {
        const { assert_durable::<R>() };
        let Some(durable) = &self.members.durable else { return Ok(()) };
        let state = kept::encode(state).map_err(|error| {
            let room = Logged(self.members.name());
            tracing::error!(%room, error = %Logged(&error), "what the room is to keep has no JSON form");
            durable.break_turn();
            Refusal::logged_already()
        })?;
        durable.stage_state(state);
        Ok(())
    }

    /// What the room has [kept](Self::keep) last, before it was opened: `None` if it has kept nothing. It
    /// is there in [`open`](Room::open), in what [`load_then`](Self::load_then) gives to make the room of, and
    /// for an async `open` in its [`LoadContext`].
    ///
    /// If something was kept and this is not called while the room opens, the room is another one: it goes
    /// on in an order of its own, and what its history had is gone.
    ///
    /// # Errors
    /// `internal` if what was kept is no `T`: an older release of the app has kept something else. The log
    /// says where it differs. Where that is returned from `open` the room does not open, and what was kept
    /// stays; a room that opens all the same begins anew.
    pub fn kept<T: DeserializeOwned>(&self) -> Result<Option<T>, Refusal> {
        const { assert_durable::<R>() };
        kept_by(self.members.durable.as_deref(), self.members.name())
    }

    /// Once the room has closed nothing is left of it in the store: its key is free for a room that has
    /// kept nothing. To be said again if it is opened anew before that.
    pub fn keep_nothing(&self) {
        const { assert_durable::<R>() };
        if let Some(durable) = &self.members.durable {
            durable.forget();
        }
    }
}

impl<R: Room> LoadContext<R> {
    /// What the room has kept last, as [`RoomContext::kept`].
    ///
    /// # Errors
    /// As there.
    pub fn kept<T: DeserializeOwned>(&self) -> Result<Option<T>, Refusal> {
        const { assert_durable::<R>() };
        kept_by(self.durable.as_deref(), self.name())
    }
}

fn kept_by<T: DeserializeOwned>(
    durable: Option<&Durable>,
    room: &str,
) -> Result<Option<T>, Refusal> {
    let Some((durable, state)) = durable.and_then(|it| Some((it, it.state()?))) else {
        return Ok(None);
    };
    let kept = kept::state_of(&state).map_err(|error| {
        let (room, error) = (Logged(room), Logged(&error));
        tracing::error!(%room, %error, "what the room has kept is of another form");
        Refusal::logged_already()
    })?;
    durable.restored();
    Ok(Some(kept))
}

/// Fails to compile for a room that is not durable.
const fn assert_durable<R: Room>() {
    assert!(
        R::HISTORY.is_durable,
        "a room keeps nothing but with `#[salon::room(history = History::keep(..).durable())]`, or \
         `const HISTORY: History = History::keep(..).durable()` in its `impl Room`"
    );
}

//! An answer that takes time.
//!
//! It must never borrow from the session or room that gives it while it waits: others are served
//! meanwhile.

use std::{any::Any, fmt};

use futures_util::{FutureExt, future::LocalBoxFuture};

use crate::refusal::Refusal;

/// What an [`OnLater`](super::OnLater) handler returns: a future of the reply, and perhaps what is to
/// be done in the session or room when it is there.
///
/// ```
/// use salon::prelude::*;
///
/// fn look_up(id: u64) -> Answer<String> {
///     Answer::later(async move {
///         if id == 0 {
///             return Err(Refusal::not_found("there is nothing with the id 0"));
///         }
///         Ok(format!("thing {id}"))
///     })
/// }
/// ```
#[must_use = "an answer that is dropped is never given"]
pub struct Answer<T>(LocalBoxFuture<'static, Awaited<T>>);

/// What an answer has waited for.
#[doc(hidden)]
#[expect(clippy::exhaustive_enums, reason = "the macros and the framework match on it")]
pub enum Awaited<T> {
    /// It is the reply.
    Reply(Result<T, Refusal>),
    /// The reply is what this yields, which is code of the application.
    Then(Then<T>),
}

/// What is to be done, with the state of whatever handles the event, its context and the sender.
#[doc(hidden)]
pub type Then<T> = Box<dyn FnOnce(&mut dyn Any, &mut dyn Any, &dyn Any) -> Result<T, Refusal>>;

/// The context that a handler of events gets, of a room or of a session. It is not for others to
/// implement.
pub trait Surroundings: sealed::Sealed {
    /// Whose context it is.
    type Kind: Kind;
}

/// What handles events: a room, or a session. It is not for others to implement.
pub trait Kind: sealed::Sealed + 'static {
    /// The room, or the session.
    type State: 'static;
    /// The context of its handlers.
    type Context<'a>;

    /// Runs something in its context, if it is the one that this is the inside of.
    #[doc(hidden)]
    fn run<T>(
        inside: &mut dyn Any,
        sender: &dyn Any,
        code: impl FnOnce(&mut Self::Context<'_>) -> T,
    ) -> Option<T>;
}

/// What seals traits, the framework's among them.
#[doc(hidden)]
pub mod sealed {
    /// Keeps a trait to Salon's own types.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot implement a trait that Salon keeps to its own types",
        note = "its documentation says which they are"
    )]
    pub trait Sealed {}
}

impl<T: 'static> Answer<T> {
    /// An answer that is known when the future is done.
    pub fn later(future: impl Future<Output = Result<T, Refusal>> + 'static) -> Self {
        Self(future.map(Awaited::Reply).boxed_local())
    }

    /// Awaits the future, then changes the room or the session, then replies: `then` gets it, what the
    /// future yields, and the context with the same sender, and what it returns is the reply. It runs
    /// like a handler: nothing else is handled meanwhile, and what it sends comes ahead of its reply.
    ///
    /// It runs only while it is that sender's to change anything. If meanwhile the sender's permission
    /// or its membership was lost, the event is refused as any later answer is; if it is no member
    /// any more by the same membership as when it asked, because it left or was disconnected, as
    /// `not_a_member`, unless the event is one that `anyone` may send, where only a session that has
    /// ended changes nothing any more; if the room is not the same any more, because it restarted after a panic or
    /// closed, as `closed`; and if the future took longer than `timeouts.handler`, as `timeout`. What
    /// has to be done whatever becomes of the sender belongs into the future, or into a message to the
    /// room: see `RoomContext::spawn`.
    ///
    /// `cx` is the context of the handler that returns the answer.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use salon::prelude::*;
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("shop:enter", room = Shop(shop), join)]
    /// struct Enter { shop: u32 }
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("shop:buy", room = Shop(shop), reply = u64)]
    /// struct Buy { shop: u32, thing: String }
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("shop:sold")]
    /// struct Sold { thing: String, to: String }
    ///
    /// #[derive(Default)]
    /// struct Shop { sold: HashMap<String, u64> }
    ///
    /// impl Room for Shop {
    ///     const NAME: &'static str = "shop";
    ///     type Key = u32;
    ///     type Identity = ();
    ///     type Events = (Enter, Later<Buy>);
    ///     type Sends = (Sold,);
    ///
    ///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         Ok(Self::default())
    ///     }
    /// }
    ///
    /// # impl On<Enter> for Shop {
    /// #     fn on(&mut self, _: Enter, _: &mut EventContext<Self>) -> Result<(), Refusal> { Ok(()) }
    /// # }
    /// impl OnLater<Buy> for Shop {
    ///     fn on_later(&mut self, Buy { thing, .. }: Buy, cx: &mut EventContext<Self>) -> Answer<u64> {
    ///         let price = price_of(thing.clone());
    ///         Answer::then(cx, price, |shop, price, cx| {
    ///             let price = price?;
    ///             *shop.sold.entry(thing.clone()).or_default() += 1;
    ///             cx.broadcast(&Sold { thing, to: cx.sender().id().to_owned() });
    ///             Ok(price)
    ///         })
    ///     }
    /// }
    ///
    /// async fn price_of(thing: String) -> Result<u64, Refusal> {
    ///     Ok(thing.len() as u64)
    /// }
    /// ```
    pub fn then<C: Surroundings, V: 'static>(
        _: &C,
        future: impl Future<Output = V> + 'static,
        then: impl FnOnce(
            &mut <C::Kind as Kind>::State,
            V,
            &mut <C::Kind as Kind>::Context<'_>,
        ) -> Result<T, Refusal>
        + 'static,
    ) -> Self {
        Self(future.map(|value| Awaited::Then(in_turn::<C::Kind, V, T>(value, then))).boxed_local())
    }

    /// What it waits for.
    #[doc(hidden)]
    #[must_use]
    pub fn into_future(self) -> LocalBoxFuture<'static, Awaited<T>> {
        self.0
    }
}

/// What is to be done with a value, once it is the turn of whatever handles the event.
fn in_turn<K: Kind, V: 'static, T: 'static>(
    value: V,
    then: impl FnOnce(&mut K::State, V, &mut K::Context<'_>) -> Result<T, Refusal> + 'static,
) -> Then<T> {
    Box::new(move |state, inside, sender| {
        let done = state
            .downcast_mut()
            .and_then(|state| K::run(inside, sender, |cx| then(state, value, cx)));
        done.unwrap_or_else(|| {
            Err(Refusal::internal("an answer was returned by another handler than its own"))
        })
    })
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(..)")
    }
}

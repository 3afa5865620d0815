//! What a room's context tells of the room and of its members, and how one of these is asked.
//!
//! It must never wait for an answer: whoever asks is given a future.

use std::time::Duration;

use bytestring::ByteString;
use serde::{Serialize, de::DeserializeOwned};

use super::room_context::RoomContext;
use crate::{
    auth::Grant,
    base::contained::Contained,
    event::{self, Event},
    hub::{Asker, reply},
    room::{
        contract::{Room, RoomEvent, SentByRoom},
        membership::Member,
    },
    session::acknowledgement::AskError,
};

impl<R: Room> RoomContext<R> {
    /// The room's key.
    ///
    /// ```
    /// use salon::prelude::*;
    ///
    /// struct Chat { channel: u32 }
    ///
    /// impl Room for Chat {
    ///     const NAME: &'static str = "chat";
    ///     type Key = u32;
    ///     type Identity = ();
    ///     type Events = ();
    ///     type Sends = ();
    ///
    ///     fn open(channel: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         assert_eq!(cx.key(), channel);
    ///         Ok(Self { channel: *channel })
    ///     }
    ///
    ///     fn closing(&mut self, cx: &mut RoomContext<Self>) {
    ///         println!("channel {} closes", cx.key());
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn key(&self) -> &R::Key {
        // A context is made with the link of its own kind of room, and nobody changes it.
        self.members.link.key().downcast_ref().expect("a room's context has a key of its kind")
    }

    /// Of no use: words for whoever looks for it here.
    #[doc(hidden)]
    #[must_use]
    pub fn sender(&self) -> &Member<R::Identity>
    where
        Self: HasSender<R>,
    {
        HasSender::its_sender(self)
    }

    /// In `admit`, what the sender's joining event says, if it is an `E`: a code, a role, a seat.
    /// `None` if it is another event, and everywhere else.
    ///
    /// ```
    /// use salon::prelude::*;
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("den:enter", room = Den(den), join)]
    /// struct Enter { den: u32, code: String }
    ///
    /// struct Den { code: String }
    ///
    /// impl Room for Den {
    ///     const NAME: &'static str = "den";
    ///     type Key = u32;
    ///     type Identity = ();
    ///     type Events = (Enter,);
    ///     type Sends = ();
    ///
    ///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         Ok(Self { code: "owl".to_owned() })
    ///     }
    ///
    ///     fn admit(&mut self, _: &Member<()>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
    ///         match cx.joining::<Enter>() {
    ///             Some(enter) if enter.code == self.code => Ok(()),
    ///             _ => Err(Refusal::forbidden("That is not the code.")),
    ///         }
    ///     }
    /// }
    ///
    /// impl On<Enter> for Den {
    ///     fn on(&mut self, _: Enter, _: &mut EventContext<Self>) -> Result<(), Refusal> {
    ///         Ok(())
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn joining<E: RoomEvent<Room = R> + 'static>(&self) -> Option<&E> {
        self.joining.as_ref()?.event.downcast_ref::<Contained<E>>().map(|event| &**event)
    }

    /// The members, in the order in which their sessions began.
    pub fn members(&self) -> impl Iterator<Item = Member<R::Identity>> {
        self.members.handles().cloned().map(Member::new)
    }

    /// Whether somebody is a member now: the sender of an event that [`anyone`](macro@crate::Event) may
    /// send need not be.
    #[must_use]
    pub fn is_member(&self, somebody: &Member<R::Identity>) -> bool {
        self.members.contains(somebody.number())
    }

    /// The grant by which a member was admitted: the answer to the `permit` of the joining event
    /// that it sent last. `None` if that event has no `permit`, or it is no member.
    #[must_use]
    pub fn grant(&self, member: &Member<R::Identity>) -> Option<Grant> {
        let memberships = &member.handle().state.memberships;
        memberships.granted(self.members.room()).map(|granted| granted.grant)
    }

    /// Asks a member, and waits for its acknowledgement; the future is to be given to
    /// [`spawn`](Self::spawn). Who is no member any more when it answers has not answered: that is
    /// [`AskError::NotAMember`], as soon as it is out. In `admit` it may be asked for what is to be
    /// asked once it is a member.
    pub fn ask<E: Event + Serialize + SentByRoom<R, At>, At>(
        &self,
        member: &Member<R::Identity>,
        event: &E,
        timeout: Duration,
    ) -> impl Future<Output = Result<E::Reply, AskError>> + use<R, E, At>
    where
        E::Reply: DeserializeOwned,
    {
        let payload = event::encode(event);
        let (broadcaster, handle) = (self.members.broadcaster().clone(), member.handle().clone());
        let asker = Asker {
            room: self.members.room(),
            membership: self.members.membership(member.number()),
        };
        // It is sent whenever the future comes to it: behind what the room has said by now.
        self.members.end_window(&handle);
        // It is not asked before what the room did is kept.
        let passed = self.members.durable.as_ref().map(|durable| durable.gate().passed());
        async move {
            let name = ByteString::from_static(E::NAME);
            if let Some(passed) = passed
                && !matches!(passed.await, Ok(true))
            {
                return Err(AskError::NotKept);
            }
            let answer = broadcaster.ask(handle, Some(asker), name, payload?, timeout).await?;
            reply(&answer)
        }
    }
}

/// No context implements it: it is there for its words.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "there is no sender here: a `RoomContext` is for what nobody sent",
    label = "the handler of an event has a sender, and a `cx: &mut EventContext<Self>`",
    note = "in `admit` and `left` it is the member `who`; a timer, `tell`, `ask` or a future carries \
            in its message whom it is about; `open` and `closing` are about nobody",
    note = "a function that is only called by handlers of events takes `cx: &EventContext<'_, R>`"
)]
pub trait HasSender<R: Room> {
    fn its_sender(&self) -> &Member<R::Identity>;
}

//! What a room's handler can do: speak to its members, wait, end.
//!
//! It must never touch the actor while a handler runs: what changes it is noted, and done after.

use std::{any::Any, collections::VecDeque, fmt, rc::Rc, time::Duration};

use bytestring::ByteString;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Member, antechamber::Antechamber, contract::Room, entry::RoomEvent, member_store::MemberStore,
    members::Members, presence::PresenceState, sends::SentByRoom,
};
use crate::{
    auth::Grant,
    base::{
        contained::{Contained, Running},
        number::SessionNumber,
        refusal::Refusal,
        timers::Timers,
    },
    event::{self, Event},
    hub::Asker,
    message::Position,
    session::acknowledgement::AskError,
};

/// The surroundings of a room, given to each of its handlers.
pub struct RoomContext<R> {
    pub(super) members: Members,
    /// Who is asked in, and by which event, while the room decides about it.
    pub(super) joining: Option<Box<Joining>>,
    pub(super) antechamber: Antechamber,
    pub(super) actions: VecDeque<Action<R>>,
    /// They need no waiting until the handler has returned: if it panics they go with the state.
    pub(super) timers: Timers<R, Self>,
    /// Who is there, if the room tells.
    pub(super) presence_state: Option<Box<PresenceState>>,
    /// The room's own line on the list of its kind: it goes with the state.
    pub(super) line: Option<Rare>,
    /// What its [values for members](super::PerMember) need of it, if it has any: they outlive the state.
    pub(super) store: Option<Rc<MemberStore>>,
}

/// One who wants to become a member.
pub(super) struct Joining {
    pub(super) session: SessionNumber,
    pub(super) event: Box<dyn Any>,
}

/// What few of many rooms have: one word, where it is not there.
pub(super) type Rare = Box<Box<dyn Any>>;

/// What makes a room of what was loaded for it.
pub(super) type Make<R> = Box<dyn FnOnce(&mut RoomContext<R>) -> Result<R, Refusal>>;

/// Something to do on a room when its handler is done.
pub(super) type Step<R> = Box<dyn FnOnce(&mut R, &mut RoomContext<R>)>;

/// What a handler asked for, to be done when it has returned.
pub(super) enum Action<R> {
    /// By `open`: the room is made of what this loads.
    Load(Running<Make<R>>),
    Spawn(Running<Step<R>>),
    Leave(SessionNumber),
    Evict(SessionNumber, Option<Box<Refusal>>),
    UpdatePresence(SessionNumber),
    Close,
}

impl<R> RoomContext<R> {
    /// The room's name: its kind and its key.
    #[must_use]
    pub fn name(&self) -> &str {
        self.members.name()
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What the application gave to the builder with `data`.
    ///
    /// # Errors
    /// `internal` when nothing of that type was given; the log names the type.
    pub fn data<T: 'static>(&self) -> Result<&T, Refusal> {
        self.members.shared.data.get()
    }

    /// Sends an event to every member: in this room's one order, encoded once. It is one of those that
    /// the room says it [`Sends`](Room::Sends).
    pub fn broadcast<E: Event + Serialize + SentByRoom<R, At>, At>(&self, event: &E) {
        self.everyone().emit(event);
    }

    /// Where the room's order is: after what it has published so far. `None` if the room is not
    /// [`SEQUENCED`](Room::SEQUENCED).
    ///
    /// ```
    /// use salon::{Position, prelude::*};
    ///
    /// /// What a reply says that has to fit between two events.
    /// #[derive(Serialize)]
    /// struct Board { cells: Vec<u8>, place: Option<Position> }
    ///
    /// fn board<R: Room>(cells: &[u8], cx: &RoomContext<R>) -> Board {
    ///     Board { cells: cells.to_vec(), place: cx.position() }
    /// }
    /// ```
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let order = self.members.order.told()?;
        Some(order.place(self.members.name(), order.now()).into())
    }
}

impl<R: Room> RoomContext<R> {
    pub(super) fn new(members: Members) -> Self {
        Self {
            members,
            joining: None,
            antechamber: Antechamber::default(),
            actions: VecDeque::new(),
            timers: Timers::default(),
            presence_state: Self::new_presence(),
            line: None,
            store: None,
        }
    }

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
        async move {
            let name = ByteString::from_static(E::NAME);
            let answer = broadcaster.ask(handle, Some(asker), name, payload?, timeout).await?;
            Ok(event::decode_reply(&answer)?)
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

impl<R> fmt::Debug for RoomContext<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomContext")
            .field("room", &self.members.name())
            .field("members", &self.members.len())
            .finish_non_exhaustive()
    }
}

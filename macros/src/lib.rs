//! The macros of the `salon` crate: the derive that makes a struct a named event, and the attribute
//! of tests.
//!
//! Applications use it as `salon::Event`, where the trait of the same name is; this crate is not
//! meant to be named in a `Cargo.toml` by anyone else.
//!
//! The derive reads the attribute (`attributes`), makes a checked event of it (`check`, `model`)
//! and expands that (`expand`). All mistakes of a struct are reported at once (`diagnostics`), and
//! the traits are implemented all the same (`fallback`), so that nothing is reported but the
//! mistakes. It must never do what the framework can do: what is expanded here is compiled once
//! more for each event of each application.

mod attributes;
mod block;
mod check;
mod diagnostics;
mod expand;
mod fallback;
mod model;
mod refusals;
mod suggestion;
mod test_function;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, ItemFn, parse_macro_input};

use crate::{attributes::Attributes, block::Kind, diagnostics::Diagnostics};

/// Makes a struct or an enum a named event.
///
/// A struct that clients send derives `serde::Deserialize` as well, one that the server sends
/// `serde::Serialize`. (The examples here are not compiled, since this crate cannot depend on
/// `salon`; those of the trait `salon::Event` are.)
///
/// ```ignore
/// use salon::prelude::*;
///
/// /// Say that you are ready. Only members may, five times a second at most.
/// #[derive(Deserialize, Event)]
/// #[event("lobby:ready", room = Lobby(lobby), rate = "5/s", reply = Roster)]
/// pub struct Ready {
///     pub lobby: LobbyId,
///     pub ready: bool,
/// }
/// ```
///
/// # The name
///
/// The first thing in `#[event(…)]` is the name on the wire: a string of 1 to 128 bytes without
/// whitespace or control characters. `connect`, `connect_error`, `disconnect`, `disconnecting`,
/// `newListener` and `removeListener` are reserved by Socket.IO, and what begins with `salon:` by
/// Salon.
///
/// # The options
///
/// | option | says | if left out | example |
/// |---|---|---|---|
/// | `reply = Type` | what acknowledges the event | `()`: an acknowledgement without arguments | `#[event("lobby:list", reply = Vec<LobbyId>)]` |
/// | `room = Type(field)` | which room handles it: the type, and the field with the room's key | the session handles it | `#[event("lobby:ready", room = Lobby(lobby))]` |
/// | `join` | with `room`: sending it makes the sender a member, if the room admits them | `member` | `#[event("lobby:join", room = Lobby(lobby), join)]` |
/// | `member` | with `room`: only members may send it | it is the default | `#[event("lobby:ready", room = Lobby(lobby), member)]` |
/// | `anyone` | with `room`: whoever is no member may send it as well, to a room that is open, and becomes none by it | `member` | `#[event("lobby:knock", room = Lobby(lobby), anyone)]` |
/// | `auth` | its sender must have an identity, one that an authenticator has yielded | anyone may send it | `#[event("mine", auth)]` |
/// | `permit = "…"` | a permission that the namespace's authority must grant; `auth` is included | no permission is asked for | `#[event("lobby:join", room = Lobby(lobby), join, permit = "play")]` |
/// | `refuses = Type` | what its handler refuses with: an enum that derives `Refusals` | any code | `#[event("lobby:kick", room = Lobby(lobby), refuses = NotAllowed)]` |
/// | `guard = Type` | a check of your own, any number of them: `impl Guard<TheEvent> for Type` | no check | `#[event("chat:say", guard = NotMuted, guard = NotTooLong)]` |
/// | `rate = "…"` | how often one session may send it | as often as it likes | `#[event("chat:say", rate = "5/s burst 10")]` |
/// | `once = field` | a client may send it again, with the same value in that field, and it is handled once | each one that comes is handled | `#[event("order:place", once = id)]` |
/// | `volatile` | a client that is not writable at the moment misses it | delivered to every client | `#[event("cursor:moved", volatile)]` |
/// | `latest`, `latest = field` | a client that is slow gets the newest, of each value of the field if one is named | delivered to every client | `#[event("cursor:moved", latest = by)]` |
/// | `drop = oldest`, `drop = newest` | a client that is slow misses the oldest or the newest of what is too much, and is told how many | delivered to every client | `#[event("game:trace", drop = oldest)]` |
/// | `queue = …` | with `drop`: how many wait for one client, from 1 to 10,000 | 64 | `#[event("game:trace", drop = oldest, queue = 8)]` |
/// | `throttle = "…"` | with `latest`: in how long a room sends one at most, of each value of the field | each is sent at once | `#[event("cursor:moved", latest = by, throttle = "100ms")]` |
/// | `overflow = close` | a client whose outbox has no place for it is cut off | in a room with a history it reads it later; else it is cut off | `#[event("board:stroke", overflow = close)]` |
/// | `acked = "…"` | a room with a history sends it once more to whom has not acknowledged it in that time | it is sent once | `#[event("order:filled", acked = "10s")]` |
/// | `crate = path` | where the framework is, if it was re-exported | `::salon` | `#[event("ping", crate = my_framework::salon)]` |
///
/// The field of `room` is named, or given as an index: `room = Lobby(0)` for
/// `struct Join(LobbyId);`. Its type is the room's `Key`.
///
/// A rate is a count, a unit (`s`, `m` or `h`), and, after `burst`, how many may come at once: as
/// many as the count if it is left out.
///
/// What is `volatile`, `latest` or `drop`, and `overflow`, is about events that the server sends. An event is one
/// of the three at most, and what is `latest` or `drop` has no `reply`; `overflow` is for what is none of them,
/// since a client that may miss something has a place for it. So is `acked`, whose time is a whole number with `ms`
/// or `s` from `1s` to `3600s`, and which excludes `throttle` as well. The field of `latest` is a text, a whole number, a
/// `bool`, a `char`, an `Option` of these, or a type with `salon::event::EventKey`. An interval is a whole number
/// with `ms` or `s`, from `1ms` to `3600s`.
///
/// A permission is one name of 1 to 128 bytes, without whitespace, control characters or `*`: it is
/// what the event asks for, not a pattern of what somebody has. The order of the options is free;
/// the order of the checks is not: rate, identity, payload, membership, permission, guards, the
/// guards among them as they are written.
///
/// # The arguments
///
/// How the value becomes the arguments of a Socket.IO event follows from its form:
///
/// | form | arguments | example, as a client emits it |
/// |---|---|---|
/// | struct with named fields | one object | `emit("ready", { lobby: 7, ready: true })` |
/// | tuple struct with one field, enum | one, as serde has it | `emit("join", 7)` |
/// | tuple struct with any other number of fields | one for each field | `emit("move", 3, 4)` |
/// | unit struct | none | `emit("leave")` |
///
/// # What it expands to
///
/// `impl salon::Event`, and with `room` also `impl salon::room::RoomEvent`. The generics of the
/// type are carried over and no bound is added. A union cannot be an event.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input)).into()
}

/// Makes an enum the refusals of an application: each variant has a code for programs and a message for
/// people. See the trait of the same name.
///
/// ```ignore
/// #[derive(Refusals)]
/// enum NoSeat {
///     #[refusal("table_full", "All {seats} seats are taken.")]
///     Full { seats: usize },
///     #[refusal("wrong_age", "Only from {0} on.")]
///     TooYoung(u8),
/// }
/// ```
///
/// It expands to `impl salon::Refusals`, with the codes, and to `impl From<…> for salon::Refusal`, so that
/// `?` works in handlers. `#[refusal(crate = path)]` on the enum says where the framework is, if it was
/// re-exported.
#[proc_macro_derive(Refusals, attributes(refusal))]
pub fn refusals(input: TokenStream) -> TokenStream {
    refusals::derive(&parse_macro_input!(input)).into()
}

/// Makes an async function a test, run on one thread in an actix system, as a lab needs it.
///
/// It needs the feature `testing` of `salon`. `?` works in its body, whether or not it yields a
/// `Result`. It stands beside `#[test]`, `#[actix_web::test]` and others, in any test runner.
///
/// ```ignore
/// #[salon::test]
/// async fn a_greeting_is_answered() {
///     let lab = Lab::new(app()).await;
///     let client = lab.connect(()).await?;
///     assert_eq!(client.send(Hello).await?, "hello to you");
/// }
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    test_function::expand(&arguments.into(), &parse_macro_input!(function as ItemFn)).into()
}

/// Makes an impl block a room: its methods marked `#[on]` handle events, those marked `#[hook]` the
/// rest. See `salon::room`, the module, for the traits that it expands to.
///
/// ```ignore
/// use salon::prelude::*;
///
/// #[derive(Default)]
/// struct Chat { said: u64 }
///
/// #[salon::room(key = String, sends = (Said,))]
/// impl Chat {
///     #[on]
///     fn join(&mut self, _: Join, cx: &mut EventContext<Self>) -> usize {
///         cx.len()
///     }
///
///     #[on]
///     fn say(&mut self, say: Say, cx: &mut EventContext<Self>) -> Result<u64, Refusal> {
///         if say.text.is_empty() {
///             return Err(Refusal::other("nothing_said", "Say something."));
///         }
///         self.said += 1;
///         cx.broadcast(&Said { text: say.text });
///         Ok(self.said)
///     }
///
///     #[hook]
///     fn left(&mut self, who: &Member<()>, why: LeaveReason) {
///         println!("{} is gone: {why:?}", who.id());
///     }
/// }
/// ```
///
/// # The options
///
/// | option | says | if left out |
/// |---|---|---|
/// | `key = Type` | what tells the rooms of this kind apart: `Room::Key` | a mistake |
/// | `name = "chat"` | the room's kind: `Room::NAME` | the type's name, as `board_game` of `BoardGame` |
/// | `identity = Type` | what the namespace's authenticator yields: `Room::Identity` | `()` |
/// | `sends = (Said, Left)` | the events that it sends, which are checked where it sends: `Room::Sends` | nothing is sent |
/// | `linger`, `max_open`, `restart`, `sequenced`, `history`, `window`, `presence` | the constants of `Room` in capitals, as expressions | as the trait has them |
/// | `crate = path` | where the framework is, if it was re-exported | `::salon` |
///
/// # Handlers
///
/// A method marked `#[on]` takes `&mut self`, an event by its type, and an `EventContext` unless it
/// needs none. It returns nothing, the event's reply, a `Result` of that, or, if the answer takes
/// time, an `Answer`. The list of events, `Room::Events`, is made of them in their order. A handler
/// that somebody writes as a trait, `impl On<Say> for Chat`, is not in it: then all of the room is
/// written as traits.
///
/// # Hooks
///
/// A method marked `#[hook]` is one of `Room`'s own by its name: `open`, `admit`, `left` or
/// `closing`. It takes what the trait's takes; what it does not need at the end may be left out.
/// `open` returns the room or a `Result` of it; without it the room is made by its `Default`. `admit`
/// returns nothing or a `Result`.
///
/// `open` may be async, for a room that is loaded: `async fn open(key: &Key, cx: &LoadContext<Self>)`. What
/// comes for the room waits until it is there. No other hook is async.
///
/// All other methods of the block stay as they are, and there may be other blocks. One that takes an event of
/// the room and an `EventContext`, and is not marked, is warned of if nothing handles that event.
#[proc_macro_attribute]
pub fn room(arguments: TokenStream, item: TokenStream) -> TokenStream {
    block::expand(Kind::Room, arguments.into(), &item.into()).into()
}

/// Makes an impl block a session: its methods marked `#[on]` handle events, those marked `#[hook]`
/// the rest.
///
/// ```ignore
/// use salon::prelude::*;
///
/// #[derive(Default)]
/// struct Counter { calls: u64 }
///
/// #[salon::session]
/// impl Counter {
///     #[on]
///     fn count(&mut self, _: Count) -> u64 {
///         self.calls += 1;
///         self.calls
///     }
/// }
/// ```
///
/// The options are `identity`, `sends` and `crate`, handlers are as those of a [room](macro@room),
/// with a `SessionContext`, and the hooks are `connect`, `connected`, `lapsed` and `disconnected`.
/// Without `connect` the state is made by its `Default`.
#[proc_macro_attribute]
pub fn session(arguments: TokenStream, item: TokenStream) -> TokenStream {
    block::expand(Kind::Session, arguments.into(), &item.into()).into()
}

fn derive(input: &DeriveInput) -> proc_macro2::TokenStream {
    let mut diagnostics = Diagnostics::default();
    let attributes = Attributes::read(input, &mut diagnostics);
    let event = check::check(input, &attributes, &mut diagnostics);
    match event {
        Some(event) if diagnostics.is_empty() => expand::expand(&event),
        _ => {
            let fallback = expand::expand(&fallback::event(input, &attributes));
            let mistakes = diagnostics.into_tokens();
            quote!(#mistakes #fallback)
        }
    }
}

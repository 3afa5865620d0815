//! An impl block with `#[salon::room]`: every form of handler, hook and option,
//! under the lints of a strict crate.

#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub, single_use_lifetimes)]
#![deny(elided_lifetimes_in_paths, unsafe_code, non_snake_case)]

use std::time::Duration;

use salon::{Presence, Present, prelude::*};

struct Player {
    name: String,
}

#[derive(Deserialize, Event)]
#[event("chat:join", room = Chat(0), join, reply = Vec<String>)]
struct Join(String);

#[derive(Deserialize, Event)]
#[event("chat:say", room = Chat(0), reply = u64)]
struct Say(String, String);

#[derive(Deserialize, Event)]
#[event("chat:mute", room = Chat(0))]
struct Mute(String);

#[derive(Deserialize, Event)]
#[event("chat:export", room = Chat(0), reply = String)]
struct Export(String);

#[derive(Deserialize, Event)]
#[event("chat:wave", room = Chat(0))]
struct Wave(String);

#[derive(Serialize, Event)]
#[event("chat:said")]
struct Said<'a> {
    by: &'a str,
    text: String,
}

#[derive(Serialize, Event)]
#[event("chat:left")]
struct Left;

/// An error of the application's own.
struct TooLoud;

impl From<TooLoud> for Refusal {
    fn from(_: TooLoud) -> Self {
        Self::other("too_loud", "Say it more quietly.")
    }
}

fn quiet(text: &str) -> Result<(), TooLoud> {
    if text.ends_with('!') { Err(TooLoud) } else { Ok(()) }
}

struct Chat {
    said: u64,
}

#[salon::room(
    key = String,
    name = "chats",
    identity = Player,
    sends = (Said<'static>, Left),
    linger = Duration::from_secs(60),
    max_open = 100,
    restart = Restart::Never,
    sequenced = false,
    presence = Presence::on(),
)]
impl Chat {
    const LONGEST: usize = 100;

    /// A reply.
    #[on]
    fn join(&mut self, _: Join, cx: &mut EventContext<'_, Self>) -> Vec<String> {
        cx.members().map(|member| member.identity().name.clone()).collect()
    }

    /// A result, with an error of its own.
    #[on]
    pub(crate) fn say(&mut self, Say(_, text): Say, cx: &mut EventContext<'_, Self>) -> Result<u64, TooLoud> {
        quiet(&text)?;
        cx.broadcast(&Said { by: &cx.sender().identity().name, text });
        Ok(self.count())
    }

    /// Nothing, to a function that needs no sender.
    #[on]
    fn mute(&mut self, _: Mute, cx: &mut RoomContext<Self>) {
        cx.close();
    }

    /// Nothing, and no context.
    #[on]
    fn wave(&self, _: Wave) {}

    /// An answer that takes time.
    #[on]
    fn export(&mut self, _: Export, _: &mut EventContext<'_, Self>) -> Answer<String> {
        let said = self.said;
        Answer::later(async move { Ok(format!("{said} of {}", Self::LONGEST)) })
    }

    #[hook]
    fn open(key: &String, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        assert_eq!(cx.key(), key);
        Ok(Self { said: 0 })
    }

    #[hook]
    fn admit(&mut self, who: &Member<Player>) -> Result<(), Refusal> {
        if who.identity().name.is_empty() { Err(Refusal::forbidden("Who?")) } else { Ok(()) }
    }

    #[hook]
    fn left(&mut self, _: &Member<Player>, why: LeaveReason, cx: &mut RoomContext<Self>) {
        if why != LeaveReason::Closed {
            cx.broadcast(&Left);
        }
    }

    #[hook]
    fn closing(&mut self) {}

    /// No handler and no hook.
    fn count(&mut self) -> u64 {
        self.said += 1;
        self.said
    }
}

impl Present for Chat {
    type Meta = String;

    fn meta(&self, who: &Member<Player>) -> String {
        who.identity().name.clone()
    }
}

/// Called as its type is, made by its `Default`, without a handler.
#[derive(Default)]
struct BoardGame;

#[salon::room(key = u32)]
impl BoardGame {}

#[derive(Deserialize, Event)]
#[event("table:sit", room = Table<SEATS>(0), join, reply = usize)]
struct Sit<const SEATS: usize>(u32);

/// With a parameter.
struct Table<const SEATS: usize>([bool; SEATS]);

#[salon::room(key = u32)]
impl<const SEATS: usize> Table<SEATS> {
    #[on]
    fn sit(&mut self, _: Sit<SEATS>) -> usize {
        self.0.iter().filter(|taken| !**taken).count()
    }

    #[hook]
    fn open() -> Self {
        Self([false; SEATS])
    }
}

#[derive(Deserialize, Event)]
#[event("count", reply = u64)]
struct Count;

#[derive(Deserialize, Event)]
#[event("think", reply = u64)]
struct Think;

#[derive(Default)]
struct Counter {
    calls: u64,
}

#[salon::session(identity = Player)]
impl Counter {
    #[on]
    fn count(&mut self, _: Count, _: &mut SessionContext<Self>) -> u64 {
        self.calls += 1;
        self.calls
    }

    #[on]
    fn think(&mut self, _: Think) -> Answer<u64> {
        let calls = self.calls;
        Answer::later(async move { Ok(calls) })
    }

    #[hook]
    fn connected(&mut self, cx: &mut SessionContext<Self>) {
        self.calls = cx.identity().name.len() as u64;
    }
}

/// Loaded from what the app has, with as much as it needs.
struct Library {
    books: u64,
}

#[derive(Deserialize, Event)]
#[event("library:ask", room = Library(0), anyone, reply = Option<u64>)]
struct Ask(String);

#[salon::room(key = String, sends = (Said<'static>,))]
impl Library {
    #[hook]
    async fn open(key: &str, cx: &LoadContext<Self>) -> Result<Self, Refusal> {
        std::future::ready(()).await;
        Ok(Self { books: *cx.data::<u64>()? + key.len() as u64 })
    }

    #[on]
    fn ask(&mut self, _: Ask, cx: &mut EventContext<'_, Self>) -> Option<u64> {
        cx.is_member(cx.sender()).then_some(self.books)
    }
}

/// Loaded without anything, and without a word of what may go wrong.
struct Shelf<const ROWS: usize>;

#[salon::room(key = u32)]
impl<const ROWS: usize> Shelf<ROWS> {
    #[hook]
    async fn open() -> Self {
        std::future::ready(Self).await
    }
}

struct Nobody;

#[salon::session]
impl Nobody {
    #[hook]
    fn connect(client: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        let () = client.identity();
        Ok(Self)
    }
}

fn main() {
    assert_eq!(Chat::NAME, "chats");
    assert_eq!(Chat::LINGER, Duration::from_secs(60));
    assert_eq!(Chat::MAX_OPEN, 100);
    assert_eq!(Chat::RESTART, Restart::Never);
    assert!(!Chat::SEQUENCED && BoardGame::SEQUENCED);
    assert_eq!(BoardGame::NAME, "board_game");
    assert_eq!(Table::<2>::NAME, "table");
    fn is_room<R: Room>() {}
    fn is_session<S: Session>() {}
    is_room::<Chat>();
    is_room::<Library>();
    is_room::<Shelf<3>>();
    is_session::<Counter>();
    is_session::<Nobody>();
    Chat { said: 0 }.count();
}

//! Whatever checks an event, or what a client presents, sees what its handler gets.
//!
//! It must never send what a client of Socket.IO would have made of it: the bytes are the test's.

use std::{
    collections::BTreeMap,
    fmt,
    hash::{Hash, Hasher},
    sync::{Arc, Mutex},
    time::Duration,
};

use salon::{
    Code, Count, IncomingEvent,
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    payload::Payload,
    prelude::*,
    testing::{Lab, Wire},
};
use serde_json::{json, value::RawValue};

use crate::heard::{code, next_text, text};

#[derive(Serialize, Deserialize, Event)]
#[event("post", reply = String)]
struct Post {
    title: String,
    #[serde(default)]
    text: String,
}

/// One argument that holds the other.
#[derive(Serialize, Deserialize, Event)]
#[event("repost", reply = String)]
struct Repost(Post);

/// An enum that is told apart by a key.
#[derive(Serialize, Deserialize, Event)]
#[event("react", reply = String)]
#[serde(tag = "kind")]
enum React {
    Like,
    Say { text: String },
}

/// A list by right.
#[derive(Serialize, Deserialize, Event)]
#[event("move", reply = i32)]
struct Move(i32, i32);

/// Objects inside of one.
#[derive(Serialize, Deserialize, Event)]
#[event("thread", reply = usize)]
struct Thread {
    first: Post,
    #[serde(default)]
    answers: Vec<Post>,
    #[serde(default)]
    last: Option<Box<Post>>,
    #[serde(default)]
    by_name: BTreeMap<String, Post>,
    #[serde(default)]
    act: Option<Act>,
}

#[derive(Serialize, Deserialize)]
enum Act {
    Move(i32, i32),
    Say { text: String },
    Quote(Post),
}

/// An object among others.
#[derive(Serialize, Deserialize, Event)]
#[event("pin", reply = i32)]
struct Pin(Post, i32);

struct Wall;

impl Session for Wall {
    type Identity = ();
    type Events = (Post, Repost, React, Move, Thread, Pin);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Post> for Wall {
    fn on(&mut self, post: Post, _: &mut SessionContext<Self>) -> Result<String, Refusal> {
        Ok(format!("{}: {}", post.title, post.text))
    }
}

impl On<Repost> for Wall {
    fn on(
        &mut self,
        Repost(post): Repost,
        _: &mut SessionContext<Self>,
    ) -> Result<String, Refusal> {
        Ok(format!("{}: {}", post.title, post.text))
    }
}

impl On<React> for Wall {
    fn on(&mut self, react: React, _: &mut SessionContext<Self>) -> Result<String, Refusal> {
        Ok(match react {
            React::Like => "liked".to_owned(),
            React::Say { text } => text,
        })
    }
}

impl On<Thread> for Wall {
    fn on(&mut self, thread: Thread, _: &mut SessionContext<Self>) -> Result<usize, Refusal> {
        let said = match thread.act {
            Some(Act::Move(..)) => 2,
            Some(Act::Say { text } | Act::Quote(Post { text, .. })) => text.len(),
            None => 0,
        };
        let posts =
            [&thread.first].into_iter().chain(&thread.answers).chain(thread.by_name.values());
        Ok(said + posts.chain(thread.last.as_deref()).map(|post| post.title.len()).sum::<usize>())
    }
}

impl On<Pin> for Wall {
    fn on(&mut self, Pin(_, x): Pin, _: &mut SessionContext<Self>) -> Result<i32, Refusal> {
        Ok(x)
    }
}

impl On<Move> for Wall {
    fn on(&mut self, Move(x, y): Move, _: &mut SessionContext<Self>) -> Result<i32, Refusal> {
        Ok(x + y)
    }
}

/// Looks by the key, as one does who knows no type.
async fn nothing_bad(event: IncomingEvent) -> Result<(), Refusal> {
    let values = event.payload().values()?;
    let text = values.first().and_then(|value| value.get("text")?.as_str());
    match text {
        Some("bad") => Err(Refusal::other("bad", "not this text")),
        _ => Ok(()),
    }
}

fn wall(guarded: bool) -> Salon {
    let builder = Salon::builder().session::<Wall>();
    let builder = if guarded { builder.guard_events(nothing_bad) } else { builder };
    builder.build().expect("a wall")
}

/// What is in a struct's fields for its handler is there by its keys for whoever checks it.
#[salon::test]
async fn a_list_in_the_place_of_an_object_is_no_payload() {
    for (wire, guarded) in
        Wire::SOCKET_IO.into_iter().flat_map(|wire| [(wire, false), (wire, true)])
    {
        let lab = Lab::new(wall(guarded)).await;
        let client = lab.visitor().wire(wire).open().await?;
        client.send_raw(text("0"));
        assert!(next_text(&client).await.starts_with("0{"));
        // An upgrade takes its time.
        lab.advance(Duration::from_secs(1)).await;
        for (id, (event, path)) in (10..).zip([
            (r#"["post",["a","bad"]]"#, "."),
            (r#"["post", [ "a" ] ]"#, "."),
            (r#"["post",["a","bad"],{"title":"a","text":"good"}]"#, "."),
            (r#"["repost",["a","bad"]]"#, "."),
            (r#"["react",["Say","bad"]]"#, "."),
            (r#"["p\u006fst",["a","bad"]]"#, "."),
            (r#"["thread",{"first":["a","bad"]}]"#, "first"),
            (r#"["thread",{"first":{"title":"a"},"answers":[["a","bad"]]}]"#, "answers[0]"),
            (r#"["thread",{"first":{"title":"a"},"last":["a","bad"]}]"#, "last"),
            (r#"["thread",{"first":{"title":"a"},"by_name":{"b":["a"]}}]"#, "by_name.b"),
            (r#"["thread",{"first":{"title":"a"},"act":{"Say":["bad"]}}]"#, "act.Say"),
            (r#"["thread",{"first":{"title":"a"},"act":{"Quote":["a","bad"]}}]"#, "act.Quote"),
            (r#"["pin",["a","bad"],1]"#, "[0]"),
        ]) {
            client.send_raw(text(format!("2{id}{event}")));
            let answer = next_text(&client).await;
            let refused = format!(r#"3{id}[{{"error":{{"code":"invalid_payload""#);
            assert!(answer.starts_with(&refused), "{event} over {wire:?}: {answer}");
            assert!(answer.contains(&format!(r#""data":{{"path":"{path}"}}"#)), "{answer}");
        }
        for (event, answer) in [
            (r#"["post",{"title":"a","text":"good"}]"#, r#"39["a: good"]"#),
            (r#"["repost",{"title":"a"}]"#, r#"39["a: "]"#),
            (r#"["react",{"kind":"Like"}]"#, r#"39["liked"]"#),
            (r#"["move",1,2]"#, "39[3]"),
            (
                r#"["thread",{"first":{"title":"a"},"answers":[{"title":"b"}],"act":{"Move":[1,2]}}]"#,
                "39[4]",
            ),
            (
                r#"["thread",{"first":{"title":"a"},"last":{"title":"b"},"act":{"Say":{"text":"c"}}}]"#,
                "39[3]",
            ),
            (r#"["pin",{"title":"a"},7]"#, "39[7]"),
        ] {
            client.send_raw(text(format!("29{event}")));
            assert_eq!(next_text(&client).await, answer, "{wire:?}");
        }
        if guarded {
            client.send_raw(text(r#"29["post",{"title":"a","text":"bad"}]"#));
            assert!(next_text(&client).await.contains(r#""code":"bad""#));
        }
    }
}

#[test]
fn whoever_reads_an_argument_by_its_type_takes_no_list_for_an_object_either() {
    let list = Payload::from_parts(r#"["a","bad"]"#.into(), Vec::new());
    assert!(list.single::<Post>().is_err());
    assert!(list.get::<Post>(0).is_err());
    assert_eq!(list.single::<(String, String)>().expect("two texts").1, "bad");
}

/// Notes to the letter what it is shown.
#[derive(Clone, Default)]
struct Clerk(Arc<Mutex<Vec<String>>>);

impl Authenticator for Clerk {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<Authenticated<()>, Refusal> {
        let shown: Box<RawValue> = credentials.auth()?;
        self.0.lock().expect("no panic").push(shown.get().to_owned());
        Ok(Authenticated::new(()).subject("ada"))
    }
}

#[salon::test]
async fn an_authenticator_is_shown_the_same_by_a_refresh_as_by_a_connect() {
    for wire in Wire::SOCKET_IO {
        let clerk = Clerk::default();
        let salon = Salon::builder().authenticate(clerk.clone()).session::<Wall>().build()?;
        let lab = Lab::new(salon).await;
        let shown = [
            r#"{"token":"a","token":"b"}"#,
            r#"{"z":1,"a":1.0,"n":12345678901234567890123}"#,
            r#"{ "a" : "\u0061" }"#,
        ];
        let client = lab.visitor().wire(wire).open().await?;
        client.send_raw(text(format!("0{}", shown[0])));
        assert!(next_text(&client).await.starts_with("0{"));
        for auth in shown {
            lab.advance(Duration::from_secs(1)).await;
            client.send_raw(text(format!(r#"27["salon:refresh",{auth},"more"]"#)));
            assert_eq!(next_text(&client).await, "37[{}]", "{auth} over {wire:?}");
        }
        let seen = clerk.0.lock().expect("no panic").clone();
        assert_eq!(seen, [&shown[..1], &shown[..]].concat());
        for auth in [r#""token""#, "7", "null", "[]", r#"[{"token":"a"}]"#] {
            lab.advance(Duration::from_secs(1)).await;
            client.send_raw(text(format!(r#"27["salon:refresh",{auth}]"#)));
            assert!(next_text(&client).await.contains("invalid_payload"), "{auth}");
        }
        assert_eq!(clerk.0.lock().expect("no panic").len(), 4, "nobody was asked");
    }
}

/// A key that may become another one while it is looked at.
#[derive(Clone, Debug, Default)]
struct Shifty(Arc<Mutex<String>>);

impl Shifty {
    fn now(&self) -> String {
        self.0.lock().expect("no panic").clone()
    }
}

impl PartialEq for Shifty {
    fn eq(&self, other: &Self) -> bool {
        self.now() == other.now()
    }
}

impl Eq for Shifty {}

impl Hash for Shifty {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.now().hash(state);
    }
}

impl fmt::Display for Shifty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.now())
    }
}

impl Serialize for Shifty {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.now())
    }
}

impl<'de> Deserialize<'de> for Shifty {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Arc::new(Mutex::new(String::deserialize(deserializer)?))))
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("safe:open", room = Safe(safe), join, permit = "open", guard = Shifts, reply = String)]
struct OpenSafe {
    safe: Shifty,
}

/// Makes another key of the event's, if that is `shifty`.
struct Shifts;

impl Guard<OpenSafe> for Shifts {
    type Identity = ();

    async fn check(cx: Checked<'_, OpenSafe, ()>) -> Result<(), Refusal> {
        let mut key = cx.event().safe.0.lock().map_err(Refusal::internal)?;
        if *key == "shifty" {
            "vault".clone_into(&mut key);
        }
        Ok(())
    }
}

struct Safe;

impl Room for Safe {
    const NAME: &'static str = "safe";
    type Key = Shifty;
    type Identity = ();
    type Events = (OpenSafe,);
    type Sends = ();

    fn open(_: &Shifty, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<OpenSafe> for Safe {
    fn on(&mut self, _: OpenSafe, cx: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok(cx.name().to_owned())
    }
}

/// The application opens it.
impl Receive<()> for Safe {
    fn receive(&mut self, (): (), _: &mut RoomContext<Self>) {}
}

/// Everything but the vault.
struct NoVault;

impl Authority for NoVault {
    type Identity = ();

    async fn decide(&self, question: Question<()>) -> Result<Grant, Refusal> {
        match question.room() {
            Some("safe:vault") => Err(Refusal::forbidden("not the vault")),
            _ => Ok(Grant::standing()),
        }
    }
}

#[salon::test]
async fn an_event_whose_key_changes_while_it_is_checked_reaches_no_other_room() {
    let builder = Salon::builder().authenticate(Clerk::default()).authority(NoVault);
    let lab = Lab::new(builder.room::<Safe>().build()?).await;
    let client = lab.connect(json!({})).await?;
    let open = |name: &str| OpenSafe { safe: Shifty(Arc::new(Mutex::new(name.to_owned()))) };
    assert_eq!(client.send(open("box")).await?, "safe:box");
    let vault = lab.salon().room::<Safe>(&open("vault").safe);
    vault.open_and_tell(())?;
    assert_eq!(code(client.send(open("vault")).await), Code::Forbidden);
    assert_eq!(code(client.send(open("shifty")).await), Code::Closed);
    assert!(lab.drive(vault.members()).await.is_empty());
    assert_eq!(lab.counters().get(Count::RoomsOpened), 2);
}

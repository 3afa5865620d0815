//! A chat: what an app of that kind has for a contract.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{empty, event, several};
use crate::{
    Rate,
    document::{Document, NamespaceFacts, RoomFacts, SentBy},
    event::Policy,
    schema::Of,
};

/// Come in. The reply is who is there.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Join {
    room: String,
    /// What others see.
    #[serde(default)]
    name: Option<String>,
}

/// Say something. Only members may.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Say {
    room: String,
    text: String,
    /// What it is an answer to.
    answers: Option<Line>,
}

/// A line, as it was said.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Line {
    by: String,
    #[serde(default)]
    edited: bool,
}

/// What was said.
#[derive(Serialize, JsonSchema)]
struct Said {
    by: String,
    text: String,
    answers: Option<Line>,
    mood: Mood,
}

/// How it was meant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-open" = true))]
#[expect(dead_code, reason = "only its schema is looked at")]
enum Mood {
    Plain,
    /// With a smile.
    NotSoSerious,
}

/// How many are here?
#[derive(Deserialize, JsonSchema)]
struct Count;

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Move(i32, i32, Option<String>);

/// Something for everybody.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Notice {
    text: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Favourite {
    of: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Meta {
    name: String,
}

/// The contract of a chat, with a namespace for those who run it.
pub(in crate::generate) fn chat() -> Document {
    let say = Policy::new().rate(Rate::new(5, Duration::from_secs(1), 10)).permission("chat.say");
    let room = RoomFacts {
        name: "chat",
        presence: Some(Of::<Meta>::SCHEMA),
        history: Some((1000, 1 << 20, Some(Duration::from_secs(3600)))),
        is_durable: true,
        received: vec![
            (
                event::<Join, Vec<String>>("chat:join")
                    .keyed("room")
                    .with(Policy::new().refuses(&["full", "banned"])),
                SentBy::Join,
            ),
            (event::<Say, ()>("chat:say").keyed("room").with(say), SentBy::Member),
        ],
        sent: vec![event::<Said, ()>("chat:said"), event::<Notice, ()>("shared")],
    };
    let board = RoomFacts {
        name: "board",
        presence: None,
        history: None,
        is_durable: false,
        received: vec![],
        sent: vec![several::<(i32, i32), ()>("moved"), event::<Notice, ()>("shared")],
    };
    let main = NamespaceFacts {
        name: "/".to_owned(),
        received: vec![
            empty::<Count, u32>("count"),
            several::<Move, bool>("move"),
            event::<crate::payload::Binary, ()>("picture").with(Policy::new().once("id")),
        ],
        sent: vec![
            event::<Notice, ()>("notice").with(Policy::new().latest()),
            event::<Favourite, String>("favourite"),
        ],
        rooms: vec![room, board],
        untyped: vec!["anything".to_owned()],
    };
    let admin = NamespaceFacts {
        name: "/admin".to_owned(),
        received: vec![event::<Line, Line>("edit").with(Policy::new().auth())],
        ..NamespaceFacts::default()
    };
    Document::of(&[main, admin])
}

//! What serde does to types: each of them is sent by clients, and by the server.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::event;
use crate::{
    document::{Document, NamespaceFacts},
    payload::Binary,
};

/// Makes types of which only the schemas are looked at, and an event of each in both directions.
macro_rules! shapes {
    ($($(#[$attribute:meta])* $kind:ident $name:ident $body:tt)*) => {
        $(
            #[derive(Serialize, Deserialize, JsonSchema)]
            #[allow(dead_code, reason = "only its schema is looked at")]
            $(#[$attribute])*
            $kind $name $body
        )*

        /// A contract of all of these.
        pub(in crate::generate) fn shapes() -> Document {
            Document::of(&[NamespaceFacts {
                name: "/".to_owned(),
                received: vec![
                    $(event::<$name, ()>(concat!("up:", stringify!($name))),)*
                    event::<Nested, Chain>("up:Nested"),
                ],
                sent: vec![$(event::<$name, ()>(concat!("down:", stringify!($name)))),*],
                ..NamespaceFacts::default()
            }])
        }
    };
}

fn one() -> u8 {
    1
}

mod seconds {
    //! A span as a number of seconds.

    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(span.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        f64::deserialize(from).map(Duration::from_secs_f64)
    }
}

shapes! {
    /// Names that are others in JSON.
    #[serde(rename_all = "camelCase")]
    struct Renamed {
        first_name: String,
        #[serde(rename = "last-name")]
        last: String,
    }

    /// What may be missing, and what is never there.
    struct Missing {
        maybe: Option<String>,
        #[serde(default)]
        list: Vec<u8>,
        #[serde(default = "one")]
        count: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        rare: Option<bool>,
        #[serde(skip)]
        never: u8,
        #[serde(skip_serializing, default)]
        secret: String,
        #[serde(skip_deserializing)]
        told: u8,
    }

    /// Nothing else is taken.
    #[serde(deny_unknown_fields)]
    struct Exact {
        a: bool,
    }

    /// Fields of another, and any others.
    struct Flat {
        #[serde(flatten)]
        exact: Renamed,
        #[serde(flatten)]
        others: HashMap<String, u32>,
    }

    /// One of several, among fields.
    struct FlatChoice {
        id: u32,
        #[serde(flatten)]
        choice: Internal,
    }

    /// A name around each.
    enum External {
        Nothing,
        One(String),
        Two(String, u8),
        /// With names.
        Named { a: u8, b: Option<u8> },
    }

    /// A name among the fields of each.
    #[serde(tag = "type", rename_all = "snake_case")]
    enum Internal {
        Nothing,
        /// As it is elsewhere.
        Other(Renamed),
        NamedSo { a: u8 },
    }

    /// A name beside each.
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Nothing,
        One(String),
        Two(String, u8),
        Named { a: u8 },
    }

    /// As it looks.
    #[serde(untagged)]
    enum Untagged {
        Text(String),
        Number(f64),
        Both { text: String, number: f64 },
        Nothing,
    }

    /// Names alone.
    #[serde(rename_all = "SCREAMING-KEBAB-CASE")]
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Names {
        /// The first.
        FirstOne,
        SecondOne,
        #[serde(skip)]
        Never,
        /// The last. */ alert("no end of the comment") /*
        LastOne,
    }

    /// What the standard library has.
    struct Collections {
        map: HashMap<String, Vec<Option<u8>>>,
        numbered: BTreeMap<u32, String>,
        named: BTreeMap<Names, bool>,
        set: BTreeSet<String>,
        pair: (u8, String),
        three: [f32; 3],
        many: [u8; 32],
        boxed: Box<str>,
        result: Result<u8, String>,
        character: char,
        unit: (),
        value: serde_json::Value,
        deep: Vec<Vec<Option<(u8, bool)>>>,
    }

    /// What is in itself.
    struct Tree {
        value: i64,
        children: Vec<Tree>,
        parent: Option<Box<Tree>>,
    }

    /// Numbers that JavaScript cannot have, bytes, and what somebody else writes.
    struct Special {
        large: u64,
        #[schemars(range(max = 9_007_199_254_740_991_u64))]
        safe: u64,
        bytes: Binary,
        #[serde(with = "seconds")]
        #[schemars(with = "f64")]
        span: std::time::Duration,
        #[schemars(extend("format" = "date-time"))]
        at: String,
        #[deprecated]
        old: u8,
        #[serde(rename = "for")]
        word: u8,
        #[serde(rename = "9 lives \"*/")]
        odd: u8,
    }

    /// What may be extended.
    #[schemars(extend("x-open" = true))]
    enum Open {
        A,
        B,
    }

    /// A name that TypeScript has.
    #[schemars(rename = "string")]
    struct Taken {
        other: Option<Generic<Generic<u8>>>,
    }

    /// Fields that are called as words of JSON Schema.
    struct Words {
        default: Box<Missing>,
        properties: Exact,
        required: bool,
        reference: Option<Exact>,
    }

    /// No fields at all.
    struct Nothing {}
}

/// A list of lists.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Nested(Vec<Nested>);

/// Nothing but itself.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Chain(Option<Box<Chain>>);

/// Something with a type in it.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Generic<T> {
    of: T,
}

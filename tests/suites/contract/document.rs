//! What the document says of an app.

use std::{collections::BTreeMap, time::Duration};

use salon::{
    History, Namespace, Presence, Present,
    contract::{Carries, Document, LossContract, ReplyContract, SentBy},
    prelude::*,
};
use schemars::JsonSchema;
use serde_json::{Value, json};

/// What somebody looks like.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Card {
    full_name: String,
    #[serde(default)]
    likes: Vec<String>,
    #[serde(skip)]
    _secret: u8,
}

/// Come in.
#[derive(Deserialize, Event, JsonSchema)]
#[event("table:sit", room = Table(table_id), join, reply = Vec<Card>, rate = "5/m burst 2", refuses = NoSeat)]
#[serde(rename_all = "camelCase")]
struct Sit {
    /// Which table.
    table_id: u32,
    card: Card,
    #[serde(flatten)]
    more: BTreeMap<String, u8>,
}

#[derive(Refusals)]
enum NoSeat {
    #[refusal("full", "All seats are taken.")]
    Full,
    #[refusal("closed", "The table is closed.")]
    #[expect(dead_code, reason = "its code is what counts")]
    Closed,
}

#[derive(Deserialize, Event, JsonSchema)]
#[event("table:bet", room = Table(table), once = id)]
struct Bet {
    #[serde(rename(deserialize = "at", serialize = "of"))]
    table: u32,
    id: String,
    amount: u64,
}

#[derive(Deserialize, Event, JsonSchema)]
#[event("table:knock", room = Table(0), anyone)]
struct Knock(u32);

#[derive(Deserialize, Event, JsonSchema)]
#[event("table:point", room = Table(0), anyone)]
struct Point(u32, f32, f32);

/// Somebody has sat down.
#[derive(Serialize, Event, JsonSchema)]
#[event("table:sat")]
struct Sat {
    card: Card,
    #[serde(skip_serializing_if = "Option::is_none")]
    seat: Option<u8>,
}

#[derive(Serialize, Event, JsonSchema)]
#[event("table:pointed", latest, throttle = "100ms")]
struct Pointed(f32, f32);

#[derive(Serialize, Event, JsonSchema)]
#[event("notice", drop = oldest, queue = 8)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Notice {
    #[expect(dead_code, reason = "its schema is what counts")]
    Closing { in_seconds: u32 },
    #[expect(dead_code, reason = "its schema is what counts")]
    Open,
}

/// Which one?
#[derive(Serialize, Event, JsonSchema)]
#[event("choose", reply = Choice)]
struct Choose {
    among: Vec<u8>,
}

#[derive(Deserialize, JsonSchema)]
struct Choice {
    #[serde(default)]
    #[expect(dead_code, reason = "its schema is what counts")]
    number: u8,
}

/// Say nothing.
#[derive(Deserialize, Event, JsonSchema)]
#[event("hush")]
struct Hush;

#[derive(Deserialize, Event)]
#[event("unknown", reply = Value)]
struct Unknown {
    _at: u8,
}

#[derive(Default)]
struct Table;

#[salon::room(
    key = u32, sends = (Sat, Pointed, Notice), presence = Presence::on().described(),
    history = History::keep(10).age(Duration::from_secs(5))
)]
impl Table {
    #[on]
    fn sit(&mut self, sit: Sit, cx: &mut EventContext<'_, Self>) -> Result<Vec<Card>, NoSeat> {
        if sit.more.contains_key("full") {
            return Err(NoSeat::Full);
        }
        cx.broadcast(&Sat { card: sit.card.clone(), seat: None });
        Ok(vec![sit.card])
    }

    #[on]
    fn bet(&mut self, bet: Bet) {
        let _ = (bet.table, bet.id, bet.amount);
    }

    #[on]
    fn knock(&mut self, _: Knock) {}

    #[on]
    fn point(&mut self, Point(_, x, y): Point, cx: &mut EventContext<'_, Self>) {
        cx.broadcast(&Pointed(x, y));
    }
}

impl Present for Table {
    type Meta = Card;

    fn meta(&self, _: &Member<()>) -> Card {
        Card { full_name: "Ada".to_owned(), likes: Vec::new(), _secret: 0 }
    }
}

#[derive(Default)]
struct Guest;

#[salon::session(identity = (), sends = (Notice, Choose))]
impl Guest {
    #[on]
    fn hush(&mut self, _: Hush) {}

    #[on]
    fn unknown(&mut self, _: Unknown) -> Value {
        Value::Null
    }
}

fn document() -> Document {
    let salon = Salon::builder()
        .session::<Guest>()
        .room::<Table>()
        .on("shout", |_, _| {})
        .namespace(Namespace::new("/other").on("x", |_, _| {}))
        .build()
        .expect("it fits together");
    salon.contract()
}

#[test]
fn every_event_is_there_with_what_its_derive_says() {
    let document = document();
    let main = &document.namespaces["/"];
    let sit = &main.up["table:sit"];
    assert_eq!(sit.description.as_deref(), Some("Come in."));
    assert_eq!((sit.room.as_deref(), sit.by), (Some("table"), Some(SentBy::Join)));
    assert_eq!(sit.refusals.as_deref(), Some(&["full".to_owned(), "closed".to_owned()][..]));
    let rate = sit.rate.expect("it is limited");
    assert_eq!((rate.count, rate.per_ms, rate.burst), (5, 60_000, 2));
    assert!(
        matches!(&sit.reply, ReplyContract::Value(Some(list)) if list["type"] == "array"),
        "{:?}",
        sit.reply
    );
    let bet = &main.up["table:bet"];
    assert_eq!((bet.by, bet.once.as_deref()), (Some(SentBy::Member), Some("id")));
    assert_eq!(bet.reply, ReplyContract::Nothing);
    let hush = &main.up["hush"];
    assert_eq!((hush.payload.carries, &hush.room), (Carries::Nothing, &None));
    assert_eq!(hush.description.as_deref(), Some("Say nothing."));
    assert_eq!(main.up["table:point"].by, Some(SentBy::Anyone));
    let pointed = &main.down["table:pointed"];
    assert_eq!((pointed.payload.carries, pointed.loss), (Carries::Several, LossContract::Latest));
    assert_eq!(pointed.throttle_ms, Some(100));
    let notice = &main.down["notice"];
    assert_eq!(
        (notice.session, &*notice.rooms, notice.loss),
        (true, &["table".to_owned()][..], LossContract::Oldest(8))
    );
    assert!(matches!(&main.ask["choose"].reply, ReplyContract::Value(Some(_))));
    assert_eq!(main.untyped, ["shout"]);
    let table = &main.rooms["table"];
    assert!(table.presence.as_ref().is_some_and(|it| it.meta.is_some()));
    assert_eq!(table.history.map(|it| (it.events, it.age_ms)), Some((10, Some(5_000))));
    assert_eq!(document.namespaces["/other"].untyped, ["x"]);
}

#[test]
fn the_key_of_a_room_has_the_name_that_clients_write() {
    let main = &document().namespaces["/"];
    let keys = ["table:sit", "table:bet"].map(|event| main.up[event].key.as_deref());
    assert_eq!(keys, [Some("tableId"), Some("at")]);
    assert_eq!(main.up["table:point"].key.as_deref(), Some("0"));
    assert_eq!(main.up["table:knock"].key, None, "it is the key itself");
}

#[test]
fn what_may_be_left_out_when_it_is_sent_to_us_is_there_when_we_send_it() {
    let document = document();
    let required = |name: &str| document.schemas[name]["required"].clone();
    assert_eq!(required("CardInput"), json!(["fullName"]));
    assert_eq!(required("Card"), json!(["fullName", "likes"]));
    assert!(document.schemas["Card"]["properties"].get("_secret").is_none());
    assert_eq!(required("Sat"), json!(["card"]));
    // What refers to it is of the same direction.
    assert_eq!(document.schemas["Sit"]["properties"]["card"]["$ref"], "#/schemas/CardInput");
    assert_eq!(document.schemas["Sat"]["properties"]["card"]["$ref"], "#/schemas/Card");
    let answer = document.resolve(&document.schemas["Choose"]);
    assert_eq!(answer["type"], "object");
}

#[test]
fn what_is_not_said_or_cannot_be_read_is_a_warning() {
    let warnings = document().warnings;
    let has = |words: &[&str]| warnings.iter().any(|it| words.iter().all(|word| it.contains(word)));
    assert!(has(&["Unknown", "derive `schemars::JsonSchema`"]), "{warnings:?}");
    assert!(has(&["Bet.amount", "2^53"]), "{warnings:?}");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn a_document_is_read_as_it_was_written() {
    let document = document();
    let json = serde_json::to_string(&document).expect("it is JSON");
    assert_eq!(serde_json::from_str::<Document>(&json).expect("it is one"), document);
}

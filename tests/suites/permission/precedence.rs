//! The fixed order of the checks: whatever else is wrong with an event, the first answers.
//!
//! It must never let the answers of the checks come at once: they come after what is sent behind.

use salon::{
    Code, Count, IncomingEvent,
    auth::{Anyone, Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    prelude::*,
    testing::{self, Client, Failure, Lab, Wire},
};
use serde_json::{Value, json};

use crate::heard::{code, refusal};

/// The checks in their order, each as the code of its refusal.
const ORDER: [&str; 7] = [
    "rate_limited",
    "unauthorized",
    "banned",
    "invalid_payload",
    "not_a_member",
    "forbidden",
    "muted",
];

struct Named;

impl Authenticator for Named {
    type Identity = ();

    async fn authenticate(&self, _: Credentials) -> Result<Authenticated<()>, Refusal> {
        Ok(().into())
    }
}

/// Forbids what happens in halls with an odd number.
struct EvenOnly;

impl Authority for EvenOnly {
    type Identity = ();

    async fn decide(&self, question: Question<()>) -> Result<Grant, Refusal> {
        // The answer comes neither at once nor before what is sent behind the event.
        tokio::task::yield_now().await;
        match question.room().and_then(|room| room.strip_prefix("hall:")?.parse::<u64>().ok()) {
            Some(hall) if hall % 2 == 0 => Ok(Grant::standing()),
            _ => Err(Refusal::forbidden("only in halls with an even number")),
        }
    }
}

struct NotMuted;

impl Guard<Act> for NotMuted {
    type Identity = ();

    async fn check(cx: Checked<'_, Act, ()>) -> Result<(), Refusal> {
        match cx.event().muted {
            true => Err(Refusal::other("muted", "you are muted")),
            false => Ok(()),
        }
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("enter", room = Hall(hall), join)]
struct Enter {
    hall: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("act", room = Hall(hall), rate = "1/h", auth, permit = "act", guard = NotMuted, reply = String)]
struct Act {
    hall: u64,
    muted: bool,
    text: String,
}

struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    type Key = u64;
    type Identity = ();
    type Events = (Enter, Act);
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Hall {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Act> for Hall {
    fn on(&mut self, event: Act, _: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok(event.text)
    }
}

async fn not_banned(event: IncomingEvent) -> Result<(), Refusal> {
    tokio::task::yield_now().await;
    match event.payload().json().contains("banned") {
        true => Err(Refusal::other("banned", format!("no {} for you", event.name()))),
        false => Ok(()),
    }
}

fn salon(anyone: bool) -> Salon {
    let builder = if anyone {
        Salon::builder().authenticate(Anyone)
    } else {
        Salon::builder().authenticate(Named)
    };
    let builder = builder.authority(EvenOnly).room::<Hall>().guard_events(not_banned);
    builder
        .on("untyped", |_, event| {
            let _ = event.acknowledge(("done",));
        })
        .build()
        .expect("a Salon")
}

/// An event of which the checks in `wrong` fail.
fn act(wrong: &[&str]) -> Value {
    let fails = |code| wrong.contains(&code);
    let text = if fails("invalid_payload") { json!(5) } else { json!("hello") };
    let mut act = json!({
        "hall": if fails("forbidden") { 7 } else { 8 },
        "muted": fails("muted"),
        "text": text,
    });
    if fails("banned") {
        act["mark"] = json!("banned");
    }
    act
}

/// A client that is about to send an event of which the checks in `wrong` fail.
async fn come(lab: &Lab, wire: Wire, wrong: &[&str]) -> Result<Client, Failure> {
    let client = lab.connect_over(wire, ()).await?;
    if !wrong.contains(&"not_a_member") {
        for hall in [7, 8] {
            client.send(Enter { hall }).await?;
        }
    }
    if wrong.contains(&"rate_limited") {
        // Whatever else becomes of it, it is the one of this hour.
        let _ = client.send(Act { hall: 8, muted: false, text: "hello".to_owned() }).await;
    }
    Ok(client)
}

#[test]
fn whatever_fails_the_first_check_in_order_answers() {
    let others: Vec<&str> = ORDER.into_iter().filter(|code| *code != "unauthorized").collect();
    testing::for_seeds(0..3, async |seed| {
        for anyone in [false, true] {
            let lab = Lab::builder(salon(anyone)).workers(4).seed(seed).start().await;
            // Somebody keeps the halls open, so that who is no member is not refused at once.
            let _host = come(&lab, Wire::WebSocket, &[]).await?;
            for chosen in 0..1_u32 << others.len() {
                let mut wrong = others.clone();
                let mut index = 0..;
                wrong.retain(|_| index.next().is_some_and(|index: u32| chosen >> index & 1 == 1));
                if anyone {
                    wrong.push("unauthorized");
                }
                let first = ORDER.into_iter().find(|code| wrong.contains(code));
                let client = come(&lab, Wire::WebSocket, &wrong).await?;
                let answer = client.call::<String>("act", (act(&wrong),)).await;
                match first {
                    Some(first) => assert_eq!(code(answer).as_str(), first, "of {wrong:?}"),
                    None => assert_eq!(answer?, "hello"),
                }
                client.expect_none().await;
            }
        }
        Ok(())
    });
}

#[salon::test]
async fn without_an_acknowledgement_each_refusal_is_an_event() {
    for wire in Wire::ALL {
        for code in ORDER {
            let lab = Lab::new(salon(code == "unauthorized")).await;
            let client = come(&lab, wire, &[code]).await?;
            client.emit_named("act", (act(&[code]),));
            let refused = client.expect_named("salon:refused").await.json();
            assert_eq!(refused[0]["event"], "act", "over {wire:?}");
            assert_eq!(refused[0]["error"]["code"], code, "over {wire:?}");
            client.expect_none().await;
        }
    }
}

#[salon::test]
async fn the_checks_of_a_namespace_see_untyped_events_but_none_that_nobody_handles() {
    let lab = Lab::new(salon(false)).await;
    let client = lab.connect(()).await?;
    assert_eq!(client.call::<String>("untyped", ("hello",)).await?, "done");
    let banned = refusal(client.call::<String>("untyped", ("banned",)).await);
    assert_eq!(banned.message(), "no untyped for you");
    assert_eq!(banned.code().as_str(), "banned");
    let unknown = client.call::<String>("unknown", ("banned",)).await;
    assert_eq!(code(unknown), Code::UnknownEvent);
    assert_eq!(lab.counters().get(Count::EventsRefused), 2);
}

#[salon::test]
async fn an_invalid_payload_is_refused_with_the_path_of_the_bad_field() {
    let lab = Lab::new(salon(false)).await;
    for (payload, path) in [
        (json!({ "hall": 1, "muted": false, "text": 5 }), "text"),
        (json!({ "hall": 1, "text": "hello" }), "muted"),
        (json!("hello"), "."),
    ] {
        let client = lab.connect(()).await?;
        let refusal = refusal(client.call::<String>("act", (payload,)).await);
        assert_eq!(*refusal.code(), Code::InvalidPayload);
        assert_eq!(refusal.data(), Some(&json!({ "path": path })));
    }
}

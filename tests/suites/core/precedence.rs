//! The fixed order of the checks: whatever else is wrong with an event, the first answers.

use salon::{
    Count, IncomingEvent,
    auth::{Anyone, Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    prelude::*,
};
use salon_tests::{Result, in_process::InProcess, socket_io::Client};
use serde_json::{Value, json};

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

#[derive(Deserialize, Event)]
#[event("enter", room = Hall(hall), join)]
struct Enter {
    hall: u64,
}

#[derive(Deserialize, Event)]
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

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Hall {
    fn on(&mut self, _: Enter, _: &mut RoomContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Act> for Hall {
    fn on(&mut self, event: Act, _: &mut RoomContext<Self>) -> Result<String, Refusal> {
        Ok(event.text)
    }
}

async fn not_banned(event: IncomingEvent) -> Result<(), Refusal> {
    tokio::task::yield_now().await;
    match event.arguments().json().contains("banned") {
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
async fn client(server: &InProcess, wrong: &[&str]) -> Result<Client> {
    let mut client = Client::connect(server.address(), json!({})).await?;
    if !wrong.contains(&"not_a_member") {
        for hall in [7, 8] {
            client.ask("enter", json!({ "hall": hall })).await?;
        }
    }
    if wrong.contains(&"rate_limited") {
        client.ask("act", act(&[])).await?;
    }
    Ok(client)
}

#[tokio::test]
async fn whatever_fails_the_first_check_in_order_answers() -> Result<()> {
    for anyone in [false, true] {
        let server = InProcess::start(&salon(anyone), 2)?;
        // Somebody keeps the halls open, so that who is no member is not refused at once.
        let mut host = Client::connect(server.address(), json!({})).await?;
        for hall in [7, 8] {
            host.ask("enter", json!({ "hall": hall })).await?;
        }
        let others: Vec<&str> = ORDER.into_iter().filter(|code| *code != "unauthorized").collect();
        for chosen in 0..1_u32 << others.len() {
            let mut wrong = others.clone();
            let mut index = 0..;
            wrong.retain(|_| index.next().is_some_and(|index: u32| chosen >> index & 1 == 1));
            if anyone {
                wrong.push("unauthorized");
            }
            let first = ORDER.into_iter().find(|code| wrong.contains(code));
            let answer = client(&server, &wrong).await?.ask("act", act(&wrong)).await?;
            match first {
                Some(first) => assert_eq!(answer[0]["error"]["code"], first, "of {wrong:?}"),
                None => assert_eq!(answer, [json!("hello")]),
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn without_an_acknowledgement_each_refusal_is_an_event() -> Result<()> {
    for code in ORDER {
        let server = InProcess::start(&salon(code == "unauthorized"), 1)?;
        let mut client = client(&server, &[code]).await?;
        client.emit("act", act(&[code])).await?;
        let refused = client.expect("salon:refused").await?;
        assert_eq!(refused[0]["event"], "act");
        assert_eq!(refused[0]["error"]["code"], code);
    }
    Ok(())
}

#[tokio::test]
async fn the_checks_of_a_namespace_see_untyped_events_but_none_that_nobody_handles() -> Result<()> {
    let salon = salon(false);
    let server = InProcess::start(&salon, 1)?;
    let mut client = Client::connect(server.address(), json!({})).await?;
    assert_eq!(client.ask("untyped", json!("hello")).await?, [json!("done")]);
    let banned = client.ask("untyped", json!("banned")).await?;
    assert_eq!(banned[0]["error"]["message"], "no untyped for you");
    let unknown = client.ask("unknown", json!("banned")).await?;
    assert_eq!(unknown[0]["error"]["code"], "unknown_event");
    assert_eq!(salon.counters().get(Count::EventsRefused), 2);
    Ok(())
}

#[tokio::test]
async fn an_invalid_payload_is_refused_with_the_path_of_the_bad_field() -> Result<()> {
    let server = InProcess::start(&salon(false), 1)?;
    for (payload, path) in [
        (json!({ "hall": 1, "muted": false, "text": 5 }), "text"),
        (json!({ "hall": 1, "text": "hello" }), "muted"),
        (json!("hello"), "."),
    ] {
        let mut client = Client::connect(server.address(), json!({})).await?;
        let answer = client.ask("act", payload).await?;
        assert_eq!(answer[0]["error"]["data"], json!({ "path": path }));
    }
    Ok(())
}

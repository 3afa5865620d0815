//! What has a rate has it for one connection and one thing that the app has declared, under however
//! many names a client comes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use salon::auth::Identified;
use salon::{
    Builder, Namespace, Salon,
    auth::{Authenticated, Authenticator, Credentials},
    event::Rate,
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};

use crate::table::{next_text, text};

const SECOND: Duration = Duration::from_secs(1);

/// `io(url, { auth: { say: "yes" } })`
#[derive(Deserialize)]
struct Words {
    say: String,
}

/// Counts who asks, and lets in who says `yes`.
#[derive(Clone, Default)]
struct Doorman(Arc<AtomicUsize>);

impl Doorman {
    fn asked(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Authenticator for Doorman {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<Authenticated<()>, Refusal> {
        self.0.fetch_add(1, Ordering::Relaxed);
        match credentials.auth::<Words>()?.say.as_str() {
            "yes" => Ok(Authenticated::new(()).subject("somebody")),
            _ => Err(Refusal::unauthorized("say yes")),
        }
    }
}

#[derive(Deserialize, Event)]
#[event("seldom", rate = "1/h burst 3")]
struct Seldom {}

#[derive(Deserialize, Event)]
#[event("rarely", rate = "1/h burst 3", auth)]
struct Rarely {}

struct Guest;

impl Session for Guest {
    type Identity = ();
    type Events = (Seldom, Rarely);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Seldom> for Guest {
    fn on(&mut self, _: Seldom, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Rarely> for Guest {
    fn on(&mut self, _: Rarely, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Err(Refusal::forbidden("nobody may, and it counts all the same"))
    }
}

/// A Salon that is described, but for what one test wants of it.
type Known = Builder<Identified<()>>;

/// `/` and every `/hall-N` have the same handlers, and every `/tower-N` too.
fn salon(doorman: &Doorman, change: impl FnOnce(Known) -> Known) -> Salon {
    let with = |namespace: Namespace| namespace.authenticate(doorman.clone()).session::<Guest>();
    let builder = Salon::builder()
        .authenticate(doorman.clone())
        .session::<Guest>()
        .namespace(with(Namespace::pattern(r"/hall-{number:\d+}")))
        .namespace(with(Namespace::matching(|name| name.starts_with("/tower-"))));
    change(builder).build().expect("a Salon")
}

/// A client that speaks by itself, and has moved where it wants to be.
async fn open(lab: &Lab, wire: Wire) -> Result<Client, Failure> {
    let client = lab.visitor().wire(wire).open().await?;
    lab.advance(SECOND).await;
    Ok(client)
}

/// What one packet is answered.
async fn answer(client: &Client, packet: impl Into<String>) -> String {
    client.send_raw(text(packet));
    next_text(client).await
}

/// Goes into a namespace.
async fn enter(client: &Client, namespace: &str) -> String {
    answer(client, format!(r#"0{namespace},{{"say":"yes"}}"#)).await
}

#[salon::test]
async fn a_connection_has_a_rate_of_connects_whatever_comes_of_each() {
    for wire in Wire::SOCKET_IO {
        for namespace in ["/", "/hall-1", "/nowhere"] {
            let doorman = Doorman::default();
            let limits = |builder: Known| {
                builder.limits(|limits| {
                    limits.max_namespaces = 1;
                    limits.connect_rate = Rate::new(1, SECOND, 5);
                })
            };
            let lab = Lab::new(salon(&doorman, limits)).await;
            let client = open(&lab, wire).await?;
            let connect = format!(r#"0{namespace},{{"say":"no"}}"#);
            for _ in 0..6 {
                let refused = answer(&client, &*connect).await;
                assert!(
                    refused.starts_with(&format!("4{namespace},").replace("/,", "")),
                    "{refused}"
                );
                assert!(!refused.contains("rate_limited"), "{refused}");
            }
            for _ in 0..1_000 {
                client.send_raw(text(&*connect));
            }
            for _ in 0..1_000 {
                let refused = next_text(&client).await;
                let limited = r#""data":{"retry_after_ms":1000}}"#;
                assert!(refused.ends_with(limited), "{wire:?} {namespace}: {refused}");
            }
            let known = namespace != "/nowhere";
            assert_eq!(doorman.asked(), if known { 6 } else { 0 }, "{wire:?} {namespace}");
            lab.advance(SECOND).await;
            assert!(!answer(&client, &*connect).await.contains("retry_after_ms"));
            assert!(answer(&client, &*connect).await.contains("retry_after_ms"));
        }
    }
}

#[salon::test]
async fn coming_and_going_is_connecting_too() {
    let doorman = Doorman::default();
    let rate = |builder: Known| {
        builder.limits(|limits| {
            limits.max_namespaces = 1;
            limits.connect_rate = Rate::new(1, SECOND, 5);
        })
    };
    let lab = Lab::new(salon(&doorman, rate)).await;
    let client = lab.visitor().open().await?;
    for _ in 0..6 {
        let connected = enter(&client, "/").await;
        assert!(connected.starts_with(r#"0{"sid":"#), "{connected}");
        client.send_raw(text("1"));
    }
    assert!(enter(&client, "/").await.contains("retry_after_ms"));
    assert_eq!(doorman.asked(), 6);
    let another = lab.visitor().open().await?;
    assert!(enter(&another, "/").await.starts_with("0{"), "another connection has its own");
}

#[salon::test]
async fn a_client_that_enters_as_many_namespaces_as_it_may_at_once_meets_no_rate() {
    for namespaces in [16, 500] {
        for wire in Wire::SOCKET_IO {
            let doorman = Doorman::default();
            let many = |builder: Known| builder.limits(|limits| limits.max_namespaces = namespaces);
            let lab = Lab::new(salon(&doorman, many)).await;
            let client = open(&lab, wire).await?;
            // Once and, after it has left all of them, once more.
            for _ in 0..2 {
                for hall in 0..namespaces {
                    client.send_raw(text(format!(r#"0/hall-{hall},{{"say":"yes"}}"#)));
                }
                for hall in 0..namespaces {
                    let connected = next_text(&client).await;
                    assert!(connected.starts_with(&format!("0/hall-{hall},")), "{connected}");
                }
                for hall in 0..namespaces {
                    client.send_raw(text(format!("1/hall-{hall},")));
                }
            }
        }
    }
}

/// Sends an event in a namespace, and says whether its rate let it pass.
async fn passes(client: &Client, namespace: &str, event: &str) -> bool {
    let answer = answer(client, format!(r#"2{namespace},7["{event}",{{}}]"#)).await;
    assert!(answer.starts_with(&format!("3{namespace},7[")), "{answer}");
    !answer.contains(r#""code":"rate_limited""#)
}

async fn has_one_rate_of_each(lab: &Lab, wire: Wire, at_once: bool) -> Result<(), Failure> {
    let client = open(lab, wire).await?;
    for kind in ["/hall-", "/tower-"] {
        // More than any table of rates was ever cleared at.
        for number in 0..100 {
            let namespace = format!("{kind}{number}");
            assert!(enter(&client, &namespace).await.starts_with("0/"), "{namespace}");
            for event in ["seldom", "rarely", "salon:refresh"] {
                let burst = if event == "salon:refresh" { 5 } else { 3 };
                let passed = passes(&client, &namespace, event).await;
                assert_eq!(passed, number < burst, "{wire:?}: {event} in {namespace}");
            }
            if !at_once {
                client.send_raw(text(format!("1{namespace},")));
            }
        }
    }
    assert!(enter(&client, "/").await.starts_with("0{"));
    assert!(answer(&client, r#"27["seldom",{}]"#).await.starts_with("37[]"), "/ has its own");
    let another = open(lab, wire).await?;
    enter(&another, "/hall-1").await;
    assert!(passes(&another, "/hall-1", "seldom").await, "so has another connection");
    Ok(())
}

#[salon::test]
async fn all_names_of_a_pattern_have_one_rate_of_each_event() {
    for wire in Wire::SOCKET_IO {
        for at_once in [true, false] {
            let many = |builder: Known| builder.limits(|limits| limits.max_namespaces = 1_000);
            let lab = Lab::new(salon(&Doorman::default(), many)).await;
            has_one_rate_of_each(&lab, wire, at_once).await?;
        }
    }
}

/// Answers when it is told to.
#[derive(Clone)]
struct Slow(Arc<tokio::sync::Semaphore>);

impl Authenticator for Slow {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<Authenticated<()>, Refusal> {
        self.0.acquire().await.map_err(Refusal::internal)?.forget();
        match credentials.auth::<Words>()?.say.as_str() {
            "yes" => Ok(Authenticated::new(())),
            _ => Err(Refusal::unauthorized("say yes")),
        }
    }
}

fn slow_salon() -> (Slow, Salon) {
    let slow = Slow(Arc::new(tokio::sync::Semaphore::new(0)));
    let salon = Salon::builder()
        .namespace(Namespace::pattern("/{any}").authenticate(slow.clone()).session::<Guest>())
        .limits(|limits| limits.max_namespaces = 3)
        .build()
        .expect("a Salon");
    (slow, salon)
}

#[salon::test]
async fn namespaces_that_are_still_connecting_count_and_what_they_leave_is_free_again() {
    for wire in Wire::SOCKET_IO {
        let (slow, salon) = slow_salon();
        let lab = Lab::new(salon).await;
        let client = open(&lab, wire).await?;
        for (name, word) in [("a", "yes"), ("b", "no"), ("c", "yes")] {
            client.send_raw(text(format!(r#"0/{name},{{"say":"{word}"}}"#)));
        }
        for name in ["d", "e"] {
            let refused = answer(&client, format!(r#"0/{name},{{"say":"yes"}}"#)).await;
            assert!(refused.starts_with(&format!("4/{name},")), "{wire:?}: {refused}");
            assert!(refused.contains(r#""code":"limit_exceeded""#), "{wire:?}: {refused}");
        }
        slow.0.add_permits(3);
        let answers =
            [next_text(&client).await, next_text(&client).await, next_text(&client).await];
        let begin = |begin: &str| answers.iter().filter(|it| it.starts_with(begin)).count();
        let found = (begin("0/a,"), begin("4/b,"), begin("0/c,"));
        assert_eq!(found, (1, 1, 1), "{wire:?}: {answers:?}");
        // The place of the one that was refused is free, and no other.
        client.send_raw(text(r#"0/d,{"say":"yes"}"#));
        let refused = answer(&client, r#"0/e,{"say":"yes"}"#).await;
        assert!(refused.starts_with("4/e,"), "{wire:?}: {refused}");
        slow.0.add_permits(1);
        assert!(next_text(&client).await.starts_with("0/d,"));
        assert_eq!(lab.counters().get(salon::Count::SessionsConnected), 3);
    }
}

#[salon::test]
async fn who_waits_to_hear_whether_it_may_connect_is_kept_and_who_was_refused_is_not() {
    for wire in Wire::SOCKET_IO {
        let slow = Slow(Arc::new(tokio::sync::Semaphore::new(0)));
        let guests = Namespace::pattern("/{any}").authenticate(slow.clone()).session::<Guest>();
        let builder = Salon::builder().namespace(guests);
        let salon = builder.limits(|limits| limits.max_unconnected = Some(4)).build()?;
        let lab = Lab::new(salon).await;
        let mut waiting = Vec::new();
        for number in 0..20 {
            let client = open(&lab, wire).await?;
            let word = if number % 2 == 0 { "yes" } else { "no" };
            client.send_raw(text(format!(r#"0/a,{{"say":"{word}"}}"#)));
            lab.settle().await;
            waiting.push(client);
        }
        let mut left_alone = Vec::new();
        for _ in 0..10 {
            left_alone.push(open(&lab, wire).await?);
        }
        slow.0.add_permits(20);
        for (number, client) in waiting.iter().enumerate() {
            let wanted = if number % 2 == 0 { "0/a," } else { "4/a," };
            let answer = next_text(client).await;
            assert!(answer.starts_with(wanted), "{wire:?}, client {number}: {answer}");
        }
        assert_eq!(lab.salon().connections(), 20 + 4, "{wire:?}");
        // Ten were refused, and go first: they are the oldest.
        for _ in 0..10 {
            left_alone.push(open(&lab, wire).await?);
        }
        assert_eq!(lab.salon().connections(), 20 + 4, "{wire:?}");
        for client in waiting.iter().skip(1).step_by(2) {
            client.closed().await;
        }
    }
}

#[salon::test]
async fn what_comes_for_a_namespace_that_is_still_connecting_ends_the_connection_and_leaves_nothing()
 {
    for wire in Wire::SOCKET_IO {
        for packet in [r#"0/a,{"say":"yes"}"#, r#"2/a,["seldom",{}]"#, "1/a,", "3/a,1[]"] {
            let (slow, salon) = slow_salon();
            let lab = Lab::new(salon).await;
            let client = open(&lab, wire).await?;
            client.send_raw(text(r#"0/a,{"say":"yes"}"#));
            client.send_raw(text(r#"0/b,{"say":"yes"}"#));
            client.send_raw(text(packet));
            client.closed().await;
            slow.0.add_permits(9);
            lab.advance(60 * SECOND).await;
            assert_eq!(lab.counters().get(salon::Count::SessionsConnected), 0, "{wire:?} {packet}");
            assert_eq!(lab.salon().connections(), 0, "{wire:?} {packet}");
            let found = lab.drive(lab.salon().namespace("/a").fetch()).await;
            assert!(found.is_empty(), "{wire:?} {packet}");
        }
    }
}

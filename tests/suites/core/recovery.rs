//! Clients that come back, and what they missed.
//!
//! It must never know more of a session than a client is told: its `pid`, and the last offset.

use std::time::Duration;

use salon::{
    Salon,
    auth::{What, Who},
    testing::{Client, Failure, Lab, Wire, for_seeds},
};
use serde_json::{Value, json};

use crate::{
    owners::{by_header, visitor},
    table::{next_text, text},
};

const MINUTE: Duration = Duration::from_secs(60);

fn salon() -> Result<Salon, salon::BuildError> {
    let builder = Salon::builder().on("join", |socket, event| {
        let room: String = event.payload.get(0).unwrap_or_default();
        let joined = socket.join(room).is_ok();
        let _ = event.acknowledge((joined,));
    });
    builder.recovery(MINUTE).build()
}

/// Opens a connection, having sent `connect`, and gives the first text.
async fn open(lab: &Lab, connect: &str) -> Result<(Client, String), Failure> {
    let client = lab.visitor().open().await?;
    client.send_raw(text(connect));
    let first = next_text(&client).await;
    Ok((client, first))
}

fn connected(reply: &str) -> Result<Value, Failure> {
    Ok(serde_json::from_str(reply.strip_prefix('0').ok_or(format!("not connected: {reply}"))?)?)
}

fn offset(event: &str) -> Result<String, Failure> {
    let event: Vec<Value> = serde_json::from_str(event.trim_start_matches('2'))?;
    let last = event.last().and_then(Value::as_str);
    Ok(last.ok_or("every event has an offset as its last argument")?.to_owned())
}

#[salon::test]
async fn who_comes_back_is_who_it_was_and_gets_what_it_missed_in_order() {
    let lab = Lab::builder(salon()?).workers(2).start().await;
    let (client, reply) = open(&lab, "0").await?;
    let before = connected(&reply)?;
    client.send_raw(text(r#"20["join","red"]"#));
    assert_eq!(next_text(&client).await, "30[true]");
    let all = lab.salon().namespace("/");
    all.emit_named("news", (1,));
    let offset = offset(&next_text(&client).await)?;
    client.reset();
    lab.settle().await;
    assert!(lab.drive(all.fetch()).await.is_empty());
    all.emit_named("news", (2,));
    all.clone().to("blue").emit_named("news", ("not for it",));
    all.clone().to("red").emit_named("news", (3,));
    all.clone().volatile().emit_named("news", ("volatile",));

    let claim = json!({ "pid": before["pid"], "offset": offset });
    let (client, first) = open(&lab, &format!("0{claim}")).await?;
    let second = next_text(&client).await;
    assert!(first.starts_with(r#"2["news",2,"#), "{first}");
    assert!(second.starts_with(r#"2["news",3,"#), "{second}");
    assert_eq!(connected(&next_text(&client).await)?, before);
    assert!(lab.drive(all.fetch()).await[0].is_recovered());
    all.to("red").emit_named("news", (4,));
    let third = next_text(&client).await;
    assert!(third.starts_with(r#"2["news",4,"#), "it is in its rooms again: {third}");
}

#[test]
fn what_is_said_while_a_client_comes_back_comes_to_it_once_and_in_order() {
    const SAID: u64 = 60;
    for_seeds(0..40, async |seed| {
        for wire in Wire::SOCKET_IO {
            let speaker = Salon::builder().on("speak", |socket, _| {
                let all = socket.everyone();
                actix_web::rt::spawn(async move {
                    for number in 1..=SAID {
                        all.emit_named("news", (number,));
                        tokio::task::yield_now().await;
                    }
                });
            });
            let lab = Lab::builder(speaker.recovery(MINUTE).build()?).workers(2).seed(seed);
            let lab = lab.start().await;
            let speaker = lab.visitor().worker(1).connect().await?;
            let client = lab.visitor().worker(0).wire(wire).connect().await?;
            let id = client.id().ok_or("no id")?;
            let is_recovered = async || {
                let its_own = lab.salon().namespace("/").to(id.clone());
                lab.drive(its_own.fetch()).await.iter().all(salon::Socket::is_recovered)
            };
            lab.salon().namespace("/").emit_named("news", (0,));
            client.expect_named("news").await;
            assert!(!is_recovered().await, "{wire:?}: it is new");
            client.reset();
            lab.settle().await;
            speaker.emit_named("speak", ());
            client.reconnect().await?;
            let heard = client.events().await;
            let heard: Vec<_> = heard.iter().map(|event| event.json()[0].as_u64()).collect();
            assert_eq!(heard, (1..=SAID).map(Some).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(client.id(), Some(id.clone()), "{wire:?}");
            assert!(is_recovered().await, "{wire:?}: it was there before");
        }
        Ok(())
    });
}

/// Its polls are served by both workers: the one that it lives on may hear of the loss only after the
/// revocation.
#[test]
fn a_session_that_was_revoked_while_its_connection_was_lost_is_not_given_back() {
    for_seeds(0..40, async |seed| {
        let lab = Lab::builder(salon()?).workers(2).seed(seed).start().await;
        let client = lab.visitor().wire(Wire::Polling).connect().await?;
        let id = client.id().ok_or("no id")?;
        lab.salon().namespace("/").emit_named("news", (0,));
        client.expect_named("news").await;
        lab.stall(0);
        client.reset();
        lab.settle().await;
        let (salon, session) = (lab.salon().clone(), Who::session(id.as_str()));
        lab.drive(async move { salon.revoke(session, What::Everything).await }).await;
        lab.resume(0);
        lab.settle().await;
        client.reconnect().await?;
        assert_ne!(client.id(), Some(id));
        Ok(())
    });
}

#[salon::test]
async fn a_client_comes_back_as_itself_for_as_long_as_was_promised_and_no_longer() {
    let lab = Lab::builder(salon()?).workers(2).start().await;
    let all = lab.salon().namespace("/");
    let client = lab.connect(()).await?;
    let first = client.id();
    for round in 0..3 {
        all.emit_named("news", (round, "heard"));
        assert_eq!(client.expect_named("news").await.json()[..2], [json!(round), json!("heard")]);
        client.reset();
        lab.settle().await;
        all.emit_named("news", (round, "missed"));
        lab.advance(MINUTE - Duration::from_millis(1)).await;
        client.reconnect().await?;
        assert_eq!(client.id(), first, "in round {round}");
        assert_eq!(client.expect_named("news").await.json()[..2], [json!(round), json!("missed")]);
        client.expect_none().await;
    }
    client.reset();
    lab.settle().await;
    all.emit_named("news", ("lost",));
    lab.advance(MINUTE + Duration::from_millis(1)).await;
    client.reconnect().await?;
    assert_ne!(client.id(), first);
    client.expect_none().await;
}

#[salon::test]
async fn a_session_is_given_back_to_nobody_else_and_only_once() {
    let lab = Lab::new(salon()?).await;
    let (client, reply) = open(&lab, "0").await?;
    let before = connected(&reply)?;
    let all = lab.salon().namespace("/");
    all.emit_named("news", (1,));
    let offset = offset(&next_text(&client).await)?;
    let claim = json!({ "pid": before["pid"], "offset": offset });
    client.reset();
    lab.settle().await;
    assert_eq!(lab.drive(all.fetch()).await.len(), 0);
    let forged = json!({ "pid": "A".repeat(20), "offset": offset });
    let unknown = json!({ "pid": before["pid"], "offset": offset.replace('-', "-9") });
    for claim in [forged, unknown] {
        let (_other, reply) = open(&lab, &format!("0{claim}")).await?;
        assert_ne!(connected(&reply)?["sid"], before["sid"], "for {claim}");
    }
    let (back, reply) = open(&lab, &format!("0{claim}")).await?;
    assert_eq!(connected(&reply)?["sid"], before["sid"]);
    back.close();
    lab.settle().await;
    lab.advance(2 * MINUTE).await;
    let (_late, reply) = open(&lab, &format!("0{claim}")).await?;
    assert_ne!(connected(&reply)?["sid"], before["sid"]);
}

/// What a claim is answered with: the session's id.
async fn claim(lab: &Lab, namespace: &str, claim: &Value) -> Result<(Client, String), Failure> {
    let begin = if namespace == "/" { "0".to_owned() } else { format!("0{namespace},") };
    let (client, reply) = open(lab, &format!("{begin}{claim}")).await?;
    let reply = reply.strip_prefix(begin.as_str()).ok_or(format!("not connected: {reply}"))?;
    let reply: Value = serde_json::from_str(reply)?;
    Ok((client, reply["sid"].as_str().ok_or("no id")?.to_owned()))
}

#[salon::test]
async fn with_an_offset_that_is_none_of_the_servers_a_session_begins_anew_and_hears_nothing_old() {
    let salon = Salon::builder()
        .namespace(salon::Namespace::new("/other"))
        .limits(|limits| limits.max_recovery_frames = 6)
        .recovery(MINUTE)
        .build()?;
    let lab = Lab::builder(salon).workers(2).start().await;
    let (all, other) = (lab.salon().namespace("/"), lab.salon().namespace("/other"));
    all.emit_named("news", ("before anybody came",));
    other.emit_named("news", ("elsewhere",));
    let (client, reply) = open(&lab, "0").await?;
    let before = connected(&reply)?;
    for number in 0..2 {
        all.emit_named("news", (number,));
    }
    let first = offset(&next_text(&client).await)?;
    let second = offset(&next_text(&client).await)?;
    other.emit_named("news", ("elsewhere",));
    client.reset();
    lab.settle().await;
    all.emit_named("news", ("missed",));
    let (pid, sid) = (&before["pid"], before["sid"].as_str().ok_or("no id")?);
    let (epoch, number) = second.split_once('-').ok_or("an offset has an epoch")?;
    let number: u64 = number.parse()?;
    for forged in [
        json!({ "pid": pid, "offset": number }),
        json!({ "pid": pid, "offset": number.to_string() }),
        json!({ "pid": pid, "offset": "" }),
        json!({ "pid": pid, "offset": "0" }),
        json!({ "pid": pid, "offset": format!("{epoch}-+{number}") }),
        json!({ "pid": pid, "offset": format!("{epoch}-0{number}") }),
        json!({ "pid": pid, "offset": format!("{epoch}--{number}") }),
        json!({ "pid": pid, "offset": format!("0{epoch}-{number}") }),
        json!({ "pid": pid, "offset": format!("{second} ") }),
        json!({ "pid": pid, "offset": [second] }),
        // Of what is not sent yet, and more than there are numbers.
        json!({ "pid": pid, "offset": format!("{epoch}-{}", number + 3) }),
        json!({ "pid": pid, "offset": format!("{epoch}-{}", u64::MAX) }),
        json!({ "pid": pid, "offset": format!("{epoch}-{}0", u64::MAX) }),
        json!({ "offset": second }),
        json!({ "pid": [pid], "offset": second }),
        json!({ "pid": "", "offset": second }),
        json!({ "pid": sid, "offset": second }),
    ] {
        let (client, id) = claim(&lab, "/", &forged).await?;
        assert_ne!(id, sid, "for {forged}");
        client.expect_none().await;
    }
    let (_other, id) = claim(&lab, "/other", &json!({ "pid": pid, "offset": second })).await?;
    assert_ne!(id, sid, "in another namespace");
    // It has been sent both, and may have seen either last.
    let (back, missed) =
        open(&lab, &format!("0{}", json!({ "pid": pid, "offset": first }))).await?;
    assert!(missed.starts_with(r#"2["news",1,"#), "{missed}");
    assert!(next_text(&back).await.starts_with(r#"2["news","missed","#));
    assert_eq!(connected(&next_text(&back).await)?, before);
}

#[salon::test]
async fn the_offset_of_an_earlier_session_brings_nothing_from_before_this_one() {
    let lab = Lab::new(salon()?).await;
    let all = lab.salon().namespace("/");
    let (client, _) = open(&lab, "0").await?;
    all.emit_named("news", (1,));
    let offset = offset(&next_text(&client).await)?;
    client.close();
    lab.settle().await;
    all.emit_named("news", ("between",));
    // The official client keeps its offset, whoever it is told that it is now.
    let (client, reply) =
        open(&lab, &format!("0{}", json!({ "pid": "?", "offset": offset }))).await?;
    let second = connected(&reply)?;
    client.reset();
    lab.settle().await;
    all.emit_named("news", (2,));
    let claim = json!({ "pid": second["pid"], "offset": offset });
    let (client, missed) = open(&lab, &format!("0{claim}")).await?;
    assert!(missed.starts_with(r#"2["news",2,"#), "{missed}");
    assert_eq!(connected(&next_text(&client).await)?, second);
}

#[salon::test]
async fn what_is_kept_no_more_is_not_sent_and_what_is_missing_nothing_is_recovered() {
    // Long connected, and nothing said since: it has missed nothing but what is kept.
    let lab = Lab::new(salon()?).await;
    let all = lab.salon().namespace("/");
    let client = lab.connect(()).await?;
    let id = client.id();
    all.emit_named("news", (1,));
    client.expect_named("news").await;
    lab.advance(3 * MINUTE).await;
    client.reset();
    lab.settle().await;
    all.emit_named("news", (2,));
    client.reconnect().await?;
    assert_eq!(client.id(), id);
    assert_eq!(client.expect_named("news").await.json()[0], 2);
    client.expect_none().await;
    // Its session is over, though what it missed is kept still.
    client.reset();
    lab.settle().await;
    lab.advance(MINUTE / 2).await;
    all.emit_named("news", (3,));
    lab.advance(MINUTE / 2).await;
    client.reconnect().await?;
    assert_ne!(client.id(), id);
    client.expect_none().await;
}

#[salon::test]
async fn what_was_for_others_alone_or_for_all_but_it_is_not_among_what_it_missed() {
    let lab = Lab::builder(salon()?).workers(2).start().await;
    let all = lab.salon().namespace("/");
    let client = lab.connect(()).await?;
    let id = client.id().ok_or("no id")?;
    let _: bool = client.call("join", ("red",)).await?;
    all.emit_named("news", (0,));
    client.expect_named("news").await;
    client.reset();
    lab.settle().await;
    all.clone().except("red").emit_named("news", ("not for red",));
    all.clone().except(id.clone()).emit_named("news", ("not for it",));
    all.clone().to("red").except(id.clone()).emit_named("news", ("not for it in red",));
    all.clone().to("blue").emit_named("news", ("for blue",));
    all.clone().to("red").to("blue").except("green").emit_named("news", (1,));
    all.clone().to(id.clone()).emit_named("news", (2,));
    all.clone().except("blue").emit_named("news", (3,));
    client.reconnect().await?;
    let missed: Vec<_> =
        client.events().await.iter().map(|event| event.json()[0].clone()).collect();
    assert_eq!(missed, [json!(1), json!(2), json!(3)]);
}

#[salon::test]
async fn of_more_sessions_than_are_kept_the_oldest_begin_anew() {
    const MOST: usize = 3;
    let salon = Salon::builder()
        .limits(|limits| limits.max_recovery_sessions = MOST)
        .recovery(MINUTE)
        .build()?;
    let lab = Lab::new(salon).await;
    let mut clients = Vec::new();
    for _ in 0..2 * MOST {
        clients.push(lab.connect(()).await?);
    }
    lab.salon().namespace("/").emit_named("news", (1,));
    lab.settle().await;
    let mut ids = Vec::new();
    for client in &clients {
        client.expect_named("news").await;
        ids.push(client.id());
        client.reset();
        lab.settle().await;
    }
    for (at, client) in clients.iter().enumerate() {
        client.reconnect().await?;
        assert_eq!(client.id() == ids[at], at >= MOST, "client {at}");
    }
}

#[salon::test]
async fn a_session_is_given_back_to_the_principal_alone_whose_it_was() {
    for owner in [Some("ada"), None] {
        let salon = Salon::builder().allow_request(by_header).recovery(MINUTE).build()?;
        let lab = Lab::new(salon).await;
        let open = async |user: Option<&str>, connect: String| {
            let client = visitor(&lab, user).open().await?;
            client.send_raw(text(connect));
            let first = next_text(&client).await;
            Ok::<_, Failure>((client, first))
        };
        let (client, reply) = open(owner, "0".to_owned()).await?;
        let before = connected(&reply)?;
        lab.salon().namespace("/").emit_named("news", (1,));
        let offset = offset(&next_text(&client).await)?;
        client.reset();
        lab.settle().await;
        let claim = json!({ "pid": before["pid"], "offset": offset });
        let mut others = Vec::new();
        for other in [Some("ben"), Some("ada"), None].into_iter().filter(|other| *other != owner) {
            let (client, reply) = open(other, format!("0{claim}")).await?;
            assert_ne!(connected(&reply)?["sid"], before["sid"], "{other:?} for {owner:?}");
            others.push(client);
        }
        let (_back, reply) = open(owner, format!("0{claim}")).await?;
        assert_eq!(connected(&reply)?, before, "{owner:?}");
    }
}

#[salon::test]
async fn a_session_is_given_back_to_the_user_alone_whose_it_was() {
    let salon = Salon::builder()
        .authenticate(salon_tests::guests::ByName::default())
        .recovery(MINUTE)
        .build()?;
    let lab = Lab::new(salon).await;
    let (client, reply) = open(&lab, r#"0{"name":"ada"}"#).await?;
    let before = connected(&reply)?;
    lab.salon().namespace("/").emit_named("news", (1,));
    let offset = offset(&next_text(&client).await)?;
    client.reset();
    lab.settle().await;
    let mut others = Vec::new();
    for (name, is_hers) in
        [("bob", false), ("", false), ("ada", true), ("bob", false), ("ada", true)]
    {
        let claim = json!({ "pid": before["pid"], "offset": offset, "name": name });
        let (client, reply) = open(&lab, &format!("0{claim}")).await?;
        assert_eq!(connected(&reply)?["sid"] == before["sid"], is_hers, "{name:?}");
        others.push(client);
    }
}

//! Rights that are taken away: of a user, a session, a token; all, of one room, or of a permission.

use salon::{
    Code, Count, Namespace, Revoked,
    auth::{What, Who},
    testing::{Client, Wire},
    wire::engine_io::Message,
};
use serde_json::{Value, json};

use crate::club::{Club, Enter, Left, Ring, Rule, SECOND, Said, evicted, lapsed, revoke, say};

/// Whether a client has lost everything.
async fn is_revoked(client: &Client) -> bool {
    let lapsed = client.expect_named("salon:lapsed").await.json();
    lapsed == [json!({ "code": "revoked" })] && client.closed().await.code == Code::Revoked
}

#[salon::test]
async fn a_user_loses_every_connection() {
    let club = Club::open_with(3, |builder| builder).await?;
    let phone = club.guest("ada").await?;
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    let revoked = revoke(&club.lab, Who::user("ada"), What::Everything).await;
    assert_eq!((revoked.sessions, revoked.memberships), (2, 1));
    assert!(is_revoked(&phone).await);
    assert!(is_revoked(&guests[0]).await);
    assert_eq!(guests[1].expect::<Left>().await, lapsed("ada"));
    assert!(guests[1].is_connected());
}

#[salon::test]
async fn a_revoked_user_comes_back_with_a_newer_token_alone() {
    let club = Club::open().await?;
    let old = json!({ "token": club.token("ada", 3600 * SECOND) });
    club.lab.advance(2 * SECOND).await;
    revoke(&club.lab, Who::user("ada"), What::Everything).await;
    let refused = club.lab.connect(&old).await.expect_err("it was issued before");
    assert!(refused.to_string().contains("unauthorized"), "{refused}");
    club.lab.advance(2 * SECOND).await;
    club.guest("ada").await?;
    assert!(club.lab.connect(&old).await.is_err());
}

#[salon::test]
async fn a_token_of_a_clock_that_is_ahead_does_not_survive_a_revocation() {
    // Whether its session is there when its user is revoked, or was, or was refreshed by it.
    for presented in ["connected", "gone", "refreshed"] {
        for wire in Wire::ALL {
            let club = Club::open_with(2, |builder| builder).await?;
            let ahead = json!({ "token": club.token_ahead("ada", 2 * SECOND) });
            let visit = |auth: Value| club.lab.visitor().wire(wire).auth(auth).connect();
            let first = match presented {
                "refreshed" => club.guest("ada").await?,
                _ => visit(ahead.clone()).await?,
            };
            if presented == "refreshed" {
                first.call::<Value>("salon:refresh", (&ahead,)).await?;
            }
            if presented == "gone" {
                first.close();
                club.lab.settle().await;
            }
            club.lab.advance(SECOND).await;
            revoke(&club.lab, Who::user("ada"), What::Everything).await;
            for waited in [SECOND, 2 * SECOND, 3600 * SECOND] {
                let refused = visit(ahead.clone()).await;
                assert!(refused.is_err(), "{presented} {wire:?}, until {waited:?}");
                club.lab.advance(waited).await;
            }
            let newer = json!({ "token": club.token_ahead("ada", 2 * SECOND) });
            visit(newer).await?;
        }
    }
}

#[salon::test]
async fn the_leeway_is_how_far_a_token_may_be_ahead_that_was_there_when_its_user_was_revoked() {
    let club = Club::open_for(1, 5 * SECOND, |builder| builder).await?;
    let old = |ahead: u32| json!({ "token": club.token_ahead("ada", ahead * SECOND) });
    let (unseen, of_another_clock) =
        (old(4), json!({ "token": club.token_ahead("bob", 4 * SECOND) }));
    club.lab.advance(SECOND).await;
    revoke(&club.lab, Who::user("ada"), What::Everything).await;
    club.lab.advance(2 * SECOND).await;
    assert!(club.lab.connect(&unseen).await.is_err(), "nobody had presented it before");
    assert!(club.lab.connect(old(3)).await.is_err(), "it may be as old");
    club.lab.connect(old(4)).await?;
    club.lab.connect(of_another_clock).await?;
}

#[salon::test]
async fn one_session_or_one_token_is_revoked_without_the_others() {
    let club = Club::open().await?;
    let first = club.guest("ada").await?;
    club.lab.advance(SECOND).await;
    let second = club.guest("ada").await?;
    let id = first.id().expect("it is connected");
    assert_eq!(revoke(&club.lab, Who::session(id), What::Everything).await.sessions, 1);
    assert!(is_revoked(&first).await);
    assert!(second.is_connected());
    let token = json!({ "token": club.token("ada", 3600 * SECOND) });
    let third = club.lab.connect(&token).await?;
    let jti = format!("ada-{}", club.lab.elapsed().as_millis());
    club.lab.advance(SECOND).await;
    assert_eq!(revoke(&club.lab, Who::token(jti.clone()), What::Everything).await.sessions, 2);
    assert!(is_revoked(&third).await);
    assert!(is_revoked(&second).await, "its token has the same id");
    assert!(club.lab.connect(&token).await.is_err(), "nor does it come back");
}

#[salon::test]
async fn a_user_loses_one_room_and_keeps_the_others() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    guests[0].send(Enter { room: 2 }).await?;
    revoke(&club.lab, Who::user("ada"), What::room("parlour:1")).await;
    let out = evicted(&guests[0]).await;
    assert_eq!((out.room.as_str(), out.code.as_str()), ("parlour:1", "revoked"));
    assert_eq!(guests[1].expect::<Left>().await, lapsed("ada"));
    guests[1].send(say("who hears?")).await?;
    guests[0].expect_none().await;
    let refused = guests[0].send(say("let me in")).await.expect_err("it is no member");
    assert_eq!(*refused.code(), Code::NotAMember);
    // The authority is asked anew, and has nothing against it.
    guests[0].send(Enter { room: 1 }).await?;
}

#[salon::test]
async fn a_permission_is_revoked_with_what_rests_on_it() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["ada"]).await?;
    guests[0].send(Ring { room: 1 }).await?;
    let asked = club.rules.asked();
    revoke(&club.lab, Who::user("ada"), What::permission("ring")).await;
    guests[0].send(Ring { room: 1 }).await?;
    assert_eq!(club.rules.asked(), asked + 1, "it is asked anew");
    revoke(&club.lab, Who::user("ada"), What::permission("enter")).await;
    assert_eq!(evicted(&guests[0]).await.code, "revoked");
}

#[salon::test]
async fn what_was_queued_is_not_written_any_more() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    guests[0].stop_reading();
    let long = "x".repeat(8_000);
    for _ in 0..50 {
        guests[1].send(say(&long)).await?;
    }
    revoke(&club.lab, Who::user("ada"), What::room("parlour:1")).await;
    guests[1].send(say("after")).await?;
    guests[0].read_on();
    let heard = guests[0].events().await;
    let said = heard.iter().filter(|event| event.name == "room:said").count();
    assert!(said < 25, "{said} of 50 were on the line already");
    assert_eq!(heard.last().map(|event| event.name.as_str()), Some("salon:evicted"));
}

#[salon::test]
async fn a_client_that_reads_nothing_is_disconnected_in_time() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    guests[0].stop_reading();
    for _ in 0..50 {
        guests[1].send(say(&"x".repeat(8_000))).await?;
    }
    revoke(&club.lab, Who::user("ada"), What::Everything).await;
    club.lab.advance(5 * SECOND).await;
    assert_eq!(club.lab.salon().connections(), 1);
}

#[salon::test]
async fn an_answer_from_a_room_that_was_lost_is_a_refusal() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    guests[0].stop_reading();
    // More than the line holds: the answers wait in the outbox.
    for _ in 0..20 {
        guests[1].send(say(&"x".repeat(8_000))).await?;
    }
    let answered = guests[0].send(say("hello"));
    club.lab.settle().await;
    revoke(&club.lab, Who::user("ada"), What::room("parlour:1")).await;
    guests[0].read_on();
    let refused = answered.await.expect_err("the answer was withheld");
    assert_eq!(*refused.code(), Code::Lapsed);
    assert!(club.lab.counters().get(Count::FramesSuppressed) > 0);
}

#[salon::test]
async fn a_revoked_users_session_is_not_recovered() {
    let club = Club::open_with(1, |builder| builder.recovery(60 * SECOND)).await?;
    let ada = club.guest("ada").await?;
    ada.reset();
    club.lab.settle().await;
    club.lab.advance(2 * SECOND).await;
    revoke(&club.lab, Who::user("ada"), What::Everything).await;
    let refused = ada.reconnect().await.expect_err("it is revoked");
    assert!(refused.to_string().contains("unauthorized"), "{refused}");
}

#[salon::test]
async fn what_else_was_queued_for_a_revoked_session_is_dropped_as_well() {
    let club = Club::open().await?;
    let ada = club.guest("ada").await?;
    ada.stop_reading();
    let salon = club.lab.salon().clone();
    for number in 0..50 {
        let news = format!("{number} {}", "x".repeat(8_000));
        salon.namespace("/").emit_named("news", (news,));
    }
    club.lab.settle().await;
    revoke(&club.lab, Who::user("ada"), What::Everything).await;
    ada.read_on();
    club.lab.settle().await;
    let heard = ada.events().await;
    assert!(heard.len() < 25, "{} of 50 were on the line already", heard.len());
    assert_eq!(heard.last().map(|event| event.name.as_str()), Some("salon:lapsed"));
}

#[salon::test]
async fn an_answer_from_before_a_revocation_is_not_kept() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["ada"]).await?;
    club.rules.set("ada", "enter", Rule::Slow(SECOND));
    let salon = club.lab.salon().clone();
    let asking = actix_web::rt::spawn(async move { salon.reevaluate("parlour:1").await });
    club.lab.settle().await;
    let salon = club.lab.salon().clone();
    let revoking = actix_web::rt::spawn(async move {
        salon.revoke(Who::user("ada"), What::room("parlour:1")).await
    });
    club.lab.advance(2 * SECOND).await;
    assert_eq!(revoking.await?.memberships, 1);
    asking.await?;
    club.rules.set("ada", "enter", Rule::Never);
    let refused = guests[0].send(Enter { room: 1 }).await.expect_err("the authority says no");
    assert_eq!(*refused.code(), Code::Forbidden);
}

#[salon::test]
async fn an_event_that_waits_for_its_permission_does_not_survive_its_revocation() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["ada"]).await?;
    club.rules.set("ada", "ring", Rule::Slow(SECOND));
    let ringing = guests[0].send(Ring { room: 1 });
    club.lab.settle().await;
    revoke(&club.lab, Who::user("ada"), What::permission("ring")).await;
    club.lab.advance(2 * SECOND).await;
    let refused = ringing.await.expect_err("it was revoked meanwhile");
    assert_eq!(*refused.code(), Code::Revoked);
}

#[salon::test]
async fn a_session_that_is_gone_takes_no_connection_with_it() {
    let club = Club::open_with(1, |builder| {
        builder.namespace(Namespace::new("/open").on("ping", |_, event| {
            let _ = event.acknowledge(("pong",));
        }))
    })
    .await?;
    // One connection, two namespaces; the one with a token is left while it is asked about.
    let client = club.lab.visitor().namespace("/open").connect().await?;
    let token = club.token("ada", 10 * SECOND);
    client.send_raw(Message::Text(format!("0/,{{\"token\":\"{token}\"}}").into()));
    club.lab.settle().await;
    client.send_raw(Message::Text("1/,".into()));
    club.lab.settle().await;
    revoke(&club.lab, Who::user("ada"), What::Everything).await;
    club.lab.advance(60 * SECOND).await;
    assert_eq!(client.call::<String>("ping", ()).await?, "pong");
}

#[salon::test]
async fn nobody_is_revoked_where_nobody_is_meant() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["bob"]).await?;
    let revoked = revoke(&club.lab, Who::user("ada"), What::Everything).await;
    assert_eq!(revoked, Revoked::default());
    guests[0].send(say("hello")).await?;
    assert_eq!(guests[0].expect::<Said>().await.text, "hello");
}

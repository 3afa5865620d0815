//! Players meet in the whole app, each over a WebSocket of its own.

use serde_json::{Value, json};

use crate::client::{Client, start};

/// A payload that only names the lobby.
fn amber() -> Value {
    json!({ "lobby": "Amber" })
}

fn ready(ready: bool) -> Value {
    json!({ "lobby": "Amber", "ready": ready })
}

fn line(text: &str) -> Value {
    json!({ "lobby": "Amber", "text": text })
}

/// Two players, Ada the host, who both have been shown the roster of two.
async fn ada_and_bo() -> (Client, Client) {
    let address = start();
    let mut ada = Client::named(address, "Ada").await;
    ada.tell("lobby:join", amber()).await;
    let mut bo = Client::named(address, "Bo").await;
    bo.tell("lobby:join", amber()).await;
    assert_eq!(ada.news().await, "Bo came in.");
    assert_eq!(ada.roster_of(2).await, ["Ada", "Bo"]);
    assert_eq!(bo.roster_of(2).await, ["Ada", "Bo"]);
    (ada, bo)
}

#[actix_web::test]
async fn when_all_are_ready_a_countdown_runs_to_its_end() {
    let (mut ada, mut bo) = ada_and_bo().await;
    ada.tell("lobby:ready", ready(true)).await;
    let seats = bo.next("lobby:roster").await["seats"].clone();
    assert_eq!(seats[0], json!({ "id": ada.id, "name": "Ada", "ready": true }));
    assert_eq!(seats[1], json!({ "id": bo.id, "name": "Bo", "ready": false }));
    bo.tell("lobby:ready", ready(true)).await;
    for seconds in [3, 2, 1] {
        assert_eq!(ada.next("lobby:countdown").await["seconds"], seconds);
        assert_eq!(bo.next("lobby:countdown").await["seconds"], seconds);
    }
    let seats = ada.next("lobby:roster").await["seats"].clone();
    assert_eq!(seats[0]["ready"], false, "the next round wants everybody ready again");
    assert_eq!(ada.next("lobby:countdown").await["seconds"], 0);
    assert_eq!(bo.next("lobby:countdown").await["seconds"], 0);
}

#[actix_web::test]
async fn a_countdown_is_called_off_and_leaves_no_tick_behind() {
    let (mut ada, mut bo) = ada_and_bo().await;
    ada.tell("lobby:ready", ready(true)).await;
    bo.tell("lobby:ready", ready(true)).await;
    assert_eq!(ada.next("lobby:countdown").await["seconds"], 3);
    bo.tell("lobby:ready", ready(false)).await;
    assert_eq!(ada.next("lobby:countdown").await["seconds"], Value::Null);
    bo.tell("lobby:ready", ready(true)).await;
    for seconds in [3, 2, 1, 0] {
        assert_eq!(ada.next("lobby:countdown").await["seconds"], seconds);
    }
}

#[actix_web::test]
async fn alone_there_is_no_countdown() {
    let mut ada = Client::named(start(), "Ada").await;
    ada.tell("lobby:join", amber()).await;
    ada.tell("lobby:ready", ready(true)).await;
    ada.tell("lobby:say", line("anybody?")).await;
    assert_eq!(ada.roster_of(1).await, ["Ada"]);
    assert_eq!(ada.roster_of(1).await, ["Ada"]);
    assert_eq!(ada.next("lobby:said").await["text"], "anybody?");
}

#[actix_web::test]
async fn chat_reaches_all_and_is_limited() {
    let (mut ada, mut bo) = ada_and_bo().await;
    let mut accepted = 0;
    let refusal = loop {
        let answer = ada.ask("lobby:say", line(&format!("{accepted}"))).await;
        if !answer.is_null() {
            break answer["error"].clone();
        }
        accepted += 1;
    };
    assert!((5..50).contains(&accepted), "{accepted} lines without a break");
    assert_eq!(refusal["code"], "rate_limited");
    assert!(refusal["data"]["retry_after_ms"].is_u64(), "{refusal}");
    for number in 0..accepted {
        let said = json!({ "id": ada.id, "name": "Ada", "text": format!("{number}") });
        assert_eq!(bo.next("lobby:said").await, said);
    }
    bo.tell("lobby:say", line("one player's rate is not another's")).await;
}

#[actix_web::test]
async fn who_is_not_in_a_lobby_has_no_say_in_it() {
    let (mut ada, mut bo) = ada_and_bo().await;
    bo.tell("lobby:leave", amber()).await;
    assert_eq!(ada.news().await, "Bo left.");
    assert_eq!(bo.refused("lobby:say", line("still here")).await, "not_a_member");
    assert_eq!(bo.refused("lobby:ready", ready(true)).await, "not_a_member");
    assert_eq!(ada.roster_of(1).await, ["Ada"]);
}

#[actix_web::test]
async fn the_next_player_is_host_when_the_host_leaves() {
    let (mut ada, mut bo) = ada_and_bo().await;
    ada.tell("lobby:leave", amber()).await;
    assert_eq!(bo.news().await, "Ada left.");
    assert_eq!(bo.news().await, "Bo is the host now.");
    assert_eq!(bo.roster_of(1).await, ["Bo"]);
    ada.tell("lobby:join", amber()).await;
    assert_eq!(bo.roster_of(2).await, ["Bo", "Ada"]);
}

#[actix_web::test]
async fn a_lost_connection_leaves_for_its_player() {
    let (ada, mut bo) = ada_and_bo().await;
    drop(ada);
    assert_eq!(bo.news().await, "Ada lost the connection.");
    assert_eq!(bo.news().await, "Bo is the host now.");
    assert_eq!(bo.roster_of(1).await, ["Bo"]);
}

#[actix_web::test]
async fn what_does_not_fit_is_refused_and_harms_nothing() {
    let (mut ada, mut bo) = ada_and_bo().await;
    let long = "x".repeat(281);
    // Each of them is an attempt: the rate has room for five.
    for payload in [line(" \t "), line(&long), line("two\nlines"), amber(), json!(7)] {
        assert_eq!(ada.refused("lobby:say", payload).await, "invalid_payload");
    }
    assert_eq!(
        ada.refused("lobby:ready", json!({ "lobby": "Amber", "ready": "yes" })).await,
        "invalid_payload"
    );
    assert_eq!(ada.refused("lobby:join", json!({ "lobby": "" })).await, "invalid_payload");
    assert_eq!(ada.refused("lobby:burn", amber()).await, "unknown_event");
    bo.tell("lobby:say", line("all is well")).await;
    assert_eq!(ada.next("lobby:said").await["text"], "all is well");
}

#[actix_web::test]
async fn nobody_comes_in_without_a_name() {
    let address = start();
    for auth in
        [json!({}), json!({ "name": "" }), json!({ "name": "x".repeat(25) }), json!({ "name": 7 })]
    {
        let refusal = Client::connect(address, &auth).await.err().expect("a refusal");
        assert_eq!(refusal["data"]["code"], "unauthorized", "{auth}");
        assert_eq!(refusal["message"], "Say who you are: a name of 1 to 24 characters.");
    }
}

#[actix_web::test]
async fn the_ninth_player_finds_no_seat() {
    let address = start();
    let mut players = Vec::new();
    for number in 1..=8 {
        let mut player = Client::named(address, &format!("Player {number}")).await;
        player.tell("lobby:join", amber()).await;
        players.push(player);
    }
    let mut late = Client::named(address, "Late").await;
    assert_eq!(late.refused("lobby:join", amber()).await, "full");
    players[3].tell("lobby:leave", amber()).await;
    late.tell("lobby:join", amber()).await;
}

#[actix_web::test]
async fn the_list_of_lobbies_is_live() {
    let address = start();
    let mut watcher = Client::named(address, "Watcher").await;
    assert_eq!(watcher.next("hall:lobbies").await, json!({ "lobbies": [] }));
    let mut ada = Client::named(address, "Ada").await;
    ada.tell("lobby:join", amber()).await;
    let row = json!({ "name": "Amber", "players": 1, "seats": 8 });
    assert_eq!(watcher.next("hall:lobbies").await, json!({ "lobbies": [row] }));
    let mut late = Client::named(address, "Late").await;
    assert_eq!(late.next("hall:lobbies").await, json!({ "lobbies": [row] }));
    drop(ada);
    assert_eq!(watcher.next("hall:lobbies").await, json!({ "lobbies": [] }));
}

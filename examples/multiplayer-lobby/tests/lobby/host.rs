//! The lobby: seats, chat, the host, and those who only watch.

use multiplayer_lobby::events::{Claim, Enter, Kick, Leave, Lock, Ready, Role, Said, Say};
use salon::PresenceSnapshot;
use serde_json::{Value, json};

use crate::players::{House, SECOND, free_cell, text};

#[salon::test]
async fn chat_reaches_all_and_is_limited() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let say = |line: usize| Say { lobby: lobby.clone(), text: text(&format!("line {line}")) };
    for line in 0..5 {
        guests[0].client.send(say(line)).await?;
        let Said { user, name, text } = guests[1].client.expect().await;
        assert_eq!((user, name.to_string()), (guests[0].user.clone(), "Ada".to_owned()));
        assert_eq!(text.to_string(), format!("line {line}"));
    }
    let refused = guests[0].client.send(say(5)).await.expect_err("three a second, five at once");
    assert_eq!(refused.code().as_str(), "rate_limited");
    guests[1].client.send(say(6)).await?;
}

#[salon::test]
async fn a_spectator_watches_and_does_nothing_else() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada"]).await?;
    let eve = house.guest("Eve").await?;
    eve.join(&lobby, Role::Spectator).await?;
    let snapshot = eve.client.expect_named("salon:joined").await.json().remove(0);
    let PresenceSnapshot::Users(users) = serde_json::from_value(snapshot["presence"].clone())?
    else {
        panic!("{snapshot}")
    };
    let roles: Vec<_> = users.iter().map(|user| user.metas[0]["role"].clone()).collect();
    assert_eq!(roles, ["player", "spectator"]);
    let lobby = || lobby.clone();
    let (ada, reason) = (guests[0].user.clone(), text("no"));
    let refused = [
        eve.client.send(Say { lobby: lobby(), text: text("hello") }).await,
        eve.client.send(Ready { lobby: lobby(), ready: true }).await,
        eve.client.send(Lock { lobby: lobby(), locked: true }).await,
        eve.client.send(Kick { lobby: lobby(), user: ada, reason }).await,
    ];
    for refused in refused {
        assert_eq!(refused.expect_err("no right").code().as_str(), "forbidden");
    }
    assert_eq!(guests[0].seats().await, ["Ada"]);
    guests[0].client.send(Say { lobby: lobby(), text: text("hello") }).await?;
    eve.client.expect::<Said>().await;
}

#[salon::test]
async fn who_is_not_in_a_lobby_has_no_say_in_it() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    guests[1].client.send(Leave { lobby: lobby.clone() }).await?;
    let ready = Ready { lobby, ready: true };
    let refused = guests[1].client.send(ready).await.expect_err("no member");
    assert_eq!(refused.code().as_str(), "not_a_member");
}

#[salon::test]
async fn the_next_player_is_host_when_the_host_leaves() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo", "Eve"]).await?;
    assert_eq!(guests[2].state().await.host, Some(guests[0].user.clone()));
    guests[0].client.send(Leave { lobby: lobby.clone() }).await?;
    let news = guests[1].news().await;
    assert_eq!(news[news.len() - 2..], ["Ada left.", "Bo is the host now."]);
    guests[0].join(&lobby, Role::Player).await?;
    let state = guests[2].state().await;
    assert_eq!(state.host, Some(guests[1].user.clone()), "who comes back is behind the others");
}

#[salon::test]
async fn a_locked_lobby_lets_in_nobody_but_those_who_have_a_seat() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let lock = |locked| Lock { lobby: lobby.clone(), locked };
    let refused = guests[1].client.send(lock(true)).await.expect_err("not the host");
    assert_eq!(refused.code().as_str(), "forbidden");
    guests[0].client.send(lock(true)).await?;
    let eve = house.guest("Eve").await?;
    let refused = eve.join(&lobby, Role::Player).await.expect_err("it is locked");
    assert_eq!(refused.code().as_str(), "locked");
    let bo = house.again("Bo", &guests[1]).await?;
    bo.join(&lobby, Role::Player).await?;
    guests[0].client.send(lock(false)).await?;
    eve.join(&lobby, Role::Player).await?;
}

#[salon::test]
async fn who_is_put_out_hears_why_and_does_not_come_back() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let kick = |who: usize| Kick {
        lobby: lobby.clone(),
        user: guests[who].user.clone(),
        reason: text("too loud"),
    };
    let refused = guests[1].client.send(kick(0)).await.expect_err("not the host");
    assert_eq!(refused.code().as_str(), "forbidden");
    let refused = guests[0].client.send(kick(0)).await.expect_err("oneself");
    assert_eq!(refused.code().as_str(), "yourself");
    let id = house.begin(&lobby, &guests).await?;
    guests[1].client.send(Enter { id: id.clone() }).await?;
    guests[0].client.send(kick(1)).await?;
    let events = guests[1].client.events().await;
    let evicted = events.iter().filter(|event| event.name == "salon:evicted");
    let evicted: Vec<Value> = evicted.map(|event| event.json().remove(0)).collect();
    let room = format!("lobby:{lobby}");
    assert!(
        evicted.contains(&json!({ "room": room, "code": "kicked", "message": "too loud" })),
        "{evicted:?}"
    );
    assert_eq!(guests[0].seats().await, ["Ada"]);
    let bo = house.again("Bo", &guests[1]).await?;
    for role in [Role::Player, Role::Spectator] {
        let refused = bo.join(&lobby, role).await.expect_err("for good");
        assert_eq!(refused.code().as_str(), "kicked");
    }
    let refused = bo.client.send(Enter { id }).await.expect_err("nor to watch the match");
    assert_eq!(refused.code().as_str(), "kicked");
    let refused = guests[0].client.send(kick(1)).await.expect_err("gone already");
    assert_eq!(refused.code().as_str(), "not_found");
}

#[salon::test]
async fn who_is_put_out_is_out_of_the_match_by_every_connection() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    let twin = house.again("Bo", &guests[1]).await?;
    let board = twin.client.send(Enter { id: id.clone() }).await?;
    let by = board.players.iter().position(|player| player.user == twin.user);
    let cell = free_cell(&board, by).expect("a free cell");
    let kick = Kick { lobby, user: twin.user.clone(), reason: text("too loud") };
    guests[0].client.send(kick).await?;
    let out = twin.client.expect_named("salon:evicted").await.json();
    assert_eq!(
        (&out[0]["room"], &out[0]["code"]),
        (&json!(format!("match:{id}")), &json!("kicked"))
    );
    let refused = twin.client.send(Claim { id, cell }).await.expect_err("no member");
    assert_eq!(refused.code().as_str(), "not_a_member");
}

#[salon::test]
async fn who_watches_takes_a_free_seat_and_gives_it_up_again() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada"]).await?;
    let eve = house.guest("Eve").await?;
    let role = async || {
        let json = guests[0].client.expect_named("salon:presence").await.json().remove(0);
        let user = json.get("joined").or(json.get("updated")).expect("somebody")[0].clone();
        assert_eq!(user["user"], eve.user);
        user["metas"][0]["role"].clone()
    };
    eve.join(&lobby, Role::Spectator).await?;
    assert_eq!(role().await, "spectator");
    eve.join(&lobby, Role::Player).await?;
    assert_eq!(role().await, "player");
    assert_eq!(eve.seats().await, ["Ada", "Eve"]);
    eve.join(&lobby, Role::Spectator).await?;
    assert_eq!(role().await, "spectator");
    assert_eq!(eve.seats().await, ["Ada"]);
    let lock = Lock { lobby: lobby.clone(), locked: true };
    guests[0].client.send(lock).await?;
    let refused = eve.join(&lobby, Role::Player).await.expect_err("it is locked");
    assert_eq!(refused.code().as_str(), "locked");
    guests[0].client.send(Say { lobby, text: text("who watches stays") }).await?;
    eve.client.expect::<Said>().await;
}

#[salon::test]
async fn of_those_who_were_put_out_the_last_hundred_are_known() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada"]).await?;
    let mut out = Vec::new();
    for n in 0..=100 {
        let guest = house.guest(&format!("Guest {n}")).await?;
        guest.join(&lobby, Role::Spectator).await?;
        let user = guest.user.clone();
        let kick = Kick { lobby: lobby.clone(), user, reason: text("too many") };
        guests[0].client.send(kick).await?;
        house.lab.advance(SECOND / 5).await;
        out.push(guest);
    }
    let refused = out[1].join(&lobby, Role::Player).await.expect_err("one of them");
    assert_eq!(refused.code().as_str(), "kicked");
    out[0].join(&lobby, Role::Player).await?;
}

#[salon::test]
async fn what_does_not_fit_is_refused_and_harms_nothing() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada"]).await?;
    let long = "x".repeat(281);
    for line in [json!(" \t "), json!(long), json!("two\nlines"), json!(7)] {
        let say = json!({ "lobby": lobby, "text": line });
        let refused = guests[0].client.call::<()>("lobby:say", (say,)).await.expect_err("no line");
        assert_eq!(refused.code().as_str(), "invalid_payload");
    }
    let say = Say { lobby, text: text("all is well") };
    guests[0].client.send(say).await?;
}

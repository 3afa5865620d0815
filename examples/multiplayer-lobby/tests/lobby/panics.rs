//! Rooms whose code panics: they go on from what was kept, with who is there.

use multiplayer_lobby::events::{Claim, Create, Enter, Lock, Ready, Role, Say, Watch};
use salon::testing::Client;

use crate::players::{House, SECOND, text};

async fn is_told(client: &Client, room: &str) {
    let restarted = client.expect_named("salon:restarted").await.json();
    assert_eq!(restarted[0]["room"], room);
}

#[salon::test]
async fn a_lobby_that_panics_keeps_its_players_its_name_and_its_secret() {
    let house = House::open().await?;
    let (ada, bo) = (house.guest("Ada").await?, house.guest("Bo").await?);
    let lobby = ada.client.send(Create { name: text("Den"), private: true }).await?;
    let guests = [ada, bo];
    for guest in &guests {
        guest.join(&lobby, Role::Player).await?;
        guest.client.send(Ready { lobby: lobby.clone(), ready: true }).await?;
    }
    assert_eq!(guests[0].state().await.countdown, Some(3));
    house.lab.panic_in::<Ready>();
    let ready = || Ready { lobby: lobby.clone(), ready: true };
    let refused = guests[1].client.send(ready()).await.expect_err("it panicked");
    assert_eq!(refused.code().as_str(), "internal");
    is_told(&guests[0].client, &format!("lobby:{lobby}")).await;
    let state = guests[0].state().await;
    assert_eq!((state.name.to_string(), state.private), ("Den".to_owned(), true));
    assert_eq!(state.countdown, None, "it is called off");
    assert_eq!(crate::players::names(&state), ["Ada", "Bo"]);
    guests[0].client.send(Watch { open: false, text: String::new() }).await?;
    let listed = guests[0].client.expect_named("hall:lobbies").await.json();
    assert_eq!(listed[0]["listed"], serde_json::json!([]));
    house.begin(&lobby, &guests).await?;
}

#[salon::test]
async fn a_lobby_that_panics_stays_locked() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    guests[0].client.send(Lock { lobby: lobby.clone(), locked: true }).await?;
    house.lab.panic_in::<Ready>();
    let ready = Ready { lobby: lobby.clone(), ready: true };
    guests[1].client.send(ready).await.expect_err("it panicked");
    let state = guests[0].state().await;
    assert!(state.locked);
    assert_eq!(crate::players::names(&state), ["Ada", "Bo"]);
    let eve = house.guest("Eve").await?;
    let refused = eve.join(&lobby, Role::Player).await.expect_err("it is locked");
    assert_eq!(refused.code().as_str(), "locked");
}

#[salon::test]
async fn a_lobby_that_panics_does_not_wait_for_its_match_for_ever() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    // Nobody comes to it: nothing is heard of it.
    house.begin(&lobby, &guests).await?;
    house.lab.panic_in::<Say>();
    let say = Say { lobby, text: text("hello") };
    guests[1].client.send(say).await.expect_err("it panicked");
    assert!(guests[0].state().await.playing.is_some());
    for _ in 0..2 {
        house.lab.advance(SECOND * 80).await;
        for guest in &guests {
            guest.refresh(&house).await?;
        }
    }
    assert_eq!(guests[0].state().await.playing, None);
}

#[salon::test]
async fn a_lobby_that_panicked_too_often_is_found_again_as_it_was_kept() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    for _ in 0..4 {
        house.lab.panic_in::<Ready>();
        let ready = Ready { lobby: lobby.clone(), ready: true };
        guests[1].client.send(ready).await.expect_err("it panicked");
    }
    let evicted = guests[0].client.expect_named("salon:evicted").await.json();
    assert_eq!(evicted[0]["code"], "internal");
    // Others that are founded meanwhile change nothing in that.
    house.lab.advance(SECOND * 61).await;
    house.lobby_of(&["Eve"]).await?;
    guests[0].join(&lobby, Role::Player).await?;
    assert_eq!(guests[0].seats().await, ["Ada", "(Bo)"]);
    guests[1].join(&lobby, Role::Player).await?;
    assert_eq!(guests[0].seats().await, ["Ada", "Bo"]);
}

#[salon::test]
async fn a_match_that_panics_goes_on_and_is_played_to_its_end() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    for guest in &guests {
        guest.client.send(Enter { id: id.clone() }).await?;
    }
    guests[0].client.send(Claim { id: id.clone(), cell: 1 }).await?;
    house.lab.panic_in::<Claim>();
    let refused = guests[0].client.send(Claim { id: id.clone(), cell: 2 }).await;
    assert_eq!(refused.expect_err("it panicked").code().as_str(), "internal");
    is_told(&guests[1].client, &format!("match:{id}")).await;
    let board = guests[1].client.send(Enter { id: id.clone() }).await?;
    assert_eq!((board.cells[1], board.cells[2]), (Some(0), None));
    let outcome = house.play(&id, &guests).await?;
    assert_eq!(outcome.scores.len(), 2);
    assert_eq!(guests[1].state().await.outcome, Some(outcome));
}

#[salon::test]
async fn a_match_that_panics_too_often_does_not_hold_its_lobby_up() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    guests[0].client.send(Enter { id: id.clone() }).await?;
    for _ in 0..4 {
        house.lab.panic_in::<Claim>();
        let refused = guests[0].client.send(Claim { id: id.clone(), cell: 1 }).await;
        assert_eq!(refused.expect_err("it panicked").code().as_str(), "internal");
    }
    let evicted = guests[0].client.expect_named("salon:evicted").await.json();
    assert_eq!(evicted[0]["code"], "internal");
    house.lab.advance(SECOND * 100).await;
    guests[1].refresh(&house).await?;
    house.lab.advance(SECOND * 40).await;
    assert_eq!(guests[1].state().await.playing, None, "it is given up for lost");
}

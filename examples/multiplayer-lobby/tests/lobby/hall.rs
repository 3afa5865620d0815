//! The hall: the list of lobbies, and the ways into one.

use multiplayer_lobby::{
    events::{Create, Join, Leave, Line, Lobbies, Lock, Play, Role, Watch},
    lobby::Lobby,
};
use salon::testing::{self, Client};

use crate::players::{House, SECOND, text};

fn watch(open: bool, text: &str) -> Watch {
    Watch { open, text: text.to_owned() }
}

/// What is new on the list: names and taken seats, and how many went off it.
async fn news(client: &Client) -> (Vec<(String, usize)>, usize) {
    let Lobbies { removed, listed } = client.expect().await;
    let seen = |line: Line| (line.name.to_string(), line.taken);
    (listed.into_iter().map(seen).collect(), removed.len())
}

#[salon::test]
async fn the_list_of_lobbies_is_live() {
    let house = House::open().await?;
    let watcher = house.guest("Watcher").await?.client;
    watcher.send(watch(false, "")).await?;
    assert_eq!(news(&watcher).await, (vec![], 0));
    let (lobby, guests) = house.lobby_of(&["Ada"]).await?;
    assert_eq!(news(&watcher).await.0[0].0, "Amber room");
    watcher.events().await;
    let bo = house.guest("Bo").await?;
    bo.join(&lobby, Role::Player).await?;
    assert_eq!(news(&watcher).await, (vec![("Amber room".to_owned(), 2)], 0));
    for guest in guests.iter().chain([&bo]) {
        guest.client.send(Leave { lobby: lobby.clone() }).await?;
    }
    watcher.events().await;
    house.lab.advance(SECOND * 31).await;
    assert_eq!(news(&watcher).await, (vec![], 1));
    let gone = bo.join(&lobby, Role::Player).await.expect_err("it is closed");
    assert_eq!(gone.code().as_str(), "not_found");
}

#[salon::test]
async fn a_lobby_that_was_closed_is_nowhere_written_down() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada"]).await?;
    let room = house.lab.salon().room::<Lobby>(&lobby);
    assert!(house.lab.drive(room.close()).await);
    guests[0].client.expect_named("salon:evicted").await;
    let gone = guests[0].join(&lobby, Role::Player).await.expect_err("it is closed");
    assert_eq!(gone.code().as_str(), "not_found");
}

#[salon::test]
async fn the_list_is_filtered_by_name_and_by_free_seats() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada"]).await?;
    let watcher = house.guest("Watcher").await?.client;
    watcher.send(watch(false, "blue")).await?;
    assert_eq!(news(&watcher).await, (vec![], 0));
    watcher.send(watch(false, "aMB")).await?;
    assert_eq!(news(&watcher).await, (vec![("Amber room".to_owned(), 1)], 0));
    watcher.send(watch(true, "")).await?;
    assert_eq!(news(&watcher).await, (vec![("Amber room".to_owned(), 1)], 0));
    guests[0].client.send(Lock { lobby, locked: true }).await?;
    assert_eq!(news(&watcher).await, (vec![], 1));
}

#[salon::test]
async fn a_private_lobby_is_on_no_list_and_opens_by_its_code() {
    let house = House::open().await?;
    let (ada, bo) = (house.guest("Ada").await?, house.guest("Bo").await?);
    let lobby = ada.client.send(Create { name: text("Den"), private: true }).await?;
    ada.join(&lobby, Role::Player).await?;
    bo.client.send(watch(false, "")).await?;
    assert_eq!(news(&bo.client).await, (vec![], 0));
    assert_ne!(bo.client.send(Play).await?, lobby, "nor is anybody sent there");
    let typed = lobby.to_string().to_lowercase();
    let join = serde_json::json!({ "lobby": typed, "role": "player" });
    bo.client.call::<()>("lobby:join", (join,)).await?;
    assert_eq!(ada.seats().await, ["Ada", "Bo"]);
    for wrong in ["ABCDEF", "ABC", "ÄÖÜß", ""] {
        let join = serde_json::json!({ "lobby": wrong, "role": "player" });
        let refused = bo.client.call::<()>("lobby:join", (join,)).await.expect_err("no such code");
        assert!(["not_found", "invalid_payload"].contains(&refused.code().as_str()), "{refused}");
    }
}

#[test]
fn quick_play_fills_a_lobby_and_opens_another() {
    testing::for_seeds(0..20, async |_| {
        let house = House::open().await?;
        let (lobby, guests) = house.lobby_of(&["1", "2", "3", "4", "5", "6"]).await?;
        let mut late = Vec::new();
        for name in ["7", "8", "9", "10"] {
            late.push(house.guest(name).await?);
        }
        // All at once: two find a seat here, and the others elsewhere.
        let asked: Vec<_> = late.iter().map(|guest| guest.client.send(Play)).collect();
        let mut here = 0;
        for (guest, asked) in late.iter().zip(asked) {
            let found = asked.await?;
            here += usize::from(found == lobby);
            guest.join(&found, Role::Player).await?;
        }
        assert_eq!(here, 2);
        assert_eq!(guests[0].state().await.seats.len(), 8);
        Ok(())
    });
}

#[salon::test]
async fn quick_play_makes_a_lobby_whatever_its_player_is_called() {
    let house = House::open().await?;
    for (name, lobby_name) in [
        ("Ada", "Ada’s lobby"),
        ("Maximilian Alexander", "Maximilian Ale’s lobby"),
        ("ÄÖÜäöüßÄÖÜäöüßÄÖÜäöüßÄÖÜ", "ÄÖÜäöüßÄÖÜäöüß’s lobby"),
        ("1234567890 12 👩\u{200d}🚀", "1234567890 12’s lobby"),
        ("1234567890123👩\u{200d}🚀", "1234567890123👩’s lobby"),
    ] {
        let guest = house.guest(name).await?;
        let lobby = guest.client.send(Play).await?;
        guest.join(&lobby, Role::Player).await?;
        assert_eq!(guest.state().await.name.to_string(), lobby_name);
        guest.client.send(Leave { lobby }).await?;
        house.lab.advance(SECOND * 31).await;
    }
}

#[salon::test]
async fn however_often_a_seat_is_reserved_the_lobby_tells_it_once_each_time() {
    let house = House::open().await?;
    let (_, guests) = house.lobby_of(&["Ada"]).await?;
    let bo = house.guest("Bo").await?;
    guests[0].client.events().await;
    for _ in 0..40 {
        bo.client.send(Play).await?;
        house.lab.advance(SECOND).await;
    }
    house.lab.advance(SECOND * 30).await;
    let events = guests[0].client.events().await;
    let states = events.iter().filter(|event| event.name == "lobby:state").count();
    assert_eq!(states, 41, "once for each, and when the last one has run out");
}

#[salon::test]
async fn a_reservation_that_is_not_taken_runs_out() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["1", "2", "3", "4", "5", "6", "7"]).await?;
    let (eight, nine) = (house.guest("8").await?, house.guest("9").await?);
    nine.client.send(watch(true, "")).await?;
    assert_eq!(news(&nine.client).await, (vec![("Amber room".to_owned(), 7)], 0));
    assert_eq!(eight.client.send(Play).await?, lobby);
    assert_eq!(news(&nine.client).await, (vec![], 1), "no seat is open");
    let full = nine.join(&lobby, Role::Player).await.expect_err("it is kept for another");
    assert_eq!(full.code().as_str(), "full");
    house.lab.advance(SECOND * 10).await;
    assert_eq!(news(&nine.client).await, (vec![("Amber room".to_owned(), 7)], 0));
    nine.join(&lobby, Role::Player).await?;
    assert_eq!(guests[0].state().await.seats.len(), 8);
    let late = eight.join(&lobby, Role::Player).await.expect_err("it has run out");
    assert_eq!(late.code().as_str(), "full");
    eight.client.send(Join { lobby, role: Role::Spectator }).await?;
}

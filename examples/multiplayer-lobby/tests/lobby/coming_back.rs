//! A connection that is lost: the seat is kept for half a minute.

use multiplayer_lobby::events::Role;
use salon::testing::Client;

use crate::players::{House, SECOND};

#[salon::test]
async fn a_seat_is_kept_for_thirty_seconds_and_freed_after() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    guests[1].client.close();
    assert_eq!(guests[0].seats().await, ["Ada", "(Bo)"]);
    house.lab.advance(SECOND * 29).await;
    let bo = house.again("Bo", &guests[1]).await?;
    bo.join(&lobby, Role::Player).await?;
    let news = guests[0].news().await;
    assert_eq!(news, ["Bo is back."]);

    bo.client.close();
    house.lab.advance(SECOND * 31).await;
    assert_eq!(guests[0].seats().await, ["Ada"]);
    let bo = house.again("Bo", &bo).await?;
    bo.join(&lobby, Role::Player).await?;
    assert_eq!(guests[0].news().await, ["Bo came in."]);
}

#[salon::test]
async fn a_lid_that_is_closed_keeps_the_seat_once_the_heartbeat_has_found_out() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    guests[1].client.vanish();
    house.lab.advance(SECOND * 45).await;
    assert_eq!(guests[0].seats().await, ["Ada", "(Bo)"]);
    let bo = house.again("Bo", &guests[1]).await?;
    bo.join(&lobby, Role::Player).await?;
    assert_eq!(guests[0].seats().await, ["Ada", "Bo"]);
}

#[salon::test]
async fn a_second_connection_of_one_player_is_the_same_seat() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let twice = house.again("Bo", &guests[1]).await?;
    twice.join(&lobby, Role::Player).await?;
    assert_eq!(guests[0].seats().await, ["Ada", "Bo"]);
    guests[1].client.close();
    house.lab.advance(SECOND * 60).await;
    twice.join(&lobby, Role::Player).await?;
    assert_eq!(guests[0].seats().await, ["Ada", "Bo"]);
}

#[salon::test]
async fn who_comes_back_to_watch_has_given_the_seat_up() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    guests[1].client.close();
    assert_eq!(guests[0].seats().await, ["Ada", "(Bo)"]);
    let bo = house.again("Bo", &guests[1]).await?;
    bo.join(&lobby, Role::Spectator).await?;
    assert_eq!(guests[0].seats().await, ["Ada"]);
}

#[salon::test]
async fn who_plays_in_one_tab_and_watches_in_another_keeps_the_seat() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let twin = house.again("Bo", &guests[1]).await?;
    twin.join(&lobby, Role::Spectator).await?;
    assert_eq!(guests[0].seats().await, ["Ada", "Bo"]);
}

#[salon::test]
async fn the_host_who_is_away_is_host_again_when_back() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    Client::reset(&guests[0].client);
    assert_eq!(guests[1].state().await.host, Some(guests[1].user.clone()));
    let ada = house.again("Ada", &guests[0]).await?;
    ada.join(&lobby, Role::Player).await?;
    assert_eq!(guests[1].state().await.host, Some(ada.user.clone()));
}

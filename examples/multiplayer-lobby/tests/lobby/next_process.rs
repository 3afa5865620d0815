//! The program stops, and is started again: players are back on their seats, and matches go on.

use multiplayer_lobby::events::{Claim, Enter, Ready, Role};

use crate::players::{House, RULES, SECOND, free_cell};

#[salon::test]
async fn a_match_goes_on_in_the_next_process_with_all_on_their_seats() {
    let mut house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo", "Cy"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    for guest in &guests {
        guest.client.send(Enter { id: id.clone() }).await?;
    }
    guests[0].client.send(Claim { id: id.clone(), cell: 1 }).await?;
    house.lab.advance(SECOND * 5).await;
    house.restart().await?;

    let mut back = Vec::new();
    for (name, guest) in ["Ada", "Bo", "Cy"].into_iter().zip(&guests) {
        let guest = house.again(name, guest).await?;
        guest.join(&lobby, Role::Player).await?;
        back.push(guest);
    }
    let state = back[2].state().await;
    assert_eq!(crate::players::names(&state), ["Ada", "Bo", "Cy"]);
    assert_eq!(state.playing.as_ref(), Some(&id));
    assert_eq!(state.seats.iter().map(|seat| seat.colour).collect::<Vec<_>>(), [0, 1, 2]);
    let board = back[0].client.send(Enter { id: id.clone() }).await?;
    assert_eq!((board.cells[1], board.seconds), (Some(0), RULES.seconds - 5));
    let outcome = house.play(&id, &back).await?;
    assert_eq!(outcome.scores.len(), 3);
    assert_eq!(back[1].state().await.outcome, Some(outcome));
}

#[salon::test]
async fn a_seat_that_nobody_comes_back_to_is_free_after_half_a_minute() {
    let mut house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    house.restart().await?;
    let ada = house.again("Ada", &guests[0]).await?;
    ada.join(&lobby, Role::Player).await?;
    assert_eq!(ada.seats().await, ["Ada", "(Bo)"]);
    house.lab.advance(SECOND * 31).await;
    assert!(ada.news().await.contains(&"Bo did not come back.".to_owned()));
}

#[salon::test]
async fn a_stranger_who_comes_first_ends_nothing() {
    let mut house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    guests[0].client.send(Enter { id: id.clone() }).await?;
    house.restart().await?;
    let eve = house.guest("Eve").await?;
    let refused = eve.client.send(Enter { id: id.clone() }).await.expect_err("a stranger");
    assert_eq!(refused.code().as_str(), "not_found");
    house.lab.advance(SECOND * 60).await;
    let ada = house.again("Ada", &guests[0]).await?;
    ada.join(&lobby, Role::Player).await?;
    assert_eq!(ada.state().await.playing.as_ref(), Some(&id));
    let board = ada.client.send(Enter { id: id.clone() }).await?;
    assert_eq!(board.seconds, RULES.seconds);
    let cell = free_cell(&board, Some(0)).expect("a free cell");
    ada.client.send(Claim { id, cell }).await?;
}

#[salon::test]
async fn a_lobby_that_is_over_is_not_found_again() {
    let mut house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada"]).await?;
    guests[0].client.close();
    house.lab.advance(SECOND * 62).await;
    house.restart().await?;
    let ada = house.again("Ada", &guests[0]).await?;
    let refused = ada.join(&lobby, Role::Player).await.expect_err("it is over");
    assert_eq!(refused.code().as_str(), "not_found");
    let ready = ada.client.send(Ready { lobby, ready: true }).await.expect_err("nor open");
    assert_eq!(ready.code().as_str(), "not_a_member");
}

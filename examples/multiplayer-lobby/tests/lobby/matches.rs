//! From "I am ready" to a result.

use multiplayer_lobby::events::{Board, Claim, Create, Enter, Leave, Outcome, Ready, Role};
use salon::testing;

use crate::players::{House, RULES, SECOND, free_cell, names, text};

#[salon::test]
async fn a_match_is_played_to_its_end_and_the_next_one_too() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo", "Eve"]).await?;
    for round in 1..=2 {
        let id = house.begin(&lobby, &guests).await?;
        assert_eq!(id.round, round);
        let begun = house.lab.elapsed();
        let outcome = house.play(&id, &guests).await?;
        assert!(house.lab.elapsed() - begun < SECOND * RULES.seconds, "before its time is over");
        let cells: usize = outcome.scores.iter().map(|score| score.cells).sum();
        assert_eq!(cells, 96, "the board is full");
        let state = guests[1].state().await;
        assert_eq!(state.outcome, Some(outcome));
        assert_eq!(state.playing, None);
        assert!(state.seats.iter().all(|seat| !seat.ready));
        let refused = guests[0].client.send(Enter { id }).await.expect_err("it is over");
        assert_eq!(refused.code().as_str(), "not_found");
    }
}

#[salon::test]
async fn a_match_ends_with_its_time() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    let board = guests[0].client.send(Enter { id: id.clone() }).await?;
    assert_eq!(board.seconds, RULES.seconds);
    guests[0].client.send(Claim { id, cell: 1 }).await?;
    house.lab.advance(SECOND * (RULES.seconds - 1)).await;
    assert!(guests[1].state().await.playing.is_some());
    house.lab.advance(SECOND).await;
    let outcome: Outcome = guests[0].client.expect().await;
    assert_eq!(outcome.winner.expect("a winner").to_string(), "Ada");
    let cells: Vec<_> = outcome.scores.iter().map(|score| score.cells).collect();
    assert_eq!(cells, [2, 1]);
}

#[salon::test]
async fn all_have_to_be_ready_and_it_is_called_off_when_one_is_not_any_more() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let ready = |ready| Ready { lobby: lobby.clone(), ready };
    guests[0].client.send(ready(true)).await?;
    assert_eq!(guests[0].state().await.countdown, None);
    guests[1].client.send(ready(true)).await?;
    assert_eq!(guests[0].state().await.countdown, Some(3));
    house.lab.advance(SECOND * 2).await;
    assert_eq!(guests[0].state().await.countdown, Some(1));
    guests[1].client.send(ready(false)).await?;
    house.lab.advance(SECOND * 5).await;
    let state = guests[0].state().await;
    assert_eq!((state.countdown, state.playing), (None, None));
    guests[1].client.send(ready(true)).await?;
    house.lab.advance(SECOND * 2).await;
    assert_eq!(guests[0].state().await.countdown, Some(1), "from the beginning, and no faster");
    guests[1].client.send(Leave { lobby: lobby.clone() }).await?;
    house.lab.advance(SECOND * 5).await;
    assert_eq!(guests[0].state().await.countdown, None, "nobody plays alone");
}

#[test]
fn of_two_who_want_a_cell_the_first_in_the_rooms_order_has_it() {
    testing::for_seeds(0..20, async |_| {
        let house = House::open().await?;
        let (lobby, guests) = house.lobby_of(&["Ada", "Bo", "Eve"]).await?;
        let id = house.begin(&lobby, &guests).await?;
        for guest in &guests {
            guest.client.send(Enter { id: id.clone() }).await?;
        }
        let claim = |cell| Claim { id: id.clone(), cell };
        // Ada comes from the left, Eve from the right, until one cell is between them.
        for (left, right) in [(1, 10), (2, 9), (3, 8), (4, 7)] {
            guests[0].client.send(claim(left)).await?;
            guests[2].client.send(claim(right)).await?;
            house.lab.advance(SECOND).await;
        }
        guests[0].client.send(claim(5)).await?;
        let race = [guests[0].client.send(claim(6)), guests[2].client.send(claim(6))];
        let mut won = 0;
        for sent in race {
            match sent.await {
                Ok(()) => won += 1,
                Err(refusal) => assert_eq!(refusal.code().as_str(), "taken"),
            }
        }
        assert_eq!(won, 1);
        let seen = guests[1].claims().await;
        assert_eq!(seen.len(), 10);
        assert_eq!(guests[0].claims().await, seen);
        assert_eq!(guests[2].claims().await, seen);
        Ok(())
    });
}

#[salon::test]
async fn a_claim_that_does_not_fit_is_refused_in_words() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    let eve = house.guest("Eve").await?;
    eve.join(&lobby, Role::Spectator).await?;
    for guest in guests.iter().chain([&eve]) {
        guest.client.send(Enter { id: id.clone() }).await?;
    }
    let claim = |cell| Claim { id: id.clone(), cell };
    let ada = &guests[0].client;
    ada.send(claim(12)).await?;
    // 11 is at the end of the row before 12; 83 is at the end of the row before 84.
    for (cell, code) in [(0, "taken"), (95, "taken"), (11, "too_far"), (96, "not_found")] {
        let refused = ada.send(claim(cell)).await.expect_err("no cell for Ada");
        assert_eq!(refused.code().as_str(), code, "cell {cell}");
    }
    ada.send(claim(1)).await?;
    let refused = ada.send(claim(2)).await.expect_err("six a second");
    assert_eq!(refused.code().as_str(), "rate_limited");
    guests[1].client.send(claim(83)).await?;
    let refused = guests[1].client.send(claim(84)).await.expect_err("another row");
    assert_eq!(refused.code().as_str(), "too_far");
    let refused = eve.client.send(claim(12)).await.expect_err("a spectator");
    assert_eq!(refused.code().as_str(), "watching");
    assert_eq!(eve.claims().await, [(12, 0), (1, 0), (83, 1)], "and sees it all");
}

#[salon::test]
async fn who_comes_during_a_match_watches_it_and_plays_the_next_one() {
    let house = House::open().await?;
    let (lobby, mut guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    let eve = house.guest("Eve").await?;
    eve.join(&lobby, Role::Player).await?;
    let board = eve.client.send(Enter { id: id.clone() }).await?;
    assert_eq!(board.players.len(), 2);
    let refused = eve.client.send(Ready { lobby: lobby.clone(), ready: true }).await;
    assert_eq!(refused.expect_err("a match is on").code().as_str(), "playing");
    house.play(&id, &guests).await?;
    guests.push(eve);
    let id = house.begin(&lobby, &guests).await?;
    let board = guests[2].client.send(Enter { id }).await?;
    assert_eq!(board.players.len(), 3);
}

#[salon::test]
async fn the_turf_of_one_who_is_away_is_kept() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    let mut board: Option<Board> = None;
    for guest in &guests {
        board = Some(guest.client.send(Enter { id: id.clone() }).await?);
    }
    let cell = free_cell(&board.expect("a board"), Some(1)).expect("a free cell");
    guests[1].client.send(Claim { id: id.clone(), cell }).await?;
    guests[1].client.close();
    assert_eq!(names(&guests[0].state().await), ["Ada", "(Bo)"]);
    let bo = house.again("Bo", &guests[1]).await?;
    bo.join(&lobby, Role::Player).await?;
    let board = bo.client.send(Enter { id: id.clone() }).await?;
    assert_eq!(board.cells[cell], Some(1));
    let next = free_cell(&board, Some(1)).expect("another");
    bo.client.send(Claim { id, cell: next }).await?;
    assert_eq!(guests[0].claims().await, [(next, 1)]);
}

#[salon::test]
async fn who_leaves_the_lobby_leaves_its_match() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    guests[1].client.send(Enter { id: id.clone() }).await?;
    guests[1].client.send(Leave { lobby }).await?;
    let refused = guests[1].client.send(Claim { id, cell: 94 }).await.expect_err("no member");
    assert_eq!(refused.code().as_str(), "not_a_member");
}

#[salon::test]
async fn who_has_left_the_lobby_does_not_come_to_its_match_again() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    let enter = || Enter { id: id.clone() };
    guests[1].client.send(enter()).await?;
    guests[1].client.send(Leave { lobby: lobby.clone() }).await?;
    let refused = guests[1].client.send(enter()).await.expect_err("who left");
    assert_eq!(refused.code().as_str(), "forbidden");
    guests[1].join(&lobby, Role::Spectator).await?;
    guests[1].client.send(enter()).await?;
}

#[salon::test]
async fn only_who_is_in_the_lobby_comes_to_its_match() {
    let house = House::open().await?;
    let (ada, bo, eve) =
        (house.guest("Ada").await?, house.guest("Bo").await?, house.guest("Eve").await?);
    let create = Create { name: text("Den"), private: true };
    let lobby = ada.client.send(create).await?;
    let guests = [ada, bo];
    for guest in &guests {
        guest.join(&lobby, Role::Player).await?;
    }
    let id = house.begin(&lobby, &guests).await?;
    let refused = eve.client.send(Enter { id: id.clone() }).await.expect_err("a stranger");
    assert_eq!(refused.code().as_str(), "forbidden");
    eve.join(&lobby, Role::Spectator).await?;
    eve.client.send(Enter { id: id.clone() }).await?;
    eve.client.send(Leave { lobby }).await?;
    let out = eve.client.expect_named("salon:evicted").await.json();
    assert_eq!(out[0]["room"], format!("match:{id}"));
}

#[salon::test]
async fn who_does_not_come_back_to_a_lobby_that_panicked_is_out_of_its_match() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let id = house.begin(&lobby, &guests).await?;
    let twin = house.again("Bo", &guests[1]).await?;
    twin.client.send(Enter { id: id.clone() }).await?;
    guests[1].client.close();
    twin.client.send(Claim { id: id.clone(), cell: 94 }).await?;
    house.lab.panic_in::<Ready>();
    let ready = Ready { lobby, ready: true };
    guests[0].client.send(ready).await.expect_err("it panicked");
    house.lab.advance(SECOND * 10).await;
    assert_eq!(guests[0].seats().await, ["Ada", "(Bo)"]);
    house.lab.advance(SECOND * 21).await;
    let out = twin.client.expect_named("salon:evicted").await.json();
    assert_eq!(out[0]["room"], format!("match:{id}"));
}

#[salon::test]
async fn a_match_that_all_have_left_is_over() {
    let house = House::open().await?;
    let (lobby, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let eve = house.guest("Eve").await?;
    eve.join(&lobby, Role::Spectator).await?;
    let id = house.begin(&lobby, &guests).await?;
    for guest in &guests {
        guest.client.send(Enter { id: id.clone() }).await?;
        guest.client.send(Leave { lobby: lobby.clone() }).await?;
    }
    house.lab.advance(SECOND * RULES.seconds).await;
    assert_eq!(eve.state().await.playing, None);
}

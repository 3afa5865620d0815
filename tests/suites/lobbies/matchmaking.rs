//! Joining a room or making one, when many want to at once.
//!
//! It must never let them take turns: all ask before any is answered.

use std::collections::BTreeMap;

use salon::{
    Code,
    testing::{self, Failure, Lab},
};

use crate::app::{
    BROKEN, Join, KEPT, LINGER, Lobby, Play, Reserve, SEATS, SHUT, come, line, lobbies, salon,
};

/// Asks for a room for each of so many players, all at once, and lets them join what they were
/// given: who is in which lobby.
async fn play(lab: &Lab, players: usize) -> Result<BTreeMap<u64, Vec<String>>, Failure> {
    let mut clients = Vec::new();
    for number in 0..players {
        clients.push(come(lab, &format!("player {number}")).await?);
    }
    let asked: Vec<_> = clients.iter().map(|client| client.send(Play)).collect();
    let mut lobbies = BTreeMap::new();
    for (client, asked) in clients.iter().zip(asked) {
        let lobby = asked.await?;
        let names = client.send(Join { lobby }).await?;
        lobbies.insert(lobby, names);
    }
    Ok(lobbies)
}

async fn each_is_in_one_room_and_none_has_more_than_its_seats(lab: &Lab) -> Result<(), Failure> {
    let lobbies = play(lab, 7).await?;
    assert!(lobbies.values().all(|names| names.len() <= SEATS), "{lobbies:?}");
    let mut all: Vec<_> = lobbies.into_values().flatten().collect();
    all.sort();
    assert!(all.into_iter().eq((0..7).map(|number| format!("player {number}"))));
    Ok(())
}

#[test]
fn whoever_asks_at_once_is_in_some_room_and_no_room_has_more_than_its_seats() {
    testing::for_seeds(0..60, async |seed| {
        let lab = Lab::builder(salon()).workers(4).seed(seed).start().await;
        each_is_in_one_room_and_none_has_more_than_its_seats(&lab).await
    });
}

#[salon::test]
async fn the_same_holds_over_real_sockets_where_workers_are_threads() {
    each_is_in_one_room_and_none_has_more_than_its_seats(&Lab::serve(salon()).await?).await?;
}

#[test]
fn of_two_who_want_the_last_seat_one_has_it_and_the_other_one_elsewhere() {
    let winners = std::cell::RefCell::new(BTreeMap::<String, u32>::new());
    testing::for_seeds(0..60, async |seed| {
        let lab = Lab::builder(salon()).workers(3).seed(seed).start().await;
        let host = come(&lab, "host").await?;
        host.send(Join { lobby: 2 }).await?;
        let mut given = play(&lab, 2).await?;
        let first = given.remove(&2).ok_or("somebody got the last seat")?;
        assert_eq!((first.len(), given.len()), (2, 1), "{first:?} {given:?}");
        *winners.borrow_mut().entry(first[1].clone()).or_default() += 1;
        Ok(())
    });
    let winners = winners.into_inner();
    assert!(winners.len() == 2 || std::env::var_os("SALON_SEED").is_some(), "{winners:?}");
}

#[salon::test]
async fn a_seat_that_was_reserved_is_kept_for_its_time_and_then_free_again() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    ada.send(Join { lobby: 2 }).await?;
    assert_eq!(come(&lab, "eve").await?.send(Play).await?, 2, "the seat is kept for Eve");
    assert_eq!(lobbies(&lab).get(&2), Some(line(0, 0)));
    let refused = bob.send(Join { lobby: 2 }).await.expect_err("both are gone");
    assert_eq!(*refused.code(), Code::from("full"));
    lab.advance(KEPT).await;
    assert_eq!(lobbies(&lab).get(&2), Some(line(1, 0)), "and on the list again");
    assert_eq!(bob.send(Join { lobby: 2 }).await?, ["ada", "bob"]);
}

#[salon::test]
async fn a_room_that_was_made_and_nobody_came_to_closes_after_its_linger() {
    let lab = Lab::new(salon()).await;
    let ada = come(&lab, "ada").await?;
    assert_eq!(ada.send(Play).await?, 100);
    assert_eq!(lobbies(&lab).open(), 1);
    lab.advance(LINGER).await;
    assert_eq!((lobbies(&lab).open(), lobbies(&lab).list()), (0, Vec::new()));
}

#[salon::test]
async fn rooms_that_refuse_or_are_gone_or_do_not_match_are_passed_over() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    for lobby in [2, 4, 6] {
        ada.send(Join { lobby }).await?;
    }
    bob.send(Join { lobby: 2 }).await?;
    let rooms = lobbies(&lab);
    let reserve = || Reserve("eve".to_owned());
    let accepted = rooms.first_to_accept(|key, _| *key != 4, reserve);
    // The list that is asked is the one from before.
    let accepted = lab.drive(accepted).await;
    assert_eq!(accepted, Some((6, ())), "2 is full, 4 does not match");
    let accepted = lab.drive(rooms.first_to_accept(|key, _| *key < 4, reserve)).await;
    assert_eq!(accepted, None);
}

#[salon::test]
async fn a_room_that_does_not_open_says_why_to_who_wants_to_open_it() {
    let lab = Lab::new(salon()).await;
    for (lobby, code) in [(SHUT, Code::NotFound), (BROKEN, Code::Internal)] {
        let room = lab.salon().room::<Lobby>(&lobby);
        let asked = lab.drive(room.open_and_ask(Reserve("ada".to_owned()))).await;
        assert_eq!(*asked.expect_err("it does not open").code(), code);
    }
    assert_eq!(lobbies(&lab).open(), 0);
}

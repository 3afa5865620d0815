//! When a room is on the list of its kind, and what those who look there find.
//!
//! It must never depend on which worker a room is on: each lab has two.

use salon::{
    Code, Restart, Salon,
    testing::{Client, Failure, Lab},
};

use crate::app::{
    Again, BROKEN, Clear, Hide, Join, LINGER, Lobby, Note, ONCE, Panic, SHUT, THOUGHT, Think, come,
    line, listed, lobbies, salon,
};

/// A lab of two workers, with Ada.
async fn ada() -> Result<(Lab, Client), Failure> {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let ada = come(&lab, "ada").await?;
    Ok((lab, ada))
}

#[salon::test]
async fn a_room_is_on_the_list_as_soon_as_it_lists_itself_and_with_what_it_said_last() {
    let (lab, ada) = ada().await?;
    assert!(lobbies(&lab).list().is_empty());
    ada.send(Join { lobby: 2 }).await?;
    assert_eq!(lobbies(&lab).list(), [(2, line(1, 0))]);
    ada.send(Note { lobby: 2, times: 3 }).await?;
    ada.send(Again { lobby: 2 }).await?;
    assert_eq!(lobbies(&lab).list(), [(2, line(1, 3))]);
    let bob = come(&lab, "bob").await?;
    bob.send(Join { lobby: 2 }).await?;
    assert_eq!(lobbies(&lab).get(&2), Some(line(0, 3)));
    assert_eq!(lobbies(&lab).get(&4), None);
}

#[salon::test]
async fn the_list_has_the_order_of_listing_whatever_changes_or_goes() {
    let (lab, ada) = ada().await?;
    for lobby in [8, 3, 6, 5] {
        ada.send(Join { lobby }).await?;
    }
    ada.send(Note { lobby: 8, times: 1 }).await?;
    assert_eq!(listed(&lab), [8, 3, 6, 5]);
    ada.send(Hide { lobby: 3 }).await?;
    assert_eq!(listed(&lab), [8, 6, 5]);
    assert_eq!((lobbies(&lab).open(), lab.salon().open_rooms()), (4, 4), "listed or not");
    ada.send(Again { lobby: 3 }).await?;
    assert_eq!(listed(&lab), [8, 6, 5, 3], "a new place");
}

#[salon::test]
async fn what_matches_is_found_in_the_order_of_listing() {
    let (lab, ada) = ada().await?;
    let bob = come(&lab, "bob").await?;
    for lobby in [4, 2, 6] {
        ada.send(Join { lobby }).await?;
    }
    bob.send(Join { lobby: 4 }).await?;
    let rooms = lobbies(&lab);
    assert_eq!(rooms.filter(|_, line| line.free > 0), [(2, line(1, 0)), (6, line(1, 0))]);
    assert_eq!(rooms.find(|_, line| line.free > 0), Some((2, line(1, 0))));
    assert_eq!(rooms.find(|key, _| *key == 6), Some((6, line(1, 0))));
    assert_eq!(rooms.find(|key, _| *key > 6), None);
}

#[salon::test]
async fn who_filters_may_look_at_the_list_meanwhile() {
    let (lab, ada) = ada().await?;
    ada.send(Join { lobby: 2 }).await?;
    let rooms = lobbies(&lab);
    assert_eq!(rooms.filter(|key, line| rooms.get(key).as_ref() == Some(line)).len(), 1);
    let inner = rooms.clone();
    let mut watch = rooms.watch_only(move |_, _| !inner.list().is_empty());
    assert!(lab.drive(watch.changed()).await.is_some());
}

#[salon::test]
async fn a_room_that_closes_is_off_the_list_however_it_closes() {
    let (lab, ada) = ada().await?;
    ada.send(Join { lobby: 2 }).await?;
    assert!(lab.drive(lab.salon().room::<Lobby>(&2).close()).await);
    assert!(listed(&lab).is_empty(), "closed from outside");

    ada.send(Join { lobby: 4 }).await?;
    ada.send(Clear { lobby: 4 }).await?;
    assert_eq!(lobbies(&lab).list(), [(4, line(2, 0))], "empty, and open still");
    lab.advance(LINGER).await;
    assert!(listed(&lab).is_empty(), "after its linger");

    ada.send(Join { lobby: 6 }).await?;
    drop(ada);
    lab.settle().await;
    assert_eq!(lobbies(&lab).list(), [(6, line(2, 0))]);
    lab.advance(LINGER).await;
    assert!(listed(&lab).is_empty(), "after its last member's connection");
    assert_eq!(lab.salon().open_rooms(), 0);
}

#[salon::test]
async fn a_room_that_does_not_open_is_on_no_list() {
    let (lab, ada) = ada().await?;
    for lobby in [SHUT, BROKEN] {
        let refused = ada.send(Join { lobby }).await.expect_err("it does not open");
        assert!([Code::NotFound, Code::Internal].contains(refused.code()), "{refused}");
        assert!(listed(&lab).is_empty(), "{lobby}");
    }
}

/// One that still has an answer to give is not gone yet when it does not open again.
#[salon::test]
async fn a_room_that_does_not_open_again_is_on_no_list_while_it_ends() {
    let (lab, ada) = ada().await?;
    ada.send(Join { lobby: ONCE }).await?;
    let thought = ada.send(Think { lobby: ONCE });
    ada.send(Panic { lobby: ONCE }).await.expect_err("it panics");
    assert!(listed(&lab).is_empty());
    lab.advance(THOUGHT).await;
    thought.await?;
}

#[salon::test]
async fn a_panic_takes_the_room_off_the_list_until_its_new_state_lists_it() {
    let (lab, ada) = ada().await?;
    for lobby in [2, 3] {
        ada.send(Join { lobby }).await?;
        ada.send(Panic { lobby }).await.expect_err("it panics");
    }
    assert_eq!(lobbies(&lab).list(), [(3, line(2, 0))], "it lists itself in `open`");
    ada.send(Again { lobby: 2 }).await?;
    assert_eq!(lobbies(&lab).list(), [(3, line(2, 0)), (2, line(1, 0))]);
    let Restart::Within { restarts, .. } = Restart::DEFAULT else { panic!("it restarts") };
    for _ in 0..restarts {
        ada.send(Panic { lobby: 3 }).await.expect_err("it panics");
    }
    assert_eq!(listed(&lab), [2], "one that panics too often is closed");
}

#[salon::test]
async fn a_room_whose_worker_has_ended_is_on_no_list() {
    let (lab, ada) = ada().await?;
    ada.send(Join { lobby: 2 }).await?;
    let rooms = lobbies(&lab);
    assert_eq!((rooms.list().len(), rooms.open()), (1, 1));
    drop(lab);
    assert_eq!((rooms.list().len(), rooms.open()), (0, 0));
}

#[salon::test]
#[should_panic(expected = "no room \"lobby\" was added to this Salon")]
async fn a_kind_that_the_salon_does_not_have_is_a_mistake_in_the_app() {
    let _ = Salon::builder().build()?.rooms::<Lobby>();
}

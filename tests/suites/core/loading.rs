//! Rooms that load what they are made of.
//!
//! It must never let a test pass because nothing waited: each of them sees that the room is not
//! there yet when what it is about happens.

use std::time::Duration;

use salon::{
    Code, Count,
    auth::{What, Who},
    testing::{Wire, for_seeds},
};
use serde_json::Value;

use crate::{
    book::{Burn, Fate, Lines, Note, Open, Read, SECOND, Take, Two, Write, Written},
    table::code,
};

#[salon::test]
async fn what_comes_while_a_room_is_loaded_waits_in_its_order() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.settle().await;
        two.book().tell(Note("a note"))?;
        let written = two.ada.send(Write(1, "a line".to_owned()));
        two.lab.settle().await;
        let published = two.book().broadcast(&Written("from outside".to_owned()));
        let read = two.ben.send(Read(1));
        two.lab.settle().await;
        let asked = two.book().ask(Lines);
        two.lab.advance(SECOND - Duration::from_millis(1)).await;
        two.ada.expect_none().await;
        assert_eq!(two.count(Count::RoomsOpened), 1);
        two.lab.advance(2 * Duration::from_millis(1)).await;
        assert_eq!(opened.await?, (1, vec!["open".to_owned()]), "{wire:?}");
        assert_eq!(written.await?, 1);
        let all = ["open", "a note", "a line", "read"].map(str::to_owned);
        assert_eq!(read.await?, (1, all.to_vec()), "{wire:?}");
        assert_eq!(two.lab.drive(asked).await?, all, "{wire:?}");
        assert_eq!(two.lab.drive(two.book().members()).await.len(), 2);
        two.lab.drive(published).await;
        for line in ["a line", "from outside"] {
            assert_eq!(two.ada.expect::<Written>().await.0, line, "{wire:?}");
        }
        two.ben.expect_none_of::<Written>().await;
        assert_eq!(two.lines().await?.last().map(String::as_str), Some("a timer"));
    }
}

#[test]
fn two_who_come_at_once_have_it_loaded_once() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let two = Two::with(wire, &[], Some(seed)).await?;
            let both = [two.ada.send(Open(1)), two.ben.send(Open(1))];
            two.lab.advance(2 * SECOND).await;
            for opened in both {
                assert_eq!(opened.await?.0, 1, "{wire:?}");
            }
            assert_eq!((two.shelf.fetched(), two.lab.salon().open_rooms()), (1, 1));
        }
        Ok(())
    });
}

#[salon::test]
async fn a_refusal_is_the_answer_to_all_who_wait_and_the_next_opens_anew() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[Fate::Refused]).await?;
        let opened = [two.ada.send(Open(1)), two.ben.send(Open(1))];
        two.lab.settle().await;
        let written = two.ada.send(Write(1, String::new()));
        let asked = two.book().open_and_ask(Lines);
        two.lab.advance(2 * SECOND).await;
        let lent = || Code::Other("lent".into());
        for opened in opened {
            assert_eq!(code(opened.await), lent(), "{wire:?}");
        }
        assert_eq!(code(written.await), lent(), "{wire:?}");
        assert_eq!(code(two.lab.drive(asked).await), lent(), "{wire:?}");
        assert!(two.lab.drive(two.book().members()).await.is_empty());
        assert_eq!(two.lab.salon().open_rooms(), 0);
        let opened = two.ada.send(Open(1));
        two.lab.advance(2 * SECOND).await;
        assert_eq!(opened.await?.0, 2, "it was loaded anew, over {wire:?}");
    }
}

#[salon::test]
async fn a_panic_is_internal_to_all_who_wait_and_is_counted_once() {
    for wire in Wire::ALL {
        for fate in [Fate::Panics, Fate::MakePanics] {
            let two = Two::over(wire, &[fate]).await?;
            let opened = [two.ada.send(Open(1)), two.ben.send(Open(1))];
            two.lab.advance(2 * SECOND).await;
            for opened in opened {
                assert_eq!(code(opened.await), Code::Internal, "{fate:?} over {wire:?}");
            }
            assert_eq!(two.count(Count::HandlerPanics), 1, "{fate:?} over {wire:?}");
            assert_eq!(two.lab.salon().open_rooms(), 0);
            let opened = two.ben.send(Open(1));
            two.lab.advance(2 * SECOND).await;
            assert_eq!(opened.await?.0, 2, "{fate:?} over {wire:?}");
        }
    }
}

#[salon::test]
async fn what_takes_too_long_is_refused_as_timeout_and_dropped_where_it_harms_nobody() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[Fate::Never]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.advance(9 * SECOND).await;
        let late = two.ben.send(Open(1));
        two.lab.settle().await;
        assert_eq!(two.lab.salon().open_rooms(), 1);
        assert_eq!(two.count(Count::HandlerPanics), 0, "it goes on for all of its time");
        two.lab.advance(SECOND).await;
        for opened in [opened, late] {
            assert_eq!(code(opened.await), Code::Timeout, "{wire:?}");
        }
        assert_eq!(two.count(Count::HandlerPanics), 1, "by its drop, over {wire:?}");
        assert_eq!(two.lab.salon().open_rooms(), 0);
        let opened = two.ben.send(Open(1));
        two.lab.advance(2 * SECOND).await;
        assert_eq!(opened.await?.0, 2, "{wire:?}");
    }
}

#[salon::test]
async fn who_is_gone_meanwhile_is_no_member_of_what_was_loaded() {
    for wire in Wire::ALL {
        for others in [false, true] {
            let two = Two::over(wire, &[]).await?;
            let gone = two.ada.send(Open(1));
            let opened = others.then(|| two.ben.send(Open(1)));
            two.lab.settle().await;
            two.ada.close();
            two.lab.advance(2 * SECOND).await;
            drop(gone);
            let members = two.lab.drive(two.book().members()).await;
            assert_eq!(members.len(), usize::from(others), "{wire:?}");
            assert_eq!(two.book().is_open(), others, "nobody was in it, over {wire:?}");
            if let Some(opened) = opened {
                opened.await?;
            }
        }
    }
}

#[salon::test]
async fn who_loses_the_right_meanwhile_is_not_let_in() {
    let rights = [What::permission("read"), What::room("book:1")];
    for (wire, what) in Wire::ALL.into_iter().flat_map(|wire| rights.clone().map(|it| (wire, it))) {
        let two = Two::over(wire, &[]).await?;
        let read = two.ada.send(Read(1));
        two.lab.settle().await;
        two.lab.drive(two.lab.salon().revoke(Who::user("ada"), what.clone())).await;
        two.lab.advance(2 * SECOND).await;
        assert_eq!(code(read.await), Code::Revoked, "{what:?} over {wire:?}");
        assert!(two.lab.drive(two.book().members()).await.is_empty());
    }
}

#[salon::test]
async fn a_room_that_is_closed_while_it_is_loaded_closes_behind_what_came_before() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.settle().await;
        let closed = two.book().close();
        two.lab.settle().await;
        let late = two.ben.send(Open(1));
        two.lab.advance(2 * SECOND).await;
        assert_eq!(opened.await?.0, 1, "{wire:?}");
        assert!(two.lab.drive(closed).await, "it was open");
        assert_eq!(two.ada.expect_named("salon:evicted").await.json()[0]["code"], "closed");
        assert_eq!(code(late.await), Code::Closed, "{wire:?}");
        assert_eq!(two.lab.salon().open_rooms(), 0);
    }
}

#[salon::test]
async fn who_is_put_out_while_a_room_is_loaded_is_put_out_once_it_is_in() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.settle().await;
        let id = two.ada.id().ok_or("it is connected")?;
        let out = two.book().evict(&id);
        two.lab.advance(2 * SECOND).await;
        opened.await?;
        assert!(two.lab.drive(out).await, "it was in, over {wire:?}");
        two.ada.expect_named("salon:evicted").await;
    }
}

#[salon::test]
async fn a_room_that_panics_is_loaded_anew_by_the_same_way_while_its_members_wait() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[]).await?;
        let opened = [two.ada.send(Open(1)), two.ben.send(Open(1))];
        two.lab.advance(2 * SECOND).await;
        for opened in opened {
            opened.await?;
        }
        let burnt = two.ben.send(Burn(1));
        two.lab.settle().await;
        assert_eq!(code(burnt.await), Code::Internal);
        let written = two.ada.send(Write(1, "anew".to_owned()));
        two.lab.settle().await;
        two.ben.close();
        two.lab.settle().await;
        assert_eq!(two.count(Count::RoomsRestarted), 0, "it is not there yet, over {wire:?}");
        two.lab.advance(2 * SECOND).await;
        assert_eq!(written.await?, 2, "{wire:?}");
        assert_eq!(two.count(Count::RoomsRestarted), 1, "{wire:?}");
        two.ada.expect_named("salon:restarted").await;
        assert_eq!(two.ada.expect::<Written>().await.0, "anew", "{wire:?}");
        let lines = two.lines().await?;
        assert!(lines[0] == "anew" && lines[1].starts_with("left: Disconnected"), "{lines:?}");
    }
}

#[salon::test]
async fn members_of_a_room_that_does_not_load_anew_are_out_with_its_code() {
    for wire in Wire::ALL {
        for (fate, code) in
            [(Fate::Refused, "lent"), (Fate::Panics, "internal"), (Fate::Never, "timeout")]
        {
            let two = Two::over(wire, &[Fate::Loaded, fate]).await?;
            let opened = two.ada.send(Open(1));
            two.lab.advance(2 * SECOND).await;
            opened.await?;
            let burnt = two.ada.send(Burn(1));
            two.lab.advance(11 * SECOND).await;
            burnt.await.expect_err("it panics");
            let evicted: Value = two.ada.expect_named("salon:evicted").await.json()[0].clone();
            assert_eq!(evicted["code"], code, "{wire:?}");
            assert_eq!(two.count(Count::RoomsRestarted), 0);
            assert_eq!(two.lab.salon().open_rooms(), 0);
        }
    }
}

#[salon::test]
async fn a_server_that_stops_waits_for_what_is_loaded_and_no_longer_than_it_may() {
    for wire in Wire::ALL {
        for (fate, is_in) in [(Fate::Loaded, true), (Fate::Never, false)] {
            let two = Two::over(wire, &[fate]).await?;
            let opened = two.ada.send(Open(1));
            two.lab.settle().await;
            let began = two.lab.elapsed();
            two.lab.drive(two.lab.salon().shutdown(5 * SECOND)).await;
            let took = two.lab.elapsed() - began;
            assert!(took <= 8 * SECOND, "{took:?} for {fate:?} over {wire:?}");
            assert_eq!(opened.await.is_ok(), is_in, "{fate:?} over {wire:?}");
        }
    }
}

#[salon::test]
async fn a_worker_that_ends_drops_what_is_loaded_on_it_where_it_harms_nobody() {
    let two = Two::over(Wire::WebSocket, &[Fate::Never]).await?;
    let lost = two.ada.send(Open(1));
    two.lab.settle().await;
    two.lab.end_worker(0);
    two.lab.settle().await;
    drop(lost);
    assert_eq!(two.lab.salon().open_rooms(), 0);
    assert_eq!(two.count(Count::HandlerPanics), 1, "by its drop");
    let opened = two.ben.send(Open(1));
    two.lab.advance(2 * SECOND).await;
    assert_eq!(opened.await?.0, 2);
}

#[salon::test]
async fn what_is_there_at_once_is_not_waited_for() {
    let two = Two::over(Wire::WebSocket, &[Fate::AtOnce]).await?;
    assert_eq!(two.ada.send(Open(1)).await?.0, 1);
}

#[salon::test]
async fn a_room_is_what_open_returns_and_not_what_else_was_to_be_loaded() {
    let two = Two::over(Wire::WebSocket, &[Fate::NotReturned]).await?;
    assert_eq!(two.ada.send(Open(1)).await?.0, 0);
    two.lab.advance(2 * SECOND).await;
    assert_eq!(two.shelf.fetched(), 0);
}

#[salon::test]
async fn what_open_asks_for_beside_is_done_once_the_room_is_there() {
    for (fate, fetched) in [(Fate::Beside, 11), (Fate::BesideRefused, 1)] {
        let two = Two::over(Wire::WebSocket, &[fate]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.settle().await;
        assert_eq!(two.shelf.fetched(), 1, "it is not there yet");
        two.lab.advance(2 * SECOND).await;
        assert_eq!(two.shelf.fetched(), fetched, "{fate:?}");
        if opened.await.is_ok() {
            assert_eq!(two.lines().await?, ["open", "a future", "a timer"]);
        }
    }
}

#[salon::test]
async fn what_is_loaded_does_not_load_once_more() {
    let two = Two::over(Wire::WebSocket, &[Fate::Again]).await?;
    let opened = two.ada.send(Open(1));
    two.lab.advance(2 * SECOND).await;
    assert_eq!(code(opened.await), Code::Internal);
    assert_eq!(two.lab.salon().open_rooms(), 0);
}

#[salon::test]
async fn an_open_that_is_async_in_a_block_has_the_key_and_what_is_the_apps() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[Fate::Refused]).await?;
        let taken = two.ada.send(Take { card: 7 });
        two.lab.advance(SECOND).await;
        assert_eq!(code(taken.await), Code::Other("lent".into()), "{wire:?}");
        let taken = two.ada.send(Take { card: 7 });
        two.lab.advance(SECOND).await;
        assert_eq!(taken.await?, "card:7 of book:7, edition 2", "{wire:?}");
    }
}

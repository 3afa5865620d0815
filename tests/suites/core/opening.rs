//! How many rooms may be open, and what becomes of a room that nobody was let into.

use salon::{
    Code, Count,
    config::Rate,
    testing::{Lab, Wire, for_seeds},
};

use crate::{
    cave::{
        Booth, Den, GoIn, GoInChecked, GoOut, Hello, How, Known, Rent, SECOND, come, salon, slowly,
        well,
    },
    table::{code, next_text, text},
};

#[salon::test]
async fn a_connection_has_so_many_rooms_open_that_it_has_opened_and_no_more() {
    for wire in Wire::ALL {
        let few = |builder: Known| builder.limits(|limits| limits.max_rooms_opened = 3);
        let lab = Lab::builder(salon(few)).workers(2).start().await;
        let (ada, bob) = (come(&lab, wire, "ada").await?, come(&lab, wire, "bob").await?);
        ada.send(well(1)).await?;
        ada.send(GoInChecked { key: 2 }).await?;
        slowly(&lab, &ada, 3, How::Well).await?;
        for key in 1..=3 {
            ada.send(GoOut { key }).await?;
        }
        assert_eq!(lab.salon().open_rooms(), 3, "{wire:?}: they are kept");
        for _ in 0..20 {
            assert_eq!(code(ada.send(well(4)).await), Code::LimitExceeded, "{wire:?}");
            assert_eq!(
                code(ada.send(GoInChecked { key: 5 }).await),
                Code::LimitExceeded,
                "{wire:?}"
            );
        }
        // Rooms that are there are not opened, by whomever they were.
        ada.send(well(1)).await?;
        bob.send(well(4)).await?;
        ada.send(well(4)).await?;
        lab.advance(11 * SECOND).await;
        assert_eq!(lab.salon().open_rooms(), 2, "{wire:?}");
        for key in [6, 7] {
            ada.send(well(key)).await?;
        }
        assert_eq!(code(ada.send(well(8)).await), Code::LimitExceeded, "{wire:?}");
        drop((ada, bob));
        lab.advance(120 * SECOND).await;
        assert_eq!(lab.salon().open_rooms(), 0, "{wire:?}");
    }
}

#[salon::test]
async fn a_connection_opens_rooms_at_a_rate_whatever_becomes_of_them() {
    for how in [How::Well, How::NotAdmitted, How::NotHandled] {
        for wire in Wire::ALL {
            let rate = |builder: Known| {
                builder.limits(|limits| limits.room_rate = Rate::new(1, SECOND, 5))
            };
            let lab = Lab::new(salon(rate)).await;
            let ada = come(&lab, wire, "ada").await?;
            for key in 100..105 {
                let refused = ada.send(GoIn { key, how }).await.err();
                let refused = refused.map(|refusal| refusal.code().clone());
                assert_eq!(
                    refused,
                    (how != How::Well).then_some(Code::Forbidden),
                    "{wire:?} {how:?}"
                );
            }
            for key in 105..125 {
                let refusal = ada.send(GoIn { key, how }).await.expect_err("it is too much");
                assert_eq!(*refusal.code(), Code::RateLimited, "{wire:?} {how:?}");
                let data = refusal.data().ok_or("no data")?;
                assert!(
                    data["retry_after_ms"].as_u64().is_some_and(|wait| wait <= 1_000),
                    "{data}"
                );
            }
            assert_eq!(lab.counters().get(Count::RoomsOpened), 5, "{wire:?} {how:?}");
            lab.advance(SECOND).await;
            let one_more = ada.send(GoIn { key: 126, how }).await;
            assert_ne!(
                one_more.err().map(|refusal| refusal.code().clone()),
                Some(Code::RateLimited)
            );
        }
    }
}

#[salon::test]
async fn leaving_a_namespace_and_coming_back_opens_no_more_rooms() {
    let few = |builder: Known| builder.limits(|limits| limits.max_rooms_opened = 3);
    let lab = Lab::new(salon(few)).await;
    let client = lab.visitor().open().await?;
    for key in 1..=5 {
        client.send_raw(text(r#"0{"name":"ada"}"#));
        assert!(next_text(&client).await.starts_with("0{"));
        client.send_raw(text(format!(r#"27["go-in",{{"key":{key}}}]"#)));
        // Behind what the room says of its order.
        let mut answer = next_text(&client).await;
        while !answer.starts_with("37") {
            answer = next_text(&client).await;
        }
        assert_eq!(answer.contains("limit_exceeded"), key > 3, "{answer}");
        client.send_raw(text("1"));
    }
    lab.settle().await;
    assert_eq!(lab.salon().open_rooms(), 3);
}

#[salon::test]
async fn by_default_one_connection_does_not_fill_the_server_with_rooms() {
    let lab = Lab::new(salon(|builder| builder)).await;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    for key in 1_000..4_000 {
        let joined = ada.send(well(key)).await.is_ok();
        assert_eq!(joined, key < 1_000 + 2_048);
        if joined {
            ada.send(GoOut { key }).await?;
        }
    }
    assert_eq!(lab.salon().open_rooms(), 2_048);
    lab.advance(11 * SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 0);
    ada.send(well(1)).await?;
}

#[salon::test]
async fn a_kind_has_so_many_rooms_open_and_so_has_the_salon_whoever_opens_them() {
    let few = |builder: Known| builder.limits(|limits| limits.max_open_rooms = 4);
    let lab = Lab::builder(salon(few)).workers(2).start().await;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    let salon = lab.salon().clone();
    ada.send(Rent { key: 1 }).await?;
    salon.room::<Booth>(&2).open_and_tell(Hello)?;
    assert_eq!(code(ada.send(Rent { key: 3 }).await), Code::LimitExceeded);
    assert_eq!(code(salon.room::<Booth>(&3).open_and_tell(Hello)), Code::LimitExceeded);
    salon.room::<Booth>(&1).open_and_tell(Hello)?;
    lab.advance(2 * SECOND).await;
    ada.send(Rent { key: 3 }).await?;
    // The Salon has room for two of another kind.
    ada.send(well(1)).await?;
    lab.drive(salon.room::<Den>(&2).open_and_ask(Hello)).await?;
    assert_eq!(code(ada.send(well(3)).await), Code::LimitExceeded);
    assert_eq!(code(salon.room::<Den>(&3).open_and_tell(Hello)), Code::LimitExceeded);
    let asked = lab.drive(salon.room::<Den>(&3).open_and_ask(Hello)).await;
    assert_eq!(code(asked), Code::LimitExceeded);
    salon.room::<Den>(&2).close();
    lab.settle().await;
    ada.send(well(3)).await?;
    assert_eq!(salon.open_rooms(), 4);
    assert_eq!(lab.counters().get(Count::RoomsOpened), 6);
}

#[salon::test]
async fn a_joining_event_that_is_refused_leaves_no_room_behind() {
    for wire in Wire::ALL {
        let one = |builder: Known| builder.limits(|limits| limits.max_rooms_opened = 1);
        let lab = Lab::builder(salon(one)).workers(2).start().await;
        let ada = come(&lab, wire, "ada").await?;
        for how in [How::NotAdmitted, How::NotHandled, How::Panic] {
            for key in 1..=20 {
                ada.send(GoIn { key, how }).await.expect_err("it is refused");
                lab.settle().await;
                assert_eq!(lab.salon().open_rooms(), 0, "{wire:?} {how:?}");
            }
        }
        for key in [13, 14] {
            slowly(&lab, &ada, key, How::NotHandled).await.expect_err("it is refused");
            lab.settle().await;
            assert_eq!(lab.salon().open_rooms(), 0, "{wire:?} slowly");
        }
        let (opened, closed) = (Count::RoomsOpened, Count::RoomsClosed);
        assert_eq!(lab.counters().get(opened), lab.counters().get(closed), "{wire:?}");
    }
}

#[salon::test]
async fn one_who_is_in_as_many_rooms_as_it_may_be_leaves_no_other_behind() {
    for wire in Wire::ALL {
        let one = |builder: Known| builder.limits(|limits| limits.max_rooms = 1);
        let lab = Lab::builder(salon(one)).workers(2).start().await;
        let ada = come(&lab, wire, "ada").await?;
        ada.send(well(1)).await?;
        for key in [2, 3] {
            assert_eq!(code(ada.send(well(key)).await), Code::LimitExceeded);
            lab.settle().await;
            assert_eq!(lab.salon().open_rooms(), 1, "{wire:?}");
        }
    }
}

#[salon::test]
async fn a_room_is_kept_that_has_had_a_member_or_that_the_app_has_wanted() {
    let lab = Lab::new(salon(|builder| builder)).await;
    let (ada, salon) = (come(&lab, Wire::WebSocket, "ada").await?, lab.salon().clone());
    ada.send(well(1)).await?;
    ada.send(GoOut { key: 1 }).await?;
    salon.room::<Den>(&2).open_and_tell(Hello)?;
    lab.drive(salon.room::<Den>(&3).open_and_ask(Hello)).await?;
    for key in 1..=3 {
        let refused = ada.send(GoIn { key, how: How::NotAdmitted }).await;
        assert_eq!(code(refused), Code::Forbidden);
    }
    lab.advance(9 * SECOND).await;
    for key in 1..=3 {
        assert!(salon.room::<Den>(&key).is_open(), "den {key}");
    }
    lab.advance(2 * SECOND).await;
    assert_eq!(salon.open_rooms(), 0);
}

#[test]
fn who_may_go_in_is_in_though_the_room_closes_behind_others_who_may_not() {
    for_seeds(0..50, async |seed| {
        let lab = Lab::builder(salon(|builder| builder)).workers(3).seed(seed).start().await;
        let good = come(&lab, Wire::WebSocket, "ada").await?;
        let mut bad = Vec::new();
        for _ in 0..3 {
            bad.push(come(&lab, Wire::WebSocket, "ruffian").await?);
        }
        for key in 100..110 {
            let refused: Vec<_> = bad.iter().map(|client| client.send(well(key))).collect();
            good.send(well(key)).await?;
            for refused in refused {
                assert_eq!(code(refused.await), Code::Forbidden, "den {key}");
            }
            let members = lab.drive(lab.salon().room::<Den>(&key).members()).await;
            assert_eq!(members.len(), 1, "den {key}");
        }
        assert_eq!(lab.salon().open_rooms(), 10);
        Ok(())
    });
}

#[salon::test]
async fn only_what_says_so_in_its_name_opens_a_room() {
    let lab = Lab::new(salon(|builder| builder)).await;
    let booth = lab.salon().room::<Booth>(&5);
    assert_eq!(code(booth.tell(Hello)), Code::NotFound);
    assert!(!booth.is_open());
    booth.open_and_tell(Hello)?;
    lab.settle().await;
    assert!(booth.is_open());
    booth.tell(Hello)?;
}

//! What a room and its members had before: none of it acts on what they have now.
//!
//! It must never ask only what comes: what does not come any more is what these tests are about.

use salon::{
    At, Code, Count, Position,
    auth::{What, Who},
    testing::{Client, Failure, Incoming, Lab, Wire},
};

use crate::{
    hall::{
        Deed, Enter, Hall, Have, Look, Published, RingTheBell, SECOND, Struck, Think, halls, have,
    },
    table::code,
};

/// A lab of two workers with a member of hall 1, which is on the other worker than it is.
async fn lab(wire: Wire) -> Result<(Lab, Client), Failure> {
    let lab = Lab::builder(halls()).workers(2).start().await;
    let opener = lab.visitor().worker(1).connect().await?;
    opener.send(Enter { hall: 1 }).await?;
    let client = lab.visitor().wire(wire).worker(0).connect().await?;
    client.send(Enter { hall: 1 }).await?;
    opener.send(have(Deed::Leave)).await?;
    opener.close();
    lab.settle().await;
    Ok((lab, client))
}

/// Where in the hall's order each event of it was that has come, in order.
async fn places(client: &Client) -> Vec<Position> {
    let events: Vec<Incoming> = client.events().await;
    events.into_iter().filter_map(|event| event.position).collect()
}

/// Where a client came in, as it was told.
async fn joined(client: &Client) -> Position {
    client.expect_named("salon:joined").await.position.expect("a hall says where in its order")
}

async fn look(lab: &Lab) -> (u32, Position) {
    let (state, place) = lab.drive(lab.salon().room::<Hall>(&1).ask(Look)).await.expect("open");
    (state, place.expect("a hall is numbered"))
}

fn ats(places: &[Position]) -> Vec<At> {
    places.iter().map(|place| place.at).collect()
}

#[salon::test]
async fn what_is_published_to_nobody_has_its_number_and_what_is_volatile_has_none() {
    use At::{After, Seq};
    for wire in Wire::ALL {
        let (lab, client) = lab(wire).await?;
        let first = joined(&client).await;
        assert_eq!(first.at, After(0), "{wire:?}");
        client.send(have(Deed::Leave)).await?;
        let room = lab.salon().room::<Hall>(&1);
        for deed in [Deed::Publish, Deed::PublishVolatile, Deed::Publish, Deed::PublishVolatile] {
            room.open_and_tell(Have(deed))?;
        }
        lab.settle().await;
        let mut wanted = first.clone();
        wanted.at = After(2);
        assert_eq!(look(&lab).await.1, wanted, "{wire:?}");
        let replied = client.send(Enter { hall: 1 }).await?;
        let second = joined(&client).await;
        assert_eq!((second.at, replied.as_ref()), (After(2), Some(&second)), "{wire:?}");
        assert_eq!(second.epoch, first.epoch, "it is the same state, {wire:?}");
        assert!(places(&client).await.is_empty(), "nothing of what it missed comes, {wire:?}");
        for deed in [
            Deed::PublishVolatile,
            Deed::Publish,
            Deed::PublishVolatile,
            Deed::PublishNothing,
            Deed::PublishToSelf,
            Deed::PublishToOthers,
            Deed::PublishToSelf,
            Deed::Publish,
        ] {
            client.send(have(deed)).await?;
        }
        let due = [After(2), Seq(3), After(3), After(3), After(4), Seq(5)];
        assert_eq!(ats(&places(&client).await), due, "{wire:?}");
        assert_eq!(look(&lab).await.1.at, After(5), "{wire:?}");
    }
}

/// How a hall comes to another state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    IsClosed,
    IsLeftAlone,
    Panics,
    /// Something came for it while it closed.
    IsHeldUp,
}

const AGAINS: [Again; 4] = [Again::IsClosed, Again::IsLeftAlone, Again::Panics, Again::IsHeldUp];

impl Again {
    /// Has it happen, ten seconds later at the latest. The client is a member before and after.
    async fn happen(self, lab: &Lab, client: &Client) -> Result<(), Failure> {
        match self {
            Self::IsClosed => drop(client.send(have(Deed::Close)).await?),
            Self::Panics => {
                assert_eq!(code(client.send(have(Deed::Panic)).await), Code::Internal);
                return Ok(());
            }
            Self::IsLeftAlone | Self::IsHeldUp => {
                if self == Self::IsHeldUp {
                    client.send(have(Deed::ClingOn)).await?;
                }
                client.send(have(Deed::Leave)).await?;
                lab.advance(10 * SECOND).await;
            }
        }
        client.send(Enter { hall: 1 }).await?;
        Ok(())
    }
}

#[salon::test]
async fn a_room_that_is_opened_again_has_another_order_from_its_beginning() {
    for again in AGAINS {
        for wire in Wire::ALL {
            let (lab, client) = lab(wire).await?;
            let mut epochs = vec![joined(&client).await.epoch];
            for round in 1..=3 {
                client.send(have(Deed::Publish)).await?;
                again.happen(&lab, &client).await?;
                let beginning = match again {
                    Again::Panics => client.expect_named("salon:restarted").await.position,
                    _ => Some(joined(&client).await),
                };
                let beginning = beginning.ok_or("a beginning without a place")?;
                // What was on its way was published by the new state, to nobody.
                let first = u64::from(again == Again::IsHeldUp);
                assert_eq!(beginning.at, At::After(first), "{again:?} {wire:?}");
                assert!(!epochs.contains(&beginning.epoch), "{again:?} {wire:?} {epochs:?}");
                client.events().await;
                client.send(have(Deed::Publish)).await?;
                let published = client.expect_named("hall:published").await.position;
                let mut due = beginning.clone();
                due.at = At::Seq(first + 1);
                assert_eq!(published, Some(due), "{again:?} {wire:?}");
                let opened = lab.counters().get(Count::RoomsOpened);
                let closed = lab.counters().get(Count::RoomsClosed);
                let restarted = lab.counters().get(Count::RoomsRestarted);
                let counted =
                    if again == Again::Panics { (1, 0, round) } else { (round + 1, round, 0) };
                assert_eq!((opened, closed, restarted), counted, "{again:?} {wire:?}");
                assert_eq!(lab.salon().open_rooms(), 1);
                epochs.push(beginning.epoch);
            }
        }
    }
}

#[salon::test]
async fn what_comes_while_a_room_closes_meets_the_next_state_and_nothing_of_the_one_before() {
    let (lab, client) = lab(Wire::WebSocket).await?;
    client.send(have(Deed::ClingOn)).await?;
    client.send(have(Deed::Leave)).await?;
    lab.advance(10 * SECOND).await;
    let (state, place) = look(&lab).await;
    assert_eq!((state, place.at), (2, At::After(1)), "the message was the new state's");
    // What the old state asked for while it closed, a timer and a future, is void.
    client.send(Enter { hall: 1 }).await?;
    client.events().await;
    lab.advance(5 * SECOND).await;
    client.expect_none().await;
    client.send(have(Deed::Leave)).await?;
    // And what is left is a room like any other: it closes when its time has come.
    lab.advance(9 * SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 1);
    lab.advance(SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 0);
}

#[salon::test]
async fn who_comes_while_a_room_is_about_to_close_is_in() {
    for wire in Wire::ALL {
        let (lab, client) = lab(wire).await?;
        client.send(have(Deed::Leave)).await?;
        lab.advance(9 * SECOND).await;
        // Its time comes while its worker does nothing, and so does the client.
        lab.stall(1);
        let entered = client.send(Enter { hall: 1 });
        lab.advance(2 * SECOND).await;
        lab.resume(1);
        entered.await?;
        client.send(have(Deed::Publish)).await?;
        client.expect::<Published>().await;
        assert_eq!(lab.counters().get(Count::RoomsClosed), 0, "{wire:?}");
        lab.advance(20 * SECOND).await;
        assert_eq!(lab.salon().open_rooms(), 1, "it has a member, {wire:?}");
        client.send(have(Deed::Leave)).await?;
        lab.advance(10 * SECOND).await;
        assert_eq!(lab.salon().open_rooms(), 0, "{wire:?}");
    }
}

#[salon::test]
async fn nothing_that_a_state_has_asked_for_reaches_the_one_after_it() {
    for again in AGAINS {
        for deed in [Deed::Timer, Deed::Ticks, Deed::Future, Deed::BadFuture] {
            let (lab, client) = lab(Wire::WebSocket).await?;
            asks_and_ends(again, deed, &lab, &client).await?;
            client.events().await;
            client.send(have(Deed::Timer)).await?;
            lab.advance(5 * SECOND).await;
            let states: Vec<_> = struck(&client).await;
            let state = look(&lab).await.0;
            let own = Struck { of: state, within: state };
            assert_eq!(states, [own], "{again:?} {deed:?}");
            // A panic of what is gone is counted, if it is not gone with the actor; it ends nobody.
            let own = u64::from(again == Again::Panics);
            let goes_on = matches!(again, Again::Panics | Again::IsHeldUp);
            let panics = own + u64::from(deed == Deed::BadFuture && goes_on);
            assert_eq!(lab.counters().get(Count::HandlerPanics), panics, "{again:?} {deed:?}");
            assert_eq!(lab.counters().get(Count::RoomsRestarted), own, "{again:?} {deed:?}");
        }
    }
}

/// Has a message from outside ask for the deed as late as it can, and the hall come to its end then.
async fn asks_and_ends(
    again: Again,
    deed: Deed,
    lab: &Lab,
    client: &Client,
) -> Result<(), Failure> {
    let room = lab.salon().room::<Hall>(&1);
    if matches!(again, Again::IsClosed | Again::Panics) {
        room.open_and_tell(Have(deed))?;
        return again.happen(lab, client).await;
    }
    if again == Again::IsHeldUp {
        client.send(have(Deed::ClingOn)).await?;
    }
    client.send(have(Deed::Leave)).await?;
    lab.advance(9 * SECOND).await;
    room.open_and_tell(Have(deed))?;
    lab.advance(SECOND).await;
    client.send(Enter { hall: 1 }).await?;
    Ok(())
}

/// The strikes that have come.
async fn struck(client: &Client) -> Vec<Struck> {
    let events = client.events().await.into_iter();
    let strikes = events.filter(|event| event.name == "hall:struck");
    strikes.filter_map(|event| event.payload.single().ok()).collect()
}

#[salon::test]
async fn an_answer_of_an_earlier_state_is_given_and_harms_no_later_one() {
    let (lab, client) = lab(Wire::WebSocket).await?;
    let thought = client.send(Think { hall: 1, seconds: 2 });
    lab.settle().await;
    Again::Panics.happen(&lab, &client).await?;
    lab.advance(3 * SECOND).await;
    assert_eq!(thought.await?, 1);
    assert_eq!(look(&lab).await.0, 2);
    client.send(have(Deed::Publish)).await?;
    client.expect::<Published>().await;
}

#[salon::test]
async fn a_room_that_owes_an_answer_closes_after_it() {
    for wire in Wire::ALL {
        let (lab, client) = lab(wire).await?;
        let thought = client.send(Think { hall: 1, seconds: 12 });
        client.send(have(Deed::Leave)).await?;
        lab.advance(11 * SECOND).await;
        assert_eq!(lab.salon().open_rooms(), 1, "{wire:?}");
        lab.advance(SECOND).await;
        assert_eq!(thought.await?, 1, "it had left by then, and is answered, {wire:?}");
        lab.advance(10 * SECOND).await;
        assert_eq!(lab.salon().open_rooms(), 0, "{wire:?}");
    }
}

#[salon::test]
async fn an_entry_of_an_earlier_membership_that_is_refused_late_ends_no_later_one() {
    for wire in Wire::ALL {
        for is_welcome in [true, false] {
            let (lab, client) = lab(wire).await?;
            client.send(have(Deed::Leave)).await?;
            let rung = client.send(RingTheBell { hall: 1, seconds: 2, is_welcome });
            lab.settle().await;
            client.send(have(Deed::Leave)).await?;
            client.send(Enter { hall: 1 }).await?;
            client.events().await;
            lab.advance(3 * SECOND).await;
            let answer = rung.await.map_err(|refusal| refusal.code().clone());
            assert_eq!(answer, if is_welcome { Ok(()) } else { Err(Code::Forbidden) });
            client.send(have(Deed::Publish)).await?;
            client.expect::<Published>().await;
        }
    }
}

#[salon::test]
async fn the_loss_of_an_earlier_membership_takes_nothing_from_the_later_one() {
    for wire in Wire::ALL {
        let (lab, client) = lab(wire).await?;
        let id = client.id().ok_or("it is connected")?;
        // The room hears first that the member leaves, then that it has lost its membership, then
        // that it comes again.
        lab.stall(1);
        let left = client.send(have(Deed::Leave));
        lab.settle().await;
        let salon = lab.salon().clone();
        let revoking = actix_web::rt::spawn(async move {
            salon.revoke(Who::session(id), What::room("hall:1")).await
        });
        lab.settle().await;
        let entered = client.send(Enter { hall: 1 });
        lab.settle().await;
        lab.resume(1);
        assert_eq!(lab.drive(revoking).await?.memberships, 1);
        let answers = (left.await.map(drop), entered.await.map(drop));
        let lapsed = answers.0.map_err(|refusal| refusal.code().clone());
        assert_eq!(lapsed, Err(Code::Lapsed), "it was lost before it was left, {wire:?}");
        assert_eq!(answers.1, Ok(()), "{wire:?}");
        client.expect_none().await;
        client.send(have(Deed::Publish)).await?;
        client.expect::<Published>().await;
        assert_eq!(lab.drive(lab.salon().room::<Hall>(&1).members()).await.len(), 1, "{wire:?}");
    }
}

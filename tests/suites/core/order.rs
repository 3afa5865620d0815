//! One order for everybody, over several workers, while members come and go.
//!
//! It must never let two clients take turns for the workers' sake: in each round all send before
//! any answer is awaited.

use salon::{
    Count,
    testing::{self, Client, Failure, Happened, Lab, Wire},
};

use crate::table::{Count as CountCalls, Said, Say, Sit, Stand, code, come, guest, salon};

both_ways! {
    crate::table::salon(),
    0..25,
    every_member_hears_everything_once_in_the_rooms_order_and_before_its_own_acknowledgement
    who_comes_and_goes_hears_exactly_what_was_said_in_between
    a_room_that_closes_while_somebody_comes_loses_no_event
}

/// What a client sent and got that the order is about.
enum Step {
    /// It sent an event, to be acknowledged under an id.
    Sent { event: String, id: u64 },
    /// It heard what is numbered so.
    Heard(u64),
    /// It got an acknowledgement, of these arguments.
    Acknowledged { id: u64, arguments: String },
}

/// All steps of a client, from its transcript.
fn steps(client: &Client) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for entry in client.transcript().entries() {
        match &entry.what {
            Happened::Came(testing::Traffic::Event { name, json, .. }) if name == "table:said" => {
                // What follows is its place.
                let mut arguments = serde_json::Deserializer::from_str(json).into_iter();
                let said: Said = arguments.next().ok_or("said without an argument")??;
                steps.push(Step::Heard(said.number));
            }
            Happened::Came(testing::Traffic::Acknowledgement { id, json }) => {
                steps.push(Step::Acknowledged { id: *id, arguments: json.to_string() });
            }
            Happened::Sent(testing::Traffic::Event { name, id: Some(id), .. }) => {
                steps.push(Step::Sent { event: name.to_string(), id: *id });
            }
            _ => {}
        }
    }
    Ok(steps)
}

async fn every_member_hears_everything_once_in_the_rooms_order_and_before_its_own_acknowledgement(
    lab: &Lab,
) -> Result<(), Failure> {
    const TALKERS: u64 = 12;
    const TURNS: u64 = 12;
    let mut talkers = Vec::new();
    for talker in 0..TALKERS {
        let name = format!("talker {talker}");
        let wire = Wire::ALL[usize::try_from(talker)? % Wire::ALL.len()];
        let visitor = lab.visitor().name(&name).wire(wire).auth(guest(&name));
        let client = visitor.connect().await?;
        client.send(Sit { table: 1 }).await?;
        talkers.push(client);
    }
    for turn in 0..TURNS {
        let say = || Say { table: 1, text: turn.to_string() };
        let said: Vec<_> = talkers.iter().map(|talker| talker.send(say())).collect();
        let mut numbers = Vec::new();
        for said in said {
            numbers.push(said.await?);
        }
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(turn * TALKERS + 1..=(turn + 1) * TALKERS));
    }
    for talker in &talkers {
        for number in 1..=TALKERS * TURNS {
            assert_eq!(talker.expect::<Said>().await.number, number, "no gap, no double");
        }
        talker.expect_none().await;
        let mut last = None;
        for step in steps(talker)? {
            match step {
                Step::Heard(number) => last = Some(number),
                // The reply is the number of what was just broadcast: it must have been heard.
                Step::Acknowledged { id, arguments } if id > 0 => {
                    assert_eq!(last, Some(arguments.parse()?), "the last before {arguments}");
                }
                Step::Acknowledged { .. } | Step::Sent { .. } => {}
            }
        }
    }
    Ok(())
}

async fn who_comes_and_goes_hears_exactly_what_was_said_in_between(
    lab: &Lab,
) -> Result<(), Failure> {
    const VISITORS: usize = 6;
    const VISITS: usize = 15;
    let host = come(lab, "host").await?;
    host.send(Sit { table: 1 }).await?;
    let mut visitors = Vec::new();
    for visitor in 0..VISITORS {
        visitors.push(come(lab, &format!("visitor {visitor}")).await?);
    }
    // Each visitor is one step behind the one before it, so that comings, talk and goings race.
    for round in 0..3 * VISITS + VISITORS {
        let steps = visitors.iter().enumerate().filter_map(|(late, visitor)| {
            let step = round.checked_sub(late).filter(|step| *step < 3 * VISITS)?;
            Some((visitor, step % 3))
        });
        let (mut sat, mut said, mut stood) = (Vec::new(), Vec::new(), Vec::new());
        for (visitor, step) in steps {
            match step {
                0 => sat.push(visitor.send(Sit { table: 1 })),
                1 => said.push(visitor.send(Say { table: 1, text: "hello".to_owned() })),
                _ => stood.push(visitor.send(Stand { table: 1 })),
            }
        }
        for sat in sat {
            sat.await?;
        }
        for said in said {
            said.await?;
        }
        for stood in stood {
            stood.await?;
        }
    }
    let all = 1..=u64::try_from(VISITORS * VISITS)?;
    for number in all {
        assert_eq!(host.expect::<Said>().await.number, number);
    }
    for visitor in &visitors {
        // Nothing more is on its way to it.
        visitor.send(CountCalls).await?;
        let mut visits = 0;
        // What was heard in this visit, and the ids of its talk and its leave.
        let (mut visit, mut talk, mut leave) = (None::<Vec<u64>>, None, None);
        for step in steps(visitor)? {
            match step {
                Step::Sent { event, id } => match event.as_str() {
                    "table:sit" => visit = Some(Vec::new()),
                    "table:say" => talk = Some(id),
                    "table:stand" => leave = Some(id),
                    _ => {}
                },
                Step::Heard(number) => {
                    let visit = visit.as_mut();
                    visit.expect("nothing is heard after the leave was acknowledged").push(number);
                }
                Step::Acknowledged { id, arguments } if Some(id) == talk => {
                    let last = visit.as_ref().and_then(|visit| visit.last());
                    assert_eq!(last, Some(&arguments.parse()?), "its own words come right before");
                }
                Step::Acknowledged { id, .. } if Some(id) == leave => {
                    let visit = visit.take().expect("who leaves has been there");
                    let gaps = visit.windows(2).filter(|pair| pair[0] + 1 != pair[1]).count();
                    assert_eq!(gaps, 0, "one visit hears without a gap or a double: {visit:?}");
                    visits += 1;
                }
                Step::Acknowledged { .. } => {}
            }
        }
        assert_eq!(visits, VISITS);
    }
    Ok(())
}

async fn a_room_that_closes_while_somebody_comes_loses_no_event(lab: &Lab) -> Result<(), Failure> {
    // With more of them the table would hardly ever be empty.
    let visitors = [come(lab, "ada").await?, come(lab, "bob").await?];
    for _ in 0..25 {
        // The table lingers for no time: it closes and opens all the time.
        let visits = visitors.each_ref().map(|visitor| {
            (visitor, visitor.send(Sit { table: 7 }), visitor.send(Stand { table: 7 }))
        });
        for (visitor, sat, stood) in visits {
            let members = sat.await?;
            assert!(members.iter().any(|name| name == visitor.name()), "{members:?}");
            stood.await?;
        }
    }
    assert!(lab.counters().get(Count::RoomsOpened) > 1, "the race was never run");
    Ok(())
}

#[salon::test]
async fn a_room_that_closed_is_opened_anew_for_who_comes_next() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let visitor = come(&lab, "ada").await?;
    for opened in 1..=500 {
        assert_eq!(visitor.send(Sit { table: 7 }).await?, ["ada"]);
        assert_eq!(visitor.send(Say { table: 7, text: "hello".to_owned() }).await?, 1);
        visitor.send(Stand { table: 7 }).await?;
        let late = visitor.send(Say { table: 7, text: "hello".to_owned() }).await;
        assert_eq!(code(late), salon::Code::NotAMember);
        lab.settle().await;
        assert_eq!(lab.counters().get(Count::RoomsOpened), opened);
        assert_eq!(lab.counters().get(Count::RoomsClosed), opened);
    }
}

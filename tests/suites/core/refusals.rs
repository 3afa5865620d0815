//! Entries that are refused, in every way there is: of what was before and beside them nothing changes.
//!
//! It must never stop at the refusal: what is left behind is what is asked here.

use salon::{
    Code, Count,
    testing::{self, Client, Failure, Happened, Lab, Traffic, Wire},
};

use crate::{
    den::{
        Answered, Clear, Enter, Entry, MOST, Remember, SECOND, Said, Think, come, dens, enter,
        heard, leave, packed_dens, revoke, said, say, stop_reading,
    },
    table::code,
};

/// Why an entry comes to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// The den, or its code, has it so.
    Den(Entry),
    /// The guest is in as many dens as it may be.
    TooMany,
    /// Something was taken from the guest since it was asked about.
    Overtaken,
}

const WHYS: [Why; 7] = [
    Why::Den(Entry::Refused),
    Why::Den(Entry::Panics),
    Why::Den(Entry::Faceless),
    Why::Den(Entry::Unspeakable),
    Why::Den(Entry::TurnedBack),
    Why::TooMany,
    Why::Overtaken,
];

impl Why {
    fn entry(self) -> Enter {
        match self {
            Self::Den(entry) => enter("a", entry),
            Self::TooMany | Self::Overtaken => enter("a", Entry::Admitted),
        }
    }

    fn code(self) -> Code {
        match self {
            Self::Den(Entry::Refused | Entry::TurnedBack) => Code::Forbidden,
            Self::Den(_) => Code::Internal,
            Self::TooMany => Code::LimitExceeded,
            Self::Overtaken => Code::Revoked,
        }
    }
}

/// Where everything happens: over which wire, in which language, on which worker the guest is (the
/// den is on 1), and whether the guest reads what comes.
#[derive(Clone, Copy, Debug)]
struct Place {
    wire: Wire,
    packed: bool,
    worker: usize,
    reads: bool,
}

fn places() -> impl Iterator<Item = Place> {
    Wire::ALL.into_iter().flat_map(|wire| {
        let bits = (0..8).map(|bits| (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0));
        bits.map(move |(packed, apart, reads)| Place {
            wire,
            packed,
            worker: usize::from(!apart),
            reads,
        })
    })
}

/// A host in den `a`, which is on worker 1, and a guest there.
async fn host_and_guest(place: Place) -> Result<(Lab, Client, Client), Failure> {
    let salon = if place.packed { packed_dens() } else { dens() };
    let lab = Lab::builder(salon).workers(2).window(1).start().await;
    let host = come(&lab, "host", Wire::WebSocket, 1).await?;
    host.send(enter("a", Entry::Admitted)).await?;
    let guest = come(&lab, "guest", place.wire, place.worker).await?;
    guest.send(enter("a", Entry::Admitted)).await?;
    heard(&guest).await;
    if !place.reads {
        stop_reading(&lab, &guest).await;
    }
    Ok((lab, host, guest))
}

#[salon::test]
async fn an_entry_that_is_refused_changes_nothing_of_what_was_answered_before_it() {
    for place in places() {
        // What is taken from a guest is to overtake its entry on the way to another worker.
        let is_possible = |why: &Why| *why != Why::Overtaken || place.worker == 0;
        for why in WHYS.into_iter().filter(is_possible) {
            answers_stand(place, why)
                .await
                .map_err(|error| format!("{place:?} {why:?}: {error}"))?;
        }
    }
}

async fn answers_stand(place: Place, why: Why) -> Result<(), Failure> {
    let (lab, _host, guest) = host_and_guest(Place { reads: true, ..place }).await?;
    let others: Vec<_> = (0..MOST - 1).map(|number| format!("other {number}")).collect();
    if why == Why::TooMany {
        for other in &others {
            guest.send(enter(other, Entry::Admitted)).await?;
        }
        heard(&guest).await;
    }
    if !place.reads {
        stop_reading(&lab, &guest).await;
    }
    if why == Why::Overtaken {
        lab.stall(1);
    }
    let spoken = guest.send(say("a"));
    let elsewhere = (why == Why::TooMany).then(|| guest.send(say(&others[0])));
    let left = guest.send(leave("a"));
    if let Why::TooMany = why {
        lab.settle().await;
        guest.emit(enter("one more", Entry::Admitted));
        lab.settle().await;
    }
    let entered = guest.send(why.entry());
    lab.settle().await;
    if why == Why::Overtaken {
        // Of another den: what is asked for meanwhile is to be asked for again.
        assert_eq!(revoke(&lab, "guest", "elsewhere").await, 0);
        lab.resume(1);
        lab.settle().await;
    }
    let withheld = lab.counters().get(Count::FramesSuppressed);
    guest.read_on();
    assert_eq!(spoken.await, Ok(1), "{place:?} {why:?}");
    assert_eq!(left.await, Ok(()), "{place:?} {why:?}");
    assert_eq!(code(entered.await), why.code(), "{place:?} {why:?}");
    // Its own copies; between two dens there is no order.
    let mut due = vec![said("a", 1)];
    let mut copies = vec![guest.expect::<Said>().await];
    if let Some(elsewhere) = elsewhere {
        assert_eq!(elsewhere.await, Ok(1), "{place:?} {why:?}");
        due.push(said(&others[0], 1));
        copies.push(guest.expect::<Said>().await);
        guest.send(leave("one more")).await?;
    }
    copies.sort_by(|one, other| one.den.cmp(&other.den));
    assert_eq!(copies, due, "{place:?} {why:?}");
    // What the den said to it when it had let it go, and while it was asked in or after that.
    assert!(withheld >= 2, "{withheld} were withheld, {place:?} {why:?}");
    assert_eq!(heard(&guest).await.iter().filter(|it| it.contains("left")).count(), 0);
    // And from here on everything is as if it had never asked.
    guest.send(enter("a", Entry::Admitted)).await?;
    let number = guest.send(say("a")).await?;
    assert_eq!(guest.expect::<Said>().await, said("a", number), "{place:?} {why:?}");
    Ok(())
}

#[salon::test]
async fn one_that_is_refused_hears_nothing_of_what_it_was_told_while_it_was_asked_in() {
    for place in places().filter(|place| place.reads) {
        for why in WHYS {
            let Why::Den(entry) = why else { continue };
            let (lab, _host, _guest) = host_and_guest(place).await?;
            let stranger = come(&lab, "stranger", place.wire, place.worker).await?;
            let entered = stranger.send(enter("a", entry));
            assert_eq!(code(entered.await), why.code(), "{place:?} {why:?}");
            let heard = heard(&stranger).await;
            // Whoever is turned back by the handler was in, for that long.
            let was_in = usize::from(entry == Entry::TurnedBack);
            assert_eq!(heard.len(), was_in, "{heard:?} {place:?} {why:?}");
        }
    }
}

#[salon::test]
async fn one_that_is_admitted_hears_first_what_it_was_told_while_it_was_asked_in() {
    for place in places().filter(|place| place.reads) {
        let (lab, host, _guest) = host_and_guest(place).await?;
        let stranger = come(&lab, "stranger", place.wire, place.worker).await?;
        host.send(say("a")).await?;
        stranger.send(enter("a", Entry::Admitted)).await?;
        host.send(say("a")).await?;
        lab.settle().await;
        let transcript = stranger.transcript();
        let came = |event: &str| {
            transcript.entries().iter().position(|entry| {
                matches!(&entry.what, Happened::Came(Traffic::Event { name, .. }) if name == event)
            })
        };
        let order = [came("den:whisper"), came("salon:joined"), came("den:said")];
        assert!(order[0].is_some() && order.is_sorted(), "{place:?}: {transcript}");
        assert_eq!(heard(&stranger).await.len(), 2, "{place:?}");
    }
}

#[salon::test]
async fn a_room_reaches_nobody_alone_who_is_no_member() {
    for place in places().filter(|place| place.reads) {
        let (lab, host, gone) = host_and_guest(place).await?;
        gone.send(leave("a")).await?;
        let refused = come(&lab, "refused", place.wire, place.worker).await?;
        assert_eq!(code(refused.send(enter("a", Entry::Refused)).await), Code::Forbidden);
        let lost = come(&lab, "lost", place.wire, place.worker).await?;
        lost.send(enter("a", Entry::Admitted)).await?;
        assert_eq!(revoke(&lab, "lost", "a").await, 1);
        for client in [&host, &gone, &refused, &lost] {
            heard(client).await;
        }
        let asking = host.send(Remember { den: "a".to_owned() });
        asking.await?;
        host.expect_question::<crate::den::Asked>().await.answer(&"here".to_owned());
        let told = [host.expect::<crate::den::Whisper>().await.when];
        assert_eq!(told, ["later"], "{place:?}");
        // Nobody is waited for who was not asked.
        let mut answers = Vec::new();
        for _ in 0..4 {
            let Answered { who, answer } = host.expect().await;
            answers.push((who, answer == "here"));
        }
        answers.sort();
        let who = ["guest", "host", "lost", "refused"];
        assert!(answers.iter().map(|(who, _)| who).eq(who), "{answers:?}");
        assert!(answers.iter().all(|(who, here)| *here == (who == "host")), "{answers:?}");
        for client in [&gone, &refused, &lost] {
            assert_eq!(heard(client).await, [""; 0], "{place:?}");
        }
    }
}

#[salon::test]
async fn a_client_that_is_refused_again_and_again_keeps_its_connection() {
    for wire in Wire::ALL {
        for entry in [Entry::Refused, Entry::Panics, Entry::TurnedBack] {
            let lab = Lab::builder(dens()).workers(2).start().await;
            let bot = come(&lab, "bot", wire, 0).await?;
            // Of dens that are open all the time, and of such as are closed again.
            for round in 0..3 {
                for number in 0..4 * MOST {
                    let entered = bot.send(enter(&format!("{round} {number}"), entry)).await;
                    assert!(code(entered) != Code::Disconnected, "{wire:?} {entry:?}");
                }
                lab.advance(11 * SECOND).await;
                assert_eq!(lab.salon().open_rooms(), 0, "{wire:?} {entry:?}");
            }
            bot.send(enter("a", Entry::Admitted)).await?;
            assert_eq!(bot.send(say("a")).await?, 1);
            assert!(bot.is_connected(), "{wire:?} {entry:?}");
        }
    }
}

#[salon::test]
async fn a_client_that_loses_rooms_again_and_again_keeps_its_connection() {
    for wire in Wire::ALL {
        let lab = Lab::builder(dens()).workers(2).start().await;
        let guest = come(&lab, "guest", wire, 0).await?;
        for number in 0..4 * MOST {
            let den = number.to_string();
            guest.send(enter(&den, Entry::Admitted)).await?;
            assert_eq!(revoke(&lab, "guest", &den).await, 1);
            // The next time it is in by another right.
            guest.send(enter(&den, Entry::Admitted)).await?;
            assert_eq!(guest.send(say(&den)).await?, 1, "{wire:?}");
            assert_eq!(guest.expect::<Said>().await, said(&den, 1), "{wire:?}");
            assert_eq!(revoke(&lab, "guest", &den).await, 1);
        }
        assert!(guest.is_connected(), "{wire:?}");
    }
}

#[salon::test]
async fn after_a_revocation_nothing_of_the_room_is_written_by_whichever_membership_it_came() {
    for place in places().filter(|place| !place.reads) {
        let (lab, host, guest) = host_and_guest(Place { reads: true, ..place }).await?;
        guest.send(enter("b", Entry::Admitted)).await?;
        heard(&guest).await;
        stop_reading(&lab, &guest).await;
        let of_the_first = guest.send(say("a"));
        let left = guest.send(leave("a"));
        let entered = guest.send(enter("a", Entry::Admitted));
        let elsewhere = guest.send(say("b"));
        lab.settle().await;
        host.send(say("a")).await?;
        assert_eq!(revoke(&lab, "guest", "a").await, 1);
        host.send(say("a")).await?;
        guest.read_on();
        for owed in [of_the_first.await.map(drop), left.await, entered.await] {
            assert_eq!(code(owed), Code::Lapsed, "{place:?}");
        }
        assert_eq!(elsewhere.await, Ok(1), "of another den, {place:?}");
        assert_eq!(guest.expect::<Said>().await, said("b", 1));
        assert_eq!(heard(&guest).await, [""; 0], "{place:?}");
        guest.send(enter("a", Entry::Admitted)).await?;
        let number = guest.send(say("a")).await?;
        assert_eq!(guest.expect::<Said>().await, said("a", number), "{place:?}");
    }
}

#[salon::test]
async fn a_room_that_was_left_before_is_not_lost_by_a_revocation() {
    for place in places().filter(|place| !place.reads) {
        let (lab, _host, guest) = host_and_guest(place).await?;
        let spoken = guest.send(say("a"));
        let left = guest.send(leave("a"));
        lab.settle().await;
        assert_eq!(revoke(&lab, "guest", "a").await, 0);
        guest.read_on();
        assert_eq!(spoken.await, Ok(1), "{place:?}");
        assert_eq!(left.await, Ok(()), "{place:?}");
        assert_eq!(guest.expect::<Said>().await, said("a", 1), "{place:?}");
    }
}

/// What becomes of a member while the den thinks about its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Leaves,
    IsPutOut,
    IsRevoked,
    IsRevokedAndComesBack,
    LeavesAndIsRefused,
}

#[salon::test]
async fn an_answer_that_is_owed_is_lost_with_the_right_to_it_and_by_nothing_else() {
    use Fate::{IsPutOut, IsRevoked, IsRevokedAndComesBack, Leaves, LeavesAndIsRefused};
    for place in places().filter(|place| place.reads) {
        for fate in [Leaves, IsPutOut, IsRevoked, IsRevokedAndComesBack, LeavesAndIsRefused] {
            let (lab, host, guest) = host_and_guest(place).await?;
            let owed = guest.send(Think { den: "a".to_owned() });
            lab.settle().await;
            match fate {
                Leaves | LeavesAndIsRefused => guest.send(leave("a")).await?,
                IsPutOut => host.send(Clear { den: "a".to_owned() }).await?,
                IsRevoked | IsRevokedAndComesBack => {
                    assert_eq!(revoke(&lab, "guest", "a").await, 1);
                }
            }
            match fate {
                IsRevokedAndComesBack => guest.send(enter("a", Entry::Admitted)).await?,
                LeavesAndIsRefused => {
                    let refused = guest.send(enter("a", Entry::Refused)).await;
                    assert_eq!(code(refused), Code::Forbidden);
                }
                Leaves | IsPutOut | IsRevoked => {}
            }
            lab.advance(SECOND).await;
            let answer = owed.await.map_err(|refusal| refusal.code().clone());
            let is_lost = matches!(fate, IsRevoked | IsRevokedAndComesBack);
            let due = if is_lost { Err(Code::Lapsed) } else { Ok("a thought".to_owned()) };
            assert_eq!(answer, due, "{fate:?} {place:?}");
        }
    }
}

#[test]
fn answers_stand_in_whichever_order_workers_take_their_turns() {
    testing::for_seeds(0..50, async |seed| {
        let lab = Lab::builder(dens()).workers(4).seed(seed).start().await;
        refused_in_bursts(&lab, 4, 5).await
    });
}

#[salon::test]
async fn answers_stand_where_workers_are_threads() {
    let lab = Lab::serve(dens()).await?;
    refused_in_bursts(&lab, 4, 50).await?;
}

/// Guests say something, leave, and are refused, in one write, again and again.
async fn refused_in_bursts(lab: &Lab, guests: usize, rounds: usize) -> Result<(), Failure> {
    let mut clients = Vec::new();
    for number in 0..guests {
        let name = format!("guest {number}");
        let visitor = lab.visitor().name(&name).wire(Wire::ALL[number % Wire::ALL.len()]);
        clients.push(visitor.auth(serde_json::json!({ "name": name })).connect().await?);
    }
    for round in 0..rounds {
        let mut bursts = Vec::new();
        for client in &clients {
            client.send(enter("a", Entry::Admitted)).await?;
        }
        for client in &clients {
            let spoken = client.send(say("a"));
            let left = client.send(leave("a"));
            bursts.push((client, spoken, left, client.send(enter("a", Entry::Refused))));
        }
        for (client, spoken, left, entered) in bursts {
            let number = spoken.await.map_err(|refusal| format!("round {round}: {refusal}"))?;
            left.await.map_err(|refusal| format!("round {round}: {refusal}"))?;
            assert_eq!(code(entered.await), Code::Forbidden);
            // What others said is heard as well.
            let mut heard = client.expect::<Said>().await.number;
            while heard < number {
                heard = client.expect::<Said>().await.number;
            }
            assert_eq!(heard, number, "its own copy, round {round}");
        }
    }
    Ok(())
}

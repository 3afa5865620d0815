//! Questions of a room to its members: of who is none any more no answer counts.

use salon::{
    auth::{What, Who},
    testing::{Client, Failure, Wire},
};
use serde_json::{Value, json};

use crate::{
    club::{Club, Known, Rule, SECOND, code, revoke},
    quiz::{AskOne, EnterQuiz, Heard, LeaveQuiz, Quiz, Riddle, TryQuiz, heard},
};

/// How a member is none any more.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Exit {
    Leaving,
    Eviction,
    Room,
    Permission,
    Everything,
    Time,
    Refresh,
    /// It leaves, and is a member again when it answers.
    Return,
}

impl Exit {
    const ALL: [Self; 8] = [
        Self::Leaving,
        Self::Eviction,
        Self::Room,
        Self::Permission,
        Self::Everything,
        Self::Time,
        Self::Refresh,
        Self::Return,
    ];

    async fn come(self, club: &Club, ada: &Client) -> Result<(), Failure> {
        let user = Who::user("ada");
        match self {
            Self::Leaving => ada.send(LeaveQuiz { quiz: 1 }).await?,
            Self::Return => {
                ada.send(LeaveQuiz { quiz: 1 }).await?;
                ada.send(EnterQuiz { quiz: 1 }).await?;
            }
            Self::Eviction => {
                let id = ada.id().ok_or("it is connected")?;
                let evicted = club.lab.salon().room::<Quiz>(&1).evict(&id);
                assert!(club.lab.drive(evicted).await);
            }
            Self::Room => drop(revoke(&club.lab, user, What::room("quiz:1")).await),
            Self::Permission => drop(revoke(&club.lab, user, What::permission("enter")).await),
            Self::Everything => drop(revoke(&club.lab, user, What::Everything).await),
            Self::Time => {
                club.rules.set("ada", "enter", Rule::Never);
                club.lab.advance(30 * SECOND).await;
            }
            Self::Refresh => {
                club.rules.set("ada", "enter", Rule::Never);
                let auth = json!({ "token": club.token("ada", 3600 * SECOND) });
                let _: Value = ada.call("salon:refresh", (auth,)).await?;
            }
        }
        Ok(())
    }

    /// What the room is told of the question, and when: at once.
    fn heard(self) -> Heard {
        heard(if self == Self::Everything { "disconnected" } else { "not a member" })
    }
}

/// A quiz with ada and bob, each on a worker of its own; the room is on bob's.
async fn quiz(wire: Wire) -> Result<(Club, Client, Client), Failure> {
    let club = Club::open_with(2, Known::room::<Quiz>).await?;
    club.rules.set("ada", "enter", Rule::For(30 * SECOND));
    let mut guests = Vec::new();
    for (worker, name) in (0..).zip(["ada", "bob"]) {
        let auth = json!({ "token": club.token(name, 3600 * SECOND) });
        let visitor = club.lab.visitor().worker(worker).wire(wire).name(name).auth(auth);
        guests.push(visitor.connect().await?);
    }
    for guest in guests.iter().rev() {
        guest.send(EnterQuiz { quiz: 1 }).await?;
    }
    let [ada, bob] = <[Client; 2]>::try_from(guests).map_err(|_| "two guests")?;
    Ok((club, ada, bob))
}

#[salon::test]
async fn an_answer_counts_while_its_sender_is_a_member() {
    for wire in Wire::ALL {
        let (_club, ada, bob) = quiz(wire).await?;
        bob.send(AskOne { quiz: 1, who: "ada".to_owned() }).await?;
        ada.expect_question::<Riddle>().await.answer(&42);
        assert_eq!(bob.expect::<Heard>().await, heard("42"), "{wire:?}");
    }
}

#[salon::test]
async fn an_answer_from_who_is_no_member_any_more_is_none_and_nobody_waits_for_it() {
    for wire in Wire::ALL {
        for exit in Exit::ALL {
            let (club, ada, bob) = quiz(wire).await?;
            bob.send(AskOne { quiz: 1, who: "ada".to_owned() }).await?;
            let question = ada.expect_question::<Riddle>().await;
            exit.come(&club, &ada).await?;
            assert_eq!(bob.expect::<Heard>().await, exit.heard(), "{exit:?} over {wire:?}");
            if ada.is_connected() {
                question.answer(&42);
            }
            bob.expect_none_of::<Heard>().await;
        }
    }
}

/// The answer is there when the room puts its sender out, and is looked at afterwards.
#[salon::test]
async fn an_answer_that_the_room_sees_after_its_sender_is_out_is_none() {
    let (club, ada, bob) = quiz(Wire::WebSocket).await?;
    bob.send(AskOne { quiz: 1, who: "ada".to_owned() }).await?;
    let question = ada.expect_question::<Riddle>().await;
    club.lab.stall(1);
    question.answer(&42);
    club.lab.settle().await;
    let out = club.lab.salon().room::<Quiz>(&1).evict(&ada.id().ok_or("it is connected")?);
    club.lab.resume(1);
    assert!(club.lab.drive(out).await);
    assert_eq!(bob.expect::<Heard>().await, heard("not a member"));
}

#[salon::test]
async fn who_was_asked_while_it_was_let_in_answers_as_a_member_or_not_at_all() {
    let (club, _ada, bob) = quiz(Wire::WebSocket).await?;
    let cleo = club.guest("cleo").await?;
    let refused = cleo.send(TryQuiz { quiz: 1, admitted: false }).await;
    assert_eq!(code(refused), salon::Code::Forbidden);
    assert_eq!(bob.expect::<Heard>().await, heard("not a member"));
    cleo.expect_none().await;
    cleo.send(TryQuiz { quiz: 1, admitted: true }).await?;
    cleo.expect_question::<Riddle>().await.answer(&7);
    assert_eq!(bob.expect::<Heard>().await, heard("7"));
}

/// What one room is not told another one may be.
#[salon::test]
async fn a_room_that_is_left_takes_no_answer_from_another() {
    let (club, ada, bob) = quiz(Wire::WebSocket).await?;
    for guest in [&ada, &bob] {
        guest.send(EnterQuiz { quiz: 2 }).await?;
    }
    bob.send(AskOne { quiz: 2, who: "ada".to_owned() }).await?;
    let question = ada.expect_question::<Riddle>().await;
    ada.send(LeaveQuiz { quiz: 1 }).await?;
    club.lab.settle().await;
    question.answer(&42);
    assert_eq!(bob.expect::<Heard>().await, heard("42"));
}

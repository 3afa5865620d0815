//! A quiz, whose room asks its members.
//!
//! It must never look at an answer itself: what came is told to everybody.

use salon::{AskError, prelude::*};

use crate::club::{Guest, SECOND};

#[derive(Serialize, Deserialize, Event)]
#[event("quiz:enter", room = Quiz(quiz), join, permit = "enter")]
pub(crate) struct EnterQuiz {
    pub(crate) quiz: u32,
}

/// Enters, and is asked at once.
#[derive(Serialize, Deserialize, Event)]
#[event("quiz:try", room = Quiz(quiz), join)]
pub(crate) struct TryQuiz {
    pub(crate) quiz: u32,
    pub(crate) admitted: bool,
}

#[derive(Serialize, Deserialize, Event)]
#[event("quiz:leave", room = Quiz(quiz))]
pub(crate) struct LeaveQuiz {
    pub(crate) quiz: u32,
}

/// Asks a member something.
#[derive(Serialize, Deserialize, Event)]
#[event("quiz:ask", room = Quiz(quiz))]
pub(crate) struct AskOne {
    pub(crate) quiz: u32,
    pub(crate) who: String,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("quiz:riddle", reply = u32)]
pub(crate) struct Riddle;

/// What came of a question.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("quiz:heard")]
pub(crate) struct Heard {
    pub(crate) answer: String,
}

pub(crate) fn heard(answer: &str) -> Heard {
    Heard { answer: answer.to_owned() }
}

pub(crate) struct Quiz;

struct Answered(Result<u32, AskError>);

impl Quiz {
    fn ask(who: &Member<Guest>, cx: &mut RoomContext<Self>) {
        let answer = cx.ask(who, &Riddle, 60 * SECOND);
        cx.tell_when(async move { Answered(answer.await) });
    }
}

impl Room for Quiz {
    const NAME: &'static str = "quiz";
    type Key = u32;
    type Identity = Guest;
    type Events = (EnterQuiz, TryQuiz, LeaveQuiz, AskOne);
    type Sends = (Heard, Riddle);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn admit(&mut self, who: &Member<Guest>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let Some(attempt) = cx.joining::<TryQuiz>() else { return Ok(()) };
        let admitted = attempt.admitted;
        Self::ask(who, cx);
        if admitted { Ok(()) } else { Err(Refusal::forbidden("not you")) }
    }
}

impl On<EnterQuiz> for Quiz {
    fn on(&mut self, _: EnterQuiz, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<TryQuiz> for Quiz {
    fn on(&mut self, _: TryQuiz, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<LeaveQuiz> for Quiz {
    fn on(&mut self, _: LeaveQuiz, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

impl On<AskOne> for Quiz {
    fn on(&mut self, event: AskOne, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let who = cx.members().find(|member| member.identity().sub == event.who);
        Self::ask(&who.ok_or_else(|| Refusal::not_found("nobody"))?, cx);
        Ok(())
    }
}

impl Receive<Answered> for Quiz {
    fn receive(&mut self, Answered(answer): Answered, cx: &mut RoomContext<Self>) {
        let answer = match answer {
            Ok(answer) => answer.to_string(),
            Err(AskError::NotAMember) => "not a member".to_owned(),
            Err(AskError::Disconnected) => "disconnected".to_owned(),
            Err(error) => error.to_string(),
        };
        cx.broadcast(&Heard { answer });
    }
}

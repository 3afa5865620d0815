//! What a client of the lab knows of the order of its rooms, and holds the server to.
//!
//! It must never take a number twice: that is a mistake of the server's, and fails the test.

use std::{collections::HashMap, rc::Rc};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    message::{At, Position},
    payload::Payload,
};

/// How far a client is in each room's order.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// By the room's name: the epoch, and the number.
    seen: HashMap<String, (String, u64)>,
    /// The kinds of rooms that keep a history: in their orders no number is missing.
    kept: Rc<[&'static str]>,
    /// The events that may come behind what came later: it may miss them.
    lossy: Rc<[&'static str]>,
    /// The events that may come once more: it has not acknowledged them.
    acked: Rc<[&'static str]>,
    /// What it has asked for once more: by the room's name, behind which number, and up to which.
    again: Vec<(String, u64, u64)>,
}

/// What a client asks for once more.
#[derive(Deserialize)]
struct Gap {
    room: String,
    after: u64,
    to: Option<u64>,
}

impl Orders {
    /// Of a client that has seen nothing.
    pub(super) fn new(
        kept: Rc<[&'static str]>,
        lossy: Rc<[&'static str]>,
        acked: Rc<[&'static str]>,
    ) -> Self {
        Self { seen: HashMap::new(), kept, lossy, acked, again: Vec::new() }
    }

    /// Takes the place out of an event's arguments, if its last one is one.
    ///
    /// # Errors
    /// Words, if it cannot come after what came before.
    pub(super) fn take(
        &mut self,
        name: &str,
        arguments: &mut Payload,
    ) -> Result<Option<Position>, String> {
        let Some((rest, place)) = arguments.split_last() else { return Ok(None) };
        // Where an order begins is told with who is there.
        let begins = matches!(name, "salon:joined" | "salon:restarted");
        // Most arguments are no places, which shows at their beginning.
        let place = match place.starts_with(r#"{"room":"#) {
            true if begins => serde_json::from_str(place).ok(),
            true => exactly(place),
            false => None,
        };
        let Some(place) = place else { return Ok(None) };
        if !begins {
            *arguments = rest;
        }
        match self.lossy.contains(&name) {
            true => self.follow_lossy(&place)?,
            false if self.acked.contains(&name) && self.has_seen(&place) => {}
            false => self.follow(&place, begins)?,
        }
        Ok(Some(place))
    }

    /// It sends an event of that name: one may ask for what is to come once more.
    pub(super) fn send(&mut self, name: &str, arguments: &Payload) {
        if let ("salon:replay", Ok(Gap { room, after, to })) = (name, arguments.single()) {
            self.again.push((room, after, to.unwrap_or(u64::MAX)));
        }
    }

    /// The last that it has seen of each room, as it tells a server.
    pub(super) fn seen(&self) -> Value {
        let rooms = self.seen.iter();
        rooms
            .map(|(room, (epoch, seq))| (room.clone(), json!({ "epoch": epoch, "seq": seq })))
            .collect()
    }

    /// One that it may miss comes whenever there is room for it: behind what it says that it comes after, and
    /// in the order in which the client is.
    fn follow_lossy(&self, place: &Position) -> Result<(), String> {
        let Position { room, epoch, at } = place;
        let At::After(number) = at else {
            return Err(format!("{at:?} is the number of what may be missed"));
        };
        let Some((known, before)) = self.seen.get(room) else { return Ok(()) };
        if known != epoch {
            return Err(format!(
                "{at:?} came of the order {epoch} of {room:?}, which is at an end"
            ));
        }
        if self.is_kept(room) && number > before {
            return Err(format!("{at:?} came when {before} was the last in {room:?}: too early"));
        }
        Ok(())
    }

    /// Whether it is as far as that in the order of which that is.
    fn has_seen(&self, Position { room, epoch, at }: &Position) -> bool {
        let At::Seq(number) = at else { return false };
        self.seen.get(room).is_some_and(|(known, last)| known == epoch && number <= last)
    }

    fn is_kept(&self, room: &str) -> bool {
        room.split_once(':').is_some_and(|(kind, _)| self.kept.contains(&kind))
    }

    fn follow(&mut self, place: &Position, begins: bool) -> Result<(), String> {
        let Position { room, epoch, at } = place;
        let is_asked = |number: &u64| {
            let mut asked = self.again.iter().filter(|(asked, ..)| asked == room);
            asked.any(|(_, after, to)| after < number && number <= to)
        };
        if let At::Seq(number) = at
            && is_asked(number)
            && self.seen.get(room).is_some_and(|(_, before)| number <= before)
        {
            return Ok(());
        }
        let before = match self.seen.get(room) {
            Some((known, number)) if known == epoch => *number,
            _ => 0,
        };
        let (follows, number) = match at {
            At::Seq(number) => (*number > before, *number),
            At::After(number) => (*number >= before, *number),
        };
        if !follows {
            return Err(format!("{at:?} came behind {before} in the order {epoch} of {room:?}"));
        }
        let is_next = match at {
            At::Seq(number) => *number == before + 1,
            At::After(number) => begins || *number == before,
        };
        if self.is_kept(room) && !is_next {
            return Err(format!(
                "{at:?} came behind {before} in {room:?}, which keeps a history: something is missing"
            ));
        }
        self.seen.insert(room.clone(), (epoch.clone(), number));
        Ok(())
    }
}

/// A place, and nothing else.
fn exactly(json: &str) -> Option<Position> {
    let place: Position = serde_json::from_str(json).ok()?;
    let same = serde_json::to_string(&place).is_ok_and(|again| again == json);
    same.then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(json: &str) -> Payload {
        Payload::from_parts(json.to_owned().into(), Vec::new())
    }

    #[test]
    fn what_may_be_missed_comes_behind_its_place_and_in_no_former_order() {
        let mut orders = Orders::new(Rc::new(["a"]), Rc::new(["moved"]), Rc::new([]));
        let mut comes = |name: &str, epoch: &str, at: &str| {
            let json = format!(r#"{{"x":1}},{{"room":"a:1","epoch":"{epoch}",{at}}}"#);
            orders.take(name, &mut arguments(&json)).is_ok()
        };
        assert!(comes("said", "e", r#""seq":1"#) && comes("said", "e", r#""seq":2"#));
        assert!(comes("moved", "e", r#""after":1"#) && comes("moved", "e", r#""after":2"#));
        assert!(!comes("moved", "e", r#""after":3"#), "too early");
        assert!(!comes("moved", "e", r#""seq":3"#), "it has no number");
        assert!(comes("said", "e", r#""seq":3"#), "where it is is what has come by itself");
        assert!(comes("said", "f", r#""seq":1"#) && !comes("moved", "e", r#""after":3"#));
    }

    #[test]
    fn a_place_is_taken_out_and_a_number_that_came_twice_is_a_mistake() {
        let mut orders = Orders::default();
        let mut place = |json: &str| {
            let mut arguments = arguments(json);
            let place = orders.take("said", &mut arguments);
            (arguments.json().to_owned(), place)
        };
        let (rest, first) = place(r#"{"text":"Hi."},{"room":"a","epoch":"e","seq":1}"#);
        assert_eq!(rest, r#"{"text":"Hi."}"#);
        assert_eq!(first.unwrap().unwrap().at, At::Seq(1));
        assert!(place(r#"{"room":"a","epoch":"e","after":1}"#).1.is_ok());
        assert!(place(r#"{"room":"a","epoch":"e","seq":1}"#).1.is_err());
        assert!(place(r#"{"room":"a","epoch":"e2","seq":1}"#).1.is_ok(), "another order");
        let other = r#"{"room":"a","epoch":"e","seq":1,"more":2}"#;
        assert_eq!(place(other), (other.to_owned(), Ok(None)), "no place");
    }
}

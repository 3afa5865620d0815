//! A place where Salon deliberately answers otherwise than the reference, and how it is applied.
//!
//! It must never be broader than one step, and must hold exactly: one that no longer does, or is no
//! longer reached, fails the suite.

use crate::script::Mode;
use salon_tests::transcript::Transcript;

/// One deliberate difference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divergence {
    /// The script's name.
    pub(crate) script: &'static str,
    /// The step's name.
    pub(crate) step: &'static str,
    /// The transports it is seen on.
    pub(crate) modes: &'static [Mode],
    /// The lines of the step on the reference, without what was sent.
    pub(crate) reference: &'static [&'static str],
    /// The lines of the step on Salon, without what was sent.
    pub(crate) salon: &'static [&'static str],
    /// Why Salon does not follow.
    pub(crate) reason: &'static str,
}

/// Whose transcript is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The reference's.
    Reference,
    /// Salon's.
    Salon,
}

impl Divergence {
    fn lines(&self, side: Side) -> &'static [&'static str] {
        match side {
            Side::Reference => self.reference,
            Side::Salon => self.salon,
        }
    }
}

/// Replaces each divergent step by its reason, on the side it is stated for; returns what is stale.
pub(crate) fn apply(
    table: &[Divergence],
    (script, mode): (&str, Mode),
    side: Side,
    transcript: &mut Transcript,
) -> Vec<String> {
    let mut stale = Vec::new();
    for entry in table {
        if entry.script != script || !entry.modes.contains(&mode) {
            continue;
        }
        let place = format!("divergence {script} / {} over {mode:?}", entry.step);
        match transcript.step_mut(entry.step) {
            None => stale.push(format!("{place}: there is no such step")),
            Some(_) if entry.reference == entry.salon => {
                stale.push(format!("{place}: both sides are stated alike"));
            }
            Some(step) if received(&step.lines) != entry.lines(side) => {
                let (stated, seen) = (entry.lines(side), received(&step.lines));
                stale.push(format!("{place}: {side:?} is stated as {stated:#?}, seen {seen:#?}"));
            }
            Some(step) => step.lines = vec![format!("divergence: {}", entry.reason)],
        }
    }
    stale
}

/// The lines that are not about what a client sent: `a >> …`.
fn received(lines: &[String]) -> Vec<&str> {
    let is_sent = |line: &&str| line.split(' ').nth(1) == Some(">>");
    lines.iter().map(String::as_str).filter(|line| !is_sent(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Divergence] = &[Divergence {
        script: "script",
        step: "step",
        modes: &[Mode::Polling],
        reference: &["a << 1"],
        salon: &["a << 2"],
        reason: "because",
    }];

    fn transcript(step: &str, line: &str) -> Transcript {
        let mut transcript = Transcript::default();
        transcript.begin(step);
        transcript.record(line);
        transcript
    }

    #[test]
    fn a_stated_difference_makes_both_sides_equal() {
        let mut reference = transcript("step", "a << 1");
        let mut salon = transcript("step", "a << 2");
        let place = ("script", Mode::Polling);
        assert!(apply(TABLE, place, Side::Reference, &mut reference).is_empty());
        assert!(apply(TABLE, place, Side::Salon, &mut salon).is_empty());
        assert_eq!(reference, salon);
    }

    #[test]
    fn what_was_sent_need_not_be_stated() {
        let mut salon = transcript("step", "a >> 0");
        salon.record("a << 2");
        assert!(apply(TABLE, ("script", Mode::Polling), Side::Salon, &mut salon).is_empty());
    }

    #[test]
    fn an_entry_that_no_longer_holds_is_stale() {
        let mut salon = transcript("step", "a << 1");
        assert_eq!(apply(TABLE, ("script", Mode::Polling), Side::Salon, &mut salon).len(), 1);
    }

    #[test]
    fn an_entry_for_a_missing_step_is_stale() {
        let mut salon = transcript("other", "a << 2");
        assert_eq!(apply(TABLE, ("script", Mode::Polling), Side::Salon, &mut salon).len(), 1);
    }

    #[test]
    fn an_entry_holds_on_its_transports_alone() {
        let mut salon = transcript("step", "a << 1");
        assert!(apply(TABLE, ("script", Mode::WebSocket), Side::Salon, &mut salon).is_empty());
    }
}

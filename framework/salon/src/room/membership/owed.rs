//! The answers that a room owes for later, and who of those has lost the right to them meanwhile.
//!
//! It must never keep anything of an answer that is given: there are as many as events in flight.

use std::collections::BTreeMap;

use crate::base::number::{MembershipNumber, SessionNumber};

/// To whom an answer is owed: to a session, by the membership that it had when it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::room) struct Creditor {
    pub(in crate::room) session: SessionNumber,
    pub(in crate::room) membership: MembershipNumber,
}

/// The answers of one room that are under way.
#[derive(Default)]
pub(in crate::room) struct Owed(BTreeMap<Creditor, Debt>);

#[derive(Default)]
struct Debt {
    answers: usize,
    lapsed: bool,
}

impl Owed {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One more answer is owed.
    pub(in crate::room) fn owe(&mut self, creditor: Creditor) {
        self.0.entry(creditor).or_default().answers += 1;
    }

    /// The membership was lost: what is owed by it is not for its session any more.
    pub(super) fn lapse(&mut self, creditor: Creditor) {
        if let Some(debt) = self.0.get_mut(&creditor) {
            debt.lapsed = true;
        }
    }

    /// One of the answers is to be given; whether its session has lost the right to it.
    pub(in crate::room) fn settle(&mut self, creditor: Creditor) -> bool {
        let Some(debt) = self.0.get_mut(&creditor) else { return false };
        let lapsed = debt.lapsed;
        debt.answers -= 1;
        if debt.answers == 0 {
            self.0.remove(&creditor);
        }
        lapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_that_is_owed_by_a_lost_membership_is_void_and_nothing_is_kept_of_it() {
        let by = |membership| Creditor { session: SessionNumber::next(), membership };
        let first = by(MembershipNumber::FIRST);
        let second = Creditor { membership: MembershipNumber::FIRST.next(), ..first };
        let mut owed = Owed::default();
        owed.lapse(first);
        assert!(owed.is_empty(), "nothing was owed");
        for creditor in [first, first, first, second, second] {
            owed.owe(creditor);
        }
        assert!(!owed.settle(first), "it was a member still");
        owed.lapse(first);
        assert!(owed.settle(first) && owed.settle(first), "all that was owed then");
        assert!(!owed.settle(second) && !owed.settle(second), "it is a member again");
        assert!(owed.is_empty());
        assert!(!owed.settle(first));
    }
}

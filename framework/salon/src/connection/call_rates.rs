//! What those may still do who call events one by one: each call has a session of its own, and their rates
//! are one client's all the same.
//!
//! It must never grow by how many clients there have been.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
};

use bytestring::ByteString;

use super::all::Address;
use crate::base::allowance::SharedAllowance;

/// Of how many clients it is known at least, and of twice as many at most: who has called longest ago is
/// forgotten, whose buckets are full again by then.
const KNOWN: usize = 10_000;

/// One who calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Caller {
    /// A user of a namespace.
    User { namespace: ByteString, subject: ByteString },
    /// Nobody in particular, from that address.
    From(Address),
}

/// What each may still do.
#[derive(Debug, Default)]
pub(super) struct CallRates(Mutex<Generations>);

/// Those who have called of late, and those before them.
#[derive(Debug, Default)]
struct Generations {
    now: HashMap<Caller, SharedAllowance>,
    before: HashMap<Caller, SharedAllowance>,
}

impl CallRates {
    /// What one may still do, which all its calls have together.
    pub(super) fn of(&self, caller: Caller) -> SharedAllowance {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = state.now.get(&caller) {
            return known.clone();
        }
        let allowance = state.before.remove(&caller).unwrap_or_default();
        if state.now.len() >= KNOWN {
            let before = mem::take(&mut state.now);
            state.before = before;
        }
        state.now.insert(caller, allowance.clone());
        allowance
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::{allowance::Allowance, config::Rate, number::NamespaceNumber};

    fn user(number: usize) -> Caller {
        Caller::User { namespace: "/".into(), subject: number.to_string().into() }
    }

    /// Whether one more event may be sent, once in an hour.
    fn may(rates: &CallRates, caller: Caller) -> bool {
        let mut allowance = Allowance::default();
        allowance.share(rates.of(caller));
        let rate = Rate::new(1, Duration::from_secs(3_600), 1);
        allowance.take_event(NamespaceNumber(0), "a", rate).is_ok()
    }

    #[test]
    fn all_calls_of_one_client_have_one_rate_and_those_of_others_have_theirs() {
        let rates = CallRates::default();
        assert!(may(&rates, user(1)) && !may(&rates, user(1)));
        assert!(may(&rates, user(2)) && !may(&rates, user(2)));
    }

    #[test]
    fn whoever_called_of_late_is_known_however_many_others_call() {
        let rates = CallRates::default();
        assert!(may(&rates, user(0)));
        for number in 1..KNOWN {
            assert!(may(&rates, user(number)));
        }
        assert!(!may(&rates, user(0)));
        for number in KNOWN..10 * KNOWN {
            assert!(may(&rates, user(number)));
        }
        let state = rates.0.lock().unwrap();
        assert!(state.now.len() + state.before.len() <= 2 * KNOWN);
    }
}

//! What was presented before the moment at which it says that it was issued: the clock of its issuer
//! is ahead of this one.
//!
//! It must never forget what can still be presented before that moment, unless there is too much.

use std::{
    collections::{BTreeSet, HashMap},
    time::SystemTime,
};

use bytestring::ByteString;

use super::Credential;

/// The newest of what each user has presented ahead of its time. Nearly always there is none.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    by: HashMap<ByteString, Claim>,
    /// Which is over next.
    ends: BTreeSet<(SystemTime, ByteString)>,
}

#[derive(Clone, Copy, Debug)]
struct Claim {
    issued: SystemTime,
    /// From then on it is of no interest: its moment has come, or it has expired.
    over: SystemTime,
}

impl Ahead {
    /// Notes what a user presents, if it is ahead of its time; of at most `limit` users.
    pub(super) fn note(&mut self, credential: &Credential, now: SystemTime, limit: usize) {
        self.forget(now);
        let (Some(subject), Some(issued)) = (&credential.subject, credential.issued) else {
            return;
        };
        let over = credential.expires().map_or(issued, |expires| expires.min(issued));
        if over <= now {
            return;
        }
        let mut claim = Claim { issued, over };
        if let Some(former) = self.by.get(subject) {
            self.ends.remove(&(former.over, subject.clone()));
            claim.issued = former.issued.max(issued);
            claim.over = former.over.max(over);
        }
        self.by.insert(subject.clone(), claim);
        self.ends.insert((claim.over, subject.clone()));
        while self.by.len() > limit
            && let Some((_, subject)) = self.ends.pop_first()
        {
            self.by.remove(&subject);
        }
    }

    /// The latest moment of issue that a user has presented so far; `now` unless that is ahead.
    pub(super) fn newest(&mut self, subject: &ByteString, now: SystemTime) -> SystemTime {
        self.forget(now);
        self.by.get(subject).map_or(now, |claim| claim.issued.max(now))
    }

    fn forget(&mut self, now: SystemTime) {
        while let Some((over, _)) = self.ends.first()
            && *over <= now
            && let Some((_, subject)) = self.ends.pop_first()
        {
            self.by.remove(&subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn credential(subject: &'static str, issued: u64, until: u64) -> Credential {
        Credential {
            subject: Some(subject.into()),
            issued: Some(at(issued)),
            until: Some(at(until)),
            ..Credential::default()
        }
    }

    #[test]
    fn what_is_ahead_is_remembered_until_its_moment_or_its_end_and_nothing_else_is() {
        let mut ahead = Ahead::default();
        ahead.note(&credential("ada", 12, 100), at(10), 8);
        ahead.note(&credential("ada", 11, 100), at(10), 8);
        ahead.note(&credential("bob", 10, 100), at(10), 8);
        ahead.note(&credential("cid", 50, 20), at(10), 8);
        ahead.note(&Credential { issued: Some(at(50)), ..Credential::default() }, at(10), 8);
        assert_eq!(ahead.newest(&"ada".into(), at(11)), at(12));
        assert_eq!(ahead.newest(&"bob".into(), at(11)), at(11));
        assert_eq!(ahead.newest(&"cid".into(), at(19)), at(50));
        assert_eq!(ahead.newest(&"cid".into(), at(20)), at(20), "it has expired");
        assert_eq!(ahead.newest(&"ada".into(), at(20)), at(20));
        assert!(ahead.by.is_empty() && ahead.ends.is_empty(), "{ahead:?}");
    }

    #[test]
    fn no_more_users_are_remembered_than_the_limit() {
        let mut ahead = Ahead::default();
        for (subject, issued) in [("ada", 13), ("bob", 12), ("cid", 14)] {
            ahead.note(&credential(subject, issued, 100), at(10), 2);
        }
        assert_eq!((ahead.by.len(), ahead.ends.len()), (2, 2));
        assert_eq!(ahead.newest(&"bob".into(), at(10)), at(10), "its moment would come first");
        assert_eq!(ahead.newest(&"cid".into(), at(10)), at(14));
    }
}

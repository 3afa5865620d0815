//! Who reads what is kept of an order.
//!
//! It must never be a session's handle: it is compared with who was left out, long after that session.

use bytestring::ByteString;

/// One session, as it is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reader {
    /// Its id.
    pub(crate) session: ByteString,
    /// Whose it is, if its namespace knows subjects.
    pub(crate) subject: Option<ByteString>,
}

impl Reader {
    /// Whether both are one to whoever leaves one of them out: a user whose session was left out has
    /// no other by which it would get it after all.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.session == other.session || (self.subject.is_some() && self.subject == other.subject)
    }
}

/// A member, as it reads what is kept.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) reader: Reader,
    /// The number of the last that was published before it became a member.
    pub(crate) since: u64,
}

impl Listener {
    /// Whether it is what was left out of the event of that number. Of what was published before it came its
    /// user was left out, of what was published since then one session.
    pub(crate) fn is_left_out(&self, left_out: &Reader, seq: u64) -> bool {
        match seq <= self.since {
            true => left_out.is_same(&self.reader),
            false => left_out.session == self.reader.session,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_known_by_its_session_or_its_subject_and_nobody_by_none() {
        let reader = |session: &'static str, subject: Option<&'static str>| Reader {
            session: session.into(),
            subject: subject.map(Into::into),
        };
        assert!(reader("a", None).is_same(&reader("a", None)));
        assert!(reader("a", Some("u")).is_same(&reader("b", Some("u"))));
        assert!(!reader("a", None).is_same(&reader("b", None)));
        assert!(!reader("a", Some("u")).is_same(&reader("b", Some("v"))));
    }
}

//! By what a client names the last that it has seen, of what is kept for sessions that come back.
//!
//! It must never be what an application sends by chance: clients of Socket.IO take whatever text is the
//! last argument of an event for one.

use std::fmt;

use super::Epoch;

/// The number of something that is kept, from 1, in the order of one Salon: `b7a01f93c2-12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offset {
    pub(crate) epoch: Epoch,
    pub(crate) number: u64,
}

impl Offset {
    /// The number that a client names, if it is one of that order.
    pub(crate) fn parse(text: &str, epoch: Epoch) -> Option<u64> {
        let number = text.split_once('-')?.1.parse().ok()?;
        let offset = Self { epoch, number };
        (offset.to_string() == text).then_some(number)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_read_as_it_was_written_and_as_nothing_else() {
        let (epoch, other) = (Epoch::draw(), Epoch::draw());
        for number in [0, 1, u64::MAX] {
            let text = Offset { epoch, number }.to_string();
            assert_eq!(Offset::parse(&text, epoch), Some(number));
            assert_eq!(Offset::parse(&text, other), None);
            for wrong in [format!("{text} "), format!(" {text}"), format!("{epoch}-0{number}")] {
                assert_eq!(Offset::parse(&wrong, epoch), None, "{wrong}");
            }
        }
        for wrong in ["", "-", "1", "-1", &format!("{epoch}-"), &format!("{epoch}-+1")] {
            assert_eq!(Offset::parse(wrong, epoch), None, "{wrong}");
        }
    }
}

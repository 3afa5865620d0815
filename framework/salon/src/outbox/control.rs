//! What a link is told beside the frames.
//!
//! It must never carry data: what is in this lane overtakes all that waits.

/// What a link is told that overtakes the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// To ask the client for a sign that it is there.
    Ping,
    /// To ask it so by a message.
    Heartbeat,
    /// To give the client that waits for something to be sent an answer without anything in it.
    LetGo,
}

/// What waits for the link to be told: a bit for each. Once is as good as twice: it has not taken the first
/// yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lane(u8);

impl Lane {
    /// The link is to be told that.
    pub(super) fn add(&mut self, control: Control) {
        self.0 |= bit(control);
    }

    /// Whether what asks for a sign waits.
    pub(super) fn has_ping(self) -> bool {
        self.0 & (bit(Control::Ping) | bit(Control::Heartbeat)) != 0
    }

    /// Whether nothing waits.
    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All that waits.
    pub(super) fn iter(self) -> impl Iterator<Item = Control> {
        let all = [Control::Ping, Control::Heartbeat, Control::LetGo];
        all.into_iter().filter(move |control| self.0 & bit(*control) != 0)
    }
}

const fn bit(control: Control) -> u8 {
    1 << control as u8
}

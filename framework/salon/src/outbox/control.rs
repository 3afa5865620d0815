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

/// What waits for the link to be told. Once is as good as twice: it has not taken the first yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lane {
    ping: bool,
    heartbeat: bool,
    let_go: bool,
}

impl Lane {
    /// The link is to be told that.
    pub(super) fn add(&mut self, control: Control) {
        match control {
            Control::Ping => self.ping = true,
            Control::Heartbeat => self.heartbeat = true,
            Control::LetGo => self.let_go = true,
        }
    }

    /// Whether what asks for a sign waits.
    pub(super) fn has_ping(self) -> bool {
        self.ping || self.heartbeat
    }

    /// All that waits.
    pub(super) fn iter(self) -> impl Iterator<Item = Control> {
        let ping = self.ping.then_some(Control::Ping);
        let heartbeat = self.heartbeat.then_some(Control::Heartbeat);
        let let_go = self.let_go.then_some(Control::LetGo);
        [ping, heartbeat, let_go].into_iter().flatten()
    }
}

//! What an outbox has to do with what is around it: its limits, and who is told of its end.
//!
//! It must never be made for each connection: that is what it is apart for.

use std::sync::Arc;

use super::not_queued::NotQueued;
use crate::{
    base::{
        bye::Bye,
        config::Limits,
        contained::contain,
        disconnect::DisconnectReason,
        in_flight::InFlightLimit,
        logged::Logged,
        meter::{Count, Counters},
        number::SessionNumber,
    },
    message::{Codec, CodecId, Content, Farewell, Form, Publication},
};

/// What all outboxes have in common whose clients speak one protocol, of one Salon.
pub(crate) struct Terms {
    pub(super) max_bytes: usize,
    pub(super) max_frames: usize,
    pub(super) max_kept_bytes: usize,
    pub(super) max_kept_frames: usize,
    /// How what they hold is written.
    codec: Arc<dyn Codec>,
    /// Its own: asked for with every form.
    codec_id: CodecId,
    pub(super) counters: Arc<Counters>,
    /// How many events their connections may have in flight. No outbox asks: it is here since each
    /// connection has these terms by its outbox, and a reference of its own would cost every idle one.
    pub(crate) in_flight: Arc<InFlightLimit>,
}

/// What the server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// One session; its connection goes on.
    Session,
    /// The session, and its connection after it.
    Connection,
    /// The connection, without a word to the session's client before.
    HangUp,
    /// The connection, which its client has lost: it has come back by another.
    Superseded,
}

/// The connection whose outbox it is.
pub(crate) trait Owner: Send + Sync {
    /// The end is decided: nothing more is queued. It comes once.
    fn ended(&self, reason: DisconnectReason);
    /// The server wants a session ended, or the connection because of it.
    fn end_session(&self, session: SessionNumber, end: End);
    /// Its client has missed something that it is to be told of: what that is it [takes](super::Outbox::take_missed)
    /// again and again, until there is nothing more. Then this may come once more.
    fn has_missed(&self);
}

impl Terms {
    pub(crate) fn new(
        limits: &Limits,
        codec: Arc<dyn Codec>,
        counters: Arc<Counters>,
        in_flight: Arc<InFlightLimit>,
    ) -> Self {
        Self {
            max_bytes: limits.max_outbox_bytes,
            max_frames: limits.max_outbox_frames,
            max_kept_bytes: limits.max_recovery_bytes,
            max_kept_frames: limits.max_recovery_frames,
            codec_id: codec.id(),
            codec,
            counters,
            in_flight,
        }
    }

    /// The form of a publication for their clients. It is made once, by whoever asks for it first: what
    /// goes to many is best asked for where no lock is held.
    #[inline]
    pub(crate) fn form<'a>(&self, publication: &'a Publication) -> &'a Form {
        publication.form_by(self.codec_id, |content| self.make(content))
    }

    /// A publication that is for one of these clients alone.
    ///
    /// # Errors
    /// [`NotQueued::Unserializable`] if it has no form for them.
    pub(crate) fn formed(&self, mut publication: Publication) -> Result<Publication, NotQueued> {
        if self.form(&publication).is_nothing() {
            return Err(NotQueued::Unserializable);
        }
        publication.give_up_payload();
        Ok(publication)
    }

    /// What their clients are told last.
    pub(crate) fn farewell(&self, bye: Bye) -> Option<Farewell> {
        self.codec.farewell(bye)
    }

    /// What has no form is the application's mistake, as is a parser of its own that panics: it is
    /// said here, as nobody else makes one.
    fn make(&self, content: &Content) -> Form {
        let form = contain(|| self.codec.form(content)).unwrap_or_else(|_| {
            self.counters.one(Count::HandlerPanics);
            tracing::error!(event = %Logged(content.name()), "the parser panicked");
            Form::nothing()
        });
        if form.is_nothing() {
            self.counters.one(Count::EventsNotSent);
            let event = Logged(content.name());
            tracing::error!(%event, "the event has no form for this parser; it is not sent");
        }
        form
    }
}

//! A question to many sessions: one frame, one acknowledgement from each.
//!
//! It must never count the sessions in advance: the asking is over when every waiter is called or
//! dropped.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::mpsc;

use crate::{
    base::clock::Instant,
    message::Answered,
    session::{acknowledgement::AskError, handle::SessionHandle},
};

/// The asking side of a question that is under way; every shard holds a clone until it has put it
/// to its sessions. It stays in its process: by its id answers are told apart there.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    id: u64,
    deadline: Instant,
    limit: usize,
    asked: Arc<AtomicUsize>,
    answers: mpsc::UnboundedSender<Answered>,
}

/// The acknowledgements of a question as they come in.
#[derive(Debug)]
pub(crate) struct Replies {
    asked: Arc<AtomicUsize>,
    answers: mpsc::UnboundedReceiver<Answered>,
    deadline: Instant,
}

/// What came back from a question to many: the answers there were, and how many are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answers<R> {
    /// The answers, in the order in which they came.
    pub received: Vec<R>,
    /// How many sessions were asked and did not answer: too late, disconnected, by a refusal, or with an
    /// answer that does not fit the type.
    pub missing: usize,
}

impl<A> Answers<A> {
    /// The answers that `decode` makes something of; the others count as missing.
    pub(crate) fn decode<R>(self, decode: impl FnMut(&A) -> Option<R>) -> Answers<R> {
        let total = self.received.len() + self.missing;
        let received: Vec<R> = self.received.iter().filter_map(decode).collect();
        Answers { missing: total - received.len(), received }
    }
}

impl Question {
    /// A question with an acknowledgement id; answers after `deadline` do not count.
    pub(crate) fn new(id: u64, deadline: Instant, limit: usize) -> (Self, Replies) {
        let (answers, incoming) = mpsc::unbounded_channel();
        let asked = Arc::<AtomicUsize>::default();
        let question = Self { id, deadline, limit, asked: asked.clone(), answers };
        (question, Replies { asked, answers: incoming, deadline })
    }

    /// The acknowledgement's id.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Awaits the acknowledgement of one session.
    pub(crate) fn put_to(&self, handle: &SessionHandle) -> Result<(), AskError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answers = self.answers.clone();
        let waiter = Box::new(move |answered| {
            // The asker may have stopped waiting.
            let _ = answers.send(answered);
        });
        handle.state.acknowledgements.expect(self.id, None, self.deadline, self.limit, waiter)
    }
}

impl Replies {
    /// Waits until every session has answered, or until the deadline.
    pub(crate) async fn collect(mut self) -> Answers<Answered> {
        let mut received = Vec::new();
        let all = async {
            while let Some(answered) = self.answers.recv().await {
                received.push(answered);
            }
        };
        let _ = tokio::time::timeout_at(self.deadline, all).await;
        let missing = self.asked.load(Ordering::Relaxed).saturating_sub(received.len());
        Answers { received, missing }
    }
}

//! What clients of these tests hear, in the words of the tests.
//!
//! It must never know an app: each test brings its own.

use std::time::{Duration, SystemTime};

use salon::{
    Code, Refusal, Salon,
    testing::{Client, Entry, Happened, Lab, Traffic},
    wire::engine_io::Message,
};

/// A moment of wall time on a whole second, since 1970.
pub(crate) const NOON: Duration = Duration::from_secs(1_800_000_000);

/// A lab that begins at [`NOON`].
pub(crate) async fn at_noon(salon: Salon) -> Lab {
    Lab::builder(salon).wall(SystemTime::UNIX_EPOCH + NOON).start().await
}

/// The code of what was refused.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> Code {
    refusal(answer).code().clone()
}

/// What was refused.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> Refusal {
    answer.expect_err("it is to be refused")
}

/// The acknowledgements that have come, in order, whether or not the test has asked for them: the id
/// of each, and its arguments.
pub(crate) fn answers(client: &Client) -> Vec<String> {
    let transcript = client.transcript();
    let answer = |entry: &Entry| match &entry.what {
        Happened::Came(Traffic::Acknowledgement { id, json }) => {
            Some(format!("#{id} {json}").trim_end().to_owned())
        }
        _ => None,
    };
    transcript.entries().iter().filter_map(answer).collect()
}

/// A message of text, for clients that are opened raw.
pub(crate) fn text(text: impl Into<String>) -> Message {
    Message::Text(text.into().into())
}

/// The next message of a client that is opened raw, which must be text.
pub(crate) async fn next_text(client: &Client) -> String {
    match client.expect_raw().await {
        Message::Text(text) => text.into(),
        Message::Binary(bytes) => panic!("text was due, and {bytes:?} came"),
    }
}

//! A script and how it is played: against one server, over one transport, into a transcript.

use crate::stage::Stage;
use salon_tests::Result;
use salon_tests::transcript::Transcript;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

/// Longer than any script needs, shorter than the first ping.
const LIMIT: Duration = Duration::from_secs(20);

/// How a script's clients reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Over long polling alone.
    Polling,
    /// Over WebSocket from the start.
    WebSocket,
    /// Over WebSocket after an upgrade from polling.
    Upgraded,
}

/// Every mode, for scripts above the transports.
pub(crate) const EVERY_MODE: &[Mode] = &[Mode::Polling, Mode::WebSocket, Mode::Upgraded];
/// For scripts about a transport itself, which make their own requests.
pub(crate) const OWN_REQUESTS: &[Mode] = &[Mode::Polling];

type Play = Pin<Box<dyn Future<Output = Result<()>>>>;

/// Something that clients do, and what they are told.
#[derive(Clone, Copy)]
pub(crate) struct Script {
    /// Its name in the table of divergences.
    pub(crate) name: &'static str,
    /// The transports it is played over.
    pub(crate) modes: &'static [Mode],
    /// What its clients do.
    pub(crate) play: fn(Stage) -> Play,
}

impl Script {
    /// Plays the script once.
    pub(crate) async fn run(&self, server: SocketAddr, mode: Mode) -> Result<Transcript> {
        let stage = Stage::new(server, self.name, mode);
        let record = stage.record.clone();
        let failure = match tokio::time::timeout(LIMIT, (self.play)(stage)).await {
            Ok(Ok(())) => return Ok(record.transcript()),
            Ok(Err(failure)) => failure.to_string(),
            Err(_elapsed) => format!("nothing more within {LIMIT:?}"),
        };
        let so_far = record.transcript().text();
        Err(format!("{} over {mode:?}: {failure}\nso far:\n{so_far}", self.name).into())
    }
}

/// Declares scripts from async functions of the module: `"name" => function, MODES;`.
macro_rules! scripts {
    ($($name:literal => $play:ident, $modes:expr;)+) => {
        /// The scripts of this module.
        pub(crate) const SCRIPTS: &[$crate::script::Script] = &[$($crate::script::Script {
            name: $name,
            modes: $modes,
            play: |stage| Box::pin($play(stage)),
        }),+];
    };
}
pub(crate) use scripts;

//! The contract of an app: every event that its clients can send or get, as a document, and what is
//! generated from it for those who write the other side.
//!
//! It must never be read to decide anything while an app runs: what is checked there is in the types.

use std::{
    env,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use salon_contract::generate::cli;

pub use salon_contract::{document::*, generate};

use crate::salon::Salon;

/// The command of an app for its contract, as the whole of a `main`: `contract ts web/chat.ts` writes types for
/// TypeScript, and `--check` says whether they are current; without arguments it says what else there is.
///
/// `app` builds the Salon as the app does. Nothing is served.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use salon::{BuildError, Salon};
///
/// fn app() -> Result<Salon, BuildError> {
///     Salon::builder().build()
/// }
///
/// fn main() -> ExitCode {
///     salon::contract::cli(app)
/// }
/// ```
pub fn cli<E: Display>(app: impl FnOnce() -> Result<Salon, E>) -> ExitCode {
    match app() {
        Ok(salon) => {
            let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
            // What is no text is no argument either, and is shown as well as it can be.
            let arguments = env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned());
            cli::run(&salon.contract(), arguments, &mut out, &mut err).into()
        }
        Err(error) => {
            // Nobody is left to be told that this cannot be said.
            let _ = writeln!(io::stderr(), "the app cannot be built: {error}");
            cli::Exit::Trouble.into()
        }
    }
}

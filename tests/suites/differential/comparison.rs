//! Plays scripts against both servers and compares what they said.

use crate::divergence::{Side, apply};
use crate::divergences::divergences;
use crate::script::{Mode, Script};
use salon_tests::Result;
use salon_tests::server::{Implementation, Server};
use salon_tests::transcript::Transcript;
use std::path::{Path, PathBuf};

const FIXTURE: &str = "differential";
/// Set to `reference`, it compares the reference with itself, which proves that the scripts are
/// deterministic.
const SUBJECT_VARIABLE: &str = "SALON_SUBJECT";

/// Set to a folder, every transcript is written there, to be read.
const TRANSCRIPTS_VARIABLE: &str = "SALON_TRANSCRIPTS";

/// The server that is compared with the reference.
fn subject() -> Implementation {
    let is_overridden = std::env::var(SUBJECT_VARIABLE).is_ok_and(|name| name == "reference");
    match option_env!("CARGO_BIN_EXE_conformance-server") {
        Some(binary) if !is_overridden => Implementation::Salon(PathBuf::from(binary)),
        _ => Implementation::Reference,
    }
}

/// Plays each script over each of its transports on both servers; every difference is a failure.
pub(crate) async fn compare(scripts: &[Script]) -> Result<()> {
    let subject = subject();
    let side = match subject {
        Implementation::Reference => Side::Reference,
        Implementation::Salon(_) => Side::Salon,
    };
    let reference = Server::start(&Implementation::Reference, FIXTURE, &[]).await?;
    let under_test = Server::start(&subject, FIXTURE, &[]).await?;
    let divergences = divergences();
    let mut failures = Vec::new();

    for script in scripts {
        for &mode in script.modes {
            let place = (script.name, mode);
            let mut expected = script.run(reference.address(), mode).await?;
            keep(&expected, place, Side::Reference)?;
            failures.extend(apply(&divergences, place, Side::Reference, &mut expected));
            let mut seen = match script.run(under_test.address(), mode).await {
                Ok(seen) => seen,
                Err(failure) => {
                    failures.push(format!("{}: {failure}", subject.name()));
                    continue;
                }
            };
            keep(&seen, place, side)?;
            failures.extend(apply(&divergences, place, side, &mut seen));
            if let Some(difference) = expected.difference(&seen) {
                failures.push(format!("{} over {mode:?}:\n{difference}", script.name));
            }
        }
    }

    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n\n").into()) }
}

/// Writes a transcript to the folder that was asked for, if one was.
fn keep(transcript: &Transcript, (script, mode): (&str, Mode), side: Side) -> Result<()> {
    let Some(folder) = std::env::var_os(TRANSCRIPTS_VARIABLE) else { return Ok(()) };
    let name = format!("{} {mode:?} {side:?}.txt", script.replace('/', "-"));
    Ok(std::fs::write(Path::new(&folder).join(name), transcript.text())?)
}

//! What the conformance server is asked to do on its command line.
//!
//! It must never guess: what it does not know is refused, with a list of what there is.

use std::fmt::Display;
use std::str::FromStr;

use salon_sqlite::Durability;

use crate::fixtures::{Build, FIXTURES, Options, ParserName};

const USAGE: &str = "usage: conformance-server FIXTURE [--port N] [--workers N] \
                     [--parser json|msgpack] [--secret S] [--store FILE] \
                     [--durability process|disk] [--without-hook]";

/// The arguments, understood.
#[derive(Debug)]
pub(crate) struct Payload {
    /// The fixture's name.
    pub(crate) fixture: &'static str,
    /// What builds the fixture.
    pub(crate) build: Build,
    /// Where to listen; 0 for any free port.
    pub(crate) port: u16,
    /// How many actix workers serve.
    pub(crate) workers: usize,
    /// What the fixture is asked for.
    pub(crate) options: Options,
    /// Whether WebSockets are taken over from actix-web, as `Salon::on_connect` makes possible.
    pub(crate) hook: bool,
}

/// Why the arguments are refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArgumentsError {
    #[error("no fixture is named; there are: {}\n{USAGE}", names())]
    NoFixture,
    #[error("unknown fixture {name:?}; there are: {}\n{USAGE}", names())]
    UnknownFixture { name: String },
    #[error("one fixture at a time, not {0:?} as well\n{USAGE}")]
    SecondFixture(String),
    #[error("unknown option {0:?}\n{USAGE}")]
    UnknownOption(String),
    #[error("{option} needs a value\n{USAGE}")]
    NoValue { option: String },
    #[error("{option} {value:?}: {problem}\n{USAGE}")]
    BadValue { option: String, value: String, problem: String },
}

impl Payload {
    /// Reads them.
    ///
    /// # Errors
    /// [`ArgumentsError`] says which is wrong and what there is.
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, ArgumentsError> {
        let (mut port, mut workers, mut parser, mut hook) = (0, 1, ParserName::Json, true);
        let (mut fixture, mut secret, mut store) = (None, None, None);
        let mut durability = Durability::default();
        while let Some(argument) = given.next() {
            let option = argument.as_str();
            match option {
                "--port" => port = value(option, given.next())?,
                "--workers" => {
                    workers = value::<std::num::NonZeroUsize>(option, given.next())?.get();
                }
                "--parser" => parser = value(option, given.next())?,
                "--secret" => secret = Some(value(option, given.next())?),
                "--store" => store = Some(value(option, given.next())?),
                "--durability" => {
                    durability = match value::<String>(option, given.next())?.as_str() {
                        "process" => Durability::Process,
                        "disk" => Durability::Disk,
                        other => {
                            let (option, value) = (option.to_owned(), other.to_owned());
                            let problem = "there are: process, disk".to_owned();
                            return Err(ArgumentsError::BadValue { option, value, problem });
                        }
                    };
                }
                "--without-hook" => hook = false,
                _ if option.starts_with('-') => {
                    return Err(ArgumentsError::UnknownOption(argument));
                }
                _ if fixture.is_some() => return Err(ArgumentsError::SecondFixture(argument)),
                _ => fixture = Some(find(argument)?),
            }
        }
        let (fixture, build) = fixture.ok_or(ArgumentsError::NoFixture)?;
        Ok(Self {
            fixture,
            build,
            port,
            workers,
            options: Options { parser, secret, store, durability },
            hook,
        })
    }
}

fn find(name: String) -> Result<(&'static str, Build), ArgumentsError> {
    let found = FIXTURES.iter().find(|(fixture, _)| *fixture == name);
    found.copied().ok_or(ArgumentsError::UnknownFixture { name })
}

fn names() -> String {
    FIXTURES.map(|(name, _)| name).join(", ")
}

fn value<T: FromStr<Err: Display>>(
    option: &str,
    value: Option<String>,
) -> Result<T, ArgumentsError> {
    let option = option.to_owned();
    let Some(value) = value else { return Err(ArgumentsError::NoValue { option }) };
    value.parse().map_err(|problem: T::Err| {
        let problem = problem.to_string();
        ArgumentsError::BadValue { option, value, problem }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Payload, ArgumentsError> {
        Payload::parse(line.split_whitespace().map(ToOwned::to_owned))
    }

    #[test]
    fn everything_but_the_fixture_has_a_default() {
        let arguments = parse("load").unwrap();
        assert_eq!((arguments.fixture, arguments.port, arguments.workers), ("load", 0, 1));
        assert!(arguments.hook);
    }

    #[test]
    fn options_may_stand_anywhere() {
        let arguments =
            parse("--workers 4 typed --without-hook --parser msgpack --port 81 --secret s --store a.db --durability disk")
                .unwrap();
        assert_eq!((arguments.fixture, arguments.port, arguments.workers), ("typed", 81, 4));
        let Options { parser, secret, store, durability } = arguments.options;
        assert_eq!((store, durability), (Some("a.db".into()), Durability::Disk));
        assert_eq!((parser, arguments.hook), (ParserName::Msgpack, false));
        assert_eq!(secret.as_deref(), Some("s"));
    }

    #[test]
    fn what_is_unknown_is_refused_with_what_there_is() {
        for (line, told) in [
            ("", "there are: engine, "),
            ("nothing", "\"nothing\"; there are: engine, "),
            ("echo load", "one fixture at a time"),
            ("echo --prot 1", "\"--prot\""),
            ("echo --port", "--port needs a value"),
            ("echo --port 70000", "--port \"70000\": "),
            ("echo --workers 0", "--workers \"0\": "),
            ("echo --parser xml", "there are: json, msgpack"),
            ("typed --durability much", "there are: process, disk"),
        ] {
            let message = parse(line).unwrap_err().to_string();
            assert!(message.contains(told), "{line}: {message}");
        }
    }
}

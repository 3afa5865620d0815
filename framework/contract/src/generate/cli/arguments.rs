//! What a command line asks for.
//!
//! It must take nothing that it does not know for something else.

use std::path::PathBuf;

use lexopt::{Arg, Parser};

use super::error::Error;
use crate::generate::typescript;

/// What the command can do.
pub(super) const USAGE: &str = "\
usage: contract COMMAND

  ts [FILE] [--check] [--namespace /] [--name Chat] [--module salon-client]
      types for TypeScript; for a FILE that ends in .js also the declarations beside it
  asyncapi [FILE] [--check] [--title TITLE] [--api-version VERSION]
      AsyncAPI 3.1
  json [FILE] [--check]
      the contract itself, which `diff` compares
  html [FILE]
      a page to read
  diff OLD.json
      what has changed since `contract json OLD.json`; ends with 1 if a change breaks clients

Without FILE it is printed. With --check nothing is written: it ends with 1 if FILE is not current.
";

/// A command, with what was said to it.
#[derive(Debug)]
pub(super) enum Command {
    Help,
    Ts { file: Option<PathBuf>, check: bool, options: typescript::Options, said: Vec<String> },
    Json { file: Option<PathBuf>, check: bool },
    Diff { old: PathBuf },
}

/// What stands after the name of a command.
#[derive(Default)]
struct Given {
    file: Option<PathBuf>,
    check: bool,
    /// Options with a value, by their names, as often as they were given.
    options: Vec<(&'static str, String)>,
}

impl Given {
    fn option(&self, name: &str) -> Option<String> {
        // The last one says it.
        self.options.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    /// The options, as they are written.
    fn said(&self) -> Vec<String> {
        self.options.iter().flat_map(|(name, value)| [format!("--{name}"), value.clone()]).collect()
    }
}

/// Reads the arguments after the name of the program.
pub(super) fn read(arguments: impl IntoIterator<Item = String>) -> Result<Command, Error> {
    let mut parser = Parser::from_args(arguments);
    let name = match parser.next().map_err(Error::Arguments)? {
        None => return Err(Error::NoCommand),
        Some(Arg::Short('h') | Arg::Long("help")) => return Ok(Command::Help),
        Some(Arg::Value(name)) => name.to_string_lossy().into_owned(),
        Some(option) => return Err(Error::Arguments(option.unexpected())),
    };
    Ok(match &*name {
        "help" => Command::Help,
        "ts" => {
            let given = given(&mut parser, true, &["namespace", "name", "module"])?;
            let mut options = typescript::Options {
                // Nothing is the only one that there is.
                namespace: given.option("namespace").unwrap_or_default(),
                name: given.option("name"),
                ..typescript::Options::default()
            };
            if let Some(module) = given.option("module") {
                options.module = module;
            }
            Command::Ts { check: given.check, options, said: given.said(), file: given.file }
        }
        "json" => {
            let given = given(&mut parser, true, &[])?;
            Command::Json { file: given.file, check: given.check }
        }
        "diff" => {
            let given = given(&mut parser, false, &[])?;
            Command::Diff { old: given.file.ok_or(Error::NothingToCompare)? }
        }
        _ => return Err(Error::UnknownCommand(name)),
    })
}

/// What is said to one command, which knows these options.
fn given(parser: &mut Parser, can_check: bool, options: &[&'static str]) -> Result<Given, Error> {
    let mut given = Given::default();
    while let Some(argument) = parser.next().map_err(Error::Arguments)? {
        let known = match &argument {
            Arg::Long(name) => options.iter().find(|known| *known == name).copied(),
            _ => None,
        };
        match argument {
            Arg::Long("check") if can_check => given.check = true,
            Arg::Value(file) if given.file.is_none() => given.file = Some(file.into()),
            other => {
                let Some(known) = known else { return Err(Error::Arguments(other.unexpected())) };
                let value = parser.value().map_err(Error::Arguments)?;
                given.options.push((known, value.to_string_lossy().into_owned()));
            }
        }
    }
    Ok(given)
}

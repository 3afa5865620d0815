//! The command of an app that makes files of its contract: `contract ts web/chat.ts`.
//!
//! It must never write what was not asked for, and must end with words that say how to go on. The document
//! is given to it: which app that is of, it does not know.

mod arguments;
mod error;
mod exit;
mod files;
#[cfg(test)]
mod tests;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

pub use self::exit::Exit;

use self::{
    arguments::{Command, USAGE},
    error::Error,
    files::{Files, text},
};
use super::{diff, quoted_path, typescript};
use crate::document::Document;

/// Carries out a command; `arguments` are those after the name of the program.
///
/// ```
/// use salon_contract::{document::Document, generate::cli::{self, Exit}};
///
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let exit = cli::run(&Document::default(), ["json".to_owned()], &mut out, &mut err);
/// assert_eq!(exit, Exit::Success);
/// assert!(out.starts_with(b"{"));
///
/// let exit = cli::run(&Document::default(), ["jsn".to_owned()], &mut out, &mut err);
/// assert_eq!(exit, Exit::Trouble);
/// assert!(err.starts_with(b"\"jsn\" is no command"));
/// ```
pub fn run(
    document: &Document,
    arguments: impl IntoIterator<Item = String>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let ended = arguments::read(arguments)
        .and_then(|command| Run { document, out: &mut *out, err: &mut *err }.command(command));
    match ended {
        Ok(exit) => exit,
        Err(error) => {
            // Nobody is left to be told that this cannot be said.
            let _ = writeln!(err, "{error}");
            if error.is_of_usage() {
                let _ = write!(err, "\n{USAGE}");
            }
            error.exit()
        }
    }
}

/// One run.
struct Run<'a> {
    document: &'a Document,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

impl Run<'_> {
    fn command(&mut self, command: Command) -> Result<Exit, Error> {
        if !matches!(command, Command::Help) {
            for warning in &self.document.warnings {
                writeln!(self.err, "warning: {warning}").map_err(Error::Output)?;
            }
        }
        match command {
            Command::Help => write!(self.out, "{USAGE}").map_err(Error::Output)?,
            Command::Json { file, check } => {
                let again = command_line("json", file.as_deref(), &[]);
                self.put(file, check, &again, text(self.document))?;
            }
            Command::Ts { file, check, mut options, said } => {
                options.namespace = self.namespace(options.namespace);
                options.command = command_line("ts", file.as_deref(), &said);
                let made = Files::of_types(self.document, &options, file.as_deref())?;
                self.put_all(made, check, &options.command)?;
            }
            Command::Diff { old } => return self.diff(&old),
        }
        Ok(Exit::Success)
    }

    fn diff(&mut self, old: &Path) -> Result<Exit, Error> {
        let changes = diff::diff(&files::read(old)?, self.document);
        for change in &changes {
            writeln!(self.out, "{change}").map_err(Error::Output)?;
        }
        let breaking = changes.iter().filter(|change| change.breaking).count();
        let words = match (changes.len(), breaking) {
            (0, _) => "nothing has changed".to_owned(),
            (all, 0) => format!("changes: {all}, none of which breaks clients"),
            (all, breaking) => format!("changes: {all}, of which {breaking} break clients"),
        };
        writeln!(self.out, "{words}").map_err(Error::Output)?;
        Ok(if breaking == 0 { Exit::Success } else { Exit::Failure })
    }

    /// The one that was named; if none was, the only one, or else the main one.
    fn namespace(&self, named: String) -> String {
        let mut all = self.document.namespaces.keys();
        match (named.is_empty(), all.next(), all.next()) {
            (true, Some(only), None) => only.clone(),
            (true, ..) => typescript::Options::default().namespace,
            (false, ..) => named,
        }
    }

    /// One file, or what is printed without one.
    fn put(
        &mut self,
        file: Option<PathBuf>,
        check: bool,
        again: &str,
        text: String,
    ) -> Result<(), Error> {
        self.put_all(Files::one(file, text), check, again)
    }

    fn put_all(&mut self, files: Files, check: bool, again: &str) -> Result<(), Error> {
        match files {
            Files::Printed(_) if check => Err(Error::NothingToCheck),
            Files::Printed(text) => write!(self.out, "{text}").map_err(Error::Output),
            Files::Written(all) if check => {
                all.iter().try_for_each(|(file, text)| files::check(file, text, again))
            }
            Files::Written(all) => {
                for (file, text) in all {
                    let done =
                        if files::write(&file, &text)? { "is written" } else { "is current" };
                    writeln!(self.out, "{} {done}", file.display()).map_err(Error::Output)?;
                }
                Ok(())
            }
        }
    }
}

/// How a command is written, for whoever wants to give it again.
fn command_line(name: &str, file: Option<&Path>, said: &[String]) -> String {
    let mut line = format!("cargo run --bin contract -- {name}");
    let file = file.map(|file| file.display().to_string());
    for word in file.iter().chain(said) {
        line.push(' ');
        line += &quoted_path(word);
    }
    line
}

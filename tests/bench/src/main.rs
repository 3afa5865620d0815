//! What Salon costs: alone, by steps and by memory, and beside other servers.
//!
//! In reading order: `arguments` says what can be asked for, `comparison` runs each of the `modes`
//! against each `peer` and `report` shows what came out; `load` is the load generator. `event`,
//! `revocation`, `history`, `memory`, `aftermath` and `instructions` measure Salon alone, in this process, and `alone` writes
//! down what of that does not depend on the machine's speed. `durable` measures rooms that are kept in a file, beside
//! other servers that keep what they are told, and `restart` how their members come back when the process was killed.
//!
//! It must never call a run a failure because it was slow: only what was lost or broke is one.

mod aftermath;
mod alone;
mod arguments;
mod comparison;
mod durable;
mod event;
mod history;
mod instructions;
mod limit;
mod load;
mod machine;
mod measure;
mod memory;
mod modes;
mod peer;
mod report;
mod restart;
mod revocation;
mod server;

use std::process::ExitCode;

use arguments::Command;

fn main() -> ExitCode {
    let result = Command::from_arguments().and_then(|command| match command {
        Command::Compare(comparison) => comparison::run(&comparison),
        Command::Alone => alone::run(),
        Command::Pages => report::write_pages(),
        Command::Event(events) => event::run(events),
        Command::Revocation(revocations) => revocation::run(revocations),
        Command::History(publications) => history::run(publications),
        Command::Durable(seconds) => durable::run(seconds),
        Command::DurableServer(promise, file) => durable::serve_apart(promise, &file),
        Command::Restart(clients) => restart::run(clients),
        Command::Memory => memory::run(),
        Command::Aftermath => aftermath::run(),
        Command::Instructions => instructions::run(),
        Command::Step(step, times) => instructions::take(step, times),
        Command::Help => {
            println!("{}", Command::usage());
            Ok(())
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

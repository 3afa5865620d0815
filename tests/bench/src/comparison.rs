//! The comparison: each mode against each peer, in rounds, so that a machine that is slower for a
//! while is slower for all.
//!
//! It must never start a server in a state that another run left behind: each run has a fresh one.

use salon_tests::Result;

use crate::{
    alone,
    arguments::Comparison,
    machine::{self, Machine},
    measure::now,
    modes::{Mode, Outcome},
    peer::Programs,
    report::{self, Results, Row},
    server::Server,
};

/// Runs all rounds; prints the table and writes the files.
pub(crate) fn run(comparison: &Comparison) -> Result<()> {
    let machine = Machine::take()?;
    let mut peers = comparison.peers.clone();
    peers.retain(|peer| comparison.modes.iter().any(|mode| mode.fits(*peer)));
    peers.retain(|peer| match peer.missing() {
        None => true,
        Some(why) => {
            println!("{} is left out: {why}", peer.name());
            false
        }
    });
    let programs = Programs::build(&peers)?;
    let mut results = Results {
        machine: machine::name(),
        rounds: comparison.rounds,
        peers: peers.clone(),
        rows: Vec::new(),
        failures: Vec::new(),
    };
    let began = now();
    for round in 1..=comparison.rounds {
        for mode in &comparison.modes {
            for (column, peer) in peers.iter().enumerate().filter(|(_, peer)| mode.fits(**peer)) {
                let outcome = machine
                    .place(peer.placement(), || Server::start(programs.command(*peer)))
                    .and_then(|server| {
                        let server = server.speaking(peer.dialect());
                        server.in_time(mode.run(*peer, &server, &machine, &comparison.extent))
                    });
                let what = format!("{} {}", mode.name(), peer.name());
                print!("[{:>4} s] round {round} {what:<24} ", began.elapsed().as_secs());
                match outcome {
                    Ok(outcome) => {
                        println!("{}", in_words(&outcome));
                        if outcome.lost > 0 {
                            let lost = format!("round {round} {what}: {} lost", outcome.lost);
                            results.failures.push(lost);
                        }
                        note(&mut results, *mode, column, &outcome);
                    }
                    Err(error) => {
                        println!("failed: {error}");
                        results.failures.push(format!("round {round} {what}: {error}"));
                    }
                }
            }
        }
    }
    println!("\n{}", report::table(&results));
    if comparison.files {
        report::write(&results, comparison.whole)?;
        if comparison.whole {
            alone::run_apart()?;
            report::write_pages()?;
        }
    }
    match results.failures.len() {
        0 => Ok(()),
        runs => Err(format!("{runs} runs lost something or failed, see above").into()),
    }
}

fn in_words(outcome: &Outcome) -> String {
    let figures = outcome
        .figures
        .iter()
        .map(|figure| format!("{}: {} {}", figure.name, report::number(figure.value), figure.unit));
    let words = figures.collect::<Vec<_>>().join(", ");
    if outcome.lost > 0 { format!("{} LOST, {words}", outcome.lost) } else { words }
}

fn note(results: &mut Results, mode: Mode, column: usize, outcome: &Outcome) {
    for figure in &outcome.figures {
        let found = results
            .rows
            .iter()
            .position(|row| row.mode == mode.name() && row.figure == figure.name);
        let row = found.unwrap_or_else(|| {
            results.rows.push(Row {
                mode: mode.name().to_owned(),
                figure: figure.name.to_owned(),
                unit: figure.unit.to_owned(),
                values: vec![Vec::new(); results.peers.len()],
            });
            results.rows.len() - 1
        });
        results.rows[row].values[column].push(figure.value);
    }
}

//! The results for programs.
//!
//! It must never leave out a round: whoever reads it may want another average.

use std::collections::BTreeMap;

use salon_tests::Result;
use serde::{Deserialize, Serialize};

use super::{Results, Row};
use crate::peer::Peer;

/// Machine, rounds, and for each mode and figure the peers' values.
#[derive(Serialize, Deserialize)]
struct File {
    machine: String,
    rounds: usize,
    rows: Vec<Line>,
    failures: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    mode: String,
    figure: String,
    unit: String,
    peers: BTreeMap<String, Values>,
}

/// Of one peer, round by round.
#[derive(Serialize, Deserialize)]
struct Values {
    median: f64,
    rounds: Vec<f64>,
}

/// Writes them.
pub(super) fn json(results: &Results) -> Result<String> {
    let round = |value: f64| (value * 1000.0).round() / 1000.0;
    let line = |row: &Row| {
        let values = |(column, peer): (usize, Peer)| {
            let median = round(row.spread(column)?.median);
            let rounds = row.values[column].iter().copied().map(round).collect();
            Some((peer.name().to_owned(), Values { median, rounds }))
        };
        Line {
            mode: row.mode.clone(),
            figure: row.figure.clone(),
            unit: row.unit.clone(),
            peers: results.measured(row).filter_map(values).collect(),
        }
    };
    let file = File {
        machine: results.machine.clone(),
        rounds: results.rounds,
        rows: results.rows.iter().map(line).collect(),
        failures: results.failures.clone(),
    };
    Ok(serde_json::to_string_pretty(&file)? + "\n")
}

/// Reads what was written.
pub(super) fn read(text: &str) -> Result<Results> {
    let file: File = serde_json::from_str(text)?;
    let is_there = |peer: &Peer| file.rows.iter().any(|line| line.peers.contains_key(peer.name()));
    let peers: Vec<_> = Peer::ALL.into_iter().filter(is_there).collect();
    let row = |mut line: Line| {
        let values = |peer: &Peer| line.peers.remove(peer.name()).map(|values| values.rounds);
        let values = peers.iter().map(values).map(Option::unwrap_or_default).collect();
        Row { mode: line.mode, figure: line.figure, unit: line.unit, values }
    };
    let rows = file.rows.into_iter().map(row).collect();
    let File { machine, rounds, failures, .. } = File { rows: Vec::new(), ..file };
    Ok(Results { machine, rounds, peers, rows, failures })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let row = Row {
            mode: "rooms".to_owned(),
            figure: "CPU per delivery".to_owned(),
            unit: "µs".to_owned(),
            values: vec![vec![1.5, 2.5], Vec::new(), vec![0.25]],
        };
        let results = Results {
            machine: "a machine".to_owned(),
            rounds: 2,
            peers: vec![Peer::Limit, Peer::Salon, Peer::Node],
            rows: vec![row],
            failures: vec!["one".to_owned()],
        };
        let again = read(&json(&results).unwrap()).unwrap();
        // Who was never measured is no column.
        assert_eq!(again.peers, [Peer::Limit, Peer::Node]);
        assert_eq!(again.rows[0].values, [vec![1.5, 2.5], vec![0.25]]);
        assert_eq!((again.rounds, again.machine), (2, results.machine));
        assert_eq!(again.failures, results.failures);
    }
}

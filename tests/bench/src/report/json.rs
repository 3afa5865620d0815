//! The results for programs.
//!
//! It must never leave out a round: whoever reads it may want another average.

use salon_tests::Result;
use serde_json::{Map, json};

use super::Results;

/// Machine, rounds, and for each mode and figure the peers' values, round by round.
pub(super) fn json(results: &Results) -> Result<String> {
    let mut rows = Vec::new();
    for row in &results.rows {
        let mut peers = Map::new();
        for (index, peer) in results.peers.iter().enumerate() {
            if let Some(spread) = row.spread(index) {
                let round = |value: f64| (value * 1000.0).round() / 1000.0;
                let values: Vec<f64> = row.values[index].iter().copied().map(round).collect();
                let median = round(spread.median);
                peers.insert((*peer).to_owned(), json!({ "median": median, "rounds": values }));
            }
        }
        rows.push(json!({
            "mode": row.mode,
            "figure": row.figure,
            "unit": row.unit,
            "peers": peers,
        }));
    }
    let all = json!({
        "machine": results.machine,
        "rounds": results.rounds,
        "rows": rows,
        "failures": results.failures,
    });
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}

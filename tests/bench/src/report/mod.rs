//! What came out, for people and for programs.
//!
//! It must never show a median without its spread.

mod json;
mod page;
mod plot;
mod sizing;
mod table;

use std::path::{Path, PathBuf};

use salon_tests::Result;

use crate::peer::{Peer, folder};

pub(crate) use page::write as write_pages;
pub(crate) use table::table;

/// All figures of a comparison.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) machine: String,
    pub(crate) rounds: usize,
    pub(crate) peers: Vec<Peer>,
    pub(crate) rows: Vec<Row>,
    /// The runs in which something was lost or broke.
    pub(crate) failures: Vec<String>,
}

/// One figure of one mode: for each peer, a value per round.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) mode: String,
    pub(crate) figure: String,
    pub(crate) unit: String,
    pub(crate) values: Vec<Vec<f64>>,
}

impl Results {
    /// One figure of one mode.
    fn row(&self, mode: &str, figure: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.mode == mode && row.figure == figure)
    }

    /// The peers that were put through what a row is of, by their columns.
    fn measured<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (usize, Peer)> + 'a {
        let peers = self.peers.iter().copied().enumerate();
        peers.filter(|(column, _)| !row.values[*column].is_empty())
    }
}

impl Row {
    /// The spread of a peer, if it was measured.
    fn spread(&self, peer: usize) -> Option<Spread> {
        let mut values = self.values[peer].clone();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            0 => f64::midpoint(values[middle - 1], values[middle]),
            _ => values[middle],
        };
        Some(Spread { median, least, most })
    }
}

/// A median, and between what the values were.
#[derive(Clone, Copy, Debug)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { median, least, most } = *self;
        f.pad(&format!("{} ({}–{})", number(median), number(least), number(most)))
    }
}

/// Writes the results beside this crate: those of a whole comparison are committed.
pub(crate) fn write(results: &Results, whole: bool) -> Result<()> {
    let name = if whole { "comparison" } else { "partial" };
    for (extension, text) in [("json", json::json(results)?), ("svg", plot::svg(results))] {
        save(&result_file(&format!("{name}.{extension}")), &text)?;
    }
    Ok(())
}

/// Where a file of results is.
pub(crate) fn result_file(name: &str) -> PathBuf {
    folder().join("results").join(name)
}

/// Writes a file, and says so.
pub(crate) fn save(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

/// A number with as many digits as mean something.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

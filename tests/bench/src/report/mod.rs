//! What came out, for people and for programs.
//!
//! It must never show a median without its spread.

mod json;
mod plot;
mod table;

use salon_tests::Result;

use crate::peer::folder;

pub(crate) use table::table;

/// All figures of a comparison.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) machine: String,
    pub(crate) rounds: usize,
    pub(crate) peers: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
    /// The runs in which something was lost or broke.
    pub(crate) failures: Vec<String>,
}

/// One figure of one mode: for each peer, a value per round.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) mode: &'static str,
    pub(crate) figure: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) values: Vec<Vec<f64>>,
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

/// Writes the results beside this crate: those of a whole comparison are committed.
pub(crate) fn write(results: &Results, whole: bool) -> Result<()> {
    let folder = folder().join("results");
    std::fs::create_dir_all(&folder)?;
    let name = if whole { "comparison" } else { "partial" };
    for (extension, text) in [("json", json::json(results)?), ("svg", plot::svg(results))] {
        let path = folder.join(name).with_extension(extension);
        std::fs::write(&path, text)?;
        println!("wrote {}", path.display());
    }
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

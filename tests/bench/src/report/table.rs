//! The table on the terminal.
//!
//! It must never be wider than its figures need.

use super::{Results, Row};
use crate::peer::Peer;

const NAME: usize = 46;
const COLUMN: usize = 26;

/// One line per figure: median (least–most) of each peer, and how they compare.
pub(crate) fn table(results: &Results) -> String {
    let mut text = format!("{}; {} rounds: median (least–most)\n", results.machine, results.rounds);
    let mut mode = "";
    for row in &results.rows {
        let peers: Vec<_> = results.measured(row).collect();
        if row.mode != mode {
            mode = &row.mode;
            text += &format!("\n{mode:<NAME$}");
            for (_, peer) in &peers {
                text += &format!("{:>COLUMN$}", peer.name());
            }
            text.push('\n');
        }
        text += &format!("  {:<width$}", format!("{}, {}", row.figure, row.unit), width = NAME - 2);
        for (column, _) in &peers {
            text += &row.spread(*column).map_or_else(String::new, |one| format!("{one:>COLUMN$}"));
        }
        text.push('\n');
        let Some((what, ratios)) = ratios(results, row) else { continue };
        text += &format!("    {what:<width$}", width = NAME - 4);
        for ratio in ratios {
            let ratio = ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2} ×"));
            text += &format!("{ratio:>COLUMN$}");
        }
        text.push('\n');
    }
    if !results.failures.is_empty() {
        text += &format!(
            "\nin these runs something was lost or broke:\n  {}\n",
            results.failures.join("\n  ")
        );
    }
    text
}

/// What the medians are to each other: Salon to each peer, or each variant of Salon to Salon.
pub(super) fn ratios(results: &Results, row: &Row) -> Option<(&'static str, Vec<Option<f64>>)> {
    let column = results.peers.iter().position(|peer| *peer == Peer::Salon)?;
    let salon = row.spread(column)?.median;
    let variants = results.measured(row).any(|(_, peer)| peer.is_variant());
    let ratio = |(column, _)| {
        let other = row.spread(column)?.median;
        let (over, under) = if variants { (other, salon) } else { (salon, other) };
        (under > 0.0).then_some(over / under)
    };
    let what = if variants { "it to Salon" } else { "Salon to it" };
    Some((what, results.measured(row).map(ratio).collect()))
}

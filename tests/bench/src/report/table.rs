//! The table on the terminal.
//!
//! It must never be wider than its figures need.

use super::{Results, number};

const NAME: usize = 46;
const COLUMN: usize = 26;

/// One line per figure: median (least–most) of each peer, and Salon's ratios to the others.
pub(crate) fn table(results: &Results) -> String {
    let mut text = format!("{}; {} rounds: median (least–most)\n", results.machine, results.rounds);
    let salon = results.peers.iter().position(|peer| *peer == "salon");
    let mut mode = "";
    for row in &results.rows {
        if row.mode != mode {
            mode = row.mode;
            text += &format!("\n{mode:<NAME$}");
            for peer in &results.peers {
                text += &format!("{peer:>COLUMN$}");
            }
            text.push('\n');
        }
        text += &format!("  {:<width$}", format!("{}, {}", row.figure, row.unit), width = NAME - 2);
        for peer in 0..results.peers.len() {
            let cell = row.spread(peer).map_or("–".to_owned(), |spread| {
                let (least, most) = (number(spread.least), number(spread.most));
                format!("{} ({least}–{most})", number(spread.median))
            });
            text += &format!("{cell:>COLUMN$}");
        }
        text.push('\n');
        let Some(salon) = salon.and_then(|salon| row.spread(salon)) else { continue };
        text += &format!("  {:<width$}", "  Salon to it", width = NAME - 2);
        for peer in 0..results.peers.len() {
            let ratio = row.spread(peer).filter(|spread| spread.median > 0.0);
            let cell = ratio.map_or("–".to_owned(), |spread| {
                format!("{:.2} ×", salon.median / spread.median)
            });
            text += &format!("{cell:>COLUMN$}");
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

//! The pages that show figures: the guide's and the README. Each has parts between two comments,
//! which are written here.
//!
//! It must never change a word outside of them.

use std::{fmt::Write as _, fs, path::PathBuf};

use salon_tests::Result;

use super::{Results, Row, json, result_file, save, sizing, table::ratios};
use crate::{
    alone::{self, Alone},
    peer::{Peer, folder},
};

/// The figures that the README shows; the guide has all.
const README: [(&str, &str); 6] = [
    ("echo-1000", "CPU per message"),
    ("fan-out", "CPU per delivery"),
    ("rooms", "CPU per delivery"),
    ("moderate", "p99 latency"),
    ("idle", "memory per connection"),
    ("storm", "CPU per reconnection"),
];

/// Writes the figures of the last whole comparison into all pages.
pub(crate) fn write() -> Result<()> {
    for (path, text) in pages()? {
        save(&path, &text)?;
    }
    Ok(())
}

/// Each page, as it has to be.
fn pages() -> Result<[(PathBuf, String); 2]> {
    let results = json::read(&fs::read_to_string(result_file("comparison.json"))?)?;
    let alone = alone::read()?;
    let sizing = sizing::example(&results, &alone).unwrap_or_else(|| {
        "The last comparison lacks a figure that the example needs.\n".to_owned()
    });
    let page = |path: &str, parts: &[(&str, &str)]| -> Result<_> {
        let path = folder().join("../..").join(path);
        let text = parts.iter().try_fold(fs::read_to_string(&path)?, |text, (name, part)| {
            replaced(&text, name, part)
        })?;
        Ok((path, text))
    };
    let guide =
        [("figures", &*figures(&results)), ("steps", &*steps(&alone)), ("example", &*sizing)];
    Ok([
        page("framework/salon/guide/measuring.md", &guide)?,
        page("README.md", &[("figures", &*summary(&results))])?,
    ])
}

/// The text with another part of that name.
fn replaced(text: &str, name: &str, part: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name}: written by salon-bench -->\n"), "<!-- end -->");
    let found = text.split_once(&begin).and_then(|(before, rest)| {
        rest.split_once(end).map(|(_, after)| format!("{before}{begin}\n{part}\n{end}{after}"))
    });
    found.ok_or_else(|| format!("no part begins with {begin:?} and ends with {end:?}").into())
}

/// All figures: the peers in one table, and each mode that has other columns in one of its own.
fn figures(results: &Results) -> String {
    let mut text = format!(
        "{}. The median of {} rounds, and in brackets the least and the most; less is better unless \
         a line says otherwise.\n",
        results.machine, results.rounds
    );
    let is_of_variants = |row: &&Row| results.measured(row).any(|(_, peer)| peer.is_variant());
    let (variants, peers): (Vec<_>, Vec<_>) = results.rows.iter().partition(is_of_variants);
    if !peers.is_empty() {
        text += &rows(results, &peers);
    }
    for mode in variants.chunk_by(|one, next| one.mode == next.mode) {
        text += &rows(results, mode);
    }
    if !results.failures.is_empty() {
        text += "\nIn these runs something was lost or broke:\n\n";
        for failure in &results.failures {
            let _ = writeln!(text, "- {failure}");
        }
    }
    text
}

/// One table: a line per figure, and where it is of variants of Salon, one of their ratios.
fn rows(results: &Results, rows: &[&Row]) -> String {
    let columns: Vec<(usize, Peer)> = results
        .peers
        .iter()
        .copied()
        .enumerate()
        .filter(|(column, _)| rows.iter().any(|row| !row.values[*column].is_empty()))
        .collect();
    let mut text = "\n| mode | figure |".to_owned();
    columns.iter().for_each(|(_, peer)| text += &format!(" {} |", peer.name()));
    let _ = writeln!(text, "\n|---|---|{}", "--:|".repeat(columns.len()));
    for row in rows {
        let _ = write!(text, "| `{}` | {}, {} |", row.mode, row.figure, row.unit);
        for (column, _) in &columns {
            let _ = match row.spread(*column) {
                Some(spread) => write!(text, " {spread} |"),
                None => write!(text, " – |"),
            };
        }
        text.push('\n');
        if let Some((what, ratios)) = ratios(results, row)
            && columns.iter().any(|(_, peer)| peer.is_variant())
        {
            let _ = write!(text, "| | {what} |");
            for ratio in ratios {
                let _ = match ratio {
                    Some(ratio) => write!(text, " {ratio:.2} × |"),
                    None => write!(text, " – |"),
                };
            }
            text.push('\n');
        }
    }
    text
}

/// The few figures of the README, with what a reader has to know of them.
fn summary(results: &Results) -> String {
    let shown: Vec<_> =
        README.iter().filter_map(|(mode, figure)| results.row(mode, figure)).collect();
    let failures = match results.failures.len() {
        0 => String::new(),
        runs => format!("\n{runs} runs lost something or broke; the guide names them.\n"),
    };
    format!(
        "{}; median (least–most) of {} rounds.\n{}{failures}",
        results.machine,
        results.rounds,
        rows(results, &shown)
    )
}

/// What one event, a room and a membership take.
fn steps(alone: &Alone) -> String {
    let mut text = format!(
        "{}.\n\n| one event of 64 bytes of text and a number | instructions | allocations | bytes allocated |\n\
         |---|--:|--:|--:|\n",
        alone.machine
    );
    for step in &alone.steps {
        let instructions = step.instructions.map_or("–".to_owned(), |count| count.to_string());
        let _ = writeln!(
            text,
            "| {} | {instructions} | {} | {} |",
            step.name, step.allocations, step.bytes
        );
    }
    text += "\n| one of many, without state of the app | allocated, bytes | resident, bytes |\n|---|--:|--:|\n";
    for memory in &alone.memory {
        let _ = writeln!(text, "| {} | {} | {} |", memory.what, memory.allocated, memory.resident);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_say_what_the_results_say() {
        for (path, text) in pages().unwrap() {
            let there = fs::read_to_string(&path).unwrap();
            let path = path.display();
            assert!(there == text, "{path} differs from the results: run `salon-bench pages`");
        }
    }

    #[test]
    fn nothing_but_the_part_is_changed() {
        let text = "before\n<!-- a: written by salon-bench -->\nold\n<!-- end -->\nafter\n";
        let new = "before\n<!-- a: written by salon-bench -->\n\nnew\n\n<!-- end -->\nafter\n";
        assert_eq!(replaced(text, "a", "new\n").unwrap(), new);
        assert_eq!(replaced(new, "a", "new\n").unwrap(), new);
        assert!(replaced(text, "b", "new\n").unwrap_err().to_string().contains("<!-- b: "));
    }
}

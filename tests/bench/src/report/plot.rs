//! The results as a picture: a panel per figure, a bar per peer, a line from least to most.
//!
//! It must never begin an axis anywhere but at zero.

use std::fmt::Write as _;

use super::{Results, Row, number};
use crate::peer::Peer;

/// Figures that say most; the table and the JSON have all.
const SHOWN: &[(&str, &str)] = &[
    ("echo-100", "CPU per message"),
    ("echo-1000", "CPU per message"),
    ("fan-out", "CPU per delivery"),
    ("rooms", "CPU per delivery"),
    ("places", "CPU per delivery"),
    ("workers", "CPU per delivery"),
    ("moderate", "p99 latency"),
    ("churn", "CPU per join and leave"),
    ("polling", "CPU per echo"),
    ("idle", "memory per connection"),
    ("storm", "CPU per reconnection"),
    ("slow", "growth"),
];

const COLUMNS: usize = 2;
const PANEL: f64 = 400.0;
const NAMES: f64 = 112.0;
const BAR: f64 = 16.0;
const GAP: f64 = 6.0;
const TITLE: f64 = 34.0;

/// The picture.
pub(super) fn svg(results: &Results) -> String {
    let shown: Vec<&Row> =
        SHOWN.iter().filter_map(|(mode, figure)| results.row(mode, figure)).collect();
    let bars = shown.iter().map(|row| results.measured(row).count()).max().unwrap_or_default();
    let panel_height = TITLE + (BAR + GAP) * bars as f64 + 14.0;
    let end = 44.0 + panel_height * shown.len().div_ceil(COLUMNS) as f64;
    let height = end + 16.0 * results.failures.len() as f64 + 8.0;
    let width = PANEL * COLUMNS as f64;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12" fill="#24292f">
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="14" y="20" font-size="13" font-weight="600">Less is better; median of {} rounds, with least and most</text>
<text x="14" y="36" font-size="11" fill="#57606a">{}</text>
"##,
        results.rounds,
        escaped(&results.machine)
    );
    for (index, row) in shown.into_iter().enumerate() {
        let x = PANEL * (index % COLUMNS) as f64;
        let y = 44.0 + panel_height * (index / COLUMNS) as f64;
        panel(&mut svg, results, row, x, y);
    }
    for (line, failure) in results.failures.iter().enumerate() {
        let y = end + 16.0 * line as f64 + 8.0;
        let failure = escaped(failure);
        let _ = writeln!(svg, r##"<text x="14" y="{y}" fill="#cf222e">{failure}</text>"##);
    }
    svg + "</svg>\n"
}

fn panel(svg: &mut String, results: &Results, row: &Row, x: f64, y: f64) {
    let _ = writeln!(
        svg,
        r#"<text x="{}" y="{}" font-weight="600">{}: {}, {}</text>"#,
        x + 14.0,
        y + 22.0,
        row.mode,
        row.figure,
        row.unit
    );
    let most = (0..results.peers.len()).filter_map(|peer| row.spread(peer));
    let most = most.map(|spread| spread.most).fold(f64::MIN_POSITIVE, f64::max);
    let scale = (PANEL - NAMES - 80.0) / most;
    for (line, (column, peer)) in results.measured(row).enumerate() {
        let name = peer.name();
        let (left, top) = (x + NAMES + 14.0, y + TITLE + (BAR + GAP) * line as f64);
        let middle = top + BAR / 2.0;
        let _ = writeln!(
            svg,
            r#"<text x="{}" y="{}" text-anchor="end">{name}</text>"#,
            left - 6.0,
            middle + 4.0
        );
        let Some(spread) = row.spread(column) else { continue };
        let colour = match peer {
            Peer::Salon | Peer::Plain => "#1a7f37",
            Peer::Limit => "#8c959f",
            peer if peer.is_variant() => "#7fbf91",
            _ => "#9ec5e8",
        };
        let (least, end) = (left + spread.least * scale, left + spread.most * scale);
        let _ = writeln!(
            svg,
            r##"<rect x="{left:.1}" y="{top:.1}" width="{:.1}" height="{BAR}" fill="{colour}"/><path d="M{least:.1} {middle:.1}H{end:.1}" stroke="#24292f"/><text x="{:.1}" y="{:.1}">{}</text>"##,
            (spread.median * scale).max(1.0),
            end + 6.0,
            middle + 4.0,
            number(spread.median)
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

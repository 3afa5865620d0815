//! Instructions of one event, counted by valgrind: stable where time is not, so that a limit can be
//! held.
//!
//! It must never count what comes before and after a step: a run with few events is taken from one
//! with many.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
};

use salon_tests::{Result, steps};

/// Instructions per event that each step may take: a tenth over what was counted, since compilers
/// and processors differ a little. Where fewer are counted, the limit comes down.
const LIMITS: [(&str, u64); steps::ALL.len()] = [
    ("frame: bytes → message", 785),
    ("packet: message → packet", 700),
    ("event: arguments → struct", 1_300),
    ("event: struct → arguments", 1_660),
    ("packet: packet → message", 600),
    ("frame: message → bytes", 88),
    ("session: socket → handler → socket", 12_900),
    ("the same, with a permission", 13_350),
    ("the same, with a guard", 13_750),
    ("room: socket → handler → 8 sockets", 23_650),
    ("reconnection: request → session → end", 114_000),
];

const FEW: u32 = 200;
const MANY: u32 = 1_200;

/// Counts each step in a process of its own under valgrind, and holds it to its limit.
pub(crate) fn run() -> Result<()> {
    println!("{:<44} {:>14} {:>10}", "one event", "instructions", "limit");
    let mut over = String::new();
    for (index, (name, limit)) in LIMITS.into_iter().enumerate() {
        let each = each(index)?;
        println!("{name:<44} {each:>14} {limit:>10}");
        if each > limit {
            let _ = writeln!(over, "{name}: {each} instructions, and {limit} are allowed");
        }
    }
    if over.is_empty() { Ok(()) } else { Err(over.into()) }
}

/// How many instructions one event takes on a step.
pub(crate) fn each(step: usize) -> Result<u64> {
    let counted = counted(step, MANY)?.saturating_sub(counted(step, FEW)?);
    Ok(counted / u64::from(MANY - FEW))
}

/// Takes one step so many times, for [`each`] to count.
pub(crate) fn take(number: usize, times: u32) -> Result<()> {
    let make = steps::ALL.get(number).ok_or_else(|| format!("there is no step {number}"))?;
    let mut step = make(1)?;
    match LIMITS[number].0 == step.name() {
        true => step.take(times),
        false => Err(format!("step {number} is {:?}: its limit is another's", step.name()).into()),
    }
}

fn counted(step: usize, times: u32) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["step", &step.to_string(), &times.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run valgrind ({error}); install it as `valgrind`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let counts = said.lines().find_map(|line| line.split_once("Collected : "));
    match counts.map(|(_, count)| count.trim().parse()) {
        Some(Ok(count)) if output.status.success() => Ok(count),
        _ => Err(format!("valgrind counted nothing:\n{said}").into()),
    }
}

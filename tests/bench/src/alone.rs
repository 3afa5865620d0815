//! What Salon costs alone, for the guide: the steps of one event, a room, a membership.
//!
//! It must never hold a time: these are the figures that another machine has as well.

use std::process::Command;

use salon_tests::{Result, steps};
use serde::{Deserialize, Serialize};

use crate::{
    event, instructions, machine, memory,
    report::{result_file, save},
};

/// How many events a step is taken for.
const EVENTS: u32 = 2_000;

const FILE: &str = "alone.json";

/// What was counted.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Alone {
    pub(crate) machine: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) memory: Vec<Memory>,
}

/// One event on one step of its way, one at a time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// Nothing where valgrind is missing.
    pub(crate) instructions: Option<u64>,
    pub(crate) allocations: u64,
    /// Allocated in all.
    pub(crate) bytes: u64,
}

/// One of many, in bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) what: String,
    pub(crate) allocated: u64,
    pub(crate) resident: u64,
}

/// Counts all of it, and writes it beside the results of the comparison.
pub(crate) fn run() -> Result<()> {
    // Before anything else has grown in this process.
    let memory = memory::costs()?.map(|cost| Memory {
        what: cost.what.to_owned(),
        allocated: cost.allocated.round() as u64,
        resident: cost.resident.round() as u64,
    });
    let mut steps = Vec::new();
    let mut missing = None;
    for (index, make) in steps::ALL.into_iter().enumerate() {
        let cost = event::cost(make, EVENTS, 1)?;
        let instructions = match missing {
            None => instructions::each(index).map_err(|error| missing = Some(error)).ok(),
            Some(_) => None,
        };
        println!("{}: {:.2} allocations", cost.step, cost.allocations);
        steps.push(Step {
            name: cost.step.to_owned(),
            instructions,
            allocations: cost.allocations.round() as u64,
            bytes: cost.bytes.round() as u64,
        });
    }
    if let Some(error) = missing {
        println!("instructions are left out: {error}");
    }
    let alone = Alone { machine: machine::name(), steps, memory: memory.into() };
    save(&result_file(FILE), &(serde_json::to_string_pretty(&alone)? + "\n"))
}

/// The same in a process of its own, which nothing has grown in.
pub(crate) fn run_apart() -> Result<()> {
    match Command::new(std::env::current_exe()?).arg("alone").status()?.success() {
        true => Ok(()),
        false => Err("what Salon costs alone could not be counted, see above".into()),
    }
}

/// What was written last.
pub(crate) fn read() -> Result<Alone> {
    let path = result_file(FILE);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}; run `salon-bench alone`", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

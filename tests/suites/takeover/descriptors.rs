//! The descriptors that a server has open, as the kernel counts them.
//!
//! It must never count those of another port: other tests open sockets meanwhile.

use std::{collections::BTreeMap, fs};

use salon_tests::Result;

/// The state of a listening socket in the kernel's table.
const LISTENING: &str = "0A";

/// How many descriptors each connection of a port of this process has.
pub(crate) fn of(port: u16) -> Result<Vec<usize>> {
    let table = fs::read_to_string("/proc/self/net/tcp")?;
    let local = format!(":{port:04X}");
    let mut connections = BTreeMap::new();
    for line in table.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [_, address, _, state, _, _, _, _, _, inode, ..] = fields[..]
            && address.ends_with(&local)
            && state != LISTENING
        {
            connections.insert(format!("socket:[{inode}]"), 0);
        }
    }
    for descriptor in fs::read_dir("/proc/self/fd")? {
        // One that was closed meanwhile is of no interest.
        let Ok(target) = fs::read_link(descriptor?.path()) else { continue };
        if let Some(count) = connections.get_mut(&target.display().to_string()) {
            *count += 1;
        }
    }
    // The kernel remembers some that are nobody's any more.
    Ok(connections.into_values().filter(|count| *count > 0).collect())
}

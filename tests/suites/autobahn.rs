//! Autobahn's fuzzing client, which others have written to judge WebSockets, against both endpoints that read and
//! write them without Engine.IO.
//!
//! Where messages come back as they are it plays every group but 12 and 13: they are about compression, which is
//! not offered. At `/salon` nothing comes back, and what is no frame of JSON ends the connection, so the groups
//! that judge an echo say nothing there: 1, 9 and 10 wholly, 5 and 7 where a message is whole, 3 and 4 where one
//! is sent before that which is wrong, and 6 where it is valid. What is left of them is played there, against
//! a server that waits to be told who its client is, and so says nothing by itself.
//!
//! It needs Python 2.7 and the packages that `tests/peers.sh` installs; without them it fails.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use salon_tests::{
    Result, program,
    server::{Implementation, Server, folder},
};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

/// Longer than all groups take, so that one that hangs is named.
const LIMIT: Duration = Duration::from_secs(300);

/// What it judges by no rule, and only reports: what is done with a long message ahead of a close, and with codes
/// of a close that nobody may send.
const REPORTED: [&str; 3] = ["7.1.6", "7.13.1", "7.13.2"];

/// The cases without an echo.
const WITHOUT_ECHO: [&str; 43] = [
    "2.*", "3.1", "3.5", "3.6", "3.7", "4.1.1", "4.1.2", "4.2.1", "4.2.2", "5.1", "5.2", "5.9",
    "5.10", "5.11", "5.12", "5.13", "5.14", "5.16", "5.17", "5.18", "6.3.*", "6.4.*", "6.8.*",
    "6.10.*", "6.12.*", "6.13.*", "6.14.*", "6.15.*", "6.16.*", "6.17.*", "6.18.*", "6.19.*",
    "6.20.*", "6.21.*", "7.1.2", "7.1.3", "7.1.4", "7.1.5", "7.3.*", "7.5.*", "7.7.*", "7.9.*",
    "7.13.*",
];

/// What it says of one case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    behavior: String,
    behavior_close: String,
}

/// Its reports; dropped, they are removed.
struct Reports(PathBuf);

impl Reports {
    fn new(name: &str) -> Result<Self> {
        let name = format!("salon-autobahn-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Reports {
    fn drop(&mut self) {
        // What is left of them is in a folder that is emptied anyway.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn run(specification: &Path) -> Result<()> {
    let client = folder().join("clients/autobahn");
    let python = client.join(".packages/python2.7");
    let mut fuzz = Command::new(&python);
    fuzz.arg(client.join("fuzz.py")).arg(specification);
    program::run(fuzz, "fuzz.py", LIMIT).await.map(drop)
}

/// Plays these cases, and expects `count` of them to be as the RFC says but for those that are only reported.
async fn plays(
    fixture: (&str, &[&str]),
    path: &str,
    cases: &[&str],
    without: &[&str],
    count: usize,
) -> Result<()> {
    let salon = Implementation::Salon(env!("CARGO_BIN_EXE_conformance-server").into());
    let server = Server::start(&salon, fixture.0, fixture.1).await?;
    let reports = Reports::new(fixture.0)?;
    let specification = reports.0.join("specification.json");
    let url = format!("ws://{}{path}", server.address());
    let text = json!({
        "outdir": reports.0,
        "servers": [{ "agent": "Salon", "url": url }],
        "cases": cases,
        "exclude-cases": without,
        "exclude-agent-cases": {},
    });
    std::fs::write(&specification, text.to_string())?;
    run(&specification).await?;
    let index = std::fs::read_to_string(reports.0.join("index.json"))?;
    let mut index: BTreeMap<String, BTreeMap<String, Verdict>> = serde_json::from_str(&index)?;
    let verdicts = index.remove("Salon").ok_or("no reports")?;
    assert_eq!(verdicts.len(), count, "cases were played: {:?}", verdicts.keys());
    let wrong: Vec<_> = verdicts
        .iter()
        .filter(|(case, Verdict { behavior, behavior_close })| {
            let right = if REPORTED.contains(&&***case) { "INFORMATIONAL" } else { "OK" };
            behavior != right || behavior_close != right
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[tokio::test]
async fn messages_come_back_as_the_rfc_says() -> Result<()> {
    plays(("echo", &[]), "/ws", &["*"], &["12.*", "13.*"], 301).await
}

#[tokio::test]
async fn what_needs_no_echo_is_done_at_the_plain_protocols_endpoint_as_the_rfc_says() -> Result<()>
{
    let waits = ["--secret", "a secret of thirty-two bytes, and more"];
    plays(("typed", &waits), "/salon", &WITHOUT_ECHO, &[], 133).await
}

//! The npm package `salon-client`: its own tests, and it against a real server, in node and in Chromium.
//!
//! They need node, Chromium and the packages that `tests/peers.sh` installs; without them they fail.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use salon_tests::{
    Result, program,
    server::{Implementation, Server, folder},
};
use tokio::{process::Command, sync::OnceCell};

/// Longer than any of them takes, so that one that hangs is named and not the whole run.
const LIMIT: Duration = Duration::from_secs(240);

const SECRET: &str = "thirty-two bytes are a good secret";

/// The folder of the package.
fn package() -> PathBuf {
    folder().join("../framework/client")
}

async fn typed(arguments: &[&str]) -> Result<Server> {
    let binary = Path::new(env!("CARGO_BIN_EXE_conformance-server")).to_owned();
    Server::start(&Implementation::Salon(binary), "typed", arguments).await
}

fn url(server: &Server) -> String {
    format!("http://{}", server.address())
}

/// Runs something in the package's folder; what it printed is in the failure.
async fn run(name: &str, arguments: &[&OsStr], variables: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new(name);
    command.args(arguments).envs(variables.iter().copied()).current_dir(package());
    let printed = program::run(command, &format!("{arguments:?}"), LIMIT).await?;
    println!("{printed}");
    Ok(())
}

/// Builds it, for all tests together: what is committed of it has to be what it is built to.
async fn built() -> Result<()> {
    static BUILT: OnceCell<Option<String>> = OnceCell::const_new();
    let build = || async {
        let failure = run("npm", &["run", "check"].map(OsStr::new), &[]).await;
        failure.err().map(|error| error.to_string())
    };
    match BUILT.get_or_init(build).await {
        None => Ok(()),
        Some(failure) => Err(failure.clone().into()),
    }
}

/// Its types refuse misuse, it is no larger than it may be, and it does what it promises.
#[tokio::test]
async fn it_keeps_its_promises_without_a_server() -> Result<()> {
    built().await?;
    run("npm", &["run", "types"].map(OsStr::new), &[]).await?;
    run("npm", &["run", "size"].map(OsStr::new), &[]).await?;
    run("node", &["--test", "tests/unit/"].map(OsStr::new), &[]).await
}

/// What `contract ts` makes is taken by TypeScript, with the client's own types, at its strictest.
#[tokio::test]
async fn generated_types_are_types() -> Result<()> {
    run("node", &["../../tests/contract/tsc.js".as_ref()], &[]).await
}

/// What `contract asyncapi` makes is taken by those who have made AsyncAPI.
#[tokio::test]
async fn generated_asyncapi_is_asyncapi() -> Result<()> {
    let folder = folder().join("contract");
    let mut samples = std::fs::read_dir(folder.join("samples"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    samples.retain(|path| path.to_string_lossy().ends_with(".asyncapi.json"));
    assert!(!samples.is_empty(), "there are samples");
    let script = folder.join("asyncapi.js");
    for sample in samples {
        run("node", &[script.as_os_str(), sample.as_os_str()], &[]).await?;
    }
    Ok(())
}

/// What stands between it and React, Svelte and Vue.
#[tokio::test]
async fn its_examples_are_built() -> Result<()> {
    built().await?;
    run("node", &["examples/build.js".as_ref()], &[]).await
}

#[tokio::test]
async fn it_speaks_to_a_server_by_each_transport() -> Result<()> {
    built().await?;
    let (open, guarded) = (typed(&[]).await?, typed(&["--secret", SECRET]).await?);
    let (open, guarded) = (url(&open), url(&guarded));
    let variables = [("SALON_SECRET_URL", &*guarded), ("SALON_SECRET", SECRET)];
    let script = ["--experimental-websocket", "tests/real/all.js", &open];
    run("node", &script.map(OsStr::new), &variables).await
}

/// Plays a script in Chromium.
async fn play(script: &str) -> Result<()> {
    built().await?;
    let server = typed(&["--workers", "2"]).await?;
    let script = format!("tests/browser/{script}.js");
    run("node", &["--experimental-websocket", &script, &url(&server)].map(OsStr::new), &[]).await
}

/// A test for each script.
macro_rules! played {
    ($($name:ident => $script:literal;)+) => {
        $(#[tokio::test]
        async fn $name() -> Result<()> {
            play($script).await
        })+
    };
}

played! {
    a_cut_of_five_seconds_under_fifty_events_a_second_loses_and_doubles_nothing => "cut";
    a_page_that_was_frozen_goes_on_where_it_was => "frozen";
    a_page_is_in_a_room_soon_after_it_was_loaded => "load";
    a_browser_that_was_offline_is_back => "offline";
    all_tabs_share_one_connection => "tabs";
}

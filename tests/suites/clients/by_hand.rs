//! The guide's session by hand: what `wscat` and `curl` show, and a program without a library of ours.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use salon_tests::{
    Result, by_hand,
    in_process::InProcess,
    server::{folder, missing_program},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// Longer than any of these programs takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A program whose lines are read.
struct Terminal {
    child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
}

impl Terminal {
    fn run(program: &str, arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| missing_program(program.as_ref(), &error))?;
        let output = child.stdout.take().ok_or("it has an output")?;
        Ok(Self { child, lines: BufReader::new(output).lines() })
    }

    /// The next line in which that is; those before it are not.
    async fn shows(&mut self, wanted: &str) -> Result<String> {
        let mut seen = Vec::new();
        let found = async {
            while let Some(line) = self.lines.next_line().await? {
                if line.contains(wanted) {
                    return Ok(Some(line));
                }
                seen.push(line);
            }
            Ok::<_, salon_tests::Failure>(None)
        };
        match timeout(LIMIT, found).await {
            Ok(Ok(Some(line))) => Ok(line),
            Ok(Err(error)) => Err(error),
            Ok(Ok(None)) | Err(_) => Err(format!("{wanted} is not in {seen:#?}").into()),
        }
    }
}

fn serve() -> Result<InProcess> {
    InProcess::start(&by_hand::app()?, 2)
}

#[tokio::test]
async fn wscat_shows_what_the_guide_says() -> Result<()> {
    let server = serve()?;
    let wscat = folder().join("reference/node_modules/wscat/bin/wscat");
    let url = format!("ws://{}/salon", server.address());
    let mut terminal = Terminal::run(
        "node",
        &[
            &wscat.to_string_lossy(),
            "--no-color",
            "-c",
            &url,
            "-w",
            "60",
            "-x",
            r#"[1,"chat:join",{"room":"lounge","name":"Ada"}]"#,
            "-x",
            r#"["chat:say",{"room":"lounge","text":"hi"}]"#,
            "-x",
            r#"[2,"chat:shout",{}]"#,
        ],
    )?;
    let welcome = terminal.shows(r#"["salon:welcome",{"session":""#).await?;
    assert!(
        welcome.ends_with(
            r#"","heartbeat":{"every_ms":25000,"within_ms":20000},"max_payload":1000000}]"#
        ),
        "{welcome}"
    );
    let joined = terminal.shows(r#"["salon:joined",{"room":"chat:lounge","epoch":""#).await?;
    assert!(joined.ends_with(r#"","after":0}]"#), "{joined}");
    terminal.shows(r#"[-1,["Ada"]]"#).await?;
    let said =
        terminal.shows(r#"["chat:said",{"by":"Ada","text":"hi"},{"room":"chat:lounge""#).await?;
    assert!(said.ends_with(r#""seq":1}]"#), "{said}");
    let refused = r#"[-2,null,{"code":"unknown_event","message":"nothing here handles events of this name"}]"#;
    terminal.shows(refused).await?;
    Ok(())
}

/// The guide's line, with the server that is here.
fn stream_url(to: SocketAddr) -> String {
    format!(
        "http://{to}/salon/events?join=%5B%22chat%3Ajoin%22%2C%7B%22room%22%3A%22lounge%22%2C%22name%22%3A%22Ada%22%7D%5D"
    )
}

#[tokio::test]
async fn curl_reads_a_stream_sends_to_it_and_calls_an_event() -> Result<()> {
    let server = serve()?;
    let mut stream = Terminal::run("curl", &["-sN", &stream_url(server.address())])?;
    stream.shows("retry: ").await?;
    let welcome = stream.shows(r#"data: ["salon:welcome",{"#).await?;
    let (_, secret) = welcome.split_once(r#""secret":""#).ok_or("a secret")?;
    let (secret, _) = secret.split_once('"').ok_or("a secret")?;
    stream.shows(".0.chat:lounge").await?;
    stream.shows(r#"data: ["salon:joined",{"room":"chat:lounge""#).await?;
    let mut post = Terminal::run(
        "curl",
        &[
            "-s",
            "-w",
            "%{http_code}\n",
            "-H",
            &format!("Salon-Session: {secret}"),
            "-H",
            "Salon-Seq: 1",
            "-d",
            r#"["chat:say",{"room":"lounge","text":"hi"}]"#,
            &format!("http://{}/salon/send", server.address()),
        ],
    )?;
    assert_eq!(post.shows("").await?, "202");
    let id = stream.shows("id: ").await?;
    assert!(id.ends_with(".1.chat:lounge"), "{id}");
    stream.shows(r#"data: ["chat:said",{"by":"Ada","text":"hi"},{"room":"chat:lounge""#).await?;
    stream.child.kill().await?;
    let call = format!("http://{}/salon/call/greet", server.address());
    let mut called = Terminal::run("curl", &["-s", "-w", "\n", "-d", r#"{"name":"Ada"}"#, &call])?;
    assert_eq!(called.shows("").await?, r#""Hello, Ada""#);
    Ok(())
}

#[tokio::test]
async fn a_program_in_python_speaks_it_by_websockets_alone() -> Result<()> {
    let server = serve()?;
    let folder = folder().join("clients/python");
    let program = folder.join(".venv/bin/python");
    let script = folder.join("by_hand.py");
    let url = format!("ws://{}/salon", server.address());
    let mut python = Terminal::run(&program.to_string_lossy(), &[&script.to_string_lossy(), &url])?;
    python.shows("all is well").await?;
    Ok(())
}

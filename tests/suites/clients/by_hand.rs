//! The guide's session by hand: what `wscat`, `websocat` and `curl` show, and programs without a library of
//! ours.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use salon_tests::{
    Result, by_hand,
    in_process::InProcess,
    server::{folder, missing_program},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
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

    /// Types a line.
    async fn says(&mut self, line: &str) -> Result<()> {
        let input = self.child.stdin.as_mut().ok_or("it has an input")?;
        Ok(input.write_all(format!("{line}\n").as_bytes()).await?)
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
        // Behind it is the contract's hash, where somebody asks for contracts.
        welcome.contains(
            r#"","heartbeat":{"every_ms":25000,"within_ms":20000},"max_payload":1000000"#
        ),
        "{welcome}"
    );
    let mut lines = Vec::new();
    for _ in 0..4 {
        lines.push(terminal.shows("").await?);
    }
    // Here nobody waits for one answer before the next line is typed, and what is refused has no order with what
    // a room says.
    let refused = r#"[-2,null,{"code":"unknown_event","message":"nothing here handles events of this name"}]"#;
    let place = lines.iter().position(|line| line.contains(refused));
    lines.remove(place.ok_or_else(|| format!("{refused} is not in {lines:#?}"))?);
    for (line, (begin, end)) in lines.iter().zip([
        (r#"["salon:joined",{"room":"chat:lounge","epoch":""#, r#"","after":0}]"#),
        (r#"[-1,["Ada"]]"#, ""),
        (r#"["chat:said",{"by":"Ada","text":"hi"},{"room":"chat:lounge""#, r#""seq":1}]"#),
    ]) {
        assert!(line.contains(begin) && line.ends_with(end), "{line}");
    }
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

#[tokio::test]
async fn a_program_in_java_speaks_it_by_the_jdk_alone() -> Result<()> {
    let server = serve()?;
    let program = folder().join("clients/java/ByHand.java");
    let url = format!("http://{}", server.address());
    let mut java = Terminal::run("java", &[&program.to_string_lossy(), &url])?;
    java.shows("all is well").await?;
    Ok(())
}

#[tokio::test]
async fn websocat_shows_what_it_is_told() -> Result<()> {
    let server = serve()?;
    let program = folder().join("clients/python/.venv/bin/websocat");
    let url = format!("ws://{}/salon", server.address());
    let mut terminal = Terminal::run(&program.to_string_lossy(), &[&url])?;
    terminal.shows(r#"["salon:welcome",{"session":""#).await?;
    terminal.says(r#"[1,"chat:join",{"room":"lounge","name":"Ada"}]"#).await?;
    terminal.shows(r#"[-1,["Ada"]]"#).await?;
    terminal.says(r#"["chat:say",{"room":"lounge","text":"hi"}]"#).await?;
    terminal.shows(r#"["chat:said",{"by":"Ada","text":"hi"},{"room":"chat:lounge""#).await?;
    Ok(())
}

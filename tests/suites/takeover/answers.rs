//! Answers that come before the end of their requests: what becomes of the connection then.
//!
//! It must never measure time: actix-web's own patience is longer here than any test's.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use salon::{Application, Salon, config::Origins};
use salon_tests::{Result, in_process::InProcess, raw_http::read_response};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{LIMIT, no_descriptors};

const AN_HOUR: Duration = Duration::from_secs(3600);

const ENGINE: &str = "/socket.io/?EIO=4&transport=";

const UPGRADE: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Takes messages and says nothing.
struct Silent;

impl Application for Silent {
    fn received(&self, _: &salon::RawConnection, _: salon::wire::engine_io::Message) {}
}

fn app() -> Result<impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static> {
    let salon = Salon::builder().origins(Origins::SameOrigin).build()?;
    Ok(move |config: &mut web::ServiceConfig| {
        config.configure(salon.clone().routes());
        config.configure(salon.plain_routes("/plain", Arc::new(Silent)));
    })
}

/// A session over polling.
async fn session(server: &InProcess) -> Result<String> {
    let mut stream = TcpStream::connect(server.address()).await?;
    let open = format!("GET {ENGINE}polling HTTP/1.1\r\nhost: a\r\n\r\n");
    stream.write_all(open.as_bytes()).await?;
    let text = read_response(&mut stream).await?.text();
    let open: serde_json::Value = serde_json::from_str(&text[1..])?;
    Ok(open["sid"].as_str().unwrap_or_default().to_owned())
}

/// Requests that are answered at once, and how; none is sent to its end.
async fn unfinished(server: &InProcess) -> Result<Vec<(String, u16)>> {
    let head = |method: &str, target: &str, rest: &str| {
        format!("{method} {target} HTTP/1.1\r\nhost: a\r\n{rest}\r\n")
    };
    let unknown = format!("{ENGINE}polling&sid=abc");
    let mut all = vec![
        // Handshakes that are refused.
        (head("GET", &format!("{ENGINE}smoke"), UPGRADE), 400),
        (head("GET", &format!("{ENGINE}websocket&sid=abc"), UPGRADE), 400),
        (head("GET", "/socket.io/?EIO=3&transport=websocket", UPGRADE), 400),
        (
            head("GET", &format!("{ENGINE}websocket"), &format!("origin: http://b\r\n{UPGRADE}")),
            403,
        ),
        (head("GET", "/plain", &format!("origin: http://b\r\n{UPGRADE}")), 403),
        (head("GET", "/plain", &UPGRADE.replace("13", "12")), 400),
    ];
    for body in ["content-length: 100\r\n", "transfer-encoding: chunked\r\n"] {
        let foreign = format!("origin: http://b\r\n{body}");
        let preflight =
            format!("origin: http://a\r\naccess-control-request-method: POST\r\n{body}");
        all.extend([
            (head("POST", &unknown, body), 400),
            (head("POST", &format!("{ENGINE}polling"), body), 400),
            (head("PUT", &unknown, body), 400),
            (head("GET", &unknown, body), 400),
            (head("GET", &format!("{ENGINE}polling"), body), 200),
            (head("POST", &unknown, &foreign), 403),
            (head("OPTIONS", &unknown, &preflight), 204),
            (head("POST", "/plain", body), 400),
        ]);
        let binary = format!("content-type: application/octet-stream\r\n{body}");
        let target = format!("{ENGINE}polling&sid={}", session(server).await?);
        all.push((head("POST", &target, &binary), 400));
    }
    let target = format!("{ENGINE}polling&sid={}", session(server).await?);
    all.push((head("POST", &target, "content-length: 1000001\r\n"), 413));
    let chunk = format!("transfer-encoding: chunked\r\n\r\nF4250\r\n{}", "x".repeat(1_000_016));
    all.push((head("POST", &target, &chunk), 413));
    Ok(all)
}

/// Sends a request and reads the answer, unless that is not what it is to be.
async fn ask(server: &InProcess, request: &str, status: u16) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let answer = tokio::time::timeout(LIMIT, read_response(&mut stream)).await??;
    let line = request.lines().next().unwrap_or_default();
    assert_eq!(answer.status, status, "{line}");
    assert_eq!(answer.header("connection"), Some("close"), "{line}");
    Ok(stream)
}

#[tokio::test]
async fn who_is_answered_early_is_told_at_once_that_nothing_more_comes() -> Result<()> {
    let server = InProcess::start_patient(true, AN_HOUR, app()?)?;
    for (request, status) in unfinished(&server).await? {
        let mut stream = ask(&server, &request, status).await?;
        let end = tokio::time::timeout(LIMIT, stream.read(&mut [0])).await?;
        assert_eq!(end?, 0, "{request:.80}");
    }
    Ok(())
}

#[tokio::test]
async fn who_is_answered_early_and_never_closes_holds_no_descriptor() -> Result<()> {
    let server = InProcess::start_patient(true, AN_HOUR, app()?)?;
    let mut streams = Vec::new();
    for (request, status) in unfinished(&server).await? {
        streams.push(ask(&server, &request, status).await?);
    }
    no_descriptors(server.address().port()).await
}

#[tokio::test]
async fn who_goes_on_sending_what_is_answered_is_cut_off() -> Result<()> {
    // Without the hook actix-web itself lets go of a body whose end is known.
    for (hook, patience) in [(true, AN_HOUR), (false, Duration::from_secs(1))] {
        let server = InProcess::start_patient(hook, patience, app()?)?;
        let target = format!("{ENGINE}polling&sid={}", session(&server).await?);
        let large = "x".repeat(1_000_016);
        for (target, body, status) in [
            (&*target, format!("transfer-encoding: chunked\r\n\r\nF4250\r\n{large}\r\n"), 413),
            (&*target, "content-length: 1000000000000\r\n\r\n".to_owned(), 413),
            ("/plain", "transfer-encoding: chunked\r\n\r\n".to_owned(), 400),
            ("/plain", "content-length: 1000000000000\r\n\r\n".to_owned(), 400),
        ] {
            let request = format!("POST {target} HTTP/1.1\r\nhost: a\r\n{body}");
            let mut stream = ask(&server, &request, status).await?;
            let more = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            let sending = async { while stream.write_all(more.as_bytes()).await.is_ok() {} };
            assert!(tokio::time::timeout(LIMIT, sending).await.is_ok(), "{hook} {body:.40}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_sends_all_of_what_is_refused_gets_the_answer() -> Result<()> {
    for hook in [true, false] {
        let server = InProcess::start_patient(hook, AN_HOUR, app()?)?;
        let target = format!("{ENGINE}polling&sid={}", session(&server).await?);
        let body = "x".repeat(1_500_000);
        for _ in 0..20 {
            let mut stream = TcpStream::connect(server.address()).await?;
            let length = body.len();
            let head =
                format!("POST {target} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
            let answer = tokio::time::timeout(LIMIT, read_response(&mut stream)).await??;
            assert_eq!(answer.status, 413);
        }
    }
    Ok(())
}

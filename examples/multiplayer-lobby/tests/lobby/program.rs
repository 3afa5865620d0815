//! The program as a newcomer runs it: where it is, and what it says if it cannot be there.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

use multiplayer_lobby::guests::SignedIn;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The running program; dropped, it is ended.
struct Program(Child);

impl Program {
    fn on_port(port: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_multiplayer-lobby"));
        command.env("PORT", port).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("the program"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One request, and the whole response.
async fn request(address: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("to send");
    let mut response = String::new();
    stream.read_to_string(&mut response).await.expect("a response");
    response
}

#[actix_web::test]
async fn it_says_where_it_is_and_is_there() {
    let mut program = Program::on_port("0");
    let output = program.0.stdout.take().expect("its output");
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("a line");
    let address = line.strip_prefix("Open http://").and_then(|rest| rest.split(' ').next());
    let address = address.and_then(|address| address.parse().ok()).expect(&line);
    for (path, kind) in [
        ("/", "text/html"),
        ("/lobby.css", "text/css"),
        ("/lobby.js", "text/javascript"),
        ("/board.js", "text/javascript"),
        ("/guest.js", "text/javascript"),
        ("/hall.js", "text/javascript"),
        ("/match.js", "text/javascript"),
        ("/view.js", "text/javascript"),
        ("/salon.js", "text/javascript"),
    ] {
        let response = request(address, &format!("GET {path}"), "").await;
        assert!(response.starts_with("HTTP/1.1 200"), "{path}: {response}");
        assert!(response.contains(&format!("content-type: {kind}; charset=utf-8")), "{path}");
    }
    let response = request(address, "POST /sign-in", r#"{"name":"Ada"}"#).await;
    let body = response.split("\r\n\r\n").nth(1).expect("a body");
    let signed_in: SignedIn = serde_json::from_str(body).expect(body);
    assert_eq!(signed_in.expires_in_ms, 120_000);
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its number").port().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_multiplayer-lobby")).env("PORT", &port).output();
    let output = output.expect("the program");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(errors.starts_with(&format!("cannot listen on port {port}")), "{errors}");
    assert!(errors.contains("set PORT"), "{errors}");
}

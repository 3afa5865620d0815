//! The program as a newcomer runs it: where it is, and what it says if it cannot be there.

use std::{
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use multiplayer_lobby::guests::SignedIn;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::players::user;

/// The running program; dropped, it is ended.
struct Program(Child);

/// A directory of its own; dropped, it is removed.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let directory = format!("{name}-{}", std::process::id());
        Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(directory))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // It may not have been made.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Program {
    fn on_port(port: &str, directory: &Directory) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_multiplayer-lobby"));
        command.env("PORT", port).env("DATA", &directory.0);
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program"))
    }

    /// What it has said, when it has ended.
    fn output(mut self) -> Output {
        let (stdout, stderr) = (self.0.stdout.take(), self.0.stderr.take());
        let status = self.0.wait().expect("its end");
        let read = |pipe: Option<Box<dyn Read>>| {
            let mut text = Vec::new();
            pipe.expect("its output").read_to_end(&mut text).expect("text");
            text
        };
        let stdout = read(stdout.map(|it| Box::new(it) as Box<dyn Read>));
        let stderr = read(stderr.map(|it| Box::new(it) as Box<dyn Read>));
        Output { status, stdout, stderr }
    }

    /// On a free port, and where it says that it is.
    fn start(directory: &Directory) -> (Self, SocketAddr) {
        let mut program = Self::on_port("0", directory);
        let output = program.0.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("a line");
        let address = line.strip_prefix("Open http://").and_then(|rest| rest.split(' ').next());
        let address = address.and_then(|address| address.parse().ok()).expect(&line);
        (program, address)
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
    let directory = Directory::new("there");
    let (_program, address) = Program::start(&directory);
    for (path, kind) in [
        ("/", "text/html"),
        ("/lobby.css", "text/css"),
        ("/lobby.js", "text/javascript"),
        ("/board.js", "text/javascript"),
        ("/guest.js", "text/javascript"),
        ("/hall.js", "text/javascript"),
        ("/match.js", "text/javascript"),
        ("/view.js", "text/javascript"),
        ("/contract.js", "text/javascript"),
        ("/salon/client.js", "text/javascript"),
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
    let directory = Directory::new("taken");
    let output = Program::on_port(&port, &directory).output();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(errors.starts_with(&format!("cannot listen on port {port}")), "{errors}");
    assert!(errors.contains("set PORT"), "{errors}");
}

#[test]
fn a_directory_that_another_has_is_a_clear_error() {
    let directory = Directory::new("shared");
    let (_program, _) = Program::start(&directory);
    let output = Program::on_port("0", &directory).output();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(errors.contains("is open already") && errors.contains("set DATA"), "{errors}");
}

#[actix_web::test]
async fn whoever_was_there_is_known_again_by_the_next_program() {
    let directory = Directory::new("next");
    let mut token = "null".to_owned();
    let mut subjects = Vec::new();
    for _ in 0..3 {
        // Dropped, it is killed: nothing is said to it before.
        let (_program, address) = Program::start(&directory);
        let body = format!(r#"{{"name":"Ada","token":{token}}}"#);
        let response = request(address, "POST /sign-in", &body).await;
        let body = response.split("\r\n\r\n").nth(1).expect("a body");
        let signed_in: SignedIn = serde_json::from_str(body).expect(body);
        subjects.push(user(&signed_in.token));
        token = format!("{:?}", signed_in.token);
    }
    assert!(subjects.iter().all(|subject| *subject == subjects[0]), "{subjects:?}");
}

/// A WebSocket, behind the head of its response.
#[cfg(unix)]
async fn open(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: {address}\r\n\
         connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("to send");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a response"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    stream
}

/// The code of the close frame that ends a WebSocket, which is answered; none if it ends without one.
#[cfg(unix)]
async fn close_code(mut stream: TcpStream) -> Option<u16> {
    loop {
        let head = stream.read_u8().await.ok()?;
        let length = match stream.read_u8().await.ok()? {
            126 => usize::from(stream.read_u16().await.ok()?),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.ok()?;
        if head == 0x88 {
            stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.ok()?;
            return payload.try_into().ok().map(u16::from_be_bytes);
        }
    }
}

#[cfg(unix)]
#[actix_web::test]
async fn it_tells_everybody_before_it_stops() {
    let directory = Directory::new("stops");
    for signal in ["-TERM", "-INT"] {
        let (mut program, address) = Program::start(&directory);
        let mut players = Vec::new();
        for _ in 0..20 {
            players.push(open(address).await);
        }
        let id = program.0.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().expect("to send a signal");
        assert!(sent.success());
        for player in players {
            assert_eq!(close_code(player).await, Some(1012), "{signal}");
        }
        assert!(program.0.wait().expect("its end").success(), "{signal}");
    }
}

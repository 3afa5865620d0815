//! Handshakes that are broken off: an RST at each step must harm nobody else.

use std::time::Duration;

use salon_tests::Result;
use salon_tests::raw_http::read_response;
use salon_tests::websocket::RawWebSocket;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::promises;
use crate::subject::Subject;

promises! { "socket":
    a_reset_within_a_request_harms_nobody,
    a_reset_behind_a_request_harms_nobody,
    a_reset_within_an_upgrade_leaves_polling_alive,
    a_reset_of_a_connected_socket_harms_nobody,
}

const WEBSOCKET: &str = "connection: Upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Ends a connection so that the server reads an error.
fn reset(stream: TcpStream) -> Result<()> {
    stream.set_zero_linger()?;
    drop(stream);
    Ok(())
}

fn requests(subject: Subject) -> [String; 2] {
    let target = |transport| subject.endpoint().target(transport, None);
    [
        format!("GET {} HTTP/1.1\r\nhost: a\r\n\r\n", target("polling")),
        format!("GET {} HTTP/1.1\r\nhost: a\r\n{WEBSOCKET}\r\n", target("websocket")),
    ]
}

async fn a_reset_within_a_request_harms_nobody(subject: Subject) -> Result<()> {
    let mut bystander = subject.connected().await?;
    bystander.next().await?;
    for request in requests(subject) {
        for length in (0..request.len()).step_by(16) {
            let mut stream = TcpStream::connect(subject.address).await?;
            stream.write_all(&request.as_bytes()[..length]).await?;
            reset(stream)?;
        }
    }
    assert_eq!(bystander.ask("421[\"message-with-ack\"]").await?, "431[]");
    Ok(())
}

async fn a_reset_behind_a_request_harms_nobody(subject: Subject) -> Result<()> {
    let mut bystander = subject.connected().await?;
    bystander.next().await?;
    for request in requests(subject) {
        // Before the answer, and after it.
        for wait in [false, true] {
            let mut stream = TcpStream::connect(subject.address).await?;
            stream.write_all(request.as_bytes()).await?;
            if wait {
                read_response(&mut stream).await?;
            }
            reset(stream)?;
        }
    }
    assert_eq!(bystander.ask("421[\"message-with-ack\"]").await?, "431[]");
    Ok(())
}

async fn a_reset_within_an_upgrade_leaves_polling_alive(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    session.post("40").await?;
    session.get().await?;
    let target = subject.websocket_target(Some(session.sid()));
    let probe = [0x81, 0x86, 0, 0, 0, 0, b'2', b'p', b'r', b'o', b'b', b'e'];
    for sent in [&probe[..0], &probe[..7], &probe] {
        let mut stream = TcpStream::connect(subject.address).await?;
        stream
            .write_all(format!("GET {target} HTTP/1.1\r\nhost: a\r\n{WEBSOCKET}\r\n").as_bytes())
            .await?;
        read_response(&mut stream).await?;
        stream.write_all(sent).await?;
        reset(stream)?;
    }
    session.post("3\u{1e}421[\"message-with-ack\"]").await?;
    loop {
        let body = session.get().await?;
        assert_eq!(body.status, 200);
        if body.text().contains("431[]") {
            return Ok(());
        }
        session.post("3").await?;
    }
}

async fn a_reset_of_a_connected_socket_harms_nobody(subject: Subject) -> Result<()> {
    let mut bystander = subject.connected().await?;
    bystander.next().await?;
    for _ in 0..20 {
        let (mut socket, response) =
            RawWebSocket::open(subject.address, &subject.websocket_target(None)).await?;
        assert_eq!(response.status, 101);
        socket.send_frame(0x81, b"40").await?;
        socket.send_frame(0x81, b"42[\"message\",1]").await?;
        drop(tokio::time::timeout(Duration::from_millis(1), socket.receive()).await);
        drop(socket);
    }
    assert_eq!(bystander.ask("421[\"message-with-ack\"]").await?, "431[]");
    Ok(())
}

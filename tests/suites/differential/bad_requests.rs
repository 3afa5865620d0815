//! Requests that break the transport's protocol.

use crate::script::{OWN_REQUESTS, scripts};
use crate::stage::Stage;
use salon_tests::Result;
use salon_tests::polling::Polling;
use salon_tests::raw_http::Request;
use salon_tests::websocket::RawWebSocket;

scripts! {
    "bad handshakes" => bad_handshakes, OWN_REQUESTS;
    "bad requests of a session" => bad_requests_of_a_session, OWN_REQUESTS;
    "bad bodies" => bad_bodies, OWN_REQUESTS;
    "bad websocket handshakes" => bad_websocket_handshakes, OWN_REQUESTS;
}

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

async fn bad_handshakes(stage: Stage) -> Result<()> {
    for (step, method, target) in [
        ("no protocol", "GET", "/socket.io/?transport=polling"),
        ("protocol 3", "GET", "/socket.io/?EIO=3&transport=polling"),
        ("protocol 5", "GET", "/socket.io/?EIO=5&transport=polling"),
        ("protocol 04", "GET", "/socket.io/?EIO=04&transport=polling"),
        ("protocol abc", "GET", "/socket.io/?EIO=abc&transport=polling"),
        ("no transport", "GET", "/socket.io/?EIO=4"),
        ("unknown transport", "GET", "/socket.io/?EIO=4&transport=abc"),
        ("webtransport", "GET", "/socket.io/?EIO=4&transport=webtransport"),
        ("no query", "GET", "/socket.io/"),
        ("websocket without an upgrade", "GET", "/socket.io/?EIO=4&transport=websocket"),
        ("unknown sid", "GET", "/socket.io/?EIO=4&transport=polling&sid=abc"),
        ("empty sid", "GET", "/socket.io/?EIO=4&transport=polling&sid="),
        ("sid of a prototype", "GET", "/socket.io/?EIO=4&transport=polling&sid=__proto__"),
        ("post without sid", "POST", HANDSHAKE),
        ("put without sid", "PUT", HANDSHAKE),
        ("delete without sid", "DELETE", HANDSHAKE),
        ("patch without sid", "PATCH", HANDSHAKE),
        ("options", "OPTIONS", HANDSHAKE),
        ("post with an unknown sid", "POST", "/socket.io/?EIO=4&transport=polling&sid=abc"),
        ("another path", "GET", "/other/?EIO=4&transport=polling"),
        ("no slash at the end", "GET", "/socket.io?EIO=4&transport=polling"),
        ("a longer path", "GET", "/socket.io/more?EIO=4&transport=polling"),
        ("unknown parameters", "GET", "/socket.io/?EIO=4&transport=polling&t=abc&b64=1&x=%41"),
        ("parameters in another order", "GET", "/socket.io/?transport=polling&EIO=4"),
        ("a good one", "GET", HANDSHAKE),
    ] {
        stage.step(step);
        stage.request(&Request::new(method, target)).await?;
    }
    Ok(())
}

async fn bad_requests_of_a_session(stage: Stage) -> Result<()> {
    for (step, method, edit) in [
        ("put", "PUT", ""),
        ("delete", "DELETE", ""),
        ("another protocol", "GET", "EIO=3"),
        ("another transport", "GET", "transport=websocket"),
        ("another transport, post", "POST", "transport=websocket"),
    ] {
        let (session, _) = Polling::open(stage.endpoint()).await?;
        let target = match edit.split_once('=') {
            Some(("EIO", _)) => session.target().replace("EIO=4", edit),
            Some(_) => session.target().replace("transport=polling", edit),
            None => session.target(),
        };
        stage.step(step);
        stage.request(&Request::new(method, &target)).await?;
        stage.record.line("the session afterwards");
        session.post("40").await?;
        stage.request(&Request::new("GET", &session.target())).await?;
    }
    Ok(())
}

async fn bad_bodies(stage: Stage) -> Result<()> {
    let oversize = "x".repeat(1_000_001);
    for (step, content_type, body) in [
        ("plain text", "text/plain;charset=UTF-8", &b"40"[..]),
        ("no content type", "", b"40"),
        ("octet stream", "application/octet-stream", b"40"),
        ("json", "application/json", b"40"),
        ("empty", "text/plain;charset=UTF-8", b""),
        ("oversize", "text/plain;charset=UTF-8", oversize.as_bytes()),
        ("invalid UTF-8", "text/plain;charset=UTF-8", b"42[\"echo\",\"\xff\"]"),
        ("close", "text/plain;charset=UTF-8", b"1"),
    ] {
        let (session, _) = Polling::open(stage.endpoint()).await?;
        if step == "invalid UTF-8" {
            session.post("40").await?;
            session.get().await?;
        }
        let mut request = Request::new("POST", &session.target()).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        stage.step(step);
        stage.request(&request).await?;
        stage.record.line("the session afterwards");
        session.post("40").await.ok();
        stage.request(&Request::new("GET", &session.target())).await?;
    }
    Ok(())
}

async fn bad_websocket_handshakes(stage: Stage) -> Result<()> {
    for (step, target) in [
        ("no protocol", "/socket.io/?transport=websocket"),
        ("protocol 3", "/socket.io/?EIO=3&transport=websocket"),
        ("no transport", "/socket.io/?EIO=4"),
        ("unknown transport", "/socket.io/?EIO=4&transport=abc"),
        ("unknown sid", "/socket.io/?EIO=4&transport=websocket&sid=abc"),
        ("polling by name", "/socket.io/?EIO=4&transport=polling"),
        ("a good one", "/socket.io/?EIO=4&transport=websocket"),
    ] {
        stage.step(step);
        let Ok((mut socket, response)) = RawWebSocket::open(stage.address, target).await else {
            stage.record.line("no answer");
            continue;
        };
        stage.record.response(&response);
        if response.status == 101 {
            let frame = socket.receive().await?;
            stage.record.line(&match frame {
                Some(frame) => {
                    format!("frame {:#x} {}", frame.head, String::from_utf8_lossy(&frame.payload))
                }
                None => "the connection ended".to_owned(),
            });
        }
    }
    Ok(())
}

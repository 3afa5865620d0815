//! Frames and requests as a client sends them, made once and sent many times.
//!
//! It must never make a frame while the load is running: the generator's own cost would be measured.

/// Any key will do; it is the same for all servers, and none of its bytes is zero.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The request that opens a Socket.IO connection over WebSocket.
pub(crate) fn upgrade() -> Vec<u8> {
    upgrade_with("")
}

/// The same for a client that is to live with others of a room.
pub(crate) fn upgrade_near(room: usize) -> Vec<u8> {
    upgrade_with(&format!("&room=room{room}"))
}

fn upgrade_with(parameters: &str) -> Vec<u8> {
    format!(
        "GET /socket.io/?EIO=4&transport=websocket{parameters} HTTP/1.1\r\n\
         Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// So many bytes of text.
pub(crate) fn payload(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// `echo`, with an acknowledgement.
pub(crate) fn echo(payload: &str) -> Vec<u8> {
    text(&echo_packet(payload))
}

/// The packet of [`echo`], as long polling sends it.
pub(crate) fn echo_packet(payload: &str) -> String {
    format!(r#"421["echo","{payload}"]"#)
}

/// `join`, with an acknowledgement.
pub(crate) fn join(room: usize) -> Vec<u8> {
    text(&format!(r#"421["join","room{room}"]"#))
}

/// `leave`, with an acknowledgement.
pub(crate) fn leave(room: usize) -> Vec<u8> {
    text(&format!(r#"421["leave","room{room}"]"#))
}

/// `pub`, without an acknowledgement.
pub(crate) fn publish(room: usize, payload: &str) -> Vec<u8> {
    text(&format!(r#"42["pub",{{"room":"room{room}","data":"{payload}"}}]"#))
}

/// One masked text frame.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(payload.len()) {
        Ok(length @ 0..126) => frame.push(0x80 | length as u8),
        Ok(length) => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => unreachable!("the load is made of small frames"),
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.bytes().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

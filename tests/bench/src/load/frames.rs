//! Frames and requests as a client sends them, made once and sent many times.
//!
//! It must never make a frame while the load is running: the generator's own cost would be measured.

/// Any key will do; it is the same for all servers, and none of its bytes is zero.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// So many bytes of text.
pub(crate) fn payload(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// `echo`, with an acknowledgement, as long polling sends it.
pub(crate) fn echo_packet(payload: &str) -> String {
    format!(r#"421["echo","{payload}"]"#)
}

/// A pong without a payload.
pub(crate) fn pong() -> Vec<u8> {
    [&[0x8a, 0x80], &MASK[..]].concat()
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

//! Fixture `echo`: a plain WebSocket.

use std::time::Duration;

use salon_tests::Result;
use salon_tests::websocket::RawWebSocket;
use tokio::time::Instant;

use crate::promises;
use crate::subject::Subject;

promises! { "echo":
    messages_come_back_whole,
    fragments_come_back_as_one_message,
    a_ping_is_answered_between_fragments,
    what_is_wrong_closes_with_its_code,
    a_close_is_answered_and_the_connection_ends,
    each_ping_of_a_burst_has_its_pong,
    whole_messages_come_back_before_what_is_wrong_ends_the_connection,
}

const FIN: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = FIN | 8;

async fn messages_come_back_whole(subject: Subject) -> Result<()> {
    let mut client = subject.websocket().await?;
    for length in [0, 1, 125, 126, 65_535, 65_536, 5_000_000] {
        let text = "x".repeat(length);
        assert_eq!(client.ask(&text).await?.len(), length);
        client.send_binary(text.as_bytes()).await?;
        assert_eq!(client.next_binary().await?.len(), length);
    }
    Ok(())
}

async fn raw(subject: Subject) -> Result<RawWebSocket> {
    let (socket, response) = RawWebSocket::open(subject.address, "/ws").await?;
    assert_eq!(response.status, 101);
    Ok(socket)
}

async fn fragments_come_back_as_one_message(subject: Subject) -> Result<()> {
    let mut socket = raw(subject).await?;
    let text = "h\u{e9}llo".as_bytes();
    socket.send_frame(TEXT, &text[..2]).await?;
    socket.send_frame(0, &[]).await?;
    socket.send_frame(FIN, &text[2..]).await?;
    let frame = socket.receive().await?.ok_or("an echo")?;
    assert_eq!((frame.head, &*frame.payload), (FIN | TEXT, text));
    Ok(())
}

async fn a_ping_is_answered_between_fragments(subject: Subject) -> Result<()> {
    let mut socket = raw(subject).await?;
    socket.send_frame(BINARY, &[1]).await?;
    socket.send_frame(FIN | 9, b"ping").await?;
    let pong = socket.receive().await?.ok_or("a pong")?;
    assert_eq!((pong.head, &*pong.payload), (FIN | 10, &b"ping"[..]));
    socket.send_frame(FIN, &[2]).await?;
    assert_eq!(socket.receive().await?.ok_or("an echo")?.payload, [1, 2]);
    Ok(())
}

async fn what_is_wrong_closes_with_its_code(subject: Subject) -> Result<()> {
    let huge: &[u8] = &[FIN | BINARY, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (bytes, code) in [
        (&[FIN | TEXT, 0x82, 0, 0, 0, 0, 0xc3, 0x28][..], 1007_u16),
        (&[FIN | TEXT | 0x40, 0x80, 0, 0, 0, 0], 1002),
        (&[FIN | 3, 0x80, 0, 0, 0, 0], 1002),
        (&[FIN, 0x80, 0, 0, 0, 0], 1002),
        (&[FIN | TEXT, 0x01, b'x'], 1002),
        (&[9, 0x80, 0, 0, 0, 0], 1002),
        (&[CLOSE, 0x81, 0, 0, 0, 0, 3], 1002),
        (huge, 1009),
    ] {
        let mut socket = raw(subject).await?;
        socket.send_bytes(bytes).await?;
        let close = socket.receive().await?.ok_or_else(|| format!("no close after {bytes:?}"))?;
        assert_eq!(close.head, CLOSE, "{bytes:?}");
        assert_eq!(close.payload.get(..2), Some(&code.to_be_bytes()[..]), "{bytes:?}");
        assert_eq!(socket.receive().await?, None, "{bytes:?}");
    }
    Ok(())
}

async fn a_close_is_answered_and_the_connection_ends(subject: Subject) -> Result<()> {
    let mut socket = raw(subject).await?;
    socket.send_frame(CLOSE, &1000_u16.to_be_bytes()).await?;
    let start = Instant::now();
    assert_eq!(socket.receive().await?.ok_or("a close")?.payload, 1000_u16.to_be_bytes());
    assert_eq!(socket.receive().await?, None);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    Ok(())
}

/// A frame of a client, masked with zeros; shorter than 126 bytes.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![head, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

async fn each_ping_of_a_burst_has_its_pong(subject: Subject) -> Result<()> {
    let mut socket = raw(subject).await?;
    let longest = [b'x'; 125];
    for (count, payload) in [(10, &b"payload"[..]), (10, &b""[..]), (2_000, &longest[..])] {
        let named = |number: usize| match payload {
            [] => Vec::new(),
            _ => [&payload[8.min(payload.len())..], &number.to_be_bytes()[..]].concat(),
        };
        let pings: Vec<Vec<u8>> = (0..count).map(|number| frame(FIN | 9, &named(number))).collect();
        socket.send_bytes(&pings.concat()).await?;
        for number in 0..count {
            let pong = socket.receive().await?.ok_or("a pong")?;
            assert_eq!((pong.head, pong.payload), (FIN | 10, named(number)));
        }
    }
    // Byte by byte, as a network may cut them.
    let pings: Vec<u8> = (0..10).flat_map(|number| frame(FIN | 9, &[number])).collect();
    for byte in pings {
        socket.send_bytes(&[byte]).await?;
    }
    for number in 0..10 {
        assert_eq!(socket.receive().await?.ok_or("a pong")?.payload, [number]);
    }
    Ok(())
}

async fn whole_messages_come_back_before_what_is_wrong_ends_the_connection(
    subject: Subject,
) -> Result<()> {
    let huge: &[u8] = &[FIN | BINARY, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let whole = [frame(FIN | TEXT, b"whole"), frame(TEXT, b"two "), frame(FIN, b"parts")].concat();
    for (wrong, code) in [
        (frame(FIN | TEXT | 0x20, b""), 1002_u16),
        (frame(FIN | TEXT | 0x70, b"x"), 1002),
        (frame(FIN | 5, b""), 1002),
        (frame(FIN | 7, b"x"), 1002),
        (frame(FIN | 13, b"x"), 1002),
        (frame(0, b"nothing to go on with"), 1002),
        (frame(FIN | TEXT, b"\xc3\x28"), 1007),
        (huge.to_vec(), 1009),
        (frame(CLOSE, &1000_u16.to_be_bytes()), 1000),
        (frame(CLOSE, &[3]), 1002),
    ] {
        for behind in [Vec::new(), frame(FIN | 9, b"ping")] {
            let mut socket = raw(subject).await?;
            socket.send_bytes(&[&whole[..], &wrong, &behind].concat()).await?;
            for echo in [&b"whole"[..], b"two parts"] {
                let frame = socket.receive().await?;
                assert_eq!(frame.ok_or("an echo")?.payload, echo, "before {wrong:?}");
            }
            let close = socket.receive().await?.ok_or_else(|| format!("no close: {wrong:?}"))?;
            assert_eq!(close.head, CLOSE, "{wrong:?}");
            assert_eq!(close.payload.get(..2), Some(&code.to_be_bytes()[..]), "{wrong:?}");
            assert_eq!(socket.receive().await?, None, "{wrong:?}");
        }
    }
    Ok(())
}

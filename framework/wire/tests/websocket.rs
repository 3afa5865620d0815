//! WebSocket frames: RFC 6455's rules, limits at the header, any split of a stream.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use salon_wire::websocket::{
    CloseCode, CloseFrame, FrameLimits, FrameReader, Incoming, Opcode, ProtocolError, encode_close,
    encode_frame,
};

const LIMITS: FrameLimits = FrameLimits { max_message: 1_000, max_fragments: 4 };
const FIN: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's frame, whose header announces `length` bytes.
fn frame_announcing(first: u8, length: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match length {
        0..=125 => frame.push(0x80 | length as u8),
        126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    frame_announcing(first, payload.len() as u64, payload)
}

/// What a reader makes of `stream` when it comes in parts of `part` bytes, until its first error.
fn read_in_parts(stream: &[u8], part: usize) -> (Vec<Incoming>, Option<ProtocolError>) {
    let mut reader = FrameReader::new(LIMITS);
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    for part in stream.chunks(part.max(1)) {
        buffer.extend_from_slice(part);
        loop {
            match reader.read(&mut buffer) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
        assert!(buffer.len() <= LIMITS.max_message + 14, "the reader waits for too much");
    }
    (messages, None)
}

fn read(stream: &[u8]) -> (Vec<Incoming>, Option<ProtocolError>) {
    read_in_parts(stream, stream.len())
}

fn error(stream: &[u8]) -> ProtocolError {
    read(stream).1.expect("the stream breaks the protocol")
}

#[test]
fn messages_of_every_length_are_read() {
    for length in [0, 1, 7, 8, 9, 125, 126, 127, 128, 999, 1_000] {
        let payload = vec![b'x'; length];
        let (messages, error) = read(&frame(FIN | 2, &payload));
        assert_eq!((messages, error), (vec![Incoming::Binary(payload.into())], None));
    }
}

#[test]
fn a_length_need_not_be_minimal() {
    let mut long = vec![FIN | 1, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0];
    long.extend(MASK);
    assert_eq!(read(&long).0, [Incoming::Text("".into())]);
}

#[test]
fn control_frames_come_between_fragments() {
    let stream = [
        frame(1, "κό".as_bytes()),
        frame(FIN | 9, b"1"),
        frame(0, &"σ".as_bytes()[..1]),
        frame(FIN | 10, b""),
        frame(FIN, &"σ".as_bytes()[1..]),
    ]
    .concat();
    let expected = vec![
        Incoming::Ping(Bytes::from_static(b"1")),
        Incoming::Pong(Bytes::new()),
        Incoming::Text("κόσ".into()),
    ];
    assert_eq!(read(&stream), (expected, None));
}

#[test]
fn broken_frames_are_refused_from_their_header() {
    use ProtocolError::{
        ControlTooLong, FragmentedControl, LengthTopBit, ReservedBits, UnexpectedContinuation,
        UnfinishedMessage, UnknownOpcode, Unmasked,
    };
    let header = |first, length| frame_announcing(first, length, &[]);
    for (stream, expected) in [
        (vec![FIN | 0x41, 0x80], ReservedBits { bits: 0b100 }),
        (vec![FIN | 0x10 | 9, 0x80], ReservedBits { bits: 0b001 }),
        (vec![FIN | 3, 0x80], UnknownOpcode { opcode: 3 }),
        (vec![FIN | 0xf, 0x80], UnknownOpcode { opcode: 0xf }),
        (vec![FIN | 1, 0], Unmasked),
        (vec![9, 0x80], FragmentedControl),
        (vec![FIN | 8, 0x80 | 126], ControlTooLong),
        (header(FIN | 2, 1 << 63), LengthTopBit { length: 1 << 63 }),
        (header(FIN, 0), UnexpectedContinuation),
        ([frame(1, b"a"), header(FIN | 1, 9)].concat(), UnfinishedMessage),
    ] {
        assert_eq!(error(&stream), expected);
        assert_eq!(expected.close_code(), CloseCode::PROTOCOL);
    }
}

#[test]
fn sizes_are_refused_before_their_payload_comes() {
    for length in [1_001, 1 << 40, u64::MAX >> 1] {
        let error = error(&frame_announcing(FIN | 2, length, &[]));
        assert_eq!(error, ProtocolError::TooBig { length, max_message: 1_000 });
        assert_eq!(error.close_code(), CloseCode::TOO_BIG);
    }
    let stream = [frame(2, &[0; 600]), frame_announcing(0, 401, &[])].concat();
    assert_eq!(error(&stream), ProtocolError::TooBig { length: 1_001, max_message: 1_000 });
}

#[test]
fn fragments_are_counted_even_if_empty() {
    let empty = [frame(2, b""), frame(0, b""), frame(0, b""), frame(FIN, b"")].concat();
    assert_eq!(read(&empty).0, [Incoming::Binary(Bytes::new())]);
    let more = [frame(2, b""), frame(0, b""), frame(0, b""), frame(0, b""), frame(0, b"")].concat();
    let error = error(&more);
    assert_eq!(error, ProtocolError::TooManyFragments { max_fragments: 4 });
    assert_eq!(error.close_code(), CloseCode::TOO_BIG);
}

#[test]
fn text_that_cannot_become_valid_is_refused_at_once() {
    let valid = "κόσμε".as_bytes();
    // A code point beyond the last, cut after the byte that makes it impossible.
    let impossible = [valid, &[0xf4, 0x90]].concat();
    let whole = frame(FIN | 1, &impossible);
    let in_fragments = [frame(1, valid), frame(0, &[0xf4]), frame(0, &[0x90])].concat();
    // The frame goes on for longer, and more frames would.
    let unfinished = frame_announcing(1, 500, &impossible);
    for stream in [whole, in_fragments, unfinished] {
        for part in [1, 3, stream.len()] {
            let (messages, error) = read_in_parts(&stream, part);
            assert_eq!((messages, error), (vec![], Some(ProtocolError::Utf8)));
        }
    }
    assert_eq!(ProtocolError::Utf8.close_code(), CloseCode::INVALID_DATA);
}

#[test]
fn a_text_may_not_end_within_a_character() {
    assert_eq!(error(&frame(FIN | 1, &[0xce])), ProtocolError::Utf8);
    assert_eq!(error(&[frame(1, &[0xce]), frame(FIN, b"")].concat()), ProtocolError::Utf8);
}

#[test]
fn a_close_frame_is_read_and_ends_the_stream() {
    let stream = [frame(FIN | 8, b"\x03\xe8bye"), frame(FIN | 1, b"late"), vec![0xff; 9]].concat();
    let close = CloseFrame { code: CloseCode::NORMAL, reason: "bye".into() };
    assert_eq!(read(&stream), (vec![Incoming::Close(Some(close))], None));
    assert_eq!(read(&frame(FIN | 8, b"")).0, [Incoming::Close(None)]);
    let longest = [&[0x03, 0xe8][..], &[b'x'; 123]].concat();
    assert!(read(&frame(FIN | 8, &longest)).1.is_none());
}

#[test]
fn nothing_is_read_after_an_error() {
    let mut reader = FrameReader::new(LIMITS);
    let mut buffer = BytesMut::from(&[FIN | 1, 0][..]);
    assert!(reader.read(&mut buffer).is_err());
    buffer.extend_from_slice(&frame(FIN | 1, b"late"));
    assert_eq!(reader.read(&mut buffer), Ok(None));
    assert!(buffer.is_empty());
}

#[test]
fn broken_close_frames_are_refused() {
    assert_eq!(error(&frame(FIN | 8, b"x")), ProtocolError::CloseTooShort);
    assert_eq!(error(&frame(FIN | 8, b"\x03\xe8\xce")), ProtocolError::Utf8);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, u16::MAX] {
        let code = CloseCode::from(code);
        let stream = frame(FIN | 8, &code.get().to_be_bytes());
        assert_eq!(error(&stream), ProtocolError::CloseCode { code });
    }
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1014, 3000, 4999_u16] {
        assert!(read(&frame(FIN | 8, &code.to_be_bytes())).1.is_none());
    }
}

#[test]
fn the_server_s_frames_are_whole_and_unmasked() {
    for (length, header) in [
        (5, &b"\x82\x05"[..]),
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (65_535, b"\x82\x7e\xff\xff"),
        (65_536, b"\x82\x7f\0\0\0\0\0\x01\0\0"),
    ] {
        let mut out = Vec::new();
        encode_frame(Opcode::Binary, &vec![7; length], &mut out);
        assert_eq!(&out[..header.len()], header);
        assert_eq!(out.len(), header.len() + length);
    }
}

#[test]
fn close_reasons_are_cut_between_characters() {
    let mut out = Vec::new();
    encode_close(None, &mut out);
    assert_eq!(out, b"\x88\x00");
    out.clear();
    let reason = "é".repeat(100).into();
    encode_close(Some(&CloseFrame { code: CloseCode::RESTART, reason }), &mut out);
    assert_eq!(&out[..4], b"\x88\x7c\x03\xf4");
    assert_eq!(std::str::from_utf8(&out[4..]), Ok(&*"é".repeat(61)));
}

/// A message in fragments, control frames between them, and what comes of it.
fn any_message() -> impl Strategy<Value = (Vec<u8>, Vec<Incoming>)> {
    let control = (any::<bool>(), prop::collection::vec(any::<u8>(), 0..5));
    let text = ".{0,40}".prop_map(|text| Incoming::Text(text.into()));
    let binary =
        prop::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| Incoming::Binary(bytes.into()));
    (
        prop_oneof![text, binary],
        prop::collection::vec((any::<prop::sample::Index>(), control), 0..4),
    )
        .prop_map(|(message, mut cuts)| {
            let (opcode, payload) = match &message {
                Incoming::Text(text) => (1, text.as_bytes().clone()),
                Incoming::Binary(bytes) => (2, bytes.clone()),
                _ => unreachable!("only messages are made above"),
            };
            cuts.sort_by_key(|(index, _)| index.index(payload.len() + 1));
            let (mut stream, mut expected) = (Vec::new(), Vec::new());
            let (mut at, mut opcode) = (0, opcode);
            for (index, (ping, bytes)) in cuts.into_iter().take(3) {
                let cut = index.index(payload.len() + 1);
                stream.extend(frame(opcode, &payload[at..cut]));
                stream.extend(frame(FIN | if ping { 9 } else { 10 }, &bytes));
                expected.push(if ping {
                    Incoming::Ping(bytes.into())
                } else {
                    Incoming::Pong(bytes.into())
                });
                (at, opcode) = (cut, 0);
            }
            stream.extend(frame(FIN | opcode, &payload[at..]));
            expected.push(message);
            (stream, expected)
        })
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_messages(
        messages in prop::collection::vec(any_message(), 0..5),
        part in 1_usize..100,
    ) {
        let stream: Vec<u8> = messages.iter().flat_map(|(stream, _)| stream.clone()).collect();
        let expected: Vec<_> = messages.into_iter().flat_map(|(_, expected)| expected).collect();
        prop_assert_eq!(read_in_parts(&stream, part), (expected.clone(), None));
        prop_assert_eq!(read(&stream), (expected, None));
    }

    #[test]
    fn any_bytes_are_judged_alike_however_they_are_split(
        stream in prop::collection::vec(
            prop_oneof![any::<u8>(), Just(FIN | 1), Just(1), Just(0), Just(FIN), Just(0x80), Just(0x82)],
            0..80,
        ),
        part in 1_usize..20,
    ) {
        prop_assert_eq!(read_in_parts(&stream, part), read(&stream));
    }
}

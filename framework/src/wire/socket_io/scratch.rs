//! Where JSON grows before anybody knows how long it is.
//!
//! It must never be kept: what was written is copied out at its size, in one allocation.

use std::{cell::Cell, str};

use bytestring::ByteString;

/// Bytes of room that a thread keeps for the next value; what needed more gives it back.
const KEPT: usize = 64 * 1024;

thread_local! {
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What `write` writes, which is text.
pub(super) fn written<E>(
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<ByteString, E> {
    // A value that has others written meanwhile leaves them a buffer of their own.
    let mut room = ROOM.take();
    room.clear();
    let result = write(&mut room);
    let text = result.map(|()| {
        ByteString::from(str::from_utf8(&room).expect("serde_json writes nothing but UTF-8"))
    });
    if room.capacity() <= KEPT {
        ROOM.set(room);
    }
    text
}

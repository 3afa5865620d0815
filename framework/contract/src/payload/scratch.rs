//! Where JSON grows before anybody knows how long it is.
//!
//! It must never be kept: what was written is copied out at its size, or read where it is.

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
    read(write, |text| ByteString::from(text))
}

/// Reads JSON that `write` writes, which always has a form.
#[doc(hidden)]
pub fn with_json<T>(
    write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
    use_it: impl FnOnce(&str) -> T,
) -> T {
    read(write, use_it).expect("it has a form in JSON")
}

fn read<T, E>(
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    use_it: impl FnOnce(&str) -> T,
) -> Result<T, E> {
    // A value that has others written meanwhile leaves them a buffer of their own.
    let mut room = ROOM.take();
    room.clear();
    let result = write(&mut room);
    let read = result
        .map(|()| use_it(str::from_utf8(&room).expect("serde_json writes nothing but UTF-8")));
    if room.capacity() <= KEPT {
        ROOM.set(room);
    }
    read
}

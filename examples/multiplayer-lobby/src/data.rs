//! Where the program keeps what outlives it: the lobbies, the matches, and the key of its tokens.
//!
//! It must never be shared by two programs at a time, nor be read by others: whoever has the key can sign
//! in as anybody.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

use salon_sqlite::Sqlite;

/// Bytes of the key.
const KEY: usize = 32;

/// What is in the directory, which is made if it is not there.
///
/// # Errors
/// It cannot be made, read or written, or another program has it.
pub fn open(directory: &Path) -> io::Result<(Sqlite, [u8; KEY])> {
    fs::create_dir_all(directory).map_err(|error| {
        let shown = directory.display();
        io::Error::new(error.kind(), format!("cannot make the directory {shown} ({error})"))
    })?;
    let store = Sqlite::open(directory.join("lobby.db")).map_err(io::Error::other)?;
    Ok((store, key(&directory.join("key"))?))
}

/// The key that is kept there; a new one, if there is none.
fn key(path: &Path) -> io::Result<[u8; KEY]> {
    let mut key = [0; KEY];
    match File::open(path) {
        Ok(mut file) => file.read_exact(&mut key).map_err(|error| {
            let shown = path.display();
            io::Error::new(error.kind(), format!("{shown} is no key of {KEY} bytes: delete it"))
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            getrandom::fill(&mut key).map_err(io::Error::other)?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(path)?.write_all(&key)?;
        }
        Err(error) => return Err(error),
    }
    Ok(key)
}

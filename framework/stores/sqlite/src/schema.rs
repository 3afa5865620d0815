//! The tables, and how SQLite is told to treat them.
//!
//! It must never make a table in a file that has others.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::{durability::Durability, error::OpenError, opening::Opening};

/// "Saln": by it a database is known as one of this crate, also to `file`.
const APPLICATION: u32 = u32::from_be_bytes(*b"Saln");
/// Of the tables below.
const VERSION: i64 = 1;
const PAGE: i64 = 4_096;

/// Each state is in a row of its own, since SQLite writes a row as a whole: a batch without a state
/// must not write the one before again.
///
/// Records lie in the order in which they came, whatever room they are of, and have an index: what many
/// rooms write together lies together. In a table by room, kind and number alone (`WITHOUT ROWID`) each
/// room writes a page of its own: with a thousand rooms half as many batches were kept in a second, and
/// rooms were opened by a third faster.
///
/// There is no index by time: each batch would write it, for what is looked through when nothing is to be
/// done. Nor is anything given back to the file system (`auto_vacuum`): pages that are free are
/// used by what comes next, and to move others in their place would cost each commit.
const TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE rooms (
        id INTEGER PRIMARY KEY,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        revision INTEGER NOT NULL,
        is_whole INTEGER NOT NULL,
        written_at INTEGER NOT NULL,
        event_floor INTEGER NOT NULL,
        answer_floor INTEGER NOT NULL,
        member_floor INTEGER NOT NULL,
        head BLOB NOT NULL,
        UNIQUE (namespace, name)
    ) STRICT;
    CREATE TABLE states (room INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE records (
        room INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        number INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (room, kind, number)
    ) STRICT;
    INSERT INTO meta VALUES ('database', random()), ('commits', 0), ('time', 0);
";

/// Whether a file that begins so is one of ours.
pub(crate) fn is_header(header: &[u8]) -> bool {
    header.starts_with(b"SQLite format 3\0")
        && header.get(68..72) == Some(APPLICATION.to_be_bytes().as_slice())
}

/// Opens a file that is ours or not there, with the tables in it.
pub(crate) fn connect(path: &Path, opening: &Opening) -> Result<Connection, OpenError> {
    let sqlite = |error| OpenError::sqlite(path, "opening", error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    let version = prepare(&connection).map_err(sqlite)?;
    if version > VERSION {
        return Err(OpenError::Newer { path: path.to_owned(), found: version, known: VERSION });
    }
    adjust(&connection, opening).map_err(sqlite)?;
    Ok(connection)
}

/// Has the tables be there, and says which version of them.
fn prepare(connection: &Connection) -> rusqlite::Result<i64> {
    // What is not closed in order is to be found as it was left, also after an error.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Whoever has it does not give it back in a moment.
    connection.busy_timeout(Duration::ZERO)?;
    // Before the file is first read: then the index of the log is in memory, and there is no third file.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "cell_size_check", true)?;
    let tables = "SELECT count(*) FROM sqlite_schema";
    if connection.query_row(tables, [], |row| row.get::<_, i64>(0))? == 0 {
        connection.pragma_update(None, "page_size", PAGE)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // In one transaction, and before there is a log: a file with anything in it says whose it is.
        connection.execute_batch(&format!(
            "BEGIN EXCLUSIVE; PRAGMA application_id = {APPLICATION}; {TABLES}
             INSERT INTO meta VALUES ('version', {VERSION}); COMMIT;"
        ))?;
    }
    connection.query_row("SELECT value FROM meta WHERE key = 'version'", [], |row| row.get(0))
}

fn adjust(connection: &Connection, opening: &Opening) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // The log goes into the database between commits, when those who wait for one have been answered.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 128 << 20)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -(32 << 10))?;
    let page: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    // SQLite counts pages in 32 bits, and takes 0 for a question.
    let pages = (opening.max_bytes / u64::from(page)).clamp(1, 0xFFFF_FFFE).cast_signed();
    connection.pragma_update(None, "max_page_count", pages)?;
    wait_for_disk(connection, Durability::Disk)
}

/// What the commits that follow wait for.
pub(crate) fn wait_for_disk(
    connection: &Connection,
    durability: Durability,
) -> rusqlite::Result<()> {
    let synchronous = match durability {
        Durability::Process => "NORMAL",
        Durability::Disk => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)
}

//! What lies beside the database and says how much of it there must be.
//!
//! SQLite drops the end of its log without a word if a frame of it is torn or flipped, and by design may
//! lose it in a power cut if commits do not wait for the disk. Then a room would go on from an older
//! point in the same order, and give numbers out twice. The mark is what tells: it is written after each
//! commit and before anybody is answered, so that it never counts less than was promised.
//!
//! It is written without waiting for the disk, whatever the durability. Against the end of the process it
//! need not: the kernel has it. Against the end of the machine, with [`Durability::Process`], it could
//! not help, since the log was not waited for either; the boot of the machine tells. With
//! [`Durability::Disk`] the log itself was waited for, so that nothing is missing, and a mark that counts
//! less than the database is none that accuses it. What is waited for is the mark of a new run, before its
//! first commit, and the mark of a file that was closed, after its last.
//!
//! It must never be believed if it is not whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use crate::durability::Durability;

const MAGIC: &[u8; 8] = b"salonmk1";
const BOOT: usize = 40;
/// The name of a run of the machine; all zero if it has none.
pub(crate) type Boot = [u8; BOOT];
const LENGTH: usize = 8 + 8 + 8 + 8 + 1 + 1 + 2 + BOOT + 4;

/// What a mark says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Of which database: a number that each has drawn for itself.
    pub(crate) database: u64,
    /// How many commits it has.
    pub(crate) commits: u64,
    /// How many frames of the log there are. A checkpoint that was interrupted, and a log that was damaged
    /// after it, may leave the count of commits of the one with the rooms of the other.
    pub(crate) frames: u64,
    /// What its commits have waited for.
    pub(crate) durability: Durability,
    /// Whether it was closed, and all of it is on the disk.
    pub(crate) is_clean: bool,
    /// In which run of the machine.
    pub(crate) boot: Boot,
}

impl Mark {
    fn encode(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.database.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.commits.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.frames.to_le_bytes());
        bytes[32] = u8::from(self.durability == Durability::Disk);
        bytes[33] = u8::from(self.is_clean);
        bytes[36..36 + BOOT].copy_from_slice(&self.boot);
        let sum = crc32fast::hash(&bytes[..LENGTH - 4]);
        bytes[LENGTH - 4..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// `None` if it is not whole.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
        let (said, sum) = bytes.split_last_chunk::<4>()?;
        if said[..8] != MAGIC[..] || crc32fast::hash(said) != u32::from_le_bytes(*sum) {
            return None;
        }
        let number = |at: usize| {
            let number = said[at..at + 8].try_into().ok();
            number.map(u64::from_le_bytes)
        };
        Some(Self {
            database: number(8)?,
            commits: number(16)?,
            frames: number(24)?,
            durability: if said[32] == 0 { Durability::Process } else { Durability::Disk },
            is_clean: said[33] != 0,
            boot: said[36..].try_into().ok()?,
        })
    }

    /// What lies there; `None` if there is none that is whole.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Self::decode(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the database lacks nothing that was promised: one that has so many commits, and so many
    /// frames in its log, in that run of the machine.
    pub(crate) fn vouches(&self, now: &Self) -> Result<(), &'static str> {
        if self.database != now.database {
            return Err("the mark is that of another database");
        }
        let is_short =
            now.commits < self.commits || (now.commits == self.commits && now.frames < self.frames);
        if is_short {
            return Err("the end of the log was lost");
        }
        let is_same_run = self.boot == now.boot && self.boot != [0; BOOT];
        if is_same_run || self.is_clean || self.durability == Durability::Disk {
            return Ok(());
        }
        Err("the machine was started again without the file having been closed")
    }
}

/// Which run of the machine this is; all zero if it does not say. Then no run is the same as another,
/// and whatever was not closed counts as cut off with the power.
pub(crate) fn boot() -> Boot {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    boot_named(id.trim())
}

/// As if the machine called its run so.
pub(crate) fn boot_named(id: &str) -> Boot {
    let mut boot = [0; BOOT];
    for (byte, of) in boot.iter_mut().zip(id.bytes()) {
        *byte = of;
    }
    boot
}

/// The file in which it is.
#[derive(Debug)]
pub(crate) struct MarkFile(File);

impl MarkFile {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).truncate(false).write(true).open(path).map(Self)
    }

    /// Writes it in the place of what was there. The kernel has it then, whatever becomes of the process.
    pub(crate) fn write(&mut self, mark: &Mark) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(&mark.encode())
    }

    /// Writes it, and waits until it is on the disk.
    pub(crate) fn write_through(&mut self, mark: &Mark) -> io::Result<()> {
        self.write(mark)?;
        self.0.set_len(LENGTH as u64)?;
        self.0.sync_all()
    }
}

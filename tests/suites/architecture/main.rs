//! The invariants of the source tree: imports go down only, and each library has its one place.

mod circles;
mod public_types;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// One crate of the framework.
struct Library {
    /// Where its sources are.
    root: &'static str,
    /// What stands before the names of its files below; nothing for `salon` itself.
    folder: &'static str,
    /// The ranks of its modules: a module imports from its own folder and from lower ranks.
    ranks: &'static [(&'static str, u32)],
    /// It has more files: else its sources were not found.
    more_than: usize,
}

/// The crates, from the one that stands on none of the others.
const LIBRARIES: &[Library] = &[
    Library { root: "framework/contract/src", folder: "contract/", ranks: CONTRACT, more_than: 20 },
    Library { root: "framework/wire/src", folder: "wire/", ranks: WIRE, more_than: 20 },
    Library { root: "framework/salon/src", folder: "", ranks: SALON, more_than: 20 },
    Library {
        root: "framework/stores/sqlite/src",
        folder: "sqlite/",
        ranks: SQLITE,
        more_than: 12,
    },
];

const CONTRACT: &[(&str, u32)] = &[
    ("each_tuple", 0),
    ("excerpt", 0),
    ("logged", 0),
    ("rate", 0),
    ("refusal", 1),
    ("refusals", 2),
    ("payload", 3),
    ("schema", 4),
    ("event", 5),
    ("document", 6),
    ("generate", 7),
    ("lib", 8),
];

const WIRE: &[(&str, u32)] = &[
    ("engine_io", 0),
    ("websocket", 0),
    ("socket_io", 1),
    ("msgpack", 2),
    ("typed", 3),
    ("lib", 4),
];

const SALON: &[(&str, u32)] = &[
    ("base", 0),
    ("payload", 1),
    ("store", 1),
    ("event", 2),
    ("wire", 3),
    ("message", 4),
    ("once", 5),
    ("protocol", 5),
    ("history", 5),
    ("outbox", 6),
    ("auth", 7),
    ("session", 8),
    ("hub", 9),
    ("setback", 9),
    ("room", 10),
    ("app", 11),
    ("connection", 12),
    ("expanded", 13),
    ("revocation", 13),
    ("supervisor", 13),
    ("transport", 14),
    ("salon", 15),
    ("contract", 16),
    ("testing", 17),
    ("guide", 18),
    ("lib", 19),
];

const SQLITE: &[(&str, u32)] = &[
    ("clock", 0),
    ("durability", 0),
    ("error", 0),
    ("rooms", 0),
    ("mark", 1),
    ("opening", 2),
    ("schema", 3),
    ("files", 4),
    ("database", 5),
    ("group", 6),
    ("writer", 7),
    ("store", 8),
    ("lib", 9),
];

/// What only some files may name, and which; a folder stands for all that is in it.
const PLACES: &[(&str, &[&str])] = &[
    // What is published, protocols, queues, wires, rights and sessions know no actor.
    (
        "actix",
        &[
            "app/session/",
            "base/",
            "connection/",
            "hub/",
            "revocation.rs",
            "room/",
            "supervisor/",
            "testing/",
        ],
    ),
    ("actix_web", &["transport", "salon", "testing"]),
    ("actix_web_actors", &["transport/websocket/handshake.rs"]),
    ("Instant::now", &["base/clock.rs", "sqlite/clock.rs"]),
    ("SystemTime::now", &["base/clock.rs", "sqlite/clock.rs"]),
    ("getrandom", &["base/random.rs"]),
    ("jsonwebtoken", &["auth/jwt"]),
    // By `crate::wire`, which has a rank.
    ("salon_wire", &["wire.rs"]),
];

/// Who takes raw messages, and so names what these are.
const TAKES_RAW_MESSAGES: &str = "app/application.rs";

/// What some folders never name, their tests aside.
const NEVERS: &[(&[&str], &[&str])] = &[
    // What is said in a room, and to whom, goes over any wire.
    (
        &[
            "app/",
            "auth/",
            "base/",
            "contract/",
            "event/",
            "hub/",
            "once/",
            "outbox/",
            "payload.rs",
            "revocation.rs",
            "room/",
            "session/",
            "setback.rs",
            "supervisor/",
        ],
        &["wire", "salon_wire", "engine_io"],
    ),
    // What is published, and for whom, means the same in every process.
    (&["hub/target.rs", "message/"], &["number"]),
    // A room publishes: where its members are is the hub's to know.
    (&["room/context/", "room/membership/"], &["Command", "ShardHandle"]),
    // Links hand a connection its messages, and drain its outbox.
    (&["connection/"], &["transport"]),
    // A protocol is a value, and so is what it carries: no actor, no clock, no task, no I/O.
    (&["contract/", "message/", "protocol/", "wire/"], &["actix", "clock", "tokio", "transport"]),
];

impl Library {
    /// Its files by their names below its root, without comments.
    fn sources(&self) -> Vec<(String, String)> {
        let read = |(name, source): (String, String)| (name, code(&source));
        self.files().into_iter().map(read).collect()
    }

    fn files(&self) -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(self.root);
        let mut files = Vec::new();
        collect(&root, &mut files);
        assert!(files.len() > self.more_than, "the sources were not found");
        let read = |path: PathBuf| {
            let name = path.strip_prefix(&root).expect("below the root").display().to_string();
            (name, fs::read_to_string(path).expect("a source file"))
        };
        files.into_iter().map(read).collect()
    }

    fn rank(&self, module: &str) -> u32 {
        let found = self.ranks.iter().find(|(name, _)| *name == module);
        found.unwrap_or_else(|| panic!("module {module} has no rank; give it one here")).1
    }
}

/// The files of all crates, those of others than `salon` in the folders of their crates.
fn sources() -> Vec<(String, String)> {
    let named = |library: &Library| {
        let folder = library.folder;
        library.sources().into_iter().map(move |(file, code)| (format!("{folder}{file}"), code))
    };
    LIBRARIES.iter().flat_map(named).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The source without comments.
fn code(source: &str) -> String {
    let line = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    source.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn module(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// The modules that a file names after `crate::`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => drop(found.insert(identifier(rest))),
            Some(list) => {
                let mut depth = 1;
                let mut begins = true;
                for (index, character) in list.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => begins = true,
                        _ if begins && !character.is_whitespace() => {
                            found.insert(identifier(&list[index..]));
                            begins = false;
                        }
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
        }
    }
    found.retain(|name| name.starts_with(char::is_lowercase));
    found
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn imports_go_down_only() {
    let mut upward = Vec::new();
    for library in LIBRARIES {
        for (file, code) in library.sources() {
            let own = module(&file);
            for import in imports(&code) {
                if import != own && library.rank(&import) >= library.rank(own) {
                    upward.push(format!("{}{file} imports {import}", library.folder));
                }
            }
        }
    }
    assert!(upward.is_empty(), "imports must go to lower ranks:\n{}", upward.join("\n"));
}

#[test]
fn what_is_apart_stays_apart() {
    let mut strays = Vec::new();
    let apart = |file: &str| !is_test(file) && file != TAKES_RAW_MESSAGES;
    for (file, code) in sources().iter().filter(|(file, _)| apart(file)) {
        let code = circles::before_tests(code);
        for (_, names) in NEVERS.iter().filter(|(folders, _)| is_in(file, folders)) {
            let named = names.iter().filter(|name| names_it(code, name));
            strays.extend(named.map(|name| format!("{file} names {name}, and never should")));
        }
    }
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}

fn is_test(file: &str) -> bool {
    ["tests.rs", "models.rs"].iter().any(|end| file.ends_with(end))
}

fn is_in(file: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| file.starts_with(folder))
}

/// Whether a path leads into a module of that name, or a type of that name is named.
fn names_it(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let is_whole = before.is_none_or(|before| !before.is_alphanumeric() && before != '_');
        let after = &code[at + name.len()..];
        let is_type = name.starts_with(char::is_uppercase);
        let goes_on = after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        is_whole && if is_type { !goes_on } else { after.starts_with("::") }
    })
}

#[test]
fn each_library_has_its_place() {
    let mut strays = Vec::new();
    for (file, code) in sources() {
        for (library, places) in PLACES {
            let named = code.match_indices(library).any(|(at, _)| {
                let after = code[at + library.len()..].chars().next();
                after.is_none_or(|next| !next.is_alphanumeric() && next != '_')
            });
            if named && !places.iter().any(|place| file.starts_with(place)) {
                strays.push(format!("{file} names {library}; its place is {places:?}"));
            }
        }
    }
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    for (library, (file, source)) in LIBRARIES
        .iter()
        .flat_map(|library| library.files().into_iter().map(move |it| (library, it)))
    {
        let documented = source.starts_with("//!") || source.starts_with("#![doc");
        assert!(documented, "{}/{file} has no `//!`", library.root);
    }
}

//! Contracts for the tests: one as an app has it, and one of every shape that serde gives to a type.
//!
//! What is made of them is in `tests/contract/samples`, where TypeScript and the AsyncAPI parser read it too.

mod any_schema;
mod chat;
mod events;
mod hostile;
mod shapes;

use std::path::PathBuf;

pub(super) use self::{any_schema::any_schema, chat::chat, hostile::hostile, shapes::shapes};

/// Compares what is made with the file of that name; with `SALON_SAMPLES=write` it is written there.
pub(super) fn is_as_in(name: &str, made: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/contract/samples");
    let file = folder.join(name);
    if std::env::var("SALON_SAMPLES").is_ok_and(|how| how == "write") {
        std::fs::create_dir_all(&folder).expect("the folder of the samples");
        std::fs::write(&file, made).expect("a sample can be written");
    }
    let sample = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = sample.lines().zip(made.lines()).position(|(one, other)| one != other);
    assert!(
        sample.lines().eq(made.lines()),
        "{name} is another from line {:?}: look at it, and write it by SALON_SAMPLES=write",
        differs.map(|line| line + 1)
    );
}

//! Held to what every store is held to.

use salon::store::conformance;
use salon_sqlite::{Durability, Sqlite};
use tempfile::TempDir;

async fn check(durability: Durability) {
    let directory = TempDir::new().expect("a directory");
    let mut number = 0;
    conformance::check(async || {
        number += 1;
        let path = directory.path().join(format!("{number}.db"));
        Sqlite::at(path).durability(durability).open().expect("a file that is not there is made")
    })
    .await;
}

#[tokio::test]
async fn what_outlives_the_process_keeps_to_the_contract() {
    check(Durability::Process).await;
}

#[tokio::test]
async fn what_outlives_the_machine_keeps_to_the_contract() {
    check(Durability::Disk).await;
}

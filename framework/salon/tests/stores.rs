//! The store that salon has of its own is held to what every store is held to.

use salon::store::{Batch, MemoryStore, RoomName, Store, StoreError, conformance};

#[tokio::test]
async fn a_store_in_memory_keeps_to_the_contract() {
    conformance::check(async || MemoryStore::new()).await;
}

#[tokio::test]
async fn what_a_closed_store_in_memory_has_can_be_opened_again() -> Result<(), StoreError> {
    let room = RoomName { namespace: "/".into(), name: "chat:lounge".into() };
    let store = MemoryStore::new();
    let mut first = Batch::default();
    first.revision = 1;
    store.append(&room, first).await?;
    store.close().await?;
    let found = store.reopened().open(&room).await?;
    assert_eq!(found.map(|found| found.revision), Some(1));
    Ok(())
}

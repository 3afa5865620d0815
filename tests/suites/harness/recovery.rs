//! Clients that come back: what a real client would claim.

use std::time::Duration;

use salon::{Salon, testing::Lab};

const SECOND: Duration = Duration::from_secs(1);

#[salon::test]
async fn a_client_asks_for_its_session_again_with_the_last_offset_it_saw() {
    let salon = Salon::builder().recovery(60 * SECOND).build()?;
    let lab = Lab::new(salon).await;
    let client = lab.connect(()).await?;
    let session = client.id();
    let all = lab.salon().namespace("/");
    all.emit_named("news", (1,));
    client.expect_named("news").await;
    client.reset();
    lab.settle().await;
    all.emit_named("news", (2,));
    client.reconnect().await?;
    assert_eq!(client.id(), session);
    assert_eq!(client.expect_named("news").await.json()[0], 2);
    // What came before the session was connected again counts as well: nothing comes twice.
    client.reset();
    lab.settle().await;
    client.reconnect().await?;
    assert_eq!(client.id(), session);
    client.expect_none().await;
}

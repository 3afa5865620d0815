//! Many clients in one test.

use salon::testing::Lab;

use crate::app::{Enter, Said, Say, app};

#[salon::test]
async fn ten_thousand_clients_hear_one() {
    let lab = Lab::builder(app()).workers(2).start().await;
    let mut clients = Vec::new();
    for _ in 0..10_000 {
        let client = lab.connect(()).await?;
        client.emit(Enter { hall: 1 });
        clients.push(client);
    }
    lab.settle().await;
    clients[0].send(Say { hall: 1, text: "hello".to_owned() }).await?;
    for client in &clients {
        assert_eq!(client.expect::<Said>().await.text, "hello");
    }
}

//! The client `rust_socketio`, by others, over what it connects with and over WebSocket alone.

use crate::peer_process::interop;
use futures_util::FutureExt;
use rust_socketio::asynchronous::{Client, ClientBuilder};
use rust_socketio::{Event, Payload, TransportType};
use salon_tests::Result;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc;

const LIMIT: Duration = Duration::from_secs(10);

/// What a client received, event by event.
type Inbox = mpsc::UnboundedReceiver<(String, Payload)>;

async fn within<T>(future: impl Future<Output = T>) -> Result<T> {
    Ok(tokio::time::timeout(LIMIT, future).await.map_err(|_elapsed| "nothing came in time")?)
}

async fn connect(url: &str, namespace: &str, transport: TransportType) -> Result<(Client, Inbox)> {
    let (sender, inbox) = mpsc::unbounded_channel();
    let client = ClientBuilder::new(url)
        .namespace(namespace)
        .transport_type(transport)
        .auth(json!({ "token": "secret" }))
        .on_any(move |event, payload, _| {
            let _receiver_gone = sender.send((String::from(event), payload));
            async {}.boxed()
        })
        .connect()
        .await?;
    Ok((client, inbox))
}

/// The values of the next event of that name.
async fn next(inbox: &mut Inbox, event: &str) -> Result<Payload> {
    loop {
        let (name, payload) = within(inbox.recv()).await?.ok_or("the client is gone")?;
        if name == event {
            return Ok(payload);
        }
    }
}

fn values(payload: Payload) -> Result<Vec<Value>> {
    match payload {
        Payload::Text(values) => Ok(values),
        other => Err(format!("not text: {other:?}").into()),
    }
}

/// The values of an event's acknowledgement; this client wraps them in one more array.
async fn ask(client: &Client, event: &str, data: Vec<Value>) -> Result<Vec<Value>> {
    let (sender, mut answers) = mpsc::unbounded_channel();
    let acknowledge = move |payload: Payload, _: Client| {
        let _receiver_gone = sender.send(payload);
        async {}.boxed()
    };
    client.emit_with_ack(Event::from(event), Payload::Text(data), LIMIT, acknowledge).await?;
    values(within(answers.recv()).await?.ok_or("the acknowledgement was dropped")?)
}

async fn play(transport: impl Fn() -> TransportType) -> Result<()> {
    let server = interop(&[]).await?;
    let url = format!("http://{}", server.address());

    for namespace in ["/", "/custom", "/dyn-12", "/auth"] {
        let (client, mut inbox) = connect(&url, namespace, transport()).await?;
        assert_eq!(values(next(&mut inbox, "welcome").await?)?, [json!(namespace)]);
        for value in [json!("é 😀"), json!({ "a": [1, null] }), json!(-1.5)] {
            client.emit("echo", value.clone()).await?;
            assert_eq!(values(next(&mut inbox, "echo").await?)?, [value]);
        }
        client.disconnect().await?;
    }

    let (client, mut inbox) = connect(&url, "/", transport()).await?;
    next(&mut inbox, "welcome").await?;
    client.emit("echo", vec![1_u8, 2, 255]).await?;
    let Payload::Binary(bytes) = next(&mut inbox, "echo").await? else {
        return Err("the bytes came back as something else".into());
    };
    assert_eq!(&*bytes, [1, 2, 255]);
    assert_eq!(ask(&client, "echo", vec![json!("acknowledged")]).await?, [json!(["acknowledged"])]);
    assert_eq!(ask(&client, "join", vec![json!("rust")]).await?, [json!(["joined"])]);

    let (other, mut others) = connect(&url, "/", transport()).await?;
    next(&mut others, "welcome").await?;
    let news = vec![json!("rust"), json!("news"), json!(7)];
    assert_eq!(ask(&other, "to-room", news).await?, [json!(["sent"])]);
    assert_eq!(values(next(&mut inbox, "news").await?)?, [json!(7)]);
    client.disconnect().await?;
    other.disconnect().await?;
    Ok(())
}

#[tokio::test]
async fn rust_works_over_polling_with_upgrade() -> Result<()> {
    play(|| TransportType::Any).await
}

#[tokio::test]
async fn rust_works_over_polling() -> Result<()> {
    play(|| TransportType::Polling).await
}

#[tokio::test]
async fn rust_works_over_websocket() -> Result<()> {
    play(|| TransportType::Websocket).await
}

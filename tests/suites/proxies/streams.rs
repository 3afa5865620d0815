//! Streams of events.

use std::time::Duration;

use salon_tests::{
    Result,
    event_stream::EventStream,
    websocket::{Incoming, WebSocket},
};
use serde_json::{Value, json};

use crate::{
    app::say,
    each_way,
    proxy::Setting,
    stage::{SELDOM, Stage, Way, within},
};

each_way! {
    a_stream_is_welcomed_at_once_and_hears_one_event_after_the_other,
    a_stream_comes_back_by_the_id_of_its_last_event,
    a_client_that_leaves_its_stream_is_a_member_no_more,
    a_stream_of_a_server_that_goes_is_told_so_and_ends,
}

/// The next event of that name.
async fn named(stream: &mut EventStream, name: &str) -> Result<salon_tests::event_stream::Event> {
    within(name, stream.named(name)).await
}

async fn hears_one_after_the_other(stage: &Stage) -> Result<()> {
    let mut stream = stage.stream("").await?;
    assert!(stream.head.starts_with("http/1.1 200 "), "{}", stream.head);
    assert!(stream.head.contains("content-type: text/event-stream\r\n"), "{}", stream.head);
    let welcome = within("a welcome", stream.event()).await?.ok_or("it has ended")?;
    assert_eq!(welcome.data[0], "salon:welcome");
    named(&mut stream, "salon:joined").await?;
    for number in 1..=5 {
        // Nothing else comes that could push it out of a buffer.
        say(&stage.salon, &number.to_string()).await;
        let said = named(&mut stream, "chat:said").await?;
        assert_eq!(
            (&said.data[1]["text"], &said.data[2]["seq"]),
            (&json!(number.to_string()), &json!(number))
        );
    }
    Ok(())
}

async fn a_stream_is_welcomed_at_once_and_hears_one_event_after_the_other(way: Way) -> Result<()> {
    hears_one_after_the_other(&Stage::set(way).await?).await
}

#[tokio::test]
async fn nginx_needs_nothing_but_proxy_pass_for_a_stream() -> Result<()> {
    hears_one_after_the_other(&Stage::with(Some(Setting::BareNginx("")), SELDOM).await?).await
}

async fn a_stream_comes_back_by_the_id_of_its_last_event(way: Way) -> Result<()> {
    let stage = Stage::set(way).await?;
    let mut stream = stage.stream("").await?;
    named(&mut stream, "salon:joined").await?;
    say(&stage.salon, "1").await;
    let last = named(&mut stream, "chat:said").await?.id.ok_or("an id")?;
    drop(stream);
    say(&stage.salon, "2").await;
    let mut stream = stage.stream(&format!("last-event-id: {last}\r\n")).await?;
    assert_eq!(named(&mut stream, "salon:joined").await?.data[1]["resumed"], true);
    say(&stage.salon, "3").await;
    for text in ["2", "3"] {
        assert_eq!(named(&mut stream, "chat:said").await?.data[1]["text"], text);
    }
    Ok(())
}

async fn a_client_that_leaves_its_stream_is_a_member_no_more(way: Way) -> Result<()> {
    // haproxy notices only when it has something for the client.
    let stage = Stage::beating(way, Duration::from_millis(200)).await?;
    let mut stays = WebSocket::open(stage.app(), "/salon").await?;
    stays.send(r#"[1,"chat:join",{"room":"lounge"}]"#).await?;
    // It hears of it only as a member.
    while !matches!(within("a room", stays.receive()).await?, Incoming::Text(text) if text.contains("salon:joined"))
    {
    }
    let mut stream = stage.stream("").await?;
    let session = named(&mut stream, "salon:welcome").await?.data[1]["session"].take();
    named(&mut stream, "salon:joined").await?;
    drop(stream);
    loop {
        let Incoming::Text(text) = within("a farewell", stays.receive()).await? else { continue };
        let frame: Value = serde_json::from_str(&text)?;
        if frame[0] == "chat:left" {
            assert_eq!(frame[1]["id"], session);
            return stage.has_clients(1).await;
        }
    }
}

async fn a_stream_of_a_server_that_goes_is_told_so_and_ends(way: Way) -> Result<()> {
    let stage = Stage::set(way).await?;
    let mut stream = stage.stream("").await?;
    named(&mut stream, "salon:joined").await?;
    stage.salon.shutdown(Duration::from_secs(2)).await;
    let bye = named(&mut stream, "salon:bye").await?;
    let after = bye.data[1]["retry"]["after_ms"].as_u64();
    assert_eq!((&bye.data[1]["code"], bye.retry), (&json!("shutting_down"), after));
    assert_eq!(within("the end", stream.event()).await?, None);
    Ok(())
}

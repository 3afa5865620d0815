//! What is posted: frames for a stream, and one event by one request.

use salon_tests::{Result, raw_http::Request};
use serde_json::json;

use crate::{
    each_way,
    proxy::Setting,
    stage::{SELDOM, Stage, Way, within},
};

each_way! {
    what_is_posted_is_answered_on_the_stream,
    one_event_by_one_request_has_its_reply_or_its_refusal,
}

async fn posts(stage: &Stage) -> Result<()> {
    let mut stream = stage.stream("").await?;
    let welcome = within("a welcome", stream.named("salon:welcome")).await?.data;
    let secret = welcome[1]["secret"].as_str().ok_or("a secret")?;
    let send = welcome[1]["send"].as_str().ok_or("where to send")?;
    for (seq, frame) in [
        ("1", r#"["chat:say",{"room":"lounge","text":"hi"}]"#),
        ("2", r#"[7,"greet",{"name":"Ada"}]"#),
    ] {
        let request = Request::new("POST", send).header("salon-session", secret);
        let request = request.header("salon-seq", seq).body(frame);
        let response = within("an answer", request.send(stage.address())).await?;
        assert_eq!(response.status, 202, "{}", response.text());
    }
    let said = within("what was said", stream.named("chat:said")).await?;
    assert_eq!(said.data[1]["text"], "hi");
    let answer = within("an answer", stream.event()).await?.ok_or("it has ended")?;
    assert_eq!(answer.data, json!([-7, "Hello, Ada"]));
    Ok(())
}

async fn what_is_posted_is_answered_on_the_stream(way: Way) -> Result<()> {
    posts(&Stage::set(way).await?).await
}

#[tokio::test]
async fn nginx_needs_nothing_but_proxy_pass_for_what_is_posted() -> Result<()> {
    let stage = Stage::with(Some(Setting::BareNginx("")), SELDOM).await?;
    posts(&stage).await?;
    calls(&stage).await
}

async fn calls(stage: &Stage) -> Result<()> {
    for (event, status, body) in
        [("greet", 200, r#""Hello, Ada""#), ("unheard", 404, "unknown_event")]
    {
        let request = Request::new("POST", &format!("/salon/call/{event}"));
        let request = request.body(json!({ "name": "Ada" }).to_string());
        let response = within("a reply", request.send(stage.address())).await?;
        assert_eq!(response.status, status, "{}", response.text());
        assert!(response.text().contains(body), "{}", response.text());
    }
    Ok(())
}

async fn one_event_by_one_request_has_its_reply_or_its_refusal(way: Way) -> Result<()> {
    calls(&Stage::set(way).await?).await
}

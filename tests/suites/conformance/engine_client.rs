//! Fixture `engine-client`: what the Engine.IO client's own tests expect.

use salon_tests::Result;
use salon_tests::polling::{Polling, packets};
use salon_tests::raw_http::Request;
use salon_tests::websocket::Incoming;

use crate::promises;
use crate::subject::Subject;

promises! { "engine-client":
    hi_comes_first,
    special_messages_are_answered,
    a_post_s_headers_come_back,
    a_denied_request_is_forbidden,
    four_cookies_come_on_four_lines,
    a_payload_at_the_limit_is_accepted_and_above_refused,
    a_message_over_the_limit_closes_with_1009,
    an_unknown_session_has_a_code,
}

async fn hi_comes_first(subject: Subject) -> Result<()> {
    assert_eq!(subject.open().await?.next().await?, "4hi");
    assert_eq!(subject.polling().await?.get().await?.text(), "4hi");
    Ok(())
}

async fn special_messages_are_answered(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    assert_eq!(client.next().await?, "4hi");
    client.send("4give binary").await?;
    assert_eq!(client.next_binary().await?, [0, 1, 2, 3, 4]);
    assert_eq!(client.ask("4give utf8").await?, "4пойду спать всем спокойной ночи");
    assert_eq!(client.ask("4else").await?, "4else");
    Ok(())
}

async fn a_post_s_headers_come_back(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    assert_eq!(session.get().await?.text(), "4hi");
    let request = Request::new("POST", &session.target())
        .header("X-Custom-Header", "My Value")
        .header("Cookie", "a=b; c=d")
        .body("4sendHeaders");
    assert_eq!(request.send(subject.address).await?.text(), "ok");
    let headers = session.get().await?.text();
    let headers: serde_json::Value =
        serde_json::from_str(headers.strip_prefix('4').ok_or("a message")?)?;
    assert_eq!(headers["x-custom-header"], "My Value");
    assert_eq!(headers["cookie"], "a=b; c=d");
    Ok(())
}

async fn a_denied_request_is_forbidden(subject: Subject) -> Result<()> {
    let target = format!("{}&deny=1", subject.endpoint().target("polling", None));
    let response = subject.request("GET", &target).await?;
    assert_eq!(response.status, 403);
    assert_eq!(response.text(), r#"{"code":4,"message":"Forbidden"}"#);
    Ok(())
}

async fn four_cookies_come_on_four_lines(subject: Subject) -> Result<()> {
    let target = subject.endpoint().target("polling", None);
    let response = subject.request("GET", &target).await?;
    let cookies: Vec<&str> = response
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(
        cookies[..3],
        ["1=1; Max-Age=86400", "2=2; Path=/; HttpOnly; Secure; SameSite=Strict", "3=3; Max-Age=0"]
    );
    assert!(cookies[3].starts_with("4=4; Expires=") && cookies[3].ends_with(" GMT"));
    assert_eq!(cookies.len(), 4);
    Ok(())
}

async fn a_payload_at_the_limit_is_accepted_and_above_refused(subject: Subject) -> Result<()> {
    let session: Polling = subject.polling().await?;
    let message = format!("4{}", "x".repeat(99));
    assert_eq!(session.post(&message).await?.text(), "ok");
    let echoed = session.get().await?.text();
    assert_eq!(packets(&echoed), ["4hi", &*message]);
    let response = session.post(&format!("{message}x")).await?;
    assert_eq!((response.status, response.text().as_str()), (413, ""));
    Ok(())
}

async fn a_message_over_the_limit_closes_with_1009(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    assert_eq!(client.next().await?, "4hi");
    client.send(&format!("4{}", "x".repeat(100))).await?;
    assert_eq!(client.incoming().await?, Incoming::Closed(Some((1009, String::new()))));
    Ok(())
}

async fn an_unknown_session_has_a_code(subject: Subject) -> Result<()> {
    let target = subject.endpoint().target("polling", Some("abc"));
    let response = subject.request("GET", &target).await?;
    assert_eq!(response.status, 400);
    assert_eq!(response.text(), r#"{"code":1,"message":"Session ID unknown"}"#);
    Ok(())
}

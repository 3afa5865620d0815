//! How a client begins: what it offers, what it presents, and how often it may try.

use actix_web::http::{Method, StatusCode};
use salon::{
    Namespace, Salon,
    testing::{ConnectError, Lab},
};
use salon_tests::{in_process::InProcess, raw_http::exchange};
use serde_json::json;

use crate::{
    parlour::{BRIEF, SECOND, app},
    plain::{Plain, lab, lab_with},
};

/// A handshake with further headers, as it goes over the wire.
fn handshake(headers: &str) -> Vec<u8> {
    format!(
        "GET /salon HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_subprotocol_is_chosen_that_is_served_and_a_token_is_never_given_back()
-> salon_tests::Result<()> {
    let server = InProcess::start(&app().0.build()?, 1)?;
    let token = "dG9rZW4tYWRh";
    for (offered, expected) in [
        ("", Some(None)),
        ("sec-websocket-protocol: salon.v1\r\n", Some(Some("salon.v1"))),
        ("sec-websocket-protocol: chat, salon.v1\r\n", Some(Some("salon.v1"))),
        ("sec-websocket-protocol: salon.v1.msgpack\r\n", Some(Some("salon.v1.msgpack"))),
        ("sec-websocket-protocol: salon.v1.msgpack, salon.v1\r\n", Some(Some("salon.v1.msgpack"))),
        ("sec-websocket-protocol: salon.v1, salon.v1.msgpack\r\n", Some(Some("salon.v1"))),
        (
            &*format!("sec-websocket-protocol: salon.bearer.{token}, salon.v1\r\n"),
            Some(Some("salon.v1")),
        ),
        (&*format!("sec-websocket-protocol: salon.bearer.{token}\r\n"), None),
        ("sec-websocket-protocol: chat\r\n", None),
        ("sec-websocket-protocol: salon.v1, salon.bearer.!!\r\n", None),
    ] {
        let response = exchange(server.address(), &handshake(offered)).await?;
        let status = if expected.is_some() { 101 } else { 400 };
        assert_eq!(response.status, status, "{offered}: {}", response.text());
        assert_eq!(Some(response.header("sec-websocket-protocol")), expected.or(Some(None)));
        let said = format!("{:?} {}", response.headers, response.text());
        assert!(!said.contains(token) && !said.contains("token-ada"), "{offered}: {said}");
    }
    Ok(())
}

#[salon::test]
async fn a_bearer_among_the_subprotocols_is_who_the_client_is_and_stands_in_no_log() {
    let lab = lab().await?;
    let offered = "salon.v1, salon.bearer.dG9rZW4tYWRh";
    let visitor = lab.visitor().header("sec-websocket-protocol", offered);
    let client = Plain::opened(visitor).await?;
    assert_eq!(client.hears_of("salon:welcome").await["user"], "ada");
    for line in lab.transcript().traced() {
        assert!(!line.contains("dG9rZW4tYWRh") && !line.contains("token-ada"), "{line}");
    }
    assert!(lab.transcript().traced().count() > 0, "what is logged is seen");
}

#[salon::test]
async fn an_authorization_comes_before_a_bearer_among_the_subprotocols() {
    let lab = lab().await?;
    let offered = "salon.v1, salon.bearer.dG9rZW4tYWRh";
    let visitor = lab.visitor().header("sec-websocket-protocol", offered);
    let client = Plain::opened(visitor.header("authorization", "Bearer token-eve")).await?;
    assert_eq!(client.hears_of("salon:welcome").await["user"], "eve");
}

#[salon::test]
async fn where_nobody_is_asked_the_welcome_comes_at_once() {
    let lab = Lab::new(Salon::builder().build()?).await;
    let client = Plain::open(&lab).await?;
    let welcome = client.hears_of("salon:welcome").await;
    let beats = json!({ "every_ms": 25_000, "within_ms": 20_000 });
    assert_eq!((&welcome["heartbeat"], &welcome["max_payload"]), (&beats, &json!(1_000_000)));
    let mut keys: Vec<_> = welcome.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(keys, ["contract", "heartbeat", "max_payload", "session"]);
    assert!(welcome["session"].as_str().is_some_and(|id| id.len() == 20), "{welcome}");
}

#[salon::test]
async fn a_welcome_says_until_when_its_token_lasts() {
    let lab = lab().await?;
    let client = Plain::open(&lab).await?;
    client.connects("brief-ada");
    let welcome = client.hears_of("salon:welcome").await;
    assert_eq!(welcome["expires_in_ms"], json!(BRIEF.as_millis()));
}

#[salon::test]
async fn a_refusal_leaves_the_socket_open_for_another_try() {
    let lab = lab().await?;
    let client = Plain::open(&lab).await?;
    for token in ["wrong", "denied"] {
        client.connects(token);
        let refused = client.hears_of("salon:refused").await;
        assert_eq!(refused["event"], "salon:connect");
        let code = if token == "wrong" { "unauthorized" } else { "forbidden" };
        assert_eq!(refused["error"]["code"], code, "{refused}");
    }
    client.connects("token-ada");
    assert_eq!(client.hears_of("salon:welcome").await["user"], "ada");
    client.says(&json!([1, "greet", { "name": "Ada" }]));
    assert_eq!(client.hears().await, json!([-1, "Hello, Ada"]));
}

#[salon::test]
async fn the_third_refusal_is_the_last() {
    let lab = lab().await?;
    for (token, code, close) in [
        ("wrong", "unauthorized", 4401),
        ("denied", "forbidden", 4403),
        ("broken", "internal", 4500),
    ] {
        let client = Plain::open(&lab).await?;
        for _ in 0..3 {
            client.connects(token);
        }
        client.connects("token-ada");
        for _ in 0..3 {
            assert_eq!(client.hears_of("salon:refused").await["error"]["code"], code);
        }
        let retry = client.is_parted_with(code, close).await;
        let expected = match code {
            "unauthorized" => "token",
            "forbidden" => "never",
            _ => "backoff",
        };
        assert_eq!(retry, expected);
        lab.settle().await;
        assert_eq!(lab.salon().connections(), 0);
    }
}

#[salon::test]
async fn whoever_says_nothing_is_parted_with_when_its_time_is_over() {
    let lab = lab_with(|it| it.timeouts(|timeouts| timeouts.connect = 10 * SECOND)).await?;
    let client = Plain::open(&lab).await?;
    lab.advance(9 * SECOND).await;
    client.0.expect_none().await;
    client.connects("wrong");
    client.hears_of("salon:refused").await;
    lab.advance(SECOND).await;
    assert_eq!(client.is_parted_with("connect_timeout", 4408).await, "backoff");
    assert_eq!(client.0.closed().await.at, 10 * SECOND);
}

#[salon::test]
async fn an_event_before_the_session_is_refused_and_never_handled() {
    let (builder, runs, _) = app();
    let lab = Lab::new(builder.build()?).await;
    let client = Plain::open(&lab).await?;
    client.says(&json!(["count"]));
    let refused = client.hears_of("salon:refused").await;
    assert_eq!(
        (&refused["event"], &refused["error"]["code"]),
        (&json!("count"), &json!("unauthorized"))
    );
    client.says(&json!([7, "count"]));
    let refused = client.hears().await;
    assert_eq!((&refused[0], &refused[2]["code"]), (&json!(-7), &json!("unauthorized")));
    client.connects("token-ada");
    client.hears_of("salon:welcome").await;
    assert_eq!(runs.count(), 0);
}

#[salon::test]
async fn what_is_sent_while_the_client_is_asked_who_it_is_waits_for_the_answer() {
    let lab = lab().await?;
    let client = Plain::open(&lab).await?;
    client.connects("slow-ada");
    client.says(&json!([1, "greet", { "name": "Ada" }]));
    client.sends("[2,\"count\"]\n[3,\"count\"]");
    client.0.expect_none().await;
    lab.advance(SECOND).await;
    client.hears_of("salon:welcome").await;
    assert_eq!(client.hears().await, json!([-1, "Hello, Ada"]));
    assert_eq!(client.hears().await, json!([-2, 1]));
    assert_eq!(client.hears().await, json!([-3, 2]));
}

#[salon::test]
async fn what_waited_for_a_session_that_was_refused_is_refused() {
    let lab = lab().await?;
    let client = Plain::open(&lab).await?;
    client.connects("wrong");
    client.says(&json!([1, "count"]));
    client.hears_of("salon:refused").await;
    assert_eq!(client.hears().await[2]["code"], "unauthorized");
}

#[salon::test]
async fn who_has_a_session_is_told_so_if_it_presents_another_token() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!([1, "salon:connect", { "token": "token-eve" }]));
    let refused = client.hears().await;
    assert_eq!((&refused[0], &refused[2]["code"]), (&json!(-1), &json!("already_connected")));
    client.connects("token-eve");
    assert_eq!(client.hears_of("salon:refused").await["error"]["code"], "already_connected");
    client.says(&json!([2, "salon:refresh", { "token": "brief-ada" }]));
    assert_eq!(client.hears().await, json!([-2, { "expires_in_ms": BRIEF.as_millis() }]));
}

#[salon::test]
async fn a_path_names_a_namespace_whatever_characters_that_has() {
    let namespaces = ["/admin", "/a/b", "/with blank", "/100%", "/ö/ß", "/events/x"];
    let mut builder = Salon::builder();
    for name in namespaces {
        builder = builder.namespace(Namespace::new(name));
    }
    let lab = Lab::new(builder.build()?).await;
    for name in namespaces {
        let client = Plain::opened(lab.visitor().namespace(name)).await;
        let client = client.map_err(|error| format!("{name}: {error}"))?;
        client.hears_of("salon:welcome").await;
    }
    let unknown = Plain::opened(lab.visitor().namespace("/nowhere")).await;
    assert!(
        matches!(unknown, Err(ConnectError::Rejected { status: 404, .. })),
        "{:?}",
        unknown.err()
    );
}

#[salon::test]
async fn what_is_no_handshake_is_refused() {
    let lab = lab().await?;
    for method in [Method::GET, Method::POST, Method::PUT, Method::HEAD, Method::DELETE] {
        let response = lab.visitor().request(method.clone(), "/salon", "").await?;
        assert!(response.status.is_client_error(), "{method}: {}", response.status);
    }
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn an_app_without_the_endpoint_serves_nothing_there() {
    let lab = Lab::new(Salon::builder().plain_path(None).build()?).await;
    let response = lab.visitor().request(Method::GET, "/salon/events", "").await?;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
}

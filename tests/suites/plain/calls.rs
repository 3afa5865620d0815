//! One event by one request: its status, its answer, and that nothing of it stays.

use actix_web::http::{Method, StatusCode, header::HeaderValue};
use salon::{
    Code, Refusal,
    testing::{ConnectError, Lab},
};
use salon_tests::{Result, in_process::InProcess, raw_http::Request};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    parlour::{Greet, SECOND, Turn, app},
    plain::{body, call, lab, lab_with},
};

#[salon::test]
async fn an_answer_is_a_200_and_nothing_stays() {
    let lab = lab().await?;
    let greeted = call(&lab, "greet", &json!({ "name": "Ada" })).await?;
    assert_eq!((greeted.status, body(&greeted)), (StatusCode::OK, json!("Hello, Ada")));
    assert_eq!(body(&call(&lab, "count", &Value::Null).await?), 1);
    let visitor = lab.visitor().header("authorization", "Bearer token-ada");
    let nothing = visitor.request(Method::POST, "/salon/call/count", "").await?;
    assert_eq!(body(&nothing), 2, "it carries nothing");
    let joined = call(&lab, "chat:join", &json!({ "room": "a" })).await?;
    assert_eq!((joined.status, body(&joined)), (StatusCode::OK, json!(false)));
    let rare = call(&lab, "rare", &json!(null)).await?;
    assert_eq!((rare.status, body(&rare)), (StatusCode::OK, Value::Null));
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn a_visitor_of_the_lab_calls_a_typed_event() {
    let lab = lab().await?;
    let visitor = || lab.visitor().header("authorization", "Bearer token-ada");
    let greeted = visitor().call(Greet { name: "Ada".to_owned() }).await?;
    assert_eq!(greeted, "Hello, Ada");
    let turned = visitor().call(Turn { bytes: vec![1, 2, 255].into() }).await?;
    assert_eq!(*turned, [255, 2, 1]);
    let nobody = visitor().call(Greet { name: String::new() }).await;
    assert_eq!(nobody, Err(ConnectError::Refused(Refusal::other("no_name", "say who you are"))));
    let stranger = lab.visitor().call(Greet { name: "Ada".to_owned() }).await;
    assert!(
        matches!(&stranger, Err(ConnectError::Refused(refusal)) if *refusal.code() == Code::Unauthorized),
        "{stranger:?}"
    );
    let elsewhere = visitor().namespace("/nowhere").call(Greet { name: "Ada".to_owned() }).await;
    assert!(matches!(elsewhere, Err(ConnectError::Rejected { status: 404, .. })), "{elsewhere:?}");
}

#[salon::test]
async fn each_refusal_has_its_status() {
    let lab = lab().await?;
    for (code, status) in [
        ("unauthorized", 401),
        ("forbidden", 403),
        ("lapsed", 403),
        ("revoked", 403),
        ("not_a_member", 403),
        ("unknown_event", 404),
        ("not_found", 404),
        ("gone", 404),
        ("key_reused", 409),
        ("closed", 409),
        ("sold_out", 409),
        ("invalid_payload", 422),
        ("rate_limited", 429),
        ("limit_exceeded", 429),
        ("internal", 500),
        ("panic", 500),
        ("timeout", 504),
    ] {
        let refused = call(&lab, "refuse", &json!({ "code": code })).await?;
        let told = body(&refused);
        assert_eq!(refused.status.as_u16(), status, "{code}: {told}");
        let code = if code == "panic" { "internal" } else { code };
        assert_eq!(told["code"], code);
        assert!(told["message"].is_string());
    }
    for (wait, seconds) in [(1, "1"), (1_500, "2"), (60_000, "60")] {
        let wait = json!({ "code": "rate_limited", "retry_after_ms": wait });
        let refused = call(&lab, "refuse", &wait).await?;
        let header = refused.headers.get("retry-after").map(HeaderValue::as_bytes);
        assert_eq!(header, Some(seconds.as_bytes()));
    }
    for (event, payload, status) in [
        ("nothing", json!(null), 404),
        ("greet", json!({ "name": 7 }), 422),
        ("greet", json!(null), 422),
        ("chat:say", json!({ "room": "a", "text": "" }), 403),
    ] {
        assert_eq!(call(&lab, event, &payload).await?.status.as_u16(), status, "{event}");
    }
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn what_is_no_call_is_refused_by_its_status() {
    let lab = lab_with(|it| it.limits(|limits| limits.max_payload = 1_000)).await?;
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let long = format!("\"{}\"", "x".repeat(1_000));
    let odd = deep(500);
    for (text, status) in [
        ("{", 400),
        ("1,2", 400),
        ("1]", 400),
        ("\u{0}", 400),
        (&*odd, 422),
        (&*long, 413),
        ("{\n\"name\":\r\n\"Ada\"\n}", 200),
        ("[1,\n2]", 422),
    ] {
        let visitor = lab.visitor().header("authorization", "Bearer token-ada");
        let response = visitor.request(Method::POST, "/salon/call/greet", text.to_owned()).await?;
        assert_eq!(response.status.as_u16(), status, "{text:.40}: {}", response.text());
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let visitor = lab.visitor().header("authorization", "Bearer token-ada");
        let response = visitor.request(method.clone(), "/salon/call/count", "").await?;
        assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    for (token, status) in [("wrong", 401), ("denied", 403), ("broken", 500)] {
        let visitor = lab.visitor().header("authorization", &format!("Bearer {token}"));
        let response = visitor.request(Method::POST, "/salon/call/count", "").await?;
        assert_eq!(response.status.as_u16(), status, "{token}: {}", response.text());
    }
    let nobody = lab.visitor().request(Method::POST, "/salon/call/count", "").await?;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[salon::test]
async fn the_protocols_own_events_are_not_called() {
    let lab = lab().await?;
    for event in [
        "salon:connect",
        "salon:bye",
        "salon:leave",
        "salon:refresh",
        "salon:replay",
        "salon:welcome",
        "salon:nonsense",
    ] {
        for payload in [json!(null), json!({}), json!({ "token": "token-eve" })] {
            let response = call(&lab, event, &payload).await?;
            assert_eq!(response.status.as_u16(), 404, "{event} {payload}: {}", response.text());
            assert_eq!(body(&response)["code"], "unknown_event");
        }
    }
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn an_event_of_any_name_is_called_by_its_path() {
    use salon::Namespace;
    let names = ["with blank", "100%", "ö", "a?b#c", "say \"hi\"", "%2e"];
    let mut namespace = Namespace::new("/odd/one");
    for name in names {
        namespace = namespace.on(name, |_, event| {
            assert_eq!(event.acknowledge(()), Ok(()));
        });
    }
    let lab = Lab::new(salon::Salon::builder().namespace(namespace).build()?).await;
    for name in names {
        let encoded =
            percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let target = format!("/salon/odd/one/call/{encoded}");
        let response = lab.visitor().request(Method::POST, &target, "").await?;
        assert_eq!(response.status, StatusCode::OK, "{name}: {}", response.text());
    }
}

#[salon::test]
async fn a_call_with_a_key_has_one_effect_whoever_sends_it_again() {
    let (builder, runs, _) = app();
    let lab = Lab::new(builder.build()?).await;
    let pay = async |key: &str, amount: u64| {
        let visitor = lab.visitor().header("authorization", "Bearer token-ada");
        let visitor = visitor.header("idempotency-key", key);
        let body = json!({ "amount": amount }).to_string();
        visitor.request(Method::POST, "/salon/call/pay", body).await
    };
    for _ in 0..3 {
        let paid = pay("8e03978e-40d5-43dd-bc93-6894a57f9324", 5).await?;
        assert_eq!((paid.status, body(&paid)), (StatusCode::OK, json!(1)));
    }
    let reused = pay("8e03978e-40d5-43dd-bc93-6894a57f9324", 6).await?;
    assert_eq!((reused.status.as_u16(), body(&reused)["code"].clone()), (409, json!("key_reused")));
    assert_eq!(body(&pay("an \\ \"odd\" one", 6).await?), 2);
    assert_eq!(body(&pay("an \\ \"odd\" one", 6).await?), 2);
    let long = pay(&"k".repeat(300), 6).await?;
    assert!(long.status.is_client_error(), "{}", long.text());
    assert_eq!(runs.count(), 2);
}

#[salon::test]
async fn a_call_that_takes_too_long_is_a_504() {
    let lab = lab().await?;
    let seconds = json!({ "seconds": 60 });
    let asking = call(&lab, "wait", &seconds);
    let passing = lab.advance(31 * SECOND);
    let (response, ()) = futures_util::future::join(asking, passing).await;
    // Whichever of the two let the time pass.
    if let Ok(response) = response {
        assert_eq!(response.status, StatusCode::GATEWAY_TIMEOUT);
    }
    lab.advance(60 * SECOND).await;
    assert_eq!(lab.salon().connections(), 0);
}

#[tokio::test]
async fn an_event_that_nothing_answers_is_a_504_once_all_has_had_its_time() -> Result<()> {
    let namespace = salon::Namespace::new("/odd").on("mute", |_, _| {});
    let salon = salon::Salon::builder().namespace(namespace).timeouts(|timeouts| {
        let short = SECOND / 20;
        (timeouts.connect, timeouts.middleware) = (short, short);
        (timeouts.loading, timeouts.handler) = (short, Some(short));
    });
    let salon = salon.build()?;
    let server = InProcess::start(&salon, 1)?;
    let request = Request::new("POST", "/salon/odd/call/mute");
    let response = tokio::time::timeout(10 * SECOND, request.send(server.address())).await??;
    assert_eq!(response.status, 504, "{}", response.text());
    assert_eq!(salon.connections(), 0);
    Ok(())
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_call_with_it() -> Result<()> {
    let salon = app().0.build()?;
    let server = InProcess::start(&salon, 1)?;
    for event in ["wait", "consult"] {
        let body = "{\"seconds\":60}";
        let body = if event == "wait" { body } else { "null" };
        let mut socket = TcpStream::connect(server.address()).await?;
        let request = format!(
            "POST /salon/call/{event} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer token-ada\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(request.as_bytes()).await?;
        while salon.connections() == 0 {
            tokio::task::yield_now().await;
        }
        drop(socket);
        let gone = async {
            while salon.connections() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(10 * SECOND, gone).await.map_err(|_| format!("{event} stays"))?;
    }
    Ok(())
}

#[tokio::test]
async fn a_session_that_ends_before_the_answer_is_a_500_and_a_server_that_goes_says_so()
-> Result<()> {
    let salon = app().0.build()?;
    let server = InProcess::start(&salon, 1)?;
    let ask = |event: &str, body: String| {
        let request = Request::new("POST", &format!("/salon/call/{event}"));
        request.header("authorization", "Bearer token-ada").body(body)
    };
    let ended = ask("end", json!({ "how": "hang up" }).to_string()).send(server.address()).await?;
    assert!([200, 500].contains(&ended.status), "{}", ended.text());
    let waiting = ask("consult", "null".to_owned());
    let (response, ()) = tokio::join!(waiting.send(server.address()), async {
        while salon.connections() == 0 {
            tokio::task::yield_now().await;
        }
        salon.shutdown(SECOND).await;
    });
    let response = response?;
    assert_eq!(response.status, 503, "{}", response.text());
    assert!(response.text().contains("shutting_down"));
    Ok(())
}

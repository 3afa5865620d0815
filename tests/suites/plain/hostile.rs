//! Clients that try what no client does.

use std::time::Duration;

use salon::{
    Salon,
    auth::{Authenticated, Authenticator, Credentials, Handshake},
    testing::{Lab, Wire},
};
use salon_tests::{
    Result,
    event_stream::EventStream,
    guests::Guest,
    in_process::InProcess,
    raw_http::{Request, exchange},
    websocket::{Incoming, RawWebSocket, WebSocket},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    parlour::{SECOND, app},
    plain::{Plain, lab, lab_with},
};

const ADA: &str = "authorization: Bearer token-ada\r\n";

/// Breaks where it is looked whether a request says who it is.
struct Broken;

impl Authenticator for Broken {
    type Identity = Guest;

    async fn authenticate(
        &self,
        _: Credentials,
    ) -> std::result::Result<Authenticated<Guest>, salon::Refusal> {
        Ok(Guest { name: "nobody".into() }.into())
    }

    fn is_presented(&self, _: &Handshake) -> bool {
        panic!("a panic in is_presented")
    }
}

#[salon::test]
async fn an_authenticator_that_panics_over_a_request_refuses_it_alone() {
    use actix_web::http::Method;
    let lab = Lab::new(Salon::builder().authenticate(Broken).build()?).await;
    for (method, target) in
        [(Method::GET, "/salon/events"), (Method::POST, "/salon/call/x"), (Method::GET, "/salon")]
    {
        let response = lab.visitor().request(method, target, "").await?;
        assert_eq!(response.status.as_u16(), 500, "{target}");
    }
    assert!(lab.connect(()).await.is_ok(), "Socket.IO does not ask it");
    assert_eq!(lab.counters().get(salon::Count::HandlerPanics), 3);
}

#[salon::test]
async fn joins_to_more_rooms_than_may_be_are_refused_and_leaving_makes_room() {
    let lab = lab_with(|it| it.limits(|limits| limits.max_rooms = 10)).await?;
    let client = Plain::come(&lab, "token-ada").await?;
    let join = |room: usize| json!([room, "chat:join", { "room": room.to_string() }]);
    for room in 1..=2_000 {
        client.says(&join(room));
    }
    for room in 1..=2_000_i64 {
        let answer = client.is_answered(room).await;
        assert_eq!(
            answer.as_array().map(Vec::len),
            Some(if room <= 10 { 2 } else { 3 }),
            "{answer}"
        );
    }
    for room in 1..=10 {
        client.says(&json!([3_000 + room, "salon:leave", { "room": format!("chat:{room}") }]));
        client.is_answered(3_000 + room).await;
    }
    client.says(&join(4_000));
    assert_eq!(client.is_answered(4_000).await, json!([-4_000, false]));
}

#[salon::test]
async fn a_flood_of_leaving_is_limited_by_its_rate() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    let leave = "[1,\"salon:leave\",{\"room\":\"chat:a\"}]\n".repeat(2_000);
    client.sends(&leave);
    let mut codes = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..2_000 {
        let answer = client.is_answered(1).await;
        *codes.entry(answer[2]["code"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    assert_eq!(codes.get("not_a_member"), Some(&1_024), "{codes:?}");
    assert_eq!(codes.get("rate_limited"), Some(&976), "{codes:?}");
}

#[salon::test]
async fn what_who_has_no_session_may_not_send_is_refused_as_fast_as_it_reads() {
    let lab = lab().await?;
    let client = Plain::open(&lab).await?;
    client.0.stop_reading();
    let name = "x".repeat(1_000);
    for _ in 0..50 {
        client.sends(&format!("[\"{name}\"]\n").repeat(500));
    }
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 1, "it is not read while it does not read");
    client.0.read_on();
    client.connects("token-ada");
    for _ in 0..25_000 {
        assert_eq!(client.hears_of("salon:refused").await["error"]["code"], "unauthorized");
    }
    client.hears_of("salon:welcome").await;
}

#[salon::test]
async fn what_was_seen_of_a_great_many_rooms_is_not_kept() {
    let lab = lab().await?;
    let visitor = || lab.visitor().header("authorization", "Bearer token-ada");
    let seen = |rooms: usize| {
        let rooms: serde_json::Map<_, _> = (0..rooms)
            .map(|room| (format!("chat:{room}"), json!({ "epoch": "b7a01f93c2", "seq": 1 })))
            .collect();
        json!(["salon:connect", { "salon": { "after": rooms } }])
    };
    let client = Plain::opened(visitor()).await?;
    client.hears_of("salon:welcome").await;
    client.says(&seen(5_000));
    let refused = client.hears_of("salon:refused").await;
    assert_eq!(refused["error"]["code"], "limit_exceeded", "{refused}");
    client.says(&json!([1, "count"]));
    assert_eq!(client.is_answered(1).await, json!([-1, 1]));
}

#[tokio::test]
async fn odd_requests_are_answered_and_nothing_of_them_stays() -> Result<()> {
    let salon = app().0.build()?;
    let server = InProcess::start(&salon, 1)?;
    let to = server.address();
    for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"] {
        for target in [
            "/salon",
            "/salon/events",
            "/salon/send",
            "/salon/call/count",
            "/salon//",
            "/salon/call/",
        ] {
            let request =
                format!("{method} {target} HTTP/1.1\r\nhost: a\r\n{ADA}connection: close\r\n\r\n");
            let mut socket = TcpStream::connect(to).await?;
            socket.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await?;
            assert!(answer.starts_with("HTTP/1.1 4"), "{method} {target}: {answer}");
        }
    }
    for (target, status) in [
        ("/salon/call/count/", 200),
        ("/salon/call/%63ount", 200),
        ("/salon/call/count%00", 404),
        ("/salon/call/%ff", 404),
        ("/salon/../salon/call/count", 404),
        ("/salon//call/count", 200),
        ("/salon/call/count/count", 404),
        ("/salon/%2f/call/count", 404),
        ("/salon/call/salon%3Aconnect", 404),
        ("/salonx", 404),
    ] {
        let request = Request::new("POST", target).header("authorization", "Bearer token-ada");
        let response = request.send(to).await?;
        let expected = if status == 404 { 400..=426 } else { 200..=200 };
        assert!(
            expected.contains(&response.status),
            "{target}: {} {}",
            response.status,
            response.text()
        );
    }
    let old = format!("POST /salon/call/count HTTP/1.0\r\n{ADA}content-length: 0\r\n\r\n");
    assert_eq!(exchange(to, old.as_bytes()).await?.status, 200);
    let preflight = Request::new("OPTIONS", "/salon/send").header("origin", "http://a.example");
    let preflight = preflight.header("access-control-request-method", "POST").send(to).await?;
    assert_eq!(preflight.status, 403);
    gone(&salon).await
}

async fn gone(salon: &Salon) -> Result<()> {
    let all = async {
        while salon.connections() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    Ok(tokio::time::timeout(10 * SECOND, all).await?)
}

#[tokio::test]
async fn a_call_whose_body_stalls_is_nobodys_connection_and_the_server_goes_on() -> Result<()> {
    let salon = app().0.build()?;
    let server = InProcess::start(&salon, 1)?;
    let mut stalled = Vec::new();
    for target in ["/salon/call/count", "/salon/events", "/salon/send"] {
        for _ in 0..20 {
            let mut socket = TcpStream::connect(server.address()).await?;
            let head =
                format!("POST {target} HTTP/1.1\r\nhost: a\r\n{ADA}content-length: 9\r\n\r\n[");
            socket.write_all(head.as_bytes()).await?;
            stalled.push(socket);
        }
    }
    let request =
        Request::new("POST", "/salon/call/count").header("authorization", "Bearer token-ada");
    assert_eq!(request.send(server.address()).await?.status, 200);
    assert_eq!(salon.connections(), 0);
    drop(stalled);
    Ok(())
}

#[tokio::test]
async fn a_stream_whose_client_can_only_listen_goes_on_or_ends_and_never_stays_for_good()
-> Result<()> {
    let beat = Duration::from_millis(100);
    let salon = app().0.heartbeat(beat, beat).build()?;
    let server = InProcess::start(&salon, 1)?;
    let mut stream = EventStream::open(server.address(), "/salon/events", ADA).await?;
    stream.data().await?;
    stream.socket.shutdown().await?;
    tokio::time::sleep(5 * beat).await;
    drop(stream);
    gone(&salon).await
}

#[tokio::test]
async fn frames_that_are_cut_anywhere_are_whole_and_halves_of_them_end_nothing_else() -> Result<()>
{
    let salon = app().0.build()?;
    let server = InProcess::start(&salon, 1)?;
    let (mut socket, _) = RawWebSocket::open(server.address(), "/salon").await?;
    socket.send_frame(0x01, b"[\"salon:connect\",{\"token\":\"to").await?;
    socket.send_frame(0x89, b"ping").await?;
    socket.send_frame(0x00, b"ken-ada\"}]\n[1,\"cou").await?;
    socket.send_frame(0x80, b"nt\"]").await?;
    let mut heard = Vec::new();
    while let Some(frame) = socket.receive().await? {
        heard.push(String::from_utf8_lossy(&frame.payload).into_owned());
        if heard.last().is_some_and(|last| last == "[-1,1]") {
            break;
        }
    }
    assert_eq!(heard[0], "ping");
    assert!(heard[1].starts_with("[\"salon:welcome\""), "{heard:?}");
    // What is no UTF-8 is closed as RFC 6455 says.
    socket.send_frame(0x81, b"[\"\xff\"]").await?;
    let close = socket.receive().await?.ok_or("a close")?;
    assert_eq!((close.head, &close.payload[..2]), (0x88, &1007_u16.to_be_bytes()[..]));
    let mut large = WebSocket::open(server.address(), "/salon").await?;
    large.send(&"x".repeat(1_000_001)).await?;
    let closed = large.receive().await?;
    assert!(matches!(closed, Incoming::Closed(Some((1009, _)))), "{closed:?}");
    gone(&salon).await
}

#[salon::test]
async fn the_same_connect_again_and_again_costs_nothing_and_asks_nobody() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.sends(&"[\"salon:connect\"]\n".repeat(4_000));
    client.says(&json!([1, "count"]));
    assert_eq!(client.hears().await, json!([-1, 1]));
}

#[salon::test]
async fn every_wire_of_one_user_may_be_there_at_once() {
    let lab = lab().await?;
    let mut clients = Vec::new();
    for wire in Wire::ALL {
        let visitor = lab.visitor().wire(wire).auth(json!({ "token": "token-ada" }));
        clients.push(visitor.connect().await?);
    }
    for client in &clients {
        assert!(client.is_connected());
    }
}

//! Whoever fills a server with what costs nothing, which is handshakes, keeps nobody out.
//!
//! It must never depend on how fast a newcomer is: in a lab no time passes.

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service, read_body},
};
use salon::{
    Application, Count, RawConnection, Salon,
    config::ClientAddress,
    testing::{Client, ConnectError, Lab, Visitor, Wire},
    wire::engine_io::Message,
};

use crate::table::{Say, Sit, come, guest, next_text, salon_with, text};

/// A server for so many connections.
fn small(connections: usize) -> Salon {
    salon_with(|builder| builder.limits(|limits| limits.max_connections = connections))
}

/// One that knows its clients' addresses from a proxy, and takes two of each.
fn behind_a_proxy() -> Salon {
    let name = "X-Forwarded-For".to_owned();
    salon_with(|builder| {
        builder
            .client_address(ClientAddress::Header { name, proxies: 1 })
            .limits(|limits| limits.max_connections_per_address = 2)
    })
}

/// Those whose clients may open a connection, and leave it at that.
const LEFT_ALONE: [Wire; 5] =
    [Wire::WebSocket, Wire::Polling, Wire::Upgrade, Wire::Plain, Wire::PlainMsgpack];

fn from<'a>(lab: &'a Lab, address: &str) -> Visitor<'a> {
    lab.visitor().header("x-forwarded-for", address).auth(guest("guest"))
}

/// Whether a client was refused because of its address.
fn is_crowded(came: Result<Client, ConnectError>) -> bool {
    match came {
        Ok(_) => false,
        Err(ConnectError::Rejected { status, body }) => {
            assert_eq!(status, 429, "{body}");
            assert!(body.contains("your address has as many connections as it may"), "{body}");
            true
        }
        Err(error) => panic!("it was refused, but: {error}"),
    }
}

#[salon::test]
async fn handshakes_that_are_left_alone_keep_no_newcomer_out() {
    for flood in LEFT_ALONE {
        for wire in Wire::ALL {
            let lab = Lab::new(small(200)).await;
            let before = come(&lab, "ada").await?;
            let mut left_alone = Vec::new();
            for _ in 0..400 {
                left_alone.push(lab.visitor().wire(flood).open().await?);
            }
            assert!(lab.salon().connections() <= 21, "{}", lab.salon().connections());
            let replaced = lab.counters().get(Count::UnconnectedReplaced);
            assert_eq!(replaced, 380, "the oldest go, {flood:?}");
            let newcomer = lab.visitor().wire(wire).auth(guest("bob")).connect().await?;
            for client in [&before, &newcomer] {
                client.send(Sit { table: 1 }).await?;
                client.send(Say { table: 1, text: "hi".to_owned() }).await?;
            }
        }
    }
}

#[salon::test]
async fn who_has_connected_is_not_replaced_however_many_come() {
    for wire in LEFT_ALONE {
        let lab = Lab::new(small(60)).await;
        let mut connected = Vec::new();
        for number in 0..40 {
            let visitor = lab.visitor().wire(wire).auth(guest(&number.to_string()));
            connected.push(visitor.connect().await?);
        }
        let mut left_alone = Vec::new();
        for _ in 0..100 {
            left_alone.push(lab.visitor().wire(wire).open().await?);
        }
        for client in &connected {
            client.send(Sit { table: 1 }).await?;
        }
        assert_eq!(lab.counters().get(Count::UnconnectedReplaced), 100 - 16);
        // Nothing is left of any of them.
        drop((connected, left_alone));
        lab.advance(std::time::Duration::from_secs(100)).await;
        assert_eq!(lab.salon().connections(), 0);
        let mut more = Vec::new();
        for number in 0..50 {
            more.push(come(&lab, &number.to_string()).await?);
        }
    }
}

#[salon::test]
async fn who_was_refused_has_not_connected() {
    let lab = Lab::new(small(100)).await;
    let mut refused = Vec::new();
    for _ in 0..200 {
        let client = lab.visitor().open().await?;
        client.send_raw(text("0"));
        let answer = next_text(&client).await;
        assert!(answer.starts_with("4{"), "{answer}");
        refused.push(client);
    }
    assert_eq!(lab.salon().connections(), 16);
    come(&lab, "ada").await?;
}

#[salon::test]
async fn an_address_has_its_share_of_connections_over_every_wire_and_others_have_theirs() {
    for wire in Wire::ALL {
        let lab = Lab::new(behind_a_proxy()).await;
        let connect = async |address: &str| from(&lab, address).wire(wire).connect().await;
        // A client may write what it likes in front of what the proxy adds.
        let one = connect("203.0.113.1, 192.0.2.1").await?;
        let two = connect("203.0.113.2, 192.0.2.1").await?;
        assert!(is_crowded(connect("203.0.113.3, 192.0.2.1").await), "{wire:?}");
        assert!(is_crowded(connect("192.0.2.1").await), "{wire:?}");
        let other = connect("192.0.2.1, 192.0.2.2").await?;
        let of_ipv6 = [connect("2001:db8::1").await?, connect("2001:db8::ffff:1").await?];
        assert!(is_crowded(connect("2001:db8::2").await), "{wire:?}");
        connect("2001:db8:0:1::1").await?;
        // Whoever is not from the proxy has no such limit here, where all come from this machine.
        for name in ["x", "y", "z"] {
            come(&lab, name).await?;
        }
        one.disconnect();
        one.closed().await;
        lab.settle().await;
        connect("192.0.2.1").await?;
        drop((two, other, of_ipv6));
    }
}

#[salon::test]
async fn at_its_share_an_address_loses_what_has_not_connected_before_anybody_is_refused() {
    for flood in LEFT_ALONE {
        for wire in Wire::ALL {
            let lab = Lab::new(behind_a_proxy()).await;
            let elsewhere = from(&lab, "192.0.2.9").wire(flood).open().await?;
            let mut left_alone = Vec::new();
            for _ in 0..10 {
                left_alone.push(from(&lab, "192.0.2.1").wire(flood).open().await?);
            }
            let one = from(&lab, "192.0.2.1").wire(wire).connect().await?;
            let two = from(&lab, "192.0.2.1").wire(wire).connect().await?;
            assert!(is_crowded(from(&lab, "192.0.2.1").wire(flood).open().await));
            for client in [&one, &two] {
                client.send(Sit { table: 1 }).await?;
            }
            assert_eq!(lab.salon().connections(), 3, "and the one from elsewhere: {elsewhere:?}");
        }
    }
}

/// Echoes.
struct Echo;

impl Application for Echo {
    fn received(&self, connection: &RawConnection, message: Message) {
        let _ = connection.send(message);
    }
}

#[salon::test]
async fn without_namespaces_who_comes_back_or_stays_is_there() {
    let salon = Salon::builder().application(Echo).limits(|limits| limits.max_connections = 100);
    let lab = Lab::new(salon.build()?).await;
    let listeners = [
        lab.visitor().wire(Wire::WebSocket).open().await?,
        lab.visitor().wire(Wire::Polling).open().await?,
        lab.visitor().wire(Wire::Upgrade).open().await?,
    ];
    // The last one has moved.
    lab.advance(std::time::Duration::from_secs(1)).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    for _ in 0..500 {
        let opened = lab.visitor().request(actix_web::http::Method::GET, target, "").await?;
        assert_eq!(opened.status.as_u16(), 200, "{}", opened.text());
    }
    assert!(lab.salon().connections() <= 19, "{}", lab.salon().connections());
    for client in &listeners {
        client.send_raw(text("hello"));
        assert_eq!(next_text(client).await, "hello");
    }
}

#[actix_web::test]
async fn of_websockets_that_name_a_session_of_another_no_more_are_kept_than_a_few() {
    let app = init_service(App::new().configure(small(100).routes())).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let open = call_service(&app, TestRequest::get().uri(target).to_request()).await;
    let body = read_body(open).await;
    let open: serde_json::Value = serde_json::from_slice(&body[1..]).expect("the open packet");
    let sid = open["sid"].as_str().expect("a session id");
    let mut kept = Vec::new();
    for number in 0..20 {
        let target = format!("/socket.io/?EIO=4&transport=websocket&sid={sid}");
        let request = TestRequest::get()
            .uri(&target)
            .insert_header(("host", "lab.test"))
            .insert_header(("connection", "upgrade"))
            .insert_header(("upgrade", "websocket"))
            .insert_header(("sec-websocket-version", "13"))
            .insert_header(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="));
        let response = call_service(&app, request.to_request()).await;
        // The first is the upgrade, and eight are told that it is another's.
        let expected = if number < 9 { 101 } else { 400 };
        assert_eq!(response.status().as_u16(), expected, "the WebSocket {number}");
        kept.push(response);
    }
}

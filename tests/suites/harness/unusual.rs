//! What a client of the framework would not do, or not tell: bare Engine.IO, single requests, and
//! what the app awaits itself.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    http::{Method, StatusCode},
    web,
};
use salon::{
    Application, RawConnection, Salon,
    testing::{self, ConnectError, Happened, Lab, Wire},
    wire::engine_io::Message,
};

use crate::app::{Double, Enter, Said, Say, app};

const SECOND: Duration = Duration::from_secs(1);

/// Says on which request each message came.
struct Postman;

impl Application for Postman {
    fn received(&self, connection: &RawConnection, message: Message) {
        let by = if connection.request().is_some() { "post" } else { "websocket" };
        if let Message::Text(text) = message {
            let _ = connection.send(Message::Text(format!("{text} by {by}").into()));
        }
    }
}

fn text(text: &str) -> Message {
    Message::Text(text.to_owned().into())
}

#[salon::test]
async fn a_client_can_speak_engine_io_alone_over_each_wire() {
    for (wire, by) in [(Wire::WebSocket, "websocket"), (Wire::Polling, "post")] {
        let lab = Lab::new(Salon::builder().application(Postman).build()?).await;
        let client = lab.visitor().wire(wire).open().await?;
        assert!(client.is_connected());
        for number in ["1", "2", "3"] {
            client.send_raw(text(number));
        }
        for number in ["1", "2", "3"] {
            assert_eq!(client.expect_raw().await, text(&format!("{number} by {by}")));
        }
        client.reconnect().await?;
        client.send_raw(text("again"));
        assert_eq!(client.expect_raw().await, text(&format!("again by {by}")));
    }
}

#[salon::test]
async fn a_client_that_is_opened_raw_can_send_while_it_moves() {
    let lab = Lab::new(Salon::builder().application(Postman).build()?).await;
    let client = lab.visitor().wire(Wire::Upgrade).open().await?;
    client.send_raw(text("1"));
    assert_eq!(client.expect_raw().await, text("1 by post"));
    lab.advance(SECOND).await;
    client.send_raw(text("2"));
    assert_eq!(client.expect_raw().await, text("2 by websocket"));
}

#[test]
fn a_message_that_was_not_expected_fails_the_test_of_a_client_that_is_opened_raw() {
    let test = || {
        testing::run(async {
            let lab = Lab::new(Salon::builder().application(Postman).build()?).await;
            let client = lab.visitor().open().await?;
            client.expect_none().await;
            client.send_raw(text("1"));
            client.expect_none().await;
            Ok(())
        });
    };
    let panic = std::panic::catch_unwind(AssertUnwindSafe(test)).expect_err("a message came");
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(message.contains("expected no message, and Text(\"1 by websocket\")"), "{message}");
}

#[salon::test]
async fn a_client_that_is_opened_raw_connects_to_nothing_by_itself() {
    let lab = Lab::new(app()).await;
    let client = lab.visitor().open().await?;
    lab.settle().await;
    assert_eq!(lab.counters().get(salon::Count::SessionsConnected), 0);
    client.send_raw(text("0"));
    assert!(matches!(client.expect_raw().await, Message::Text(text) if text.starts_with("0{")));
}

#[salon::test]
async fn a_visitor_sends_single_requests_to_the_whole_app() {
    let salon = app();
    let routes = salon.routes();
    let lab = Lab::builder(salon)
        .configure(move |config| {
            config.configure(&routes).route("/health", web::get().to(async || "well"));
        })
        .start()
        .await;
    let health = lab.visitor().request(Method::GET, "/health", "").await?;
    assert_eq!((health.status, health.text()), (StatusCode::OK, "well".to_owned()));
    let nowhere = lab.visitor().name("ada").request(Method::POST, "/nowhere", "hello").await?;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let said = lab.transcript().of("ada").to_string();
    assert!(said.contains("→ POST /nowhere hello") && said.contains("← HTTP 404"), "{said}");
}

#[salon::test]
async fn a_single_request_has_the_query_and_the_host_of_its_visitor() {
    let tell = async |request: actix_web::HttpRequest| {
        format!("{} {}", request.query_string(), request.connection_info().host())
    };
    let lab = Lab::builder(app())
        .configure(move |config| {
            config.route("/tell", web::get().to(tell));
        })
        .start()
        .await;
    let ada = || lab.visitor().query("a", "1").header("Host", "salon.test");
    for (target, told) in [("/tell", "a=1 salon.test"), ("/tell?b=2", "b=2&a=1 salon.test")] {
        assert_eq!(ada().request(Method::GET, target, "").await?.text(), told);
    }
}

#[salon::test]
async fn an_app_in_a_scope_is_reached_in_the_lab_and_over_a_port() {
    let builder = || {
        let salon = app();
        let routes = salon.routes();
        Lab::builder(salon).workers(3).configure(move |config| {
            let well = web::get().to(async || "well");
            let scope = web::scope("/deep").configure(&routes).route("/health", well);
            config.service(scope);
        })
    };
    for served in [false, true] {
        let lab = if served { builder().serve().await? } else { builder().start().await };
        lab.connect(()).await.expect_err("it is not there");
        let client = lab.visitor().path("/deep/socket.io/").connect().await?;
        assert_eq!(client.send(Double(1)).await?, 2);
        let health = lab.visitor().request(Method::GET, "/deep/health", "").await?;
        assert_eq!(health.text(), "well");
        let kind = health.headers.get("content-type").ok_or("no content type")?;
        assert!(kind.to_str()?.starts_with("text/plain"), "served: {served}");
        assert_eq!(format!("{:?}", lab.transcript()), lab.transcript().to_string());
    }
}

/// The message of the panic that something in a lab ends with.
fn panic_of(test: &impl AsyncFn(&Lab)) -> String {
    let run = || {
        testing::run(async {
            test(&Lab::new(app()).await).await;
            Ok(())
        });
    };
    let panic = std::panic::catch_unwind(AssertUnwindSafe(run)).expect_err("it was to panic");
    panic.downcast_ref::<String>().expect("a message").clone()
}

#[test]
fn a_worker_that_is_not_there_is_named() {
    let stalled = panic_of(&async |lab| lab.stall(1));
    assert_eq!(stalled, "there is no worker 1: this lab has 1, and the first is 0");
    let visited = panic_of(&async |lab| drop(lab.visitor().worker(7)));
    assert_eq!(visited, "there is no worker 7: this lab has 1, and the first is 0");
}

#[test]
fn an_app_whose_configuration_panics_does_not_start() {
    let start = || {
        testing::run(async {
            Lab::builder(app()).configure(|_| panic!("no routes today")).start().await;
            Ok(())
        });
    };
    let panic = std::panic::catch_unwind(AssertUnwindSafe(start)).expect_err("it cannot start");
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(message.contains("the app did not come up on worker 0"), "{message}");
}

#[salon::test]
async fn a_request_that_time_would_answer_is_not_waited_for() {
    let lab = Lab::new(app()).await;
    let open = "/socket.io/?EIO=4&transport=polling";
    let opened = lab.visitor().request(Method::GET, open, "").await?.text();
    let opened: serde_json::Value = serde_json::from_str(&opened[1..])?;
    let poll = format!("{open}&sid={}", opened["sid"].as_str().ok_or("no session")?);
    let polled = lab.visitor().request(Method::GET, &poll, "").await;
    assert!(matches!(polled, Err(ConnectError::Unanswered(_))), "{polled:?}");
    assert_eq!(lab.elapsed(), Duration::ZERO);
}

#[salon::test]
async fn what_the_app_awaits_is_done_while_server_and_clients_go_on() {
    let lab = Lab::builder(app()).workers(2).start().await;
    let client = lab.connect(()).await?;
    assert_eq!(lab.drive(lab.salon().namespace("/").fetch()).await.len(), 1);
    assert_eq!(lab.elapsed(), Duration::ZERO, "no time passes that is not needed");
    lab.drive(tokio::time::sleep(SECOND)).await;
    assert_eq!(lab.elapsed(), SECOND);
    lab.drive(lab.salon().shutdown(5 * SECOND)).await;
    let closed = client.closed().await;
    assert_eq!((closed.close_code, closed.reason.is_some()), (Some(1012), true));
}

#[test]
fn what_is_never_done_fails_the_test_where_it_was_awaited() {
    let never = || {
        testing::run(async {
            let lab = Lab::new(app()).await;
            lab.drive(std::future::pending::<()>()).await;
            Ok(())
        });
    };
    let panic = std::panic::catch_unwind(AssertUnwindSafe(never)).expect_err("it is never done");
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(message.contains("unusual.rs:") && message.contains("within a day"), "{message}");
}

#[salon::test]
async fn what_is_sent_at_once_is_posted_at_once_as_far_as_a_post_goes() {
    let posts = Arc::<AtomicUsize>::default();
    let salon = Salon::builder().application(Postman).build()?;
    let (routes, counted) = (salon.routes(), posts.clone());
    let lab = Lab::builder(salon)
        .configure(move |config| {
            let counted = counted.clone();
            let count = move |request: &actix_web::guard::GuardContext<'_>| {
                let posts = usize::from(request.head().method == Method::POST);
                counted.fetch_add(posts, Ordering::Relaxed);
                false
            };
            config.service(web::resource("/{any:.*}").guard(actix_web::guard::fn_guard(count)));
            config.configure(&routes);
        })
        .start()
        .await;
    let client = lab.visitor().wire(Wire::Polling).open().await?;
    for _ in 0..100 {
        client.send_raw(text("hello"));
    }
    client.send_raw(text(&"x".repeat(999_900)));
    for _ in 0..101 {
        client.expect_raw().await;
    }
    assert_eq!(posts.load(Ordering::Relaxed), 2, "the last one does not fit with the others");
}

#[salon::test]
async fn a_session_that_the_server_ends_has_ended_when_it_did() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    lab.advance(SECOND).await;
    lab.salon().namespace("/").disconnect();
    lab.settle().await;
    lab.advance(SECOND).await;
    let closed = client.closed().await;
    assert_eq!((closed.disconnected, closed.at), (true, SECOND));
}

#[salon::test]
async fn a_ping_that_is_left_unanswered_is_in_the_transcript() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    client.send(Enter { hall: 1 }).await?;
    client.stop_answering_pings();
    lab.advance(25 * SECOND).await;
    let transcript = client.transcript();
    let last = transcript.entries().last().ok_or("nothing came")?;
    assert_eq!((last.at, &last.what), (25 * SECOND, &Happened::Came(testing::Traffic::Ping)));
    assert_eq!(last.what.to_string(), "← ping, which is left unanswered");
    client.send(Say { hall: 1, text: "still here".to_owned() }).await?;
    assert_eq!(client.expect::<Said>().await.text, "still here");
    assert_eq!(client.send(Double(1)).await?, 2);
}

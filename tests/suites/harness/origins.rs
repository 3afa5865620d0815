//! Which pages may connect, over each way in; and what a request gets that may not, or comes while
//! the server goes away.

use std::{sync::Arc, time::Duration};

use actix_web::{
    App,
    http::StatusCode,
    test::{TestRequest, call_service, init_service, read_body},
};
use salon::{
    Application, BuildError, RawConnection, Salon,
    config::Origins,
    testing::{ConnectError, Lab, Wire},
};

use crate::app::{Double, Enter, Hall, Host, Said, Say};

const EVIL: &str = "https://evil.test";

fn listed() -> Origins {
    let pages = ["https://app.test", "https://*.wide.test", "file://"];
    Origins::Listed(pages.map(str::to_owned).to_vec())
}

fn salon(origins: Origins) -> Salon {
    let builder = Salon::builder().session::<Host>().room::<Hall>().origins(origins);
    builder.build().expect("the app is in order")
}

#[salon::test]
async fn a_page_of_another_host_may_not_connect_over_any_wire_unless_it_is_listed() {
    // The host that is asked is lab.test.
    let table = [
        (Origins::SameOrigin, "http://lab.test", true),
        (Origins::SameOrigin, "ws://lab.test", true),
        (Origins::SameOrigin, "wss://lab.test", true),
        (Origins::SameOrigin, "ws://app.test", false),
        (Origins::SameOrigin, "file://", false),
        (Origins::SameOrigin, "https://app.test", false),
        (Origins::SameOrigin, "null", false),
        (listed(), "http://lab.test", true),
        (listed(), "https://app.test", true),
        (listed(), "file://", true),
        (listed(), "https://app.test, http://lab.test", true),
        (listed(), "https://app.test, https://evil.test", false),
        (Origins::Any, "https://evil.test, null", true),
        (listed(), "http://app.test", false),
        (listed(), "https://a.wide.test", true),
        (listed(), "https://a.b.wide.test", true),
        (listed(), "https://wide.test", false),
        (listed(), "https://notwide.test", false),
        (listed(), "https://a.wide.test:8443", false),
        (listed(), "null", false),
        (listed(), EVIL, false),
        (Origins::Any, EVIL, true),
    ];
    for wire in Wire::ALL {
        for (origins, origin, may) in &table {
            let lab = Lab::new(salon(origins.clone())).await;
            match lab.visitor().wire(wire).header("origin", origin).connect().await {
                Ok(client) => {
                    assert!(may, "{origin} connected over {wire:?} with {origins:?}");
                    assert_eq!(client.send(Double(2)).await?, 4);
                }
                Err(ConnectError::Rejected { status, body }) => {
                    assert!(!may, "{origin} did not connect over {wire:?} with {origins:?}");
                    assert_eq!((status, &*body), (403, r#"{"code":4,"message":"Forbidden"}"#));
                }
                Err(error) => panic!("{origin} over {wire:?} with {origins:?}: {error}"),
            }
        }
        let lab = Lab::new(salon(Origins::SameOrigin)).await;
        lab.connect_over(wire, ()).await?;
    }
}

#[salon::test]
async fn two_origins_of_one_request_must_both_be_allowed_over_every_wire() {
    let own = "http://lab.test";
    for wire in Wire::ALL {
        for (origins, one, other, may) in [
            (Origins::SameOrigin, own, own, true),
            (Origins::SameOrigin, own, EVIL, false),
            (listed(), EVIL, "https://app.test", false),
            (listed(), own, "https://app.test", true),
            (Origins::Any, EVIL, own, true),
        ] {
            let lab = Lab::new(salon(origins)).await;
            let visitor = lab.visitor().wire(wire).header("origin", one).header("origin", other);
            match visitor.connect().await {
                Ok(_) => assert!(may, "{one} and {other} over {wire:?}"),
                Err(ConnectError::Rejected { status: 403, .. }) => {
                    assert!(!may, "{one} and {other} over {wire:?}");
                }
                Err(error) => panic!("{one} and {other} over {wire:?}: {error}"),
            }
        }
    }
}

#[salon::test]
async fn a_page_that_sends_no_origin_is_known_by_what_its_browser_says_of_its_site() {
    for wire in Wire::ALL {
        for (origins, site, may) in [
            (Origins::SameOrigin, "same-origin", true),
            (Origins::SameOrigin, "none", true),
            (Origins::SameOrigin, "same-site", false),
            (Origins::SameOrigin, "cross-site", false),
            (listed(), "cross-site", false),
            (Origins::Any, "cross-site", true),
        ] {
            let lab = Lab::new(salon(origins)).await;
            match lab.visitor().wire(wire).header("sec-fetch-site", site).connect().await {
                Ok(_) => assert!(may, "{site} over {wire:?}"),
                Err(ConnectError::Rejected { status: 403, .. }) => {
                    assert!(!may, "{site} over {wire:?}");
                }
                Err(error) => panic!("{site} over {wire:?}: {error}"),
            }
        }
    }
}

#[salon::test]
async fn what_any_page_may_show_of_its_visitor_is_the_same_over_every_wire() {
    type Shown = Option<String>;
    let shown = Arc::<std::sync::Mutex<Vec<(Shown, Shown)>>>::default();
    let noting = shown.clone();
    let salon = Salon::builder()
        .session::<Host>()
        .room::<Hall>()
        .origins(Origins::Any)
        .admit(move |credentials: salon::auth::Credentials| {
            let header = |name| credentials.handshake().header(name).map(str::to_owned);
            let both = (header("cookie"), header("authorization"));
            noting.lock().expect("no panic under it").push(both);
            async { Ok(()) }
        })
        .build()?;
    let lab = Lab::new(salon).await;
    for wire in Wire::ALL {
        for (authorization, is_shown) in
            [("Bearer token", true), ("Basic dTpw", false), ("negotiate x", false)]
        {
            let visitor = lab.visitor().wire(wire).header("cookie", "session=1");
            let visitor = visitor.header("authorization", authorization).header("origin", EVIL);
            visitor.connect().await?;
            let seen = shown.lock().expect("no panic under it").pop();
            let expected = is_shown.then(|| authorization.to_owned());
            assert_eq!(seen, Some((None, expected)), "{authorization} over {wire:?}");
        }
    }
}

#[actix_web::test]
async fn every_request_of_a_session_is_checked_not_only_the_first() {
    let app = init_service(App::new().configure(salon(listed()).routes())).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let open = TestRequest::get().uri(target).insert_header(("host", "lab.test"));
    let body = read_body(call_service(&app, open.to_request()).await).await;
    let open: serde_json::Value = serde_json::from_slice(&body[1..]).expect("the open packet");
    let sid = open["sid"].as_str().expect("a session id");
    let target = format!("{target}&sid={sid}");
    let upgrade = target.replace("polling", "websocket");
    let ask = |request: TestRequest, origin: &'static str| {
        let request = request.insert_header(("host", "lab.test")).insert_header(("origin", origin));
        call_service(&app, request.to_request())
    };
    let websocket = || {
        TestRequest::get()
            .uri(&upgrade)
            .insert_header(("connection", "upgrade"))
            .insert_header(("upgrade", "websocket"))
            .insert_header(("sec-websocket-version", "13"))
            .insert_header(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="))
    };
    for origin in [EVIL, "null", "https://notwide.test"] {
        for request in [
            TestRequest::get().uri(&target),
            TestRequest::post().uri(&target).set_payload("40"),
            websocket(),
        ] {
            assert_eq!(ask(request, origin).await.status(), StatusCode::FORBIDDEN, "{origin}");
        }
    }
    let page = "https://a.wide.test";
    let post = TestRequest::post().uri(&target).set_payload("40");
    assert_eq!(ask(post, page).await.status(), StatusCode::OK);
    assert_eq!(ask(websocket(), page).await.status(), StatusCode::SWITCHING_PROTOCOLS);
}

struct Silent;

impl Application for Silent {
    fn opened(&self, _: &RawConnection) {}

    fn received(&self, _: &RawConnection, _: salon::wire::engine_io::Message) {}
}

#[actix_web::test]
async fn a_plain_websocket_is_checked_as_well() {
    let plain = salon(listed()).plain_routes("/plain", Arc::new(Silent));
    let app = init_service(App::new().configure(plain)).await;
    let ask = |origin: &'static str| {
        let request = TestRequest::get()
            .uri("/plain")
            .insert_header(("host", "lab.test"))
            .insert_header(("origin", origin))
            .insert_header(("connection", "upgrade"))
            .insert_header(("upgrade", "websocket"))
            .insert_header(("sec-websocket-version", "13"))
            .insert_header(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="));
        call_service(&app, request.to_request())
    };
    for origin in [EVIL, "null", "https://wide.test", "http://app.test"] {
        assert_eq!(ask(origin).await.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    for origin in ["https://app.test", "https://a.wide.test", "http://lab.test"] {
        assert_eq!(ask(origin).await.status(), StatusCode::SWITCHING_PROTOCOLS, "{origin}");
    }
}

#[test]
fn a_malformed_origin_is_refused_at_build() {
    for entry in ["app.test", "https://app.test/", "https://*app.test", "*", "null"] {
        let built = Salon::builder().origins(Origins::Listed(vec![entry.to_owned()])).build();
        let Err(BuildError::Origin { origin, .. }) = built else { panic!("{entry}: {built:?}") };
        assert_eq!(origin, entry);
    }
}

#[salon::test]
async fn who_comes_while_the_server_shuts_down_is_to_try_elsewhere() {
    for (wire, wanted) in [
        (Wire::WebSocket, "the server is shutting down"),
        (Wire::Polling, r#"{"code":4,"message":"the server is shutting down"}"#),
        (Wire::Upgrade, r#"{"code":4,"message":"the server is shutting down"}"#),
    ] {
        let lab = Lab::new(salon(Origins::SameOrigin)).await;
        lab.salon().shutdown(Duration::ZERO).await;
        match lab.connect_over(wire, ()).await {
            Err(ConnectError::Rejected { status, body }) => {
                assert_eq!((status, &*body), (503, wanted), "{wire:?}");
            }
            other => panic!("{wire:?}: {other:?}"),
        }
    }
}

fn with_bad_headers() -> Salon {
    let headers = [("x-good", "yes"), ("x bad", "name"), ("x-bad", "line\nbreak"), ("", "none")];
    let headers = move || headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Salon::builder()
        .session::<Host>()
        .room::<Hall>()
        .headers(move |_| headers().to_vec())
        .initial_headers(move |_| headers().to_vec())
        .build()
        .expect("the app is in order")
}

#[salon::test]
async fn a_header_that_is_none_is_left_out_and_nothing_is_lost() {
    for wire in Wire::ALL {
        let lab = Lab::new(with_bad_headers()).await;
        let client = lab.connect_over(wire, ()).await?;
        client.send(Enter { hall: 1 }).await?;
        for text in ["a", "b"] {
            client.send(Say { hall: 1, text: text.to_owned() }).await?;
            assert_eq!(client.expect::<Said>().await.text, text, "{wire:?}");
        }
    }
    let app = init_service(App::new().configure(with_bad_headers().routes())).await;
    let open = TestRequest::get().uri("/socket.io/?EIO=4&transport=polling").to_request();
    let response = call_service(&app, open).await;
    assert_eq!(response.status(), StatusCode::OK);
    let named = response.headers().get_all("x-good").count();
    assert_eq!(named, 2, "of the opening response, and of every one");
    assert!(!response.headers().contains_key("x-bad"));
}

/// Asks for a WebSocket: as it should be, but for what is left out and what is added.
fn shake(path: &str, without: &[&str], with: &[(&'static str, &'static str)]) -> TestRequest {
    let right = [
        ("host", "lab.test"),
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let right = right.iter().filter(|(name, _)| !without.contains(name));
    right.chain(with).fold(TestRequest::get().uri(path), |all, one| all.append_header(*one))
}

#[actix_web::test]
async fn a_handshake_that_is_none_is_refused_with_the_version_that_would_be_one() {
    let salon = salon(Origins::SameOrigin);
    let routes = salon.clone().routes();
    let plain = salon.plain_routes("/plain", Arc::new(Silent));
    let app = init_service(App::new().configure(routes).configure(plain)).await;
    let engine = "/socket.io/?EIO=4&transport=websocket";
    let version = "sec-websocket-version";
    let key = "sec-websocket-key";
    for path in [engine, "/plain"] {
        for wrong in [
            shake(path, &[version], &[]),
            shake(path, &[version], &[(version, "12")]),
            shake(path, &[version], &[(version, "8")]),
            shake(path, &[version], &[(version, "130")]),
            shake(path, &[], &[(version, "13")]),
            shake(path, &[key], &[]),
            shake(path, &[key], &[(key, "")]),
            shake(path, &[key], &[(key, "dGhlIHNhbXBsZSBub25jZQ")]),
            shake(path, &[key], &[(key, "dGhlIHNhbXBsZSBub25j")]),
            shake(path, &[key], &[(key, "dGhlIHNhbXBsZSBub25jZSE=")]),
            shake(path, &[key], &[(key, "?GhlIHNhbXBsZSBub25jZQ==")]),
            shake(path, &[], &[(key, "dGhlIHNhbXBsZSBub25jZQ==")]),
            shake(path, &["connection"], &[]),
            shake(path, &["connection"], &[("connection", "keep-alive")]),
            shake(path, &["connection"], &[("connection", "no-upgrade")]),
            shake(path, &["host"], &[]),
            shake(path, &[], &[]).version(actix_web::http::Version::HTTP_10),
        ] {
            let wrong = wrong.to_request();
            let what = format!("{wrong:?}");
            let response = call_service(&app, wrong).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{what}");
            assert_eq!(response.headers().get(version).unwrap(), "13", "{what}");
        }
        let post = shake(path, &[], &[]).method(actix_web::http::Method::POST).to_request();
        assert_eq!(call_service(&app, post).await.status(), StatusCode::BAD_REQUEST);
        let right = shake(path, &[], &[]).to_request();
        assert_eq!(call_service(&app, right).await.status(), StatusCode::SWITCHING_PROTOCOLS);
    }
    // Whoever does not ask for a WebSocket where there is nothing else is told what there is.
    let response = call_service(&app, shake("/plain", &["upgrade"], &[]).to_request()).await;
    assert_eq!(response.status(), StatusCode::UPGRADE_REQUIRED);
    assert_eq!(response.headers().get("upgrade").unwrap(), "websocket");
}

#[actix_web::test]
async fn answers_as_scripts_which_any_page_could_read_are_refused_and_said_to_be() {
    let app = init_service(App::new().configure(salon(Origins::SameOrigin).routes())).await;
    for parameter in ["j=0", "j=", "j"] {
        let target = format!("/socket.io/?EIO=4&transport=polling&{parameter}");
        let response = call_service(&app, TestRequest::get().uri(&target).to_request()).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{parameter}");
        let body = read_body(response).await;
        assert_eq!(
            String::from_utf8_lossy(&body),
            r#"{"code":3,"message":"JSONP is not served; use polling without `j`, or WebSocket"}"#
        );
    }
}

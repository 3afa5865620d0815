//! Requests of pages from other origins.

use crate::script::{OWN_REQUESTS, scripts};
use crate::stage::Stage;
use salon_tests::Result;
use salon_tests::polling::Polling;
use salon_tests::raw_http::Request;

scripts! {
    "preflights" => preflights, OWN_REQUESTS;
    "requests with an origin" => requests_with_an_origin, OWN_REQUESTS;
}

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";
const ALLOWED: &str = "http://allowed.test";
const FOREIGN: &str = "http://foreign.test";

async fn preflights(stage: Stage) -> Result<()> {
    for (step, origin, headers) in [
        ("allowed", ALLOWED, None),
        ("allowed, asking for headers", ALLOWED, Some("content-type,x-token")),
        ("foreign", FOREIGN, None),
    ] {
        let mut request =
            Request::new("OPTIONS", HANDSHAKE).header("access-control-request-method", "POST");
        if let Some(headers) = headers {
            request = request.header("access-control-request-headers", headers);
        }
        stage.step(step);
        stage.request_from(origin, request).await?;
    }
    Ok(())
}

async fn requests_with_an_origin(stage: Stage) -> Result<()> {
    for (step, origin) in [
        ("allowed", ALLOWED),
        ("foreign", FOREIGN),
        ("allowed in capitals", "HTTP://ALLOWED.TEST"),
        ("allowed with a port", "http://allowed.test:80"),
        ("null", "null"),
    ] {
        stage.step(&format!("handshake, {step}"));
        stage.request_from(origin, Request::new("GET", HANDSHAKE)).await?;
    }
    let (session, _) = Polling::open(stage.endpoint()).await?;
    stage.step("post, allowed");
    let post = Request::new("POST", &session.target()).body("40");
    stage.request_from(ALLOWED, post).await?;
    stage.step("poll, allowed");
    stage.request_from(ALLOWED, Request::new("GET", &session.target())).await?;
    stage.step("unknown sid, allowed");
    stage.request_from(ALLOWED, Request::new("GET", &format!("{HANDSHAKE}&sid=abc"))).await?;
    stage.step("oversize, allowed");
    let post = Request::new("POST", &session.target()).body("x".repeat(1_000_001));
    stage.request_from(ALLOWED, post).await
}

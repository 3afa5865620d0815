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
        let mut request = Request::new("OPTIONS", HANDSHAKE)
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        if let Some(headers) = headers {
            request = request.header("access-control-request-headers", headers);
        }
        stage.step(step);
        stage.request(&request).await?;
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
        stage.request(&Request::new("GET", HANDSHAKE).header("origin", origin)).await?;
    }
    let (session, _) = Polling::open(stage.endpoint()).await?;
    stage.step("post, allowed");
    let post = Request::new("POST", &session.target()).header("origin", ALLOWED).body("40");
    stage.request(&post).await?;
    stage.step("poll, allowed");
    stage.request(&Request::new("GET", &session.target()).header("origin", ALLOWED)).await?;
    stage.step("unknown sid, allowed");
    let unknown = format!("{HANDSHAKE}&sid=abc");
    stage.request(&Request::new("GET", &unknown).header("origin", ALLOWED)).await?;
    stage.step("oversize, allowed");
    let body = "x".repeat(1_000_001);
    let post = Request::new("POST", &session.target()).header("origin", ALLOWED).body(body);
    stage.request(&post).await
}

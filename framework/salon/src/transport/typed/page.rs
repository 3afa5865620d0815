//! The page of the running app: its contract, and a client to try it with.
//!
//! It must never be served where nobody has asked for it: it says what there is to be attacked.

use std::sync::Arc;

use actix_web::{
    HttpResponse, HttpResponseBuilder, Resource,
    guard::{Guard, GuardContext},
    http::header::{self, ContentType},
    web,
};

use crate::connection::Connections;

const PAGE: &str = include_str!("../../../assets/contract.html");
const SCRIPT: &str = include_str!("../../../assets/playground.js");

/// What of a page may be loaded, and from where: its own script and the WebSocket, and nothing into another
/// page's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; \
                      connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page and its script, below the path of the endpoint.
pub(super) fn resources(path: &str, connections: &Arc<Connections>) -> [Resource; 2] {
    let connections = connections.clone();
    let page = move || {
        let page = page(&connections);
        async move { with_policy(HttpResponse::Ok()).content_type(ContentType::html()).body(page) }
    };
    let script = async || {
        let javascript = "text/javascript; charset=utf-8";
        with_policy(HttpResponse::Ok()).content_type(javascript).body(SCRIPT)
    };
    [
        web::resource(format!("{path}/contract")).guard(NoUpgrade).route(web::get().to(page)),
        web::resource(format!("{path}/playground.js")).route(web::get().to(script)),
    ]
}

/// The page with the contract in it: made when somebody looks at it, which few do.
fn page(connections: &Connections) -> String {
    let document = salon_contract::document::Document::of(&connections.namespaces().facts);
    // A document has a JSON form. In it no text ends the element that it stands in.
    let json = serde_json::to_string(&document).unwrap_or_default().replace('<', "\\u003c");
    PAGE.replacen(">CONTRACT<", &format!(">{json}<"), 1)
}

fn with_policy(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
    response
}

/// A WebSocket there is for the namespace of that name.
struct NoUpgrade;

impl Guard for NoUpgrade {
    fn check(&self, request: &GuardContext<'_>) -> bool {
        !request.head().headers().contains_key(header::UPGRADE)
    }
}

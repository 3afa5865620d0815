//! The page and its files, all inside the program.

use actix_web::{HttpResponse, Route, web};

/// The routes of the page.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", file("text/html", include_str!("../static/index.html")))
        .route("/lobby.css", file("text/css", include_str!("../static/lobby.css")))
        .route("/lobby.js", file("text/javascript", include_str!("../static/lobby.js")))
        .route("/board.js", file("text/javascript", include_str!("../static/board.js")))
        .route("/guest.js", file("text/javascript", include_str!("../static/guest.js")))
        .route("/hall.js", file("text/javascript", include_str!("../static/hall.js")))
        .route("/match.js", file("text/javascript", include_str!("../static/match.js")))
        .route("/view.js", file("text/javascript", include_str!("../static/view.js")))
        .route("/contract.js", file("text/javascript", include_str!("../static/contract.js")));
}

fn file(kind: &'static str, content: &'static str) -> Route {
    web::get().to(move || async move {
        HttpResponse::Ok().content_type(format!("{kind}; charset=utf-8")).body(content)
    })
}

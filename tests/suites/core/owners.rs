//! Whose a connection is: a session's id serves nobody but the principal that it was given to.
//!
//! It must never rest on a name that clients choose: here a header stands for what an app can tell
//! from a request.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use salon::{
    Salon,
    auth::{Handshake, Principal},
    testing::{Failure, Lab, Visitor},
};

pub(crate) async fn by_header(request: Arc<Handshake>) -> Result<Principal, salon::Refusal> {
    Ok(request.header("x-user").map_or_else(Principal::anonymous, Principal::named))
}

async fn lab() -> Result<Lab, Failure> {
    Ok(Lab::new(Salon::builder().allow_request(by_header).build()?).await)
}

pub(crate) fn visitor<'a>(lab: &'a Lab, user: Option<&str>) -> Visitor<'a> {
    match user {
        Some(user) => lab.visitor().header("x-user", user),
        None => lab.visitor(),
    }
}

#[salon::test]
async fn the_session_id_of_one_principal_is_unknown_where_another_comes_with_it() {
    for owner in [Some("ada"), None] {
        let lab = lab().await?;
        let open = "/socket.io/?EIO=4&transport=polling";
        let opened = visitor(&lab, owner).request(Method::GET, open, "").await?.text();
        let opened: serde_json::Value = serde_json::from_str(&opened[1..])?;
        let session = format!("{open}&sid={}", opened["sid"].as_str().ok_or("no session")?);
        visitor(&lab, owner).request(Method::POST, &session, "40").await?;
        for other in [Some("ada"), Some("ben"), None].into_iter().filter(|other| *other != owner) {
            for method in [Method::GET, Method::POST] {
                let asked = visitor(&lab, other).request(method.clone(), &session, "41").await?;
                let (status, text) = (asked.status, asked.text());
                assert_eq!(status, StatusCode::BAD_REQUEST, "{method} of {other:?}: {text}");
                assert!(text.contains("Session ID unknown"), "{method} of {other:?}: {text}");
            }
        }
        let theirs = visitor(&lab, owner).request(Method::GET, &session, "").await?;
        assert_eq!(theirs.status, StatusCode::OK, "{owner:?}");
        assert!(theirs.text().starts_with("40"), "{owner:?}: nobody has taken it");
    }
}

//! The client for pages that have no build, as the endpoint serves it.

use actix_web::http::Method;

use crate::plain::{lab, lab_with};

#[salon::test]
async fn the_client_is_beside_the_endpoint_and_is_sent_once() {
    let lab = lab().await?;
    let script = lab.visitor().request(Method::GET, "/salon/client.js", "").await?;
    assert_eq!(script.status, 200);
    let header =
        |name: &str| script.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    assert!(header("content-type").starts_with("text/javascript"), "{}", header("content-type"));
    assert_eq!(
        (header("cache-control"), header("x-content-type-options")),
        ("no-cache", "nosniff")
    );
    assert!(script.text().contains("export"), "it is a module");
    let again = lab.visitor().header("if-none-match", header("etag"));
    let again = again.request(Method::GET, "/salon/client.js", "").await?;
    assert_eq!((again.status.as_u16(), &*again.text()), (304, ""));
    let types = lab.visitor().request(Method::GET, "/salon/client.d.ts", "").await?;
    assert!(types.text().contains("interface Client"), "{}", types.text());
}

#[salon::test]
async fn the_client_is_where_the_endpoint_is() {
    for (path, at, status) in [
        (Some("/realtime/plain"), "/realtime/plain/client.js", 200),
        (Some("/realtime/plain"), "/salon/client.js", 404),
        (None, "/salon/client.js", 404),
    ] {
        let lab = lab_with(|builder| builder.plain_path(path.map(str::to_owned))).await?;
        let answer = lab.visitor().request(Method::GET, at, "").await?;
        assert_eq!(answer.status, status, "{at} of {path:?}");
    }
}

//! The files beside the endpoint: the client for pages, and its types.
//!
//! It must never serve anything that says something of this server: whoever can reach it may have them.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest, HttpResponse, Resource,
    http::header::{
        CacheControl, CacheDirective, ContentType, ETag, EntityTag, Header as _, IfNoneMatch,
    },
    web,
};

/// One file.
struct File {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

/// The npm package `salon-client` in one file, for pages without a build: `framework/client` makes both.
static FILES: [File; 2] = [
    File {
        name: "client.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../../../assets/client.js"),
    },
    File {
        name: "client.d.ts",
        content_type: "text/plain; charset=utf-8",
        content: include_str!("../../../assets/client.d.ts"),
    },
];

/// Changes whenever one of them does.
static TAG: LazyLock<EntityTag> = LazyLock::new(|| {
    let mut hash = crc32fast::Hasher::new();
    FILES.iter().for_each(|file| hash.update(file.content.as_bytes()));
    EntityTag::new_strong(format!("{:08x}", hash.finalize()))
});

/// Their resources, below the path of the endpoint.
pub(super) fn resources(path: &str) -> impl Iterator<Item = Resource> + use<'_> {
    FILES.iter().map(move |file| {
        let serve = move |request: HttpRequest| async move { serve(file, &request) };
        web::resource(format!("{path}/{}", file.name)).route(web::get().to(serve))
    })
}

fn serve(file: &File, request: &HttpRequest) -> HttpResponse {
    let is_known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&TAG)),
        _ => false,
    };
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // Asked each time whether it is still the same: the next version of the app may have another.
    response.insert_header(CacheControl(vec![CacheDirective::NoCache]));
    response.insert_header(ETag(TAG.clone()));
    response.insert_header(("x-content-type-options", "nosniff"));
    // A page of another origin that may connect needs it as well.
    response.insert_header(("access-control-allow-origin", "*"));
    if is_known {
        return response.finish();
    }
    let content_type =
        file.content_type.parse().map_or_else(|_| ContentType::plaintext(), ContentType);
    response.insert_header(content_type).body(file.content)
}

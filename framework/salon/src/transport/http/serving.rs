//! The way of every request: it is looked at, answered or refused, and read to its end.
//!
//! It must never have a request answered whose origin may not ask.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::{rejection::Rejection, response::Reply, upload::Upload};
use crate::connection::Connections;

/// Has `answer` answer a request, once it may; a token that it presents elsewhere than in `Authorization` is
/// its `bearer`.
pub(in crate::transport) async fn serve(
    request: &HttpRequest,
    payload: web::Payload,
    connections: &Arc<Connections>,
    bearer: Option<&str>,
    answer: impl AsyncFnOnce(&mut Upload, &Reply) -> Result<HttpResponse, Rejection>,
) -> HttpResponse {
    let mut upload = Upload::new(payload);
    let response = match Reply::begin(request, connections, bearer) {
        Ok(reply) => match answer(&mut upload, &reply).await {
            Ok(response) => response,
            Err(rejection) => reply.refused(&rejection),
        },
        Err(response) => *response,
    };
    upload.answered(request, connections, response)
}

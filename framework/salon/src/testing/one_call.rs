//! One event by one request, as `curl` or another service calls it.
//!
//! It must never keep anything of the session that the event has: that ends with its answer.

use actix_web::http::{Method, StatusCode};
use bytestring::ByteString;
use percent_encoding::utf8_percent_encode;
use serde::{Serialize, de::DeserializeOwned};

use super::{client::ConnectError, link::IN_PATHS, visitor::Visitor};
use crate::{
    event::{self, Event},
    message::ToldRefusal,
    payload::Payload,
};

impl Visitor<'_> {
    /// Calls an event by one request, `POST /salon/call/<event>`, and waits for its answer; no time passes.
    /// Who it is, its headers say: it has no other session, before or behind.
    ///
    /// # Errors
    /// [`ConnectError::Refused`] if the event was refused, [`ConnectError::Rejected`] if what came says
    /// neither that nor what is replied, [`ConnectError::Unanswered`] if nothing is left to run and no
    /// response came.
    ///
    /// # Panics
    /// When the event has no JSON form.
    pub async fn call<E: Event + Serialize>(self, event: E) -> Result<E::Reply, ConnectError>
    where
        E::Reply: DeserializeOwned,
    {
        let payload = event::encode(&event).expect("what a test sends has a JSON form");
        let body = payload.inlined().expect("what a test sends has a JSON form");
        let event = utf8_percent_encode(E::NAME, IN_PATHS);
        let target = format!("{}/call/{event}", self.plain_path());
        let response = self.request(Method::POST, &target, body).await?;
        let (status, text) = (response.status, response.text());
        let rejected = || ConnectError::Rejected { status: status.as_u16(), body: text.clone() };
        if status == StatusCode::OK {
            let reply = Payload::from_parts(ByteString::from(&*text), Vec::new());
            return event::decode_reply(&reply).map_err(|_| rejected());
        }
        Err(match serde_json::from_str::<ToldRefusal>(&text) {
            Ok(told) => ConnectError::Refused(told.into_refusal()),
            Err(_) => rejected(),
        })
    }
}

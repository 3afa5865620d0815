//! What a WebSocket's client offers in `Sec-WebSocket-Protocol`: what it speaks, and perhaps its token.
//!
//! It must never give a token back, or let it be logged.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::{
    protocol::Format,
    transport::http::{BEARER, Rejection},
    wire::engine_io::RequestError,
};

/// How a token is written there: its characters are no others than those of a protocol's name.
const TOKENS: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is offered, as far as it is known here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Offered {
    /// What the WebSocket speaks, if its client wants to be told.
    pub(super) protocol: Option<&'static str>,
    /// How its frames are written.
    pub(super) format: Format,
    /// The token.
    pub(super) bearer: Option<String>,
}

impl Offered {
    /// Reads the header of a request.
    ///
    /// # Errors
    /// If there are protocols, and none of them is served: a browser would drop the connection.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Rejection> {
        let lines = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
        let offers = lines.map(HeaderValue::to_str).map(Result::unwrap_or_default);
        let offers: Vec<&str> = offers
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .filter(|offer| !offer.is_empty())
            .collect();
        // What its client would rather have stands first.
        let format = offers.iter().find_map(|offer| {
            Format::ALL.iter().copied().find(|format| format.subprotocol() == *offer)
        });
        let protocol = format.map(Format::subprotocol);
        if protocol.is_none() && !offers.is_empty() {
            let message = "none of these subprotocols is served; offer `salon.v1`, or none";
            return Err(Rejection::from(RequestError::BadRequest).message(message));
        }
        let token = offers.iter().find_map(|offer| offer.strip_prefix(BEARER));
        let bearer = token.map(decoded).transpose()?;
        Ok(Self { protocol, format: format.unwrap_or_default(), bearer })
    }
}

fn decoded(token: &str) -> Result<String, Rejection> {
    let bytes = TOKENS.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.filter(|text| !text.is_empty() && !text.contains(char::is_control)).ok_or_else(|| {
        let message = "behind `salon.bearer.` there is no token in base64url";
        Rejection::from(RequestError::BadRequest).message(message)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn offered(lines: &[&str]) -> Option<Offered> {
        let request = lines.iter().fold(TestRequest::default(), |request, line| {
            request.append_header((header::SEC_WEBSOCKET_PROTOCOL, *line))
        });
        Offered::of(&request.to_http_request()).ok()
    }

    #[test]
    fn a_protocol_is_chosen_and_a_token_is_read_wherever_they_stand() {
        let found = |protocol: Option<&'static str>, bearer: Option<&str>| {
            Some(Offered { protocol, bearer: bearer.map(str::to_owned), ..Offered::default() })
        };
        assert_eq!(offered(&[]), found(None, None));
        assert_eq!(offered(&["salon.v1"]), found(Some("salon.v1"), None));
        assert_eq!(offered(&["graphql-ws , salon.v1"]), found(Some("salon.v1"), None));
        let both = [
            &["salon.v1, salon.bearer.YS5iLmM"][..],
            &["salon.bearer.YS5iLmM=,salon.v1"],
            &["salon.bearer.YS5iLmM", "salon.v1"],
        ];
        for lines in both {
            assert_eq!(offered(lines), found(Some("salon.v1"), Some("a.b.c")), "{lines:?}");
        }
    }

    #[test]
    #[cfg(feature = "msgpack")]
    fn the_first_of_what_is_served_is_what_the_client_would_rather_have() {
        for (line, format) in [
            ("salon.v1.msgpack", Format::Msgpack),
            ("salon.v1.msgpack, salon.v1", Format::Msgpack),
            ("salon.v1, salon.v1.msgpack", Format::Json),
        ] {
            let found = offered(&[line]).unwrap();
            assert_eq!((found.format, found.protocol), (format, Some(format.subprotocol())));
        }
    }

    #[test]
    fn what_is_not_served_is_refused() {
        for lines in [
            &["salon.bearer.YS5iLmM"][..],
            &["graphql-ws"],
            &["salon.v1, salon.bearer."],
            &["salon.v1, salon.bearer.%%%"],
            &["salon.v1, salon.bearer.AAo"],
        ] {
            assert_eq!(offered(lines), None, "{lines:?}");
        }
    }
}

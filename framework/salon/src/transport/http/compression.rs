//! gzip of polling responses.
//!
//! It must never compress for a client that did not ask for it.

use std::io::{self, Write as _};

use actix_web::{HttpRequest, http::header};
use flate2::{Compression, write::GzEncoder};

/// Whether the client takes gzip.
pub(super) fn accepts_gzip(request: &HttpRequest) -> bool {
    let lines = request.headers().get_all(header::ACCEPT_ENCODING);
    let codings = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    // An explicit word on gzip counts more than the wildcard, wherever they stand.
    let mut any = false;
    for coding in codings {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        match name.trim() {
            "*" => any = is_wanted(parameters),
            name if name.eq_ignore_ascii_case("gzip") => return is_wanted(parameters),
            _ => {}
        }
    }
    any
}

/// The gzip form of `data`.
///
/// # Errors
/// Writing to memory does not fail; the encoder's signature allows for it.
pub(super) fn gzip(data: &[u8]) -> io::Result<Vec<u8>> {
    // The worker is held up meanwhile, so the fastest level: JSON shrinks well by it.
    let mut encoder = GzEncoder::new(Vec::with_capacity(data.len() / 4), Compression::fast());
    encoder.write_all(data)?;
    encoder.finish()
}

/// Whether the parameters of a coding do not weigh it with nought.
fn is_wanted(parameters: &str) -> bool {
    let weight = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>())
    });
    match weight {
        Some(Ok(weight)) => weight > 0.0,
        Some(Err(_)) => false,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn gzip_is_for_those_who_accept_it() {
        for (accepted, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("*", true),
            ("br, *;q=0.1", true),
            ("", false),
            ("br, deflate", false),
            ("gzip;q=0", false),
            ("*, gzip;q=0.0", false),
            ("gzip; q=none", false),
            ("gzipped", false),
        ] {
            let request = TestRequest::default()
                .insert_header((header::ACCEPT_ENCODING, accepted))
                .to_http_request();
            assert_eq!(accepts_gzip(&request), expected, "{accepted}");
        }
        assert!(!accepts_gzip(&TestRequest::default().to_http_request()));
    }

    #[test]
    fn what_was_compressed_can_be_read_again() {
        let data = b"4hello".repeat(1_000);
        let small = gzip(&data).unwrap();
        assert!(small.len() < data.len() / 10);
        let mut again = Vec::new();
        flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut again).unwrap();
        assert_eq!(again, data);
    }
}

//! Which signature is believed: by which key, with which algorithm, for how long.

use super::*;

#[test]
fn a_good_token_of_each_algorithm_is_taken() {
    let secret = EncodingKey::from_secret(&SECRET);
    let table: [(Jwt<Player>, &str, EncodingKey, Algorithm); 6] = [
        (Jwt::hs256(SECRET).unwrap(), "HS256", secret.clone(), Algorithm::HS256),
        (Jwt::hs384(SECRET).unwrap(), "HS384", secret.clone(), Algorithm::HS384),
        (Jwt::hs512(SECRET).unwrap(), "HS512", secret, Algorithm::HS512),
        (
            Jwt::rs256(RSA_PUBLIC).unwrap(),
            "RS256",
            EncodingKey::from_rsa_pem(RSA).unwrap(),
            Algorithm::RS256,
        ),
        (
            Jwt::es256(P256_PUBLIC).unwrap(),
            "ES256",
            EncodingKey::from_ec_pem(P256).unwrap(),
            Algorithm::ES256,
        ),
        (
            Jwt::eddsa(ED25519_PUBLIC).unwrap(),
            "EdDSA",
            EncodingKey::from_ed_pem(ED25519).unwrap(),
            Algorithm::EdDSA,
        ),
    ];
    for (index, (jwt, name, key, algorithm)) in table.iter().enumerate() {
        let header = json!({ "alg": name }).to_string();
        let token = signed(&header, &good(), key, *algorithm);
        let player = check(jwt, &presenting(&token)).expect(name).into_identity();
        assert_eq!(player, Player { name: "Ada".to_owned() });
        // Each with every other key, under its own name and under that of the other.
        for (other, (jwt, wanted, ..)) in table.iter().enumerate() {
            if other != index {
                let (found, wanted) = ((*name).to_owned(), *wanted);
                assert_eq!(error(jwt, &token), TokenError::Algorithm { found, wanted });
                let header = json!({ "alg": wanted }).to_string();
                let token = signed(&header, &good(), key, *algorithm);
                assert_eq!(error(jwt, &token), TokenError::Signature, "{name} as {wanted}");
            }
        }
        // Another signature of the right length, a longer one, and none.
        let (message, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        bytes[10] ^= 1;
        let changed = encode(&bytes);
        bytes.push(0);
        for signature in [changed, encode(&bytes), String::new()] {
            let token = format!("{message}.{signature}");
            assert_eq!(error(jwt, &token), TokenError::Signature, "{name}");
        }
    }
}

#[test]
fn the_public_key_is_no_secret() {
    let public = EncodingKey::from_secret(RSA_PUBLIC);
    let confused = signed(HEADER, &good(), &public, Algorithm::HS256);
    let wanted = TokenError::Algorithm { found: "HS256".to_owned(), wanted: "RS256" };
    assert_eq!(error(&Jwt::<Player>::rs256(RSA_PUBLIC).unwrap(), &confused), wanted);
    let posing = signed(r#"{"alg":"RS256"}"#, &good(), &public, Algorithm::HS256);
    assert_eq!(error(&Jwt::<Player>::rs256(RSA_PUBLIC).unwrap(), &posing), TokenError::Signature);
}

#[test]
fn a_token_that_is_not_signed_is_refused() {
    for none in ["none", "None", "NONE", "nOnE"] {
        let header = json!({ "alg": none }).to_string();
        for signature in [String::new(), encode("x")] {
            let token = format!("{}.{}.{signature}", encode(&header), encode(good()));
            assert_eq!(error(&jwt(), &token), TokenError::Unsigned, "{none}");
        }
        assert_eq!(error(&jwt(), &hs256(&header, &good())), TokenError::Unsigned);
    }
}

#[test]
fn keys_that_a_token_brings_along_are_ignored() {
    let own = EncodingKey::from_secret(&OTHER);
    let jwk = json!({ "kty": "oct", "k": encode(OTHER) });
    let header = json!({
        "alg": "HS256", "jwk": jwk, "jku": "https://evil.com/keys", "x5u": "https://evil.com/x",
    });
    let token = signed(&header.to_string(), &good(), &own, Algorithm::HS256);
    assert_eq!(error(&jwt(), &token), TokenError::Signature);
    assert!(check(&jwt(), &presenting(&hs256(&header.to_string(), &good()))).is_ok());
}

#[test]
fn the_kid_chooses_the_key() {
    let keys = Keys::new();
    keys.add("a", Key::hs256(SECRET).unwrap());
    keys.add("b", Key::hs256(OTHER).unwrap());
    let jwt = Jwt::<Player>::with_keys(keys);
    let header = |kid: &str| json!({ "alg": "HS256", "kid": kid }).to_string();
    assert!(check(&jwt, &presenting(&hs256(&header("a"), &good()))).is_ok());
    assert_eq!(error(&jwt, &hs256(&header("b"), &good())), TokenError::Signature);
    let unknown = |kid: Option<&str>| TokenError::UnknownKey { kid: kid.map(Into::into) };
    assert_eq!(error(&jwt, &hs256(&header("c"), &good())), unknown(Some("c")));
    assert_eq!(error(&jwt, &hs256(&header(""), &good())), unknown(Some("")));
    assert_eq!(error(&jwt, &hs256(&header("../a"), &good())), unknown(Some("../a")));
    assert_eq!(error(&jwt, &hs256(HEADER, &good())), unknown(None));
    let long = format!("{}…", "k".repeat(32));
    let found = error(&jwt, &hs256(&header(&"k".repeat(2000)), &good()));
    assert_eq!(found, unknown(Some(&long)));
    let none = Jwt::<Player>::with_keys(Keys::new());
    assert_eq!(error(&none, &hs256(HEADER, &good())), unknown(None));
}

#[test]
fn a_kid_of_two_issuers_is_chosen_by_the_issuer() {
    let keys = Keys::new();
    keys.add("k", Key::hs256(SECRET).unwrap().issued_by("one"));
    keys.add("k", Key::hs256(OTHER).unwrap().issued_by("two"));
    let jwt = Jwt::<Player>::with_keys(keys.clone());
    let token = |secret: &[u8], iss: Value| {
        let key = EncodingKey::from_secret(secret);
        let header = json!({ "alg": "HS256", "kid": "k" }).to_string();
        signed(&header, &claims(json!({ "iss": iss })), &key, Algorithm::HS256)
    };
    assert!(check(&jwt, &presenting(&token(&SECRET, json!("one")))).is_ok());
    assert!(check(&jwt, &presenting(&token(&OTHER, json!("two")))).is_ok());
    let wrong = |found: Option<&str>, wanted: &str| TokenError::KeyIssuer {
        found: found.map(Into::into),
        wanted: wanted.to_owned(),
    };
    assert_eq!(error(&jwt, &token(&SECRET, json!("two"))), wrong(Some("two"), "one"));
    assert_eq!(error(&jwt, &token(&OTHER, json!("one"))), wrong(Some("one"), "two"));
    assert_eq!(error(&jwt, &token(&OTHER, json!(null))), wrong(None, "two"));
    assert_eq!(error(&jwt, &token(&[9; 32], json!("one"))), TokenError::Signature);

    // One secret for both issuers: either may use it.
    keys.add("k", Key::hs256(SECRET).unwrap().issued_by("two"));
    assert!(check(&jwt, &presenting(&token(&SECRET, json!("one")))).is_ok());
    assert!(check(&jwt, &presenting(&token(&SECRET, json!("two")))).is_ok());
}

#[test]
fn who_a_rotated_key_let_in_lapses_with_it() {
    let keys = Keys::new();
    keys.add("old", Key::hs256(SECRET).unwrap());
    let jwt = Jwt::<Player>::with_keys(keys.clone());
    let header = r#"{"alg":"HS256","kid":"old"}"#;
    let token = hs256(header, &claims(json!({ "exp": now() + 10_000 })));
    let before = check(&jwt, &presenting(&token)).unwrap();
    let own = UNIX_EPOCH + Duration::from_secs(now() + 9_000);
    assert!(before.expires().unwrap() > own);

    keys.rotate("new", Key::hs256(OTHER).unwrap(), Duration::from_secs(100));
    let within = check(&jwt, &presenting(&token)).unwrap();
    assert_eq!(within.expires(), before.expires());
    let end = before.expires().unwrap();
    assert!(end <= clock::wall() + Duration::from_secs(100));
    // An end of its own that comes earlier counts.
    let short = hs256(header, &claims(json!({ "exp": now() + 50 })));
    assert!(check(&jwt, &presenting(&short)).unwrap().expires().unwrap() < end);

    keys.remove("old");
    assert!(before.expires().unwrap() <= clock::wall());
    let unknown = TokenError::UnknownKey { kid: Some("old".to_owned()) };
    assert_eq!(error(&jwt, &token), unknown);
}

#[test]
fn a_bad_key_is_refused_with_the_way_out() {
    let short = |algorithm, found, wanted| KeyError::ShortSecret { algorithm, found, wanted };
    assert_eq!(Key::hs256([1; 31]).unwrap_err(), short("HS256", 31, 32));
    assert_eq!(Key::hs384([1; 47]).unwrap_err(), short("HS384", 47, 48));
    assert_eq!(Key::hs512("").unwrap_err(), short("HS512", 0, 64));
    for key in [Key::hs256([1; 32]), Key::hs384([1; 48]), Key::hs512([1; 64])] {
        assert!(key.is_ok());
    }
    let pem = KeyError::PemAsSecret { algorithm: "HS256" };
    assert_eq!(Key::hs256(RSA_PUBLIC).unwrap_err(), pem);
    assert_eq!(Key::rs256(RSA_SHORT).unwrap_err(), KeyError::ShortRsa { found: 1024 });
    assert_eq!(Key::rs256(RSA_A_BIT_SHORT).unwrap_err(), KeyError::ShortRsa { found: 2047 });
    type Make = fn(&[u8]) -> Result<Key, KeyError>;
    let none: [(Make, KeyError, &[&[u8]]); 3] = [
        (
            |pem| Key::rs256(pem),
            KeyError::Pem { algorithm: "RS256", wanted: "RSA" },
            &[RSA, P256_PUBLIC, ED25519_PUBLIC],
        ),
        (
            |pem| Key::es256(pem),
            KeyError::Pem { algorithm: "ES256", wanted: "P-256" },
            &[P256, P384_PUBLIC, RSA_PUBLIC, ED25519_PUBLIC],
        ),
        (
            |pem| Key::eddsa(pem),
            KeyError::Pem { algorithm: "EdDSA", wanted: "Ed25519" },
            &[
                ED25519,
                RSA_PUBLIC,
                P256_PUBLIC,
                // The algorithm's name, and three bytes.
                b"-----BEGIN PUBLIC KEY-----\nMA0wBQYDK2VwAwQAAQID\n-----END PUBLIC KEY-----\n",
            ],
        ),
    ];
    for (make, wanted, pems) in none {
        for pem in pems.iter().chain([&&b""[..], &&b"secret"[..]]) {
            assert_eq!(make(pem).unwrap_err(), wanted, "{}", String::from_utf8_lossy(pem));
        }
    }
}

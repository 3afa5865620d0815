//! Tokens that are none, and where they are looked for.

use super::*;

#[test]
fn a_malformed_token_is_refused() {
    let token = hs256(HEADER, &good());
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let parts = |found| TokenError::Parts { found };
    let table = [
        (String::new(), parts(1)),
        ("token".to_owned(), parts(1)),
        (header.to_owned(), parts(1)),
        (format!("{header}.{payload}"), parts(2)),
        (format!("{token}."), parts(4)),
        (format!("{token}.{signature}"), parts(4)),
        (token.replace('.', ""), parts(1)),
        ("..".to_owned(), TokenError::Header),
        (format!(".{payload}.{signature}"), TokenError::Header),
        (format!("{header}..{signature}"), TokenError::Signature),
        (format!("{header}.{payload}."), TokenError::Signature),
        (token[..token.len() - 11].to_owned(), TokenError::Signature),
        (format!("{header}=.{payload}.{signature}"), TokenError::Encoding("header")),
        (format!("{header}.{payload}.{signature}="), TokenError::Encoding("signature")),
        (format!("{header}.{payload}.!"), TokenError::Encoding("signature")),
        (format!("Bearer {token}"), TokenError::Encoding("header")),
        (format!(" {token}"), TokenError::Encoding("header")),
        (format!("ë.{payload}.{signature}"), TokenError::Encoding("header")),
        (format!("{header}.{payload}x.{signature}"), TokenError::Signature),
        (hs256("{}", &good()), TokenError::Header),
        (hs256("null", &good()), TokenError::Header),
        (hs256("", &good()), TokenError::Header),
        (hs256(r#"{"alg":256}"#, &good()), TokenError::Header),
        (hs256(r#"{"alg":"HS256","alg":"none"}"#, &good()), TokenError::Header),
        (hs256(r#"{"alg":"HS256","kid":"a","kid":"b"}"#, &good()), TokenError::Header),
        (hs256(r#"{"alg":"HS256","kid":7}"#, &good()), TokenError::Header),
        (hs256(r#"{"alg":"HS256"} x"#, &good()), TokenError::Header),
        (hs256(r#"{"alg":"HS256","crit":["exp"],"exp":1}"#, &good()), TokenError::Critical),
        (hs256(r#"{"alg":"HS256","crit":[]}"#, &good()), TokenError::Critical),
        (hs256(r#"{"alg":"HS256","crit":null}"#, &good()), TokenError::Critical),
        (hs256(HEADER, ""), TokenError::Claims),
        (hs256(HEADER, "[]"), TokenError::Claims),
        (hs256(HEADER, "null"), TokenError::Claims),
        (hs256(HEADER, r#"{"exp":99"#), TokenError::Claims),
        (hs256(HEADER, &"[".repeat(1000)), TokenError::Claims),
    ];
    for (token, wanted) in table {
        assert_eq!(error(&jwt(), &token), wanted, "{token}");
    }
    for (found, header) in [("hs256", r#"{"alg":"hs256"}"#), ("", r#"{"alg":""}"#)] {
        let wanted = TokenError::Algorithm { found: found.to_owned(), wanted: "HS256" };
        assert_eq!(error(&jwt(), &hs256(header, &good())), wanted);
    }
    let message = format!("{}.!", encode(HEADER));
    let key = EncodingKey::from_secret(&SECRET);
    let signature = signature_of(&message, &key, Algorithm::HS256);
    assert_eq!(error(&jwt(), &format!("{message}.{signature}")), TokenError::Encoding("payload"));
}

#[test]
fn a_long_token_is_refused_before_it_is_read() {
    let long = hs256(HEADER, &claims(json!({ "more": "x".repeat(48 * 1024) })));
    assert!(long.len() > 64 * 1024);
    let wanted = |limit| TokenError::TooLong { found: long.len(), limit };
    assert_eq!(error(&jwt(), &long), wanted(8 * 1024));
    assert_eq!(
        error(&jwt(), &"x".repeat(64 * 1024)),
        TokenError::TooLong { found: 64 * 1024, limit: 8 * 1024 }
    );
    assert_eq!(error(&jwt().max_token_bytes(long.len() - 1), &long), wanted(long.len() - 1));
    assert!(check(&jwt().max_token_bytes(long.len()), &presenting(&long)).is_ok());
}

#[test]
fn a_token_is_taken_from_where_it_belongs() {
    let token = hs256(HEADER, &good());
    let bearer = format!("Bearer {token}");
    let cookies = format!("a=b; token={token}; c");
    let quoted = format!("token=\"{token}\"");
    let (cookie, query) = (jwt().cookie("token"), jwt().query("token"));
    let auth = |token: Value| Some(json!({ "token": token }));
    let check = |jwt: &Jwt<Player>, auth, headers: &[(&str, &str)], query: &[(&str, &str)]| {
        check(jwt, &credentials(auth, headers, query)).map(Authenticated::into_identity)
    };
    let ada = || Ok(Player { name: "Ada".to_owned() });

    assert_eq!(check(&jwt(), auth(json!(token)), &[], &[]), ada());
    assert_eq!(check(&jwt(), None, &[("authorization", &bearer)], &[]), ada());
    let lower = bearer.replace("Bearer", "bearer ");
    assert_eq!(check(&jwt(), Some(json!({})), &[("authorization", &lower)], &[]), ada());
    assert_eq!(check(&jwt(), auth(json!(null)), &[("authorization", &bearer)], &[]), ada());
    assert_eq!(check(&cookie, None, &[("cookie", &cookies)], &[]), ada());
    assert_eq!(check(&cookie, None, &[("cookie", "a=b"), ("cookie", &quoted)], &[]), ada());
    assert_eq!(check(&query, None, &[], &[("token", &token)]), ada());
    // A proxy's credentials are none of a client's.
    let basic = [("authorization", "Basic YTpi"), ("cookie", &cookies)];
    assert_eq!(check(&cookie, None, &basic, &[]), ada());

    // Neither is looked at unless it is configured.
    let everywhere = [("cookie", cookies.as_str())];
    assert_eq!(check(&jwt(), None, &everywhere, &[("token", &token)]), Err(TokenError::Missing));
    assert_eq!(check(&query, None, &everywhere, &[]), Err(TokenError::Missing));
    assert_eq!(check(&cookie, None, &[], &[("token", &token)]), Err(TokenError::Missing));
    assert_eq!(
        check(&cookie, None, &[("cookie", "tokens=x; Token=y")], &[]),
        Err(TokenError::Missing)
    );
    assert!(cookie.reads_cookies() && !query.reads_cookies() && !jwt().reads_cookies());

    // A bad token in one place is not made up for by another.
    let header = [("authorization", bearer.as_str())];
    let bad = check(&jwt(), auth(json!("bad")), &header, &[]);
    assert_eq!(bad, Err(TokenError::Parts { found: 1 }));
    for token in [json!(7), json!(["x"]), json!({}), json!(true)] {
        assert_eq!(check(&jwt(), auth(token), &header, &[]), Err(TokenError::Presentation));
    }
    for auth in [json!("token"), json!(7)] {
        let found = check(&jwt(), Some(auth), &header, &[]);
        assert_eq!(found, Err(TokenError::Presentation));
    }
    let two = format!("token={token}; token={token}");
    assert_eq!(check(&cookie, None, &[("cookie", &two)], &[]), Err(TokenError::TwoCookies));
    let two = [("cookie", quoted.as_str()), ("cookie", quoted.as_str())];
    assert_eq!(check(&cookie, None, &two, &[]), Err(TokenError::TwoCookies));
}

#[test]
fn a_reason_never_has_the_token_or_a_secret_in_it() {
    let token = hs256(HEADER, &claims(json!({ "name": 7, "mail": "ada@example.com" })));
    let reason = error(&jwt(), &token).to_string();
    assert!(!reason.contains("ada@") && !reason.contains(&token[..20]), "{reason}");
    assert!(!format!("{:?}", jwt()).contains("7, 7"), "{:?}", jwt());
}

#[test]
fn whoever_reads_claims_from_something_else_is_told_what_is_wanted() {
    let error = serde_json::from_str::<Claims>("[]").unwrap_err().to_string();
    assert!(error.contains("expected an object of claims"), "{error}");
    let error = serde_json::from_str::<Permissions>("7").unwrap_err().to_string();
    assert!(error.contains("expected permissions: a list of texts, or one text"), "{error}");
}

//! What the claims of a signed token must be.

use super::{super::registered::Registered, *};

#[test]
fn times_of_the_wrong_type_are_refused() {
    let later = now() + 60;
    let bad = [
        json!(later.to_string()),
        json!("soon"),
        json!(-1),
        json!(-1.5),
        json!(i64::MIN),
        json!(true),
        json!(null),
        json!([later]),
        json!({}),
        json!(u64::MAX),
        json!(i64::MAX),
        json!(253_402_300_800_u64),
        json!(253_402_300_800.5),
        json!(f64::MAX),
        json!(-1e-9),
        json!("1e3"),
        json!("NaN"),
        // Milliseconds.
        json!(later * 1000),
    ];
    let wanted = "a number of seconds since 1970, before the year 10000";
    for claim in ["exp", "nbf", "iat"] {
        for value in &bad {
            let token = hs256(HEADER, &claims(json!({ claim: value })));
            let wanted = TokenError::WrongType { claim, wanted };
            assert_eq!(error(&jwt(), &token), wanted, "{claim}: {value}");
        }
        // As no `json!` writes them.
        for value in ["1e400", "-1e400", "-0", "-0.0", "NaN", "Infinity", "1e", "1."] {
            let rest = if claim == "exp" { String::new() } else { format!(r#","exp":{later}"#) };
            let claims = format!(r#"{{"name":"Ada","{claim}":{value}{rest}}}"#);
            let found = error(&jwt(), &hs256(HEADER, &claims));
            let invalid = matches!(found, TokenError::WrongType { .. } | TokenError::Claims);
            assert!(invalid, "{claim}: {value}: {found:?}");
        }
    }
    let without = json!({ "name": "Ada" }).to_string();
    assert_eq!(error(&jwt(), &hs256(HEADER, &without)), TokenError::NoExpiry);
}

#[test]
fn a_token_is_good_between_its_times() {
    let token = |claims_: Value| hs256(HEADER, &claims(claims_));
    for exp in [0, now() - 1, now()] {
        assert_eq!(error(&jwt(), &token(json!({ "exp": exp }))), TokenError::Expired);
    }
    assert_eq!(error(&jwt(), &token(json!({ "nbf": now() + 10 }))), TokenError::TooEarly);
    for good in [json!({ "nbf": now() }), json!({ "nbf": 0 }), json!({ "iat": now() + 1_000 })] {
        assert!(check(&jwt(), &presenting(&token(good))).is_ok());
    }
    let lenient = jwt().leeway(Duration::from_secs(30));
    let exp = now() - 10;
    let late = check(&lenient, &presenting(&token(json!({ "exp": exp })))).unwrap();
    assert_eq!(late.expires(), Some(UNIX_EPOCH + Duration::from_secs(exp + 30)));
    assert!(check(&lenient, &presenting(&token(json!({ "nbf": now() + 10 })))).is_ok());
    assert_eq!(error(&lenient, &token(json!({ "exp": now() - 31 }))), TokenError::Expired);
    assert_eq!(error(&lenient, &token(json!({ "nbf": now() + 40 }))), TokenError::TooEarly);
    let endless = jwt().leeway(Duration::MAX);
    assert!(check(&endless, &presenting(&token(json!({})))).is_ok());
}

#[test]
fn a_moment_with_a_fraction_is_rounded_so_that_no_token_is_good_for_longer() {
    let at = |seconds: f64| UNIX_EPOCH + Duration::from_secs_f64(seconds);
    let leeway = Duration::from_secs(7);
    for (exp, nbf, iat) in
        [("200", "100", "90"), ("200.999", "99.001", "90.999"), ("2.00e2", "1e2", "9.05e1")]
    {
        let claims = format!(r#"{{"exp":{exp},"nbf":{nbf},"iat":{iat}}}"#);
        let claims: Claims = serde_json::from_str(&claims).unwrap();
        let known = Registered::read(&claims).unwrap_or_else(|error| panic!("{claims:?}: {error}"));
        let valid = |now: f64, leeway: Duration| known.check_time(at(now), leeway);
        let none = Duration::ZERO;
        assert_eq!(valid(99.99, none), Err(TokenError::TooEarly), "{nbf}");
        assert_eq!((valid(100.0, none), valid(199.99, none)), (Ok(()), Ok(())), "{nbf} {exp}");
        assert_eq!(valid(200.0, none), Err(TokenError::Expired), "{exp}");
        assert_eq!(valid(92.99, leeway), Err(TokenError::TooEarly), "{nbf}");
        assert_eq!((valid(93.0, leeway), valid(206.99, leeway)), (Ok(()), Ok(())), "{nbf} {exp}");
        assert_eq!(valid(207.0, leeway), Err(TokenError::Expired), "{exp}");
        assert_eq!(known.issued(none), Some(at(90.0)), "{iat}");
        assert_eq!(known.issued(leeway), Some(at(83.0)), "its issuer's clock may be ahead");
        assert_eq!(known.issued(Duration::MAX), Some(UNIX_EPOCH));
    }
}

#[test]
fn issuer_and_audience_are_checked_if_configured() {
    let token = |changes: Value| hs256(HEADER, &claims(changes));
    let jwt = jwt().issuer("one").issuer("two").audience("lobby").audience("arena");
    for aud in [json!("lobby"), json!("arena"), json!(["shop", "lobby"])] {
        let good = token(json!({ "iss": "two", "aud": aud }));
        assert!(check(&jwt, &presenting(&good)).is_ok(), "{aud}");
    }
    for aud in [json!("shop"), json!("Lobby"), json!([]), json!(null), json!(["shop"])] {
        let wrong = token(json!({ "iss": "one", "aud": aud }));
        assert_eq!(error(&jwt, &wrong), TokenError::Audience, "{aud}");
    }
    for aud in [json!(7), json!({}), json!(["lobby", 7]), json!([["lobby"]])] {
        let wanted = TokenError::WrongType { claim: "aud", wanted: "a text or a list of texts" };
        assert_eq!(error(&jwt, &token(json!({ "iss": "one", "aud": aud }))), wanted);
    }
    let found = |found: &str| TokenError::Issuer { found: Some(found.to_owned()) };
    assert_eq!(error(&jwt, &token(json!({ "iss": "three", "aud": "lobby" }))), found("three"));
    let none = TokenError::Issuer { found: None };
    assert_eq!(error(&jwt, &token(json!({ "aud": "lobby" }))), none);
    let list = TokenError::WrongType { claim: "iss", wanted: "a text" };
    assert_eq!(error(&jwt, &token(json!({ "iss": ["one"], "aud": "lobby" }))), list);
    let long = token(json!({ "iss": "x".repeat(1000), "aud": "lobby" }));
    assert_eq!(error(&jwt, &long), found(&format!("{}…", "x".repeat(32))));
}

#[test]
fn claims_become_what_the_framework_knows() {
    let token = hs256(
        HEADER,
        &claims(json!({
            "sub": "user-7", "jti": "t-1", "scope": "ignored", "permissions": ["lobby:*:play"],
        })),
    );
    let known = check(&jwt(), &presenting(&token)).unwrap();
    assert_eq!(known.get_subject(), Some("user-7"));
    assert_eq!(known.get_token_id(), Some("t-1"));
    assert!(known.get_permissions().allows("play", Some("lobby:7")));
    assert!(!known.get_permissions().allows("ignored", None));
    assert!(!format!("{known:?}").contains("user-7"), "{known:?}");

    let token = hs256(HEADER, &claims(json!({ "scope": "read lobby:**" })));
    let known = check(&jwt(), &presenting(&token)).unwrap();
    assert!(known.get_permissions().allows("read", None));
    assert_eq!((known.get_subject(), known.get_token_id()), (None, None));

    let by_issuer = jwt().subject_of(|claims| Some(format!("a {}", claims.text("name")?)));
    let known = check(&by_issuer, &presenting(&hs256(HEADER, &good()))).unwrap();
    assert_eq!(known.get_subject(), Some("a Ada"));

    let all = Jwt::<Claims>::hs256(SECRET).unwrap();
    let known = check(&all, &presenting(&hs256(HEADER, &good()))).unwrap();
    assert_eq!(known.identity().text("name"), Some("Ada"));
    assert_eq!(known.get_permissions(), &Permissions::none());
}

#[test]
fn claims_that_do_not_fit_are_refused() {
    let text = |claim| TokenError::WrongType { claim, wanted: "a text" };
    let texts = |claim| TokenError::WrongType { claim, wanted: "a text or a list of texts" };
    let identity = TokenError::Identity(std::any::type_name::<Player>());
    let many: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    for (changes, wanted) in [
        (json!({ "sub": 7 }), text("sub")),
        (json!({ "jti": ["t"] }), text("jti")),
        (json!({ "iss": 7 }), text("iss")),
        (json!({ "permissions": 7 }), texts("permissions")),
        (json!({ "permissions": ["play", 7] }), texts("permissions")),
        (json!({ "scope": { "play": true } }), texts("scope")),
        (json!({ "permissions": ["a::b"] }), PermissionsError::EmptySegment.into()),
        (json!({ "scope": "**:a" }), PermissionsError::RestInside.into()),
        (json!({ "permissions": many }), PermissionsError::TooMany.into()),
        (json!({ "name": 7 }), identity.clone()),
        (json!({ "name": null }), identity),
    ] {
        let token = hs256(HEADER, &claims(changes.clone()));
        assert_eq!(error(&jwt(), &token), wanted, "{changes}");
    }
    let later = now() + 60;
    for name in ["exp", "sub", "name"] {
        let (first, second) = (r#""exp":1,"sub":"a","name":"a""#, r#""name":"b""#);
        let claims = match name {
            "name" => format!(r#"{{"exp":{later},{second},{second}}}"#),
            "exp" => format!(r#"{{{first},"exp":{later}}}"#),
            _ => format!(r#"{{"exp":{later},"sub":"a",{second},"sub":"b"}}"#),
        };
        let wanted = TokenError::Duplicate(name.to_owned());
        assert_eq!(error(&jwt(), &hs256(HEADER, &claims)), wanted);
    }
}

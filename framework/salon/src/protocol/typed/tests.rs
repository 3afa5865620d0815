//! What frames mean, without an actor, a socket or a clock.

use proptest::prelude::*;

use super::*;

/// Whether the client has its session.
#[derive(Clone, Copy, Debug)]
struct Has(bool);

impl OpenSessions for Has {
    fn find(&self, namespace: &str) -> Option<usize> {
        (self.0 && namespace == "/a").then_some(0)
    }
}

fn protocol() -> Typed {
    Typed::new("/a".into(), true, false)
}

fn effect(frame: &str, has: Has) -> Result<Effect, String> {
    let message = Message::Text(frame.to_owned().into());
    protocol().receive(message, &has).map_err(|violation| violation.to_string())
}

#[test]
fn a_frame_means_what_its_client_may_do_where_it_is() {
    let connect =
        |auth: Option<&str>| Effect::Connect { namespace: "/a".into(), auth: auth.map(Into::into) };
    let out = Has(false);
    assert_eq!(effect(r#"["salon:connect"]"#, out), Ok(connect(None)));
    assert_eq!(effect(r#"["salon:connect",null]"#, out), Ok(connect(None)));
    assert_eq!(effect(r#" [ "salon:connect" , {"t":1} ] "#, out), Ok(connect(Some(r#"{"t":1}"#))));
    let both = Effect::Both(Box::new([Effect::BeatBy { messages: true }, connect(None)]));
    let told = r#"["salon:connect",{},{"$":{"heartbeat":"message","contract":"7f"}}]"#;
    assert_eq!(effect(told, out), Ok(both));
    let Ok(Effect::Call { session: 0, name, payload, id: Some(7) }) =
        effect(r#"[7,"say",{"text":"hi"}]"#, Has(true))
    else {
        panic!("an event is called")
    };
    assert_eq!((&*name, payload.check().unwrap().json()), ("say", r#"{"text":"hi"}"#));
    let answered = |json: &str| {
        let payload = Payload::from_parts(json.into(), Vec::new());
        Ok(Effect::Answer { session: 0, id: 2, answer: Answered::Reply(payload) })
    };
    assert_eq!(effect(r#"[-3,"green"]"#, Has(true)), answered(r#""green""#));
    assert_eq!(effect("[-3]", Has(true)), answered(""));
    let refused = r#"[-3,null,{"code":"busy","message":"later"}]"#;
    let answer = Answered::Refused(Refusal::other("busy", "later"));
    assert_eq!(effect(refused, Has(true)), Ok(Effect::Answer { session: 0, id: 2, answer }));
    assert_eq!(effect(r#"["salon:bye"]"#, Has(true)), Ok(Effect::Leave { session: 0 }));
    assert_eq!(effect(r#"["salon:bye"]"#, out), Ok(Effect::Nothing));
    assert_eq!(effect("[]", out), Ok(Effect::Nothing));
    assert_eq!(effect("[-3]", out), Ok(Effect::Nothing));
}

#[test]
fn whoever_has_a_session_is_told_that_it_has_one_only_if_it_presents_something() {
    let has = Has(true);
    assert_eq!(effect(r#"["salon:connect"]"#, has), Ok(Effect::Nothing));
    let beat = r#"["salon:connect",null,{"$":{"heartbeat":"ping"}}]"#;
    assert_eq!(effect(beat, has), Ok(Effect::BeatBy { messages: false }));
    let Ok(Effect::Refuse { refusal, .. }) = effect(r#"["salon:connect",{"token":"t"}]"#, has)
    else {
        panic!("it is refused")
    };
    assert_eq!(refusal.code().as_str(), "already_connected");
    let seen = r#"{"salon":{"after":{}}}"#;
    let claim = Effect::Claim { session: 0, auth: seen.into() };
    assert_eq!(effect(&format!(r#"["salon:connect",{seen}]"#), has), Ok(claim));
    let open = Typed::new("/a".into(), false, false)
        .receive(Message::Text(r#"["salon:connect",{"token":"t"}]"#.into()), &has);
    assert!(matches!(open, Ok(Effect::Claim { .. })), "{open:?}");
}

#[test]
fn an_event_of_one_without_a_session_is_refused_and_what_is_no_json_is_none() {
    let Ok(Effect::Refuse { name, id: Some(7), refusal }) =
        effect(r#"[7,"say",{"text":"hi"}]"#, Has(false))
    else {
        panic!("it is refused")
    };
    assert_eq!((&*name, refusal.code().as_str()), ("say", "unauthorized"));
    assert!(effect(r#"["say",}]"#, Has(false)).is_err());
}

#[test]
fn what_is_no_frame_is_a_violation() {
    let deep = format!("[{}]", "[".repeat(128) + &"]".repeat(128));
    for frame in [
        "",
        "{}",
        "null",
        "[null]",
        "[0]",
        r#"[0,"a"]"#,
        r#"[1.5,"a"]"#,
        r#"[1e2,"a"]"#,
        r#"[07,"a",1]"#,
        r#"[18446744073709551616,"a"]"#,
        "[7]",
        "[7,7]",
        "[-0]",
        "[-1.5]",
        "[{}]",
        "[[]]",
        r#"["a""#,
        r#"["a"] x"#,
        r#"["salon:welcome",{}]"#,
        r#"["salon:nonsense"]"#,
        r#"["salon:connect",7]"#,
        r#"["salon:connect",{},{}]"#,
        r#"["salon:connect",{},{"$":{"heartbeat":"smoke"}}]"#,
        &deep,
    ] {
        for has in [Has(false), Has(true)] {
            let found = effect(frame, has);
            assert!(found.is_err(), "{frame} of {has:?} is {found:?}");
        }
    }
    let binary = protocol().receive(Message::Binary(vec![1].into()), &Has(true));
    assert!(matches!(binary, Err(Violation::BadFrame(FrameError::Binary { length: 1 }))));
}

#[test]
fn the_third_refusal_of_a_session_is_the_last() {
    let mut protocol = protocol();
    assert_eq!([(); 3].map(|()| protocol.is_refused()), [false, false, true]);
}

#[test]
fn whoever_need_not_say_who_it_is_or_has_said_so_with_its_request_has_its_session_at_once() {
    for is_known in [true, false] {
        let begun = Typed::new("/a".into(), true, is_known).begin();
        assert_eq!(matches!(begun, Effect::Connect { auth: None, .. }), is_known);
    }
}

proptest! {
    /// Whatever comes: an effect is about the session that the client has, or it has none.
    #[test]
    fn an_effect_is_about_what_there_is(
        text in r#"\[?-?[0-9]{0,3}(,|"salon:|"a"|,null|\{"\$":\{"heartbeat":"ping"\}\}|\{"code":1\}|connect"|[\[\]{}", ]){0,6}\]?"#,
        has in any::<bool>(),
    ) {
        match protocol().receive(Message::Text(text.into()), &Has(has)) {
            Ok(Effect::Call { session, .. } | Effect::Answer { session, .. }) => {
                prop_assert!(has && session == 0);
            }
            Ok(Effect::Deliver(_)) => prop_assert!(false),
            Ok(_) | Err(_) => {}
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = protocol().receive(Message::Text(text.into()), &Has(true));
    }
}

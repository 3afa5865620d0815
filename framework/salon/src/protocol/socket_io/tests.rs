//! What Socket.IO's packets mean, without an actor, a socket or a clock.

use proptest::prelude::*;

use super::*;
use crate::wire::socket_io::{JsonParser, PacketLimits, Parser as _};

/// The namespaces in which a client has a session, by their places.
#[derive(Debug, Clone, Copy)]
struct In(&'static [&'static str]);

impl OpenSessions for In {
    fn find(&self, namespace: &str) -> Option<usize> {
        self.0.iter().position(|name| *name == namespace)
    }
}

fn protocol() -> SocketIo {
    SocketIo::new(JsonParser.decoder(&PacketLimits::default()))
}

fn text(text: &str) -> Message {
    Message::Text(text.to_owned().into())
}

#[test]
fn a_packet_means_what_its_client_may_do_where_it_is() {
    let sessions = In(&["/", "/a"]);
    let effect = |packet: &str| {
        protocol().receive(text(packet), &sessions).map_err(|violation| violation.to_string())
    };
    let connect = Effect::Connect { namespace: "/b".into(), auth: Some(r#"{"t":1}"#.into()) };
    assert_eq!(effect(r#"0/b,{"t":1}"#), Ok(connect));
    assert_eq!(effect("1/a,"), Ok(Effect::Leave { session: 1 }));
    let Ok(Effect::Call { session: 1, name, payload, id: Some(7) }) = effect(r#"2/a,7["x",1]"#)
    else {
        panic!("an event is called")
    };
    assert_eq!((&*name, payload.check().unwrap().json()), ("x", "1"));
    let Ok(Effect::Answer { session: 0, id: 3, answer: Answered::Acknowledgement(payload) }) =
        effect("33[true]")
    else {
        panic!("an acknowledgement answers")
    };
    assert_eq!(payload.json(), "true");
    assert_eq!(effect("2"), Ok(Effect::Nothing), "an event without data is nobody's");
    let second = Violation::SecondConnect("/a".into()).to_string();
    assert_eq!(effect("0/a,"), Err(second));
    let not_connected = Violation::NotConnected("/b".into()).to_string();
    for packet in [r#"2/b,["x",1]"#, "2/b,[7]", "3/b,1[]", "1/b,"] {
        assert_eq!(effect(packet), Err(not_connected.clone()), "{packet}");
    }
    assert!(effect("4{}").is_err() && effect(r#"2/b,["x",}]"#).is_err() && effect("9").is_err());
}

#[test]
fn whoever_begins_no_session_in_time_breaks_the_protocol() {
    assert!(matches!(protocol().timeout(), Some(Violation::ConnectTimeout)));
}

#[test]
fn attachments_are_waited_for() {
    let (sessions, mut protocol) = (In(&["/"]), protocol());
    let head = text(r#"51-["x",{"_placeholder":true,"num":0}]"#);
    assert_eq!(protocol.receive(head, &sessions).ok(), Some(Effect::Nothing));
    let tail = Message::Binary(vec![1, 2].into());
    assert!(matches!(protocol.receive(tail, &sessions), Ok(Effect::Call { session: 0, .. })));
}

proptest! {
    /// Whatever comes: an effect is about a session that the client has, or about a namespace in which
    /// it has none.
    #[test]
    fn an_effect_is_about_what_there_is(
        packets in prop::collection::vec(
            prop_oneof![
                r#"[0-6](2-)?(/[ab]?,)?[0-9]{0,2}(\["[ax]"(,[0-9])?\]|\{\}|\[\]|\[[,"x]*)?"#.prop_map(|it| Message::Text(it.into())),
                prop::collection::vec(any::<u8>(), 0..4).prop_map(|it| Message::Binary(it.into())),
            ],
            0..12,
        ),
        sessions in prop::sample::select(vec![In(&[]), In(&["/"]), In(&["/a", "/"])]),
    ) {
        let mut protocol = protocol();
        for packet in packets {
            match protocol.receive(packet, &sessions) {
                Ok(Effect::Connect { namespace, .. }) => {
                    prop_assert_eq!(sessions.find(&namespace), None);
                }
                Ok(
                    Effect::Call { session, .. }
                    | Effect::Answer { session, .. }
                    | Effect::Leave { session },
                ) => prop_assert!(session < sessions.0.len()),
                Ok(
                    effect @ (Effect::Deliver(_)
                    | Effect::BeatBy { .. }
                    | Effect::Claim { .. }
                    | Effect::Refuse { .. }
                    | Effect::Both(_)),
                ) => prop_assert!(false, "{:?}", effect),
                Ok(Effect::Nothing) | Err(_) => {}
            }
        }
    }
}

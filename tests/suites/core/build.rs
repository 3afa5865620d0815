//! What does not go together is said when the Salon is built.
//!
//! It must never need a client.

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service},
    web::{self, Data},
};
use salon::{
    BuildError, Count, History, Namespace, auth::WhoIs, config::ClientAddress, prelude::*,
    store::MemoryStore,
};

use crate::table::{ByName, Counter, Table};

#[test]
fn two_events_of_one_name_in_one_namespace_are_refused() {
    let twice = Salon::builder().authenticate(ByName).session::<Counter>().on("count", |_, _| {});
    let error = twice.build().expect_err("`count` is there twice");
    let (namespace, event) = ("/".to_owned(), "count".to_owned());
    assert_eq!(error, BuildError::DuplicateEvent { namespace, event });
    assert_eq!(
        error.to_string(),
        r#"two events of namespace / are called "count"; rename one of them"#
    );
}

#[test]
fn names_paths_and_transports_are_checked() {
    fn build<W: WhoIs>(namespace: Namespace<W>) -> BuildError {
        Salon::builder().namespace(namespace).build().expect_err("refused")
    }
    assert_eq!(build(Namespace::new("chat")), BuildError::NamespaceName("chat".to_owned()));
    let tables = Namespace::pattern("/{any}").authenticate(ByName).room::<Table>();
    assert!(matches!(build(tables), BuildError::RoomInPattern { room: "table", .. }));
    let twice = Salon::builder().namespace(Namespace::new("/a")).namespace(Namespace::new("/a"));
    let error = twice.build().expect_err("/a is there twice");
    assert_eq!(error, BuildError::DuplicateNamespace("/a".to_owned()));
    assert_eq!(build(Namespace::new("/")), BuildError::DuplicateNamespace("/".to_owned()));
    let offering = |polling, websocket| {
        let builder = Salon::builder();
        let builder = builder
            .transports(|offered| (offered.polling, offered.websocket) = (polling, websocket));
        builder.build()
    };
    for (polling, websocket) in [(true, false), (false, true), (true, true)] {
        assert!(offering(polling, websocket).is_ok(), "{polling} {websocket}");
    }
    let error = offering(false, false).expect_err("nothing is left");
    assert_eq!(error, BuildError::NoTransport);
    let error = Salon::builder().path("socket.io").build().expect_err("no slash");
    assert_eq!(error, BuildError::Path("socket.io".to_owned()));
}

#[test]
fn two_stores_are_refused() {
    let builder = || Salon::builder().store(MemoryStore::new());
    assert!(builder().build().is_ok());
    let error = builder().store(MemoryStore::new()).build().expect_err("which of them?");
    assert_eq!(error, BuildError::TwoStores);
}

#[test]
#[should_panic(expected = "say `History::NONE`")]
fn a_history_of_nothing_is_none() {
    let _ = History::keep(0);
}

#[test]
fn what_could_not_work_is_refused_by_its_name() {
    use std::time::Duration;

    let setting = |builder: salon::Builder| match builder.build().expect_err("it cannot work") {
        BuildError::Setting { name, .. } => name,
        other => panic!("{other}"),
    };
    let header = |name: &str, proxies| {
        let name = name.to_owned();
        Salon::builder().client_address(ClientAddress::Header { name, proxies })
    };
    for name in ["", "x forwarded for", "x-forwarded-for:", "x\u{e4}", "x\r\ny"] {
        assert_eq!(setting(header(name, 1)), "client_address.name", "{name:?}");
    }
    assert_eq!(setting(header("x-forwarded-for", 0)), "client_address.proxies");
    assert!(header("X-Forwarded_For-2", 1).build().is_ok());
    type Count = fn(&mut salon::config::Limits) -> &mut usize;
    let counts: [(&str, Count); 4] = [
        ("limits.max_events_in_flight", |limits| &mut limits.max_events_in_flight),
        ("limits.max_once_in_room", |limits| &mut limits.max_once_in_room),
        ("limits.max_once_in_sessions", |limits| &mut limits.max_once_in_sessions),
        ("limits.max_once_per_user", |limits| &mut limits.max_once_per_user),
    ];
    for (name, count) in counts {
        assert_eq!(setting(Salon::builder().limits(|limits| *count(limits) = 0)), name);
        assert!(Salon::builder().limits(|limits| *count(limits) = 1).build().is_ok(), "{name}");
    }
    let day = Duration::from_secs(24 * 60 * 60);
    type Set = fn(salon::Builder, Duration) -> salon::Builder;
    let second = Duration::from_secs(1);
    let spans: [(&str, Set); 11] = [
        ("ping_interval", |builder, span| builder.heartbeat(span, Duration::from_secs(1))),
        ("ping_timeout", |builder, span| builder.heartbeat(Duration::from_secs(1), span)),
        ("timeouts.connect", |builder, span| builder.timeouts(|it| it.connect = span)),
        ("timeouts.upgrade", |builder, span| builder.timeouts(|it| it.upgrade = span)),
        ("timeouts.close", |builder, span| builder.timeouts(|it| it.close = span)),
        ("timeouts.middleware", |builder, span| builder.timeouts(|it| it.middleware = span)),
        ("timeouts.shutdown", |builder, span| builder.timeouts(|it| it.shutdown = span)),
        ("timeouts.loading", |builder, span| builder.timeouts(|it| it.loading = span)),
        ("timeouts.handler", |builder, span| builder.timeouts(|it| it.handler = Some(span))),
        ("lapses.reevaluate_every", |builder, span| {
            builder.lapses(|it| it.reevaluate_every = Some(span))
        }),
        ("lapses.notice", |builder, span| builder.lapses(|it| it.notice = span)),
    ];
    for (name, set) in spans {
        for span in [Duration::ZERO, day + second] {
            assert_eq!(setting(set(Salon::builder(), span)), name, "{span:?}");
        }
        for span in [Duration::from_nanos(1), day] {
            assert!(set(Salon::builder(), span).build().is_ok(), "{name} of {span:?}");
        }
    }
}

/// A kind of room of that name; the number makes it a kind of its own.
struct Named<const KIND: u8>;

macro_rules! named {
    ($($kind:literal $name:literal)*) => {
        $(impl Room for Named<$kind> {
            const NAME: &'static str = $name;
            type Key = u32;
            type Identity = ();
            type Events = ();
            type Sends = ();

            fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
                Ok(Self)
            }
        })*
    };
}
named!(0 "hall" 1 "hall" 2 "a:hall" 3 "");

#[test]
fn a_rooms_name_is_a_name_and_is_there_once() {
    let error = Salon::builder().room::<Named<0>>().room::<Named<1>>().build();
    let (namespace, room) = ("/".to_owned(), "hall");
    let twice = BuildError::DuplicateRoomName { namespace, room };
    assert_eq!(error.expect_err("two halls"), twice);
    let error = Salon::builder().room::<Named<2>>().build().expect_err("a colon");
    assert_eq!(error, BuildError::RoomName("a:hall"));
    let error = Salon::builder().room::<Named<3>>().build().expect_err("no name");
    assert_eq!(error, BuildError::RoomName(""));
}

/// A session; the number makes it a type of its own.
struct Guest<const KIND: u8>;

impl<const KIND: u8> Session for Guest<KIND> {
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

#[test]
fn a_client_of_a_namespace_has_one_session() {
    let error = Salon::builder().session::<Guest<0>>().session::<Guest<1>>().build();
    let error = error.expect_err("two sessions");
    assert!(matches!(&error, BuildError::TwoSessions { namespace, .. } if namespace == "/"));
    let words = error.to_string();
    assert!(words.contains("Guest<0>") && words.contains("Guest<1>"), "{words}");
}

#[actix_web::test]
async fn the_apps_own_handlers_get_the_salon() {
    let salon = Salon::builder().build().expect("it fits together");
    let sessions =
        async |salon: Data<Salon>| salon.counters().get(Count::HandlerPanics).to_string();
    let app = App::new().configure(salon.routes()).route("/", web::get().to(sessions));
    let app = init_service(app).await;
    let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;
    assert_eq!(response.status(), 200);
}

mod sent {
    //! Two rooms that send an event of one name, each of a type of its own.

    use salon::prelude::*;

    #[derive(Serialize, Event)]
    #[event("moved")]
    pub(super) struct Piece;

    #[derive(Serialize, Event)]
    #[event("moved")]
    pub(super) struct Player;

    #[derive(Default)]
    pub(super) struct Board;

    #[salon::room(key = u32, sends = (Piece,))]
    impl Board {}

    #[derive(Default)]
    pub(super) struct Hall;

    #[salon::room(key = u32, sends = ((), (Player,)))]
    impl Hall {}

    #[derive(Default)]
    pub(super) struct Guest;

    #[salon::session(sends = (Piece,))]
    impl Guest {}
}

#[test]
fn two_types_that_are_sent_as_one_event_are_refused_within_a_namespace() {
    use sent::{Board, Guest, Hall};

    let both = Salon::builder().session::<Guest>().room::<Board>().build();
    assert!(both.is_ok(), "one type may be sent by several: {both:?}");
    let apart = Namespace::new("/hall").room::<Hall>();
    assert!(Salon::builder().room::<Board>().namespace(apart).build().is_ok());
    for builder in [
        Salon::builder().room::<Board>().room::<Hall>(),
        Salon::builder().session::<Guest>().room::<Hall>(),
    ] {
        let error = builder.build().expect_err("two types are called alike");
        let BuildError::DuplicateSent { namespace, event, types } = &error else {
            panic!("{error}")
        };
        assert_eq!((namespace.as_str(), *event), ("/", "moved"));
        assert!(types[0].ends_with("sent::Piece") && types[1].ends_with("sent::Player"));
        assert!(error.to_string().contains(r#"are both sent in namespace / as "moved""#));
    }
}

//! What does not go together is said when the Salon is built.
//!
//! It must never serve anything: no test here needs a client.

use salon::{BuildError, Namespace, prelude::*};

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
fn a_room_must_see_the_identity_that_the_authenticator_yields() {
    let error = Salon::builder().room::<Table>().build().expect_err("Anyone yields ()");
    assert!(matches!(error, BuildError::IdentityMismatch { .. }), "{error}");
}

#[test]
fn names_paths_and_transports_are_checked() {
    let build = |namespace| Salon::builder().namespace(namespace).build().expect_err("refused");
    assert_eq!(build(Namespace::new("chat")), BuildError::NamespaceName("chat".to_owned()));
    let tables = Namespace::pattern("/{any}").authenticate(ByName).room::<Table>();
    assert!(matches!(build(tables), BuildError::RoomInPattern { room: "table", .. }));
    let twice = Salon::builder().namespace(Namespace::new("/a")).namespace(Namespace::new("/a"));
    let error = twice.build().expect_err("/a is there twice");
    assert_eq!(error, BuildError::DuplicateNamespace("/a".to_owned()));
    assert_eq!(build(Namespace::new("/")), BuildError::DuplicateNamespace("/".to_owned()));
    let none = Salon::builder()
        .transports(|offered| (offered.polling, offered.websocket) = (false, false));
    let error = none.build().expect_err("nothing is left");
    assert_eq!(error, BuildError::NoTransport);
    let error = Salon::builder().path("socket.io").build().expect_err("no slash");
    assert_eq!(error, BuildError::Path("socket.io".to_owned()));
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

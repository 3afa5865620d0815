//! What lets nobody in, or nobody decide, is said when the Salon is built.
//!
//! It must never serve anything: no test here needs a client.

use salon::{
    BuildError, Namespace,
    auth::{
        Jwt,
        jwt::{Claims, KeyError},
    },
    config::Origins,
    prelude::*,
};

use crate::{
    clerk::ByWord,
    library::{Shelf, Visit},
};

#[test]
fn an_event_with_an_identity_or_a_permission_needs_somebody_to_decide() {
    let error = Salon::builder().session::<Anybody>().build().expect_err("nobody authenticates");
    let (namespace, event) = ("/".to_owned(), "mine");
    assert_eq!(error, BuildError::NoAuthenticator { namespace, event, option: "auth" });
    assert!(error.to_string().contains(".authenticate(..)"), "{error}");
    let unowned = || Salon::builder().authenticate(ByWord).session::<Visit>().room::<Shelf>();
    let error = unowned().build().expect_err("nobody decides");
    let (namespace, event, permission) = ("/".to_owned(), "list", "list");
    assert_eq!(error, BuildError::NoAuthority { namespace, event, permission });
    assert!(error.to_string().contains(".authority(..)"), "{error}");
}

#[derive(Serialize, Deserialize, Event)]
#[event("mine", auth)]
struct Mine;

struct Anybody;

impl Session for Anybody {
    type Identity = ();
    type Events = (Mine,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Mine> for Anybody {
    fn on(&mut self, _: Mine, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

#[test]
fn a_cookie_is_not_read_while_any_origin_may_connect() -> Result<(), KeyError> {
    let tokens = || Jwt::<Claims>::hs256([7; 32]);
    let build = |tokens, origins| {
        let staff = Namespace::new("/staff").authenticate(tokens);
        Salon::builder().namespace(staff).origins(origins).build()
    };
    let error = build(tokens()?.cookie("token"), Origins::Any).expect_err("any page may connect");
    let namespace = "/staff".to_owned();
    assert_eq!(error, BuildError::CookieFromAnyOrigin { namespace });
    assert!(error.to_string().contains("Origins::Listed"), "{error}");
    assert!(build(tokens()?.cookie("token"), Origins::SameOrigin).is_ok());
    assert!(build(tokens()?.query("token"), Origins::Any).is_ok());
    Ok(())
}

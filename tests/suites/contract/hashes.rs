//! By what a client knows whether its contract is the server's.

use salon::{
    prelude::*,
    testing::{Lab, Wire},
    wire::engine_io::Message,
};
use schemars::JsonSchema;
use serde_json::Value;

/// An app with one event, which has a field of that type and is described by those words.
macro_rules! app {
    ($field:ty, $words:literal) => {{
        #[doc = $words]
        #[derive(Deserialize, Event, JsonSchema)]
        #[event("count")]
        struct Count {
            #[expect(dead_code, reason = "its schema is what counts")]
            n: $field,
        }

        #[derive(Default)]
        struct Counter;

        #[salon::session(identity = ())]
        impl Counter {
            #[on]
            fn count(&mut self, _: Count) {}
        }

        Salon::builder().session::<Counter>().build().expect("it fits together")
    }};
}

#[test]
fn it_changes_with_what_is_sent_and_not_with_the_words() {
    let hash = |salon: Salon| salon.contract().hash;
    let first = hash(app!(u8, "Count."));
    assert_eq!(first.len(), 8, "{first}");
    assert_eq!(hash(app!(u8, "Count, please.")), first);
    assert_ne!(hash(app!(u16, "Count.")), first);
}

/// Another namespace is another client's.
#[test]
fn it_is_that_of_the_namespace_alone() {
    let salon = app!(u8, "Count.");
    let contract = salon.contract();
    assert_eq!(contract.namespaces["/"].hash, contract.hash);
}

#[salon::test]
async fn the_welcome_has_it() {
    let salon = app!(u8, "Count.");
    let hash = salon.contract().hash;
    let lab = Lab::new(salon).await;
    let client = lab.visitor().wire(Wire::Plain).open().await?;
    let Message::Text(welcome) = client.expect_raw().await else { panic!("a text") };
    let welcome: Value = serde_json::from_str(&welcome)?;
    assert_eq!(welcome[1]["contract"], hash, "{welcome}");
}

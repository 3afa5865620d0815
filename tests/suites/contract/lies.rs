//! A schema that is not what serde does fails the test in which that passes, on every wire.

use std::panic::{AssertUnwindSafe, catch_unwind};

use salon::{
    prelude::*,
    testing::{self, Failure, Lab, Wire},
};
use schemars::JsonSchema;

/// Its schema says that both are numbers.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Told {
    #[schemars(with = "u32")]
    price: String,
    amount: u32,
}

#[derive(Serialize, Deserialize, Event, JsonSchema)]
#[event("tell")]
struct Tell(Told);

#[derive(Serialize, Deserialize, Event)]
#[event("ask", reply = Told)]
struct Ask;

#[derive(Serialize, Deserialize, Event)]
#[event("hear")]
struct Hear;

#[derive(Serialize, Deserialize, Event, JsonSchema)]
#[event("told")]
struct Heard {
    told: Told,
}

#[derive(Serialize, Deserialize, Event, JsonSchema)]
#[event("refuse")]
struct Refuse(Told);

#[derive(Default)]
struct Teller;

fn told() -> Told {
    Told { price: "12".to_owned(), amount: 1 }
}

#[salon::session(identity = (), sends = (Heard,))]
impl Teller {
    #[on]
    fn tell(&mut self, _: Tell) {}

    #[on]
    fn ask(&mut self, _: Ask) -> Told {
        told()
    }

    #[on]
    fn hear(&mut self, _: Hear, cx: &mut SessionContext<Self>) {
        cx.emit(&Heard { told: told() });
    }

    #[on]
    fn refuse(&mut self, _: Refuse) -> Result<(), Refusal> {
        Err(Refusal::forbidden("not this"))
    }
}

/// What a test fails with that does this over that wire, if it fails.
fn failure(
    wire: Wire,
    test: &impl AsyncFn(&testing::Client) -> Result<(), Failure>,
) -> Option<String> {
    let run = || {
        testing::run(async {
            let salon = Salon::builder().session::<Teller>().build()?;
            let lab = Lab::new(salon).await;
            let client = lab.visitor().wire(wire).name("ada").connect().await?;
            test(&client).await?;
            lab.settle().await;
            Ok::<(), Failure>(())
        });
    };
    let panic = catch_unwind(AssertUnwindSafe(run)).err()?;
    Some(panic.downcast_ref::<String>().expect("a message").clone())
}

#[test]
fn what_the_server_accepts_replies_and_sends_is_as_its_schema_says() {
    for wire in Wire::ALL {
        let accepted = failure(wire, &async |client| Ok(client.send(Tell(told())).await?));
        let replied = failure(wire, &async |client| {
            client.send(Ask).await?;
            Ok(())
        });
        let sent = failure(wire, &async |client| {
            client.send(Hear).await?;
            client.expect::<Heard>().await;
            Ok(())
        });
        let found = [
            (accepted, "\"tell\"", "/price"),
            (replied, "\"ask\"", "/price"),
            (sent, "\"told\"", "/told/price"),
        ];
        for (message, event, place) in found {
            let message =
                message.unwrap_or_else(|| panic!("{event} was let through over {wire:?}"));
            for words in [event, place, "the contract is not true", "schemars(with", "ada"] {
                assert!(message.contains(words), "over {wire:?} {words} is not in {message}");
            }
        }
    }
}

#[test]
fn what_is_refused_is_judged_by_nobody() {
    for wire in Wire::ALL {
        let refused = failure(wire, &async |client| {
            client.send(Refuse(told())).await.expect_err("it is refused");
            client.call::<()>("tell", (7,)).await.expect_err("it is no payload");
            Ok(())
        });
        assert_eq!(refused, None, "{wire:?}");
    }
}

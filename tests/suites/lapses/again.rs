//! Who a client is, asked about again while it is connected: only an answer changes anything.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use salon::{
    Code, Salon,
    auth::{Authenticated, Authenticator, Credentials, ScopesInClaims, What, Who},
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};
use serde_json::{Value, json};

use crate::club::{SECOND, code, revoke};

/// How often the authenticator is asked, where that is set.
const EVERY: Duration = Duration::from_secs(60);

/// What the authenticator says.
#[derive(Clone, Copy, Debug)]
enum Says {
    /// It is ada, by the token of that number.
    Ada(u32),
    /// It is ada for so many seconds.
    For(u64),
    /// It is ada, who may do nothing.
    AdaWithoutRights,
    /// It is somebody else.
    Ben,
    /// It is nobody in particular.
    Nobody,
    /// No.
    No,
    /// No, for a reason of its own.
    Banned,
    /// It cannot say.
    Broken,
    /// It does not answer.
    Silent,
}

/// Says what it is to say next, or that it is ada; and notes what it is shown.
#[derive(Clone, Default)]
struct Doorkeeper(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    next: VecDeque<Says>,
    shown: Vec<Value>,
}

impl Doorkeeper {
    fn is_to_say(&self, says: Says) {
        self.0.lock().expect("no panic").next.push_back(says);
    }

    fn shown(&self) -> Vec<Value> {
        self.0.lock().expect("no panic").shown.clone()
    }
}

impl Authenticator for Doorkeeper {
    type Identity = ();

    async fn authenticate(&self, who: Credentials) -> Result<Authenticated<()>, Refusal> {
        let says = {
            let mut state = self.0.lock().expect("no panic");
            state.shown.push(who.auth()?);
            state.next.pop_front().unwrap_or(Says::Ada(1))
        };
        let may = "walk".parse().map_err(Refusal::internal)?;
        let ada = Authenticated::new(()).subject("ada");
        match says {
            Says::Ada(token) => Ok(ada.permissions(may).token_id(format!("token {token}"))),
            Says::For(seconds) => {
                Ok(ada.permissions(may).until(who.now() + Duration::from_secs(seconds)))
            }
            Says::AdaWithoutRights => Ok(ada),
            Says::Ben => Ok(Authenticated::new(()).subject("ben").permissions(may)),
            Says::Nobody => Ok(Authenticated::new(())),
            Says::No => Err(Refusal::unauthorized("not any more")),
            Says::Banned => Err(Refusal::other("banned", "for what you said")),
            Says::Broken => Err(Refusal::internal("the book of guests cannot be read")),
            Says::Silent => pending().await,
        }
    }
}

/// Takes a walk, which is permitted to some.
#[derive(Serialize, Deserialize, Event)]
#[event("walk", permit = "walk")]
struct Walk;

/// How many clients the app was asked to let in.
#[derive(Clone, Default)]
struct Came(Arc<AtomicUsize>);

struct Guest;

impl Session for Guest {
    type Identity = ();
    type Events = (Walk,);
    type Sends = ();

    fn connect(client: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        client.data::<Came>()?.0.fetch_add(1, Ordering::Relaxed);
        Ok(Self)
    }
}

impl On<Walk> for Guest {
    fn on(&mut self, _: Walk, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Why it is asked again.
#[derive(Clone, Copy, Debug)]
enum When {
    /// The application has it asked.
    Told,
    /// It is time.
    Due,
}

async fn lab(doorkeeper: &Doorkeeper, every: Option<Duration>, came: Came) -> Result<Lab, Failure> {
    let salon = Salon::builder()
        .authenticate(doorkeeper.clone())
        .authority(ScopesInClaims)
        .session::<Guest>()
        .data(came)
        .lapses(|lapses| lapses.reevaluate_every = every);
    Ok(Lab::builder(salon.build()?).workers(2).start().await)
}

/// A client whose identity is asked about, what it is by, and what is asked.
async fn ada(wire: Wire, when: When) -> Result<(Lab, Doorkeeper, Client), Failure> {
    let doorkeeper = Doorkeeper::default();
    let every = matches!(when, When::Due).then_some(EVERY);
    let lab = lab(&doorkeeper, every, Came::default()).await?;
    let ada = lab.connect_over(wire, json!({ "number": 0 })).await?;
    ada.send(Walk).await?;
    Ok((lab, doorkeeper, ada))
}

/// Has the authenticator asked again, as often as it says something.
async fn asked_again(lab: &Lab, doorkeeper: &Doorkeeper, when: When, says: Says) {
    doorkeeper.is_to_say(says);
    match when {
        When::Told => {
            let salon = lab.salon().clone();
            lab.drive(async move { salon.reevaluate_all().await }).await;
        }
        When::Due => lab.advance(EVERY).await,
    }
    lab.settle().await;
}

#[salon::test]
async fn the_app_hears_nothing_of_who_comes_with_what_is_over_or_was_revoked() {
    for wire in Wire::ALL {
        let (doorkeeper, came) = (Doorkeeper::default(), Came::default());
        let lab = lab(&doorkeeper, None, came.clone()).await?;
        revoke(&lab, Who::token("token 2"), What::Everything).await;
        for says in [Says::For(0), Says::Ada(2)] {
            doorkeeper.is_to_say(says);
            let refused = lab.connect_over(wire, json!({})).await.expect_err("it is not let in");
            assert!(refused.to_string().contains("unauthorized"), "{says:?}, {wire:?}: {refused}");
        }
        assert_eq!(came.0.load(Ordering::Relaxed), 0, "{wire:?}");
        for says in [Says::For(1), Says::Ada(1)] {
            doorkeeper.is_to_say(says);
            lab.connect_over(wire, json!({})).await?;
        }
        assert_eq!(came.0.load(Ordering::Relaxed), 2, "{wire:?}");
    }
}

#[salon::test]
async fn who_is_somebody_else_or_nobody_when_asked_again_is_out() {
    for wire in Wire::ALL {
        for when in [When::Told, When::Due] {
            for (says, told) in [
                (Says::No, "unauthorized"),
                (Says::Banned, "banned"),
                (Says::Ben, "unauthorized"),
                (Says::Nobody, "unauthorized"),
            ] {
                let case = format!("{says:?}, {when:?}, over {wire:?}");
                let (lab, doorkeeper, ada) = ada(wire, when).await?;
                asked_again(&lab, &doorkeeper, when, Says::Ada(1)).await;
                assert!(ada.is_connected(), "{case}: it is who it was");
                asked_again(&lab, &doorkeeper, when, says).await;
                let lapsed = ada.expect_named("salon:lapsed").await.json();
                assert_eq!(lapsed, [json!({ "code": told })], "{case}");
                assert_eq!(ada.closed().await.code, Code::from(told), "{case}");
                lab.advance(5 * SECOND).await;
                assert_eq!(lab.salon().connections(), 0, "{case}");
            }
        }
    }
}

#[salon::test]
async fn who_cannot_be_told_when_asked_again_goes_on_as_before() {
    for wire in Wire::ALL {
        for says in [Says::Broken, Says::Silent] {
            let (lab, doorkeeper, ada) = ada(wire, When::Due).await?;
            for _ in 0..3 {
                asked_again(&lab, &doorkeeper, When::Due, says).await;
                ada.send(Walk).await?;
            }
            assert!(ada.events().await.is_empty(), "{says:?} over {wire:?}");
        }
    }
}

#[salon::test]
async fn what_an_answer_says_of_rights_and_their_end_holds_from_then_on() {
    for wire in Wire::ALL {
        for when in [When::Told, When::Due] {
            let case = format!("{when:?} over {wire:?}");
            let (lab, doorkeeper, ada) = ada(wire, when).await?;
            asked_again(&lab, &doorkeeper, when, Says::AdaWithoutRights).await;
            assert_eq!(code(ada.send(Walk).await), Code::Forbidden, "{case}");
            asked_again(&lab, &doorkeeper, when, Says::For(10)).await;
            ada.send(Walk).await?;
            lab.advance(10 * SECOND).await;
            assert_eq!(ada.closed().await.code, Code::Lapsed, "{case}");
        }
    }
}

#[salon::test]
async fn who_has_a_token_that_was_revoked_when_asked_again_is_out() {
    for wire in Wire::ALL {
        let (lab, doorkeeper, ada) = ada(wire, When::Told).await?;
        revoke(&lab, Who::token("token 2"), What::Everything).await;
        assert!(ada.is_connected(), "it has another one");
        asked_again(&lab, &doorkeeper, When::Told, Says::Ada(2)).await;
        assert_eq!(ada.closed().await.code, Code::Revoked, "{wire:?}");
    }
}

#[salon::test]
async fn the_authenticator_is_asked_again_about_what_was_presented_last() {
    for wire in Wire::ALL {
        let (lab, doorkeeper, ada) = ada(wire, When::Told).await?;
        asked_again(&lab, &doorkeeper, When::Told, Says::Ada(1)).await;
        let _: Value = ada.call("salon:refresh", (json!({ "number": 1 }),)).await?;
        for _ in 0..2 {
            asked_again(&lab, &doorkeeper, When::Told, Says::Ada(1)).await;
        }
        // What was refused was not presented.
        doorkeeper.is_to_say(Says::Ben);
        let refused = ada.call::<Value>("salon:refresh", (json!({ "number": 2 }),)).await;
        assert_eq!(code(refused), Code::Forbidden);
        asked_again(&lab, &doorkeeper, When::Told, Says::Ada(1)).await;
        let numbers: Vec<_> =
            doorkeeper.shown().iter().map(|auth| auth["number"].clone()).collect();
        assert_eq!(numbers, [0, 0, 1, 1, 1, 2, 1], "{wire:?}");
    }
}

//! Who comes back to a room that keeps what it said: the list that it gets, with what follows, is who is there.
//!
//! It must never look at what the room knows: what counts is what a client makes of what it is told.

use std::{collections::BTreeSet, time::Duration};

use salon::{
    BuildError, History, Presence, PresenceChange, PresenceSnapshot, Present,
    prelude::*,
    store::MemoryStore,
    testing::{Client, Failure, Incoming, Lab},
};
use salon_tests::guests::{ByName, Guest};
use serde_json::json;

const GRACE: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize, Event)]
#[event("lodge:enter", room = Lodge(lodge), join, reply = bool)]
struct Enter {
    lodge: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("lodge:burn", room = Lodge(lodge))]
struct Burn {
    lodge: u32,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("lodge:said")]
struct Said {
    text: String,
}

#[derive(Default)]
struct Lodge;

#[salon::room(
    key = u32,
    identity = Guest,
    sends = (Said,),
    history = History::keep(1_000).durable(),
    linger = Duration::from_secs(3_600),
    presence = Presence::on().grace(GRACE),
)]
impl Lodge {
    #[on]
    fn enter(&mut self, _: Enter, cx: &mut EventContext<'_, Self>) -> bool {
        cx.resumed()
    }

    #[on]
    fn burn(&mut self, _: Burn) {
        panic!("the lodge burns")
    }
}

impl Present for Lodge {
    type Meta = ();

    fn meta(&self, _: &Member<Guest>) {}
}

fn app(store: &MemoryStore) -> Result<Salon, BuildError> {
    Salon::builder().authenticate(ByName::default()).store(store.clone()).room::<Lodge>().build()
}

async fn enter(lab: &Lab, name: &str) -> Result<Client, Failure> {
    let client = lab.visitor().name(name).auth(json!({ "name": name })).connect().await?;
    client.send(Enter { lodge: 1 }).await?;
    Ok(client)
}

/// A guest comes, and goes for good.
async fn visit(lab: &Lab, number: u32) -> Result<(), Failure> {
    let guest = enter(lab, &format!("guest-{number}")).await?;
    guest.disconnect();
    lab.settle().await;
    Ok(())
}

async fn say(lab: &Lab, text: impl ToString) {
    lab.salon().room::<Lodge>(&1).broadcast(&Said { text: text.to_string() }).await;
}

/// What a client does that follows the guide: a list takes the place of what it had, and what comes after
/// changes it.
#[derive(Debug, Default)]
struct Page {
    there: BTreeSet<String>,
    /// What came in the place of somebody's coming and going.
    skipped: usize,
    /// How often it was told of a change.
    changes: usize,
}

impl Page {
    /// Hears that it has joined, and all that it got behind that.
    async fn join(&mut self, client: &Client) {
        self.list(&client.expect_named("salon:joined").await);
        self.hear(client).await;
    }

    fn list(&mut self, event: &Incoming) {
        let list = serde_json::from_value(event.json()[0]["presence"].clone());
        let Ok(PresenceSnapshot::Users(users)) = list else { panic!("{event:?}") };
        self.there = users.into_iter().map(|user| user.user).collect();
    }

    /// Hears all that a client got since it was asked last.
    async fn hear(&mut self, client: &Client) {
        for event in client.events().await {
            match event.name.as_str() {
                "salon:restarted" => self.list(&event),
                "salon:presence" => {
                    self.changes += 1;
                    self.change(event.payload.single().expect("it is one"));
                }
                "salon:skip" => self.skipped += 1,
                _ => {}
            }
        }
    }

    fn change(&mut self, change: PresenceChange) {
        let PresenceChange::Users { joined, updated, left, .. } = change else {
            panic!("{change:?}")
        };
        self.there.extend(joined.into_iter().chain(updated).map(|user| user.user));
        left.iter().for_each(|user| assert!(self.there.remove(user), "{user} was not there"));
    }

    fn names(&self) -> Vec<&str> {
        self.there.iter().map(String::as_str).collect()
    }
}

#[salon::test]
async fn whoever_was_there_before_a_restart_is_no_ghost_to_one_that_comes_back() {
    let store = MemoryStore::new();
    let mut lab = Lab::new(app(&store)?).await;
    let ada = enter(&lab, "ada").await?;
    let mut page = Page::default();
    page.join(&ada).await;
    ada.reset();
    lab.settle().await;
    let _cy = enter(&lab, "cy").await?;
    say(&lab, "one").await;
    lab.settle().await;
    lab.restart(app(&store)?).await;
    ada.resume().await?;
    assert!(ada.send(Enter { lodge: 1 }).await?, "the room goes on in its order");
    page.join(&ada).await;
    assert_eq!(page.names(), ["ada"]);
    lab.advance(2 * GRACE).await;
    page.hear(&ada).await;
    assert_eq!(page.names(), ["ada"]);
    // What comes from here on is told as ever.
    let cy = enter(&lab, "cy").await?;
    page.hear(&ada).await;
    assert_eq!(page.names(), ["ada", "cy"]);
    cy.disconnect();
    lab.settle().await;
    page.hear(&ada).await;
    assert_eq!(page.names(), ["ada"]);
}

#[salon::test]
async fn whose_grace_a_panic_has_ended_is_no_ghost_to_who_stayed_nor_to_who_comes_back() {
    let store = MemoryStore::new();
    let lab = Lab::new(app(&store)?).await;
    let (ada, bob) = (enter(&lab, "ada").await?, enter(&lab, "bob").await?);
    let (mut of_ada, mut of_bob) = (Page::default(), Page::default());
    of_ada.join(&ada).await;
    ada.reset();
    lab.settle().await;
    let cy = enter(&lab, "cy").await?;
    cy.reset();
    lab.settle().await;
    of_bob.join(&bob).await;
    assert_eq!(of_bob.names(), ["ada", "bob", "cy"], "two of them may come back");
    bob.send(Burn { lodge: 1 }).await.expect_err("its handler panics");
    of_bob.hear(&bob).await;
    assert_eq!(of_bob.names(), ["bob"], "the list comes with the word of the restart");
    ada.resume().await?;
    assert!(ada.send(Enter { lodge: 1 }).await?, "the room goes on in its order");
    of_ada.join(&ada).await;
    of_bob.hear(&bob).await;
    assert_eq!((of_ada.names(), of_bob.names()), (vec!["ada", "bob"], vec!["ada", "bob"]));
}

#[salon::test]
async fn who_comes_back_is_not_told_again_what_is_in_its_list_and_all_that_changes_later() {
    let store = MemoryStore::new();
    let lab = Lab::new(app(&store)?).await;
    let ada = enter(&lab, "ada").await?;
    let mut page = Page::default();
    page.join(&ada).await;
    ada.reset();
    lab.settle().await;
    for number in 0..20 {
        visit(&lab, number).await?;
    }
    let _bob = enter(&lab, "bob").await?;
    for number in 0..200 {
        say(&lab, number).await;
    }
    ada.resume().await?;
    // Somebody comes and goes while it reads what it missed.
    ada.read_slowly(1_000);
    let joining = ada.send(Enter { lodge: 1 });
    lab.settle().await;
    let cy = enter(&lab, "cy").await?;
    let _dan = enter(&lab, "dan").await?;
    cy.disconnect();
    lab.advance(Duration::from_secs(600)).await;
    assert!(joining.await?);
    page.changes = 0;
    page.join(&ada).await;
    assert_eq!(page.names(), ["ada", "bob", "dan"]);
    assert_eq!(page.changes, 3, "two came and one went");
    // Twenty came and went, and Bob came; that Ada is back is no change.
    assert_eq!(page.skipped, 41);
}

#[salon::test]
async fn one_that_is_slow_and_was_not_away_is_told_of_everybody() {
    let store = MemoryStore::new();
    let salon = Salon::builder().authenticate(ByName::default()).store(store).room::<Lodge>();
    let salon = salon.limits(|limits| limits.max_outbox_frames = 8).build()?;
    let lab = Lab::builder(salon).window(1024).start().await;
    let ada = enter(&lab, "ada").await?;
    let mut page = Page::default();
    page.join(&ada).await;
    ada.stop_reading();
    for number in 0..60 {
        say(&lab, "x".repeat(200)).await;
        visit(&lab, number).await?;
    }
    let _bob = enter(&lab, "bob").await?;
    ada.read_on();
    lab.settle().await;
    page.hear(&ada).await;
    assert_eq!((page.names(), page.skipped), (vec!["ada", "bob"], 0));
}

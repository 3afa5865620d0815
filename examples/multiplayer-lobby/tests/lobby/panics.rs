//! A lobby whose code panics: its players keep their seats. Without a socket, on virtual time.

use multiplayer_lobby::events::Ready;
use salon::testing::{Client, Lab};
use serde_json::{Value, json};

async fn last(client: &Client, event: &str) -> Value {
    let events = client.events().await;
    let last = events.iter().rev().find(|one| one.name == event);
    last.unwrap_or_else(|| panic!("no {event} came")).json().remove(0)
}

#[salon::test]
async fn a_lobby_that_panics_keeps_its_players() {
    let lab = Lab::new(multiplayer_lobby::salon()?).await;
    let ada = lab.connect(json!({ "name": "Ada" })).await?;
    let bo = lab.connect(json!({ "name": "Bo" })).await?;
    let amber = json!({ "lobby": "Amber" });
    let ready = json!({ "lobby": "Amber", "ready": true });
    for player in [&ada, &bo] {
        player.call::<()>("lobby:join", (amber.clone(),)).await?;
        player.call::<()>("lobby:ready", (ready.clone(),)).await?;
    }
    assert_eq!(last(&ada, "lobby:countdown").await, json!({ "seconds": 3 }));
    lab.panic_in::<Ready>();
    let refused = bo.call::<()>("lobby:ready", (ready.clone(),)).await.expect_err("it panicked");
    assert_eq!(refused.code().as_str(), "internal");
    let mut events = ada.events().await;
    // The hall counts on its own: nobody for a moment, and two again.
    events.retain(|event| event.name != "hall:lobbies");
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["salon:restarted", "lobby:countdown", "lobby:roster"]);
    assert_eq!(events[1].json(), [json!({ "seconds": null })], "it is called off");
    let seats = events[2].json()[0]["seats"].clone();
    assert_eq!(seats[0], json!({ "id": ada.id(), "name": "Ada", "ready": false }));
    assert_eq!(seats[1], json!({ "id": bo.id(), "name": "Bo", "ready": false }));
    for player in [&ada, &bo] {
        player.call::<()>("lobby:ready", (ready.clone(),)).await?;
    }
    assert_eq!(last(&bo, "lobby:countdown").await, json!({ "seconds": 3 }));
}

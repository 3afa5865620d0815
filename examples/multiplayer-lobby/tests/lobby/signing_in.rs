//! Guests and their tokens.

use actix_web::http::Method;
use multiplayer_lobby::{events::Role, guests::SignedIn};
use salon::testing::ConnectError;
use serde_json::{Value, json};

use crate::players::{House, RULES, SECOND};

#[salon::test]
async fn a_name_becomes_a_token_over_http() {
    let house = House::open().await?;
    let request = |body: &'static str| {
        let visitor = house.lab.visitor().header("content-type", "application/json");
        visitor.request(Method::POST, "/sign-in", body)
    };
    let response = request(r#"{ "name": " Ada " }"#).await?;
    let SignedIn { token, expires_in_ms } = serde_json::from_str(&response.text())?;
    assert_eq!(expires_in_ms, 120_000);
    house.lab.connect(json!({ "token": token })).await?;
    for body in [r#"{ "name": "" }"#, r#"{ "name": 7 }"#, "{}", "Ada"] {
        let response = request(body).await?;
        assert_eq!(response.status.as_u16(), 400, "{body}");
        let refusal: Value = serde_json::from_str(&response.text())?;
        assert_eq!(refusal["message"], "Say who you are: a name of 1 to 24 characters.");
    }
}

#[salon::test]
async fn only_a_token_of_this_house_lets_anybody_in() {
    let house = House::open().await?;
    let elsewhere = multiplayer_lobby::guests::Guests::new([8; 32], RULES.token);
    let there = House { guests: elsewhere, ..house };
    let token = there.token("Mallory", None)?;
    for auth in [json!({}), json!({ "name": "Ada" }), json!({ "token": token })] {
        let refused = there.lab.connect(&auth).await.expect_err("a refusal");
        let ConnectError::Refused(refusal) = refused else { panic!("{auth}: {refused}") };
        assert_eq!(refusal.code().as_str(), "unauthorized");
    }
}

#[salon::test]
async fn the_last_token_of_a_tab_says_who_it_is_also_when_it_has_run_out() {
    let house = House::open().await?;
    let ada = house.guest("Ada").await?;
    house.lab.advance(SECOND * 3_600).await;
    assert!(!ada.client.is_connected());
    let again = house.again("Ada", &ada).await?;
    assert_eq!(again.user, ada.user);
    let forged = house.token("Ada", Some(format!("{}x", ada.token)))?;
    let namesake = house.guest("Ada").await?;
    assert_ne!(namesake.user, ada.user);
    assert_ne!(house.lab.connect(json!({ "token": forged })).await?.id(), again.client.id());
}

#[salon::test]
async fn a_token_that_ran_out_more_than_an_hour_ago_is_nobodys_any_more() {
    let house = House::open().await?;
    let ada = house.guest("Ada").await?;
    house.lab.advance(RULES.token + SECOND * 3_600).await;
    assert_eq!(house.again("Ada", &ada).await?.user, ada.user);
    house.lab.advance(SECOND).await;
    assert_ne!(house.again("Ada", &ada).await?.user, ada.user);
}

#[salon::test]
async fn a_token_that_is_refreshed_in_time_interrupts_nothing() {
    let house = House::open().await?;
    let (_, guests) = house.lobby_of(&["Ada", "Bo"]).await?;
    let ada = &guests[0];
    for _ in 0..10 {
        house.lab.advance(SECOND * 60).await;
        for guest in &guests {
            assert_eq!(guest.refresh(&house).await?, json!({ "expires_in_ms": 120_000 }));
        }
    }
    assert_eq!(ada.seats().await, ["Ada", "Bo"]);
}

#[salon::test]
async fn a_token_that_lapses_ends_the_connection_and_keeps_the_seat() {
    let house = House::open().await?;
    let (lobby, mut guests) = house.lobby_of(&["Ada"]).await?;
    let ada = guests.remove(0);
    house.lab.advance(SECOND * 60).await;
    let bo = house.guest("Bo").await?;
    bo.join(&lobby, Role::Player).await?;
    house.lab.advance(SECOND * 30).await;
    let soon = ada.client.expect_named("salon:lapsing").await.json();
    assert_eq!(soon, [json!({ "expires_in_ms": 30_000 })]);
    house.lab.advance(SECOND * 30).await;
    assert_eq!(ada.client.closed().await.code.as_str(), "lapsed");
    let state = bo.state().await;
    assert_eq!(crate::players::names(&state), ["(Ada)", "Bo"]);
    assert_eq!(state.host, Some(bo.user.clone()));

    house.lab.advance(SECOND * 29).await;
    let ada = house.again("Ada", &ada).await?;
    ada.join(&lobby, Role::Player).await?;
    assert_eq!(bo.seats().await, ["Ada", "Bo"]);
}

//! Clients of all protocols in one room: one order, and nothing twice.

use salon::testing::{Client, Failure, Lab, Wire, for_seeds};
use serde_json::json;

use crate::{
    parlour::{Join, Said, Say, app},
    plain::{Plain, lab},
};

async fn member(lab: &Lab, wire: Wire) -> Result<Client, Failure> {
    let visitor = lab.visitor().wire(wire).auth(json!({ "token": "token-ada" }));
    let client = visitor.connect().await?;
    client.send(Join { room: "a".into() }).await?;
    Ok(client)
}

#[test]
fn clients_of_all_protocols_see_one_order() {
    for_seeds(0..10, async |seed| {
        let lab = Lab::builder(app().0.build()?).workers(3).seed(seed).start().await;
        let mut members = Vec::new();
        for wire in Wire::ALL {
            members.push(member(&lab, wire).await?);
        }
        for number in 0..20 {
            for (index, member) in members.iter().enumerate() {
                let text = format!("{number} of {index}");
                member.emit(Say { room: "a".into(), text, to_others: false });
            }
        }
        let mut orders = Vec::new();
        for member in &members {
            let mut said = Vec::new();
            for _ in 0..20 * members.len() {
                said.push(member.expect::<Said>().await.text);
            }
            member.expect_none().await;
            orders.push(said);
        }
        assert!(orders.iter().all(|order| *order == orders[0]), "seed {seed}: {orders:?}");
        Ok(())
    });
}

#[salon::test]
async fn whoever_is_left_out_is_told_the_number_that_it_misses() {
    let lab = lab().await?;
    let ada = Plain::come(&lab, "token-ada").await?;
    ada.says(&json!([1, "chat:join", { "room": "a" }]));
    let joined = ada.hears_of("salon:joined").await;
    assert_eq!((&joined["room"], &joined["after"]), (&json!("chat:a"), &json!(0)));
    assert_eq!(ada.hears().await, json!([-1, false]));
    ada.says(&json!(["chat:say", { "room": "a", "text": "hi", "to_others": true }]));
    let skip = ada.hears_of("salon:skip").await;
    assert_eq!(skip, json!({ "room": "chat:a", "epoch": joined["epoch"], "seq": 1 }));
    ada.says(&json!(["chat:say", { "room": "a", "text": "hi" }]));
    let position = json!({ "room": "chat:a", "epoch": joined["epoch"], "seq": 2 });
    assert_eq!(ada.hears().await, json!(["chat:said", { "text": "hi" }, position]));
    ada.0.expect_none().await;
}

#[salon::test]
async fn a_member_leaves_by_the_rooms_name_and_is_answered_once_it_is_out() {
    let lab = lab().await?;
    let (ada, eve) = (Plain::come(&lab, "token-ada").await?, Plain::come(&lab, "token-eve").await?);
    for client in [&ada, &eve] {
        client.says(&json!([1, "chat:join", { "room": "a" }]));
        client.is_answered(1).await;
    }
    eve.sends(
        "[\"chat:say\",{\"room\":\"a\",\"text\":\"1\"}]\n[2,\"salon:leave\",{\"room\":\"chat:a\"}]",
    );
    assert_eq!(eve.hears().await[1]["text"], "1");
    assert_eq!(eve.hears().await, json!([-2]));
    ada.says(&json!(["chat:say", { "room": "a", "text": "2" }]));
    assert_eq!(ada.hears().await[1]["text"], "1");
    assert_eq!(ada.hears().await[1]["text"], "2");
    eve.0.expect_none().await;
    for (frame, code) in [
        (json!([3, "salon:leave", { "room": "chat:a" }]), "not_a_member"),
        (json!([3, "salon:leave", { "room": "chat:nowhere" }]), "not_a_member"),
        (json!([3, "salon:leave", { "room": 7 }]), "invalid_payload"),
        (json!([3, "salon:leave"]), "invalid_payload"),
    ] {
        eve.says(&frame);
        assert_eq!(eve.is_answered(3).await[2]["code"], code, "{frame}");
    }
    eve.says(&json!(["salon:leave", { "room": "chat:a" }]));
    let refused = eve.hears_of("salon:refused").await;
    assert_eq!(refused["event"], "salon:leave");
    eve.says(&json!([4, "chat:join", { "room": "a" }]));
    assert_eq!(eve.hears_of("salon:joined").await["after"], 2);
    assert_eq!(eve.is_answered(4).await, json!([-4, false]));
}

//! A member that sees a gap asks for it once more.

use salon::{
    Code,
    testing::{Client, Lab, Wire, for_seeds},
};
use serde_json::{Value, json};

use crate::chat::{Club, Enter, KEPT, Leave, Said, Say, To, come, join, joined, lab, said, say};

/// Asks for what has come behind a number, up to another; up to which it came.
async fn ask(client: &Client, epoch: &Value, after: u64, to: Option<u64>) -> Result<u64, Code> {
    let gap = json!({ "room": "chat:a", "epoch": epoch, "after": after, "to": to });
    let answer: Result<Value, _> = client.call("salon:replay", (gap,)).await;
    answer.map(|answer| answer["to"].as_u64().unwrap_or_default()).map_err(|it| it.code().clone())
}

async fn member(lab: &Lab, wire: Wire) -> Result<(Client, Value), salon::testing::Failure> {
    let ada = come(lab, wire, "ada").await?;
    join(&ada).await?;
    let epoch = joined(&ada).await["epoch"].clone();
    Ok((ada, epoch))
}

#[test]
fn a_member_gets_once_more_what_it_asks_for_and_the_answer_behind_it() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed, |_| {}).await?;
            let (ada, epoch) = member(&lab, wire).await?;
            say(&lab, 1..=10).await;
            assert_eq!(said(&ada).await, (1..=10).collect::<Vec<_>>());
            for (after, to, came) in
                [(3, Some(5), 5), (8, None, 10), (0, Some(99), 10), (10, None, 10)]
            {
                assert_eq!(ask(&ada, &epoch, after, to).await, Ok(came), "{wire:?}");
                assert_eq!(said(&ada).await, (after + 1..=came).collect::<Vec<_>>(), "{wire:?}");
            }
            // What it was left out of is a number all the same.
            ada.send(Say { room: "a".into(), text: "11".into(), to: To::Others }).await?;
            ada.expect_named("salon:skip").await;
            assert_eq!(ask(&ada, &epoch, 9, None).await, Ok(11));
            assert_eq!(said(&ada).await, [10]);
        }
        Ok(())
    });
}

/// Of what was published before it came its user was left out, of the rest the other session alone.
#[salon::test]
async fn a_second_tab_gets_once_more_what_the_first_alone_was_left_out_of() {
    let lab = lab(0, |_| {}).await?;
    let whisper = |text: &str| Say { room: "a".into(), text: text.into(), to: To::Others };
    let (first, epoch) = member(&lab, Wire::WebSocket).await?;
    first.send(whisper("1")).await?;
    let (second, _) = member(&lab, Wire::WebSocket).await?;
    first.send(whisper("2")).await?;
    assert_eq!(said(&second).await, [2]);
    for (tab, heard) in [(&first, [].as_slice()), (&second, &[2])] {
        assert_eq!(ask(tab, &epoch, 0, None).await, Ok(2));
        assert_eq!(said(tab).await, heard);
    }
}

/// Where a room shows what was published since somebody came first, and nobody knows who comes, a session is
/// shown what was published since it is there.
#[salon::test]
async fn a_member_that_nobody_knows_gets_once_more_what_was_said_since_it_came() {
    let lab = lab(0, |_| {}).await?;
    let say = async |text: &str| {
        let said = Said { text: text.into() };
        lab.salon().room::<Club>(&"a".into()).broadcast(&said).await;
        lab.settle().await;
    };
    let enter = || Enter { room: "a".into() };
    come(&lab, Wire::WebSocket, "ada").await?.send(enter()).await?;
    say("1").await;
    let nobody = come(&lab, Wire::WebSocket, "").await?;
    nobody.send(enter()).await?;
    let epoch = joined(&nobody).await["epoch"].clone();
    say("2").await;
    assert_eq!(said(&nobody).await, [2]);
    for (after, heard) in [(0, None), (1, Some([2]))] {
        let gap = json!({ "room": "club:a", "epoch": epoch, "after": after });
        let answer: Result<Value, _> = nobody.call("salon:replay", (gap,)).await;
        assert_eq!(
            answer.map_err(|it| (it.code().clone(), it.data().cloned())),
            match heard {
                Some(_) => Ok(json!({ "to": 2 })),
                None => Err((Code::Gone, Some(json!({ "first": 2 })))),
            }
        );
        assert_eq!(said(&nobody).await, heard.as_ref().map_or(&[][..], |heard| heard));
    }
}

#[salon::test]
async fn what_is_gone_is_refused_with_what_is_left() {
    let lab = lab(0, |_| {}).await?;
    let (ada, epoch) = member(&lab, Wire::WebSocket).await?;
    say(&lab, 1..=2 * KEPT as u64).await;
    lab.settle().await;
    let gap = json!({ "room": "chat:a", "epoch": epoch, "after": 3 });
    let refused = ada.call::<Value>("salon:replay", (gap,)).await.expect_err("it is gone");
    assert_eq!(
        (refused.code(), refused.data()),
        (&Code::Gone, Some(&json!({ "first": KEPT + 1 })))
    );
    assert_eq!(ask(&ada, &json!("b7a01f93c2"), 3, None).await, Err(Code::Gone));
    assert_eq!(ask(&ada, &epoch, 1_000, None).await, Err(Code::Gone));
    assert_eq!(ask(&ada, &json!(7), 3, None).await, Err(Code::InvalidPayload));
    let other = come(&lab, Wire::WebSocket, "eve").await?;
    assert_eq!(ask(&other, &epoch, 199, None).await, Err(Code::NotAMember));
    ada.send(Leave { room: "a".into() }).await?;
    assert_eq!(ask(&ada, &epoch, 199, None).await, Err(Code::NotAMember));
}

#[salon::test]
async fn it_comes_in_parts_that_an_outbox_can_take_and_not_too_often() {
    let lab = lab(0, |limits| limits.max_outbox_frames = 64).await?;
    let (ada, epoch) = member(&lab, Wire::WebSocket).await?;
    say(&lab, 1..=90).await;
    said(&ada).await;
    let (mut after, mut times, mut again) = (0, 0, Vec::new());
    while after < 90 {
        after = ask(&ada, &epoch, after, None).await.map_err(|code| code.to_string())?;
        again.extend(said(&ada).await);
        times += 1;
    }
    assert_eq!(again, (1..=90).collect::<Vec<_>>());
    assert!(times > 3, "{times}");
    for _ in times..20 {
        assert!(ask(&ada, &epoch, 90, None).await.is_ok());
    }
    assert_eq!(ask(&ada, &epoch, 90, None).await, Err(Code::RateLimited));
}

//! Tests that run in a lab and over real sockets: one line is all that differs.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use salon::{
    Code,
    testing::{Failure, Lab, Wire},
};

use crate::app::{Double, Enter, Introduce, Said, Say, Who, app};

macro_rules! both_ways {
    ($($test:ident)*) => {
        mod in_the_lab {
            $(#[salon::test]
            async fn $test() {
                super::$test(super::Lab::new(super::app()).await).await?;
            })*
        }

        mod over_real_sockets {
            $(#[salon::test]
            async fn $test() {
                super::$test(super::Lab::serve(super::app()).await?).await?;
            })*
        }
    };
}

both_ways! {
    an_event_is_answered_over_each_wire
    a_broadcast_reaches_every_member
    a_refusal_has_its_code
    a_client_answers_a_question
    a_client_that_may_not_come_is_refused
    a_reset_is_noticed_by_the_others
    a_client_comes_back
    what_is_under_way_is_not_overlooked
}

async fn an_event_is_answered_over_each_wire(lab: Lab) -> Result<(), Failure> {
    for wire in Wire::ALL {
        let client = lab.connect_over(wire, ()).await?;
        assert_eq!(client.send(Double(21)).await?, 42, "{wire:?}");
    }
    Ok(())
}

async fn a_broadcast_reaches_every_member(lab: Lab) -> Result<(), Failure> {
    let mut members = Vec::new();
    for wire in Wire::ALL {
        let member = lab.connect_over(wire, ()).await?;
        member.send(Enter { hall: 1 }).await?;
        members.push(member);
    }
    members[0].send(Say { hall: 1, text: "hello".to_owned() }).await?;
    for member in &members {
        assert_eq!(member.expect::<Said>().await, Said { text: "hello".to_owned() });
    }
    Ok(())
}

async fn a_refusal_has_its_code(lab: Lab) -> Result<(), Failure> {
    let client = lab.connect(()).await?;
    let refused = client.send(Say { hall: 1, text: "hello".to_owned() }).await;
    assert_eq!(refused.map_err(|refusal| refusal.code().clone()), Err(Code::NotAMember));
    let refused = client.call::<()>("no such event", ()).await;
    assert_eq!(refused.map_err(|refusal| refusal.code().clone()), Err(Code::UnknownEvent));
    Ok(())
}

async fn a_client_answers_a_question(lab: Lab) -> Result<(), Failure> {
    let client = lab.connect(()).await?;
    let introduced = client.send(Introduce);
    let question = client.expect_question::<Who>().await;
    assert_eq!(question.event, Who);
    question.answer(&"Ada".to_owned());
    assert_eq!(introduced.await?, "Ada");
    Ok(())
}

async fn a_client_that_may_not_come_is_refused(lab: Lab) -> Result<(), Failure> {
    let refused = lab.connect(serde_json::json!({ "banned": true })).await;
    let message = refused.err().map(|refused| refused.to_string());
    assert_eq!(message.as_deref(), Some("refused: forbidden: you are banned"));
    Ok(())
}

async fn a_reset_is_noticed_by_the_others(lab: Lab) -> Result<(), Failure> {
    let (stays, goes) = (lab.connect(()).await?, lab.connect(()).await?);
    for client in [&stays, &goes] {
        client.send(Enter { hall: 1 }).await?;
    }
    goes.reset();
    assert_eq!(stays.expect::<crate::app::Left>().await.why, "transport close");
    assert!(!goes.is_connected());
    Ok(())
}

async fn a_client_comes_back(lab: Lab) -> Result<(), Failure> {
    let client = lab.connect(()).await?;
    let first = client.id();
    client.reconnect().await?;
    assert_ne!(client.id(), first);
    assert_eq!(client.send(Double(1)).await?, 2);
    Ok(())
}

/// Over real sockets the broadcast takes its time: a check that nothing came has to wait for it.
async fn what_is_under_way_is_not_overlooked(lab: Lab) -> Result<(), Failure> {
    let (speaks, hears) = (lab.connect(()).await?, lab.connect(()).await?);
    for client in [&speaks, &hears] {
        client.send(Enter { hall: 1 }).await?;
    }
    speaks.expect_none().await;
    speaks.emit(Say { hall: 1, text: "hello".to_owned() });
    let overlooked = AssertUnwindSafe(hears.expect_none()).catch_unwind().await;
    assert!(overlooked.is_err(), "it was said");
    speaks.emit(Say { hall: 1, text: "hello".to_owned() });
    assert_eq!(hears.events().await.len(), 1);
    speaks.emit(Say { hall: 1, text: "hello".to_owned() });
    lab.settle().await;
    assert_eq!(speaks.events().await.len(), 3);
    Ok(())
}

//! Nobody stays who is gone, however the connection ended.

use salon::{
    PresenceChange, PresentUser,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};

use crate::lounge::{
    Changed, GRACE, Inside, Leave, Lounge, Missed, SECOND, changed, come, enter, salon,
};
use serde_json::json;

/// The heartbeat's limits, by default.
const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(45);

/// Ends a connection, or what is known of it.
type End = fn(&Client);

const ENDS: [(&str, End, bool); 7] = [
    ("closed", Client::close, true),
    ("reset", Client::reset, true),
    ("vanished", Client::vanish, true),
    ("silent", Client::stop_answering_pings, true),
    ("deaf", Client::stop_reading, true),
    ("held", Client::hold, true),
    ("disconnected", Client::disconnect, false),
];

#[salon::test]
async fn after_any_end_a_user_is_gone_within_the_heartbeat_and_the_grace() {
    for wire in Wire::ALL {
        for (what, end, grace) in ENDS {
            // There nothing is answered: whether what it is sent arrives shows otherwise.
            let answers_itself = [Wire::EventStream, Wire::PlainPolling].contains(&wire);
            if answers_itself && ["silent", "held"].contains(&what) {
                continue;
            }
            gone(wire, what, end, grace).await?;
        }
    }
}

async fn gone(wire: Wire, what: &str, end: End, grace: bool) -> Result<(), Failure> {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter("calm")).await?;
    let ben = lab.visitor().wire(wire).auth(json!({ "name": "ben" })).connect().await?;
    ben.send(enter("glad")).await?;
    changed(&ada).await;
    end(&ben);
    if grace {
        lab.advance(GRACE - SECOND).await;
        ada.expect_none().await;
        lab.advance(HEARTBEAT + SECOND).await;
    } else {
        lab.settle().await;
    }
    let left = vec!["ben".to_owned()];
    let gone = changed(&ada).await;
    assert_eq!(gone, Changed { left, ..Changed::default() }, "{what} over {wire:?}");
    assert_eq!(ada.expect::<Missed>().await.user, "ben", "{what} over {wire:?}");
    ada.expect_none().await;
    Ok(())
}

#[test]
fn who_goes_while_it_comes_in_is_no_ghost() {
    for_seeds(0..40, async |seed| {
        let lab = Lab::builder(salon()).workers(3).seed(seed).start().await;
        let host = come(&lab, "host").await?;
        host.send(enter("calm")).await?;
        for name in ["ben", "cleo", "dan", "eve"] {
            let guest = come(&lab, name).await?;
            guest.emit(enter("glad"));
            guest.close();
        }
        lab.advance(2 * GRACE + HEARTBEAT).await;
        let inside = lab.drive(lab.salon().room::<Lounge>(&1).ask(Inside)).await?;
        assert_eq!(inside.into_iter().collect::<Vec<_>>(), ["host"]);
        let there = lab.drive(lab.salon().room::<Lounge>(&1).presence()).await;
        assert_eq!(there.len(), 1, "{there:?}");
        Ok(())
    });
}

#[salon::test]
async fn of_one_user_no_more_connections_are_seen_than_the_limit_says() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let host = come(&lab, "host").await?;
    host.send(enter("calm")).await?;
    let mut connections = Vec::new();
    for connection in 1..=PresentUser::MOST_METAS + 4 {
        let client = come(&lab, "ada").await?;
        client.send(enter("glad")).await?;
        connections.push(client);
        if connection <= PresentUser::MOST_METAS {
            host.expect::<PresenceChange>().await;
        }
        host.expect_none().await;
    }
    let there = lab.drive(lab.salon().room::<Lounge>(&1).presence()).await;
    assert_eq!(there[1].metas.len(), PresentUser::MOST_METAS);
    for client in connections {
        client.send(Leave { lounge: 1 }).await?;
    }
    assert_eq!(host.expect::<Missed>().await.user, "ada");
}

#[salon::test]
async fn one_without_a_subject_cannot_be_known_again_and_is_gone_at_once() {
    let lab = Lab::new(salon()).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter("calm")).await?;
    let nobody = come(&lab, "").await?;
    nobody.send(enter("shy")).await?;
    let joined = changed(&ada).await.joined;
    assert_eq!(joined[0].user, nobody.id().expect("it is connected"));
    nobody.close();
    lab.settle().await;
    assert_eq!(changed(&ada).await.left, [joined[0].user.clone()]);
}

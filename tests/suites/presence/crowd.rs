//! More users than are told by name.

use salon::{PresenceChange, PresenceSnapshot, testing::Lab};

use crate::lounge::{Leave, MOST, SECOND, changed, come, enter, salon, told};

#[salon::test]
async fn a_crowd_is_counted_once_a_second_at_most_and_listed_again_when_it_is_small() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let host = come(&lab, "host").await?;
    host.send(enter("calm")).await?;
    let mut guests = Vec::new();
    for number in 1..MOST {
        let guest = come(&lab, &format!("guest {number}")).await?;
        guest.send(enter("glad")).await?;
        guests.push(guest);
        assert_eq!(changed(&host).await.joined.len(), 1, "up to {MOST} each is told by name");
    }
    let crowd = |count| PresenceChange::Count { room: "lounge:1".to_owned(), count };
    let first = come(&lab, "one more").await?;
    first.send(enter("glad")).await?;
    assert_eq!(host.expect::<PresenceChange>().await, crowd(MOST + 1));
    assert_eq!(told(&first).await, PresenceSnapshot::Count(MOST + 1));
    guests.push(first);
    for number in 0..20 {
        let guest = come(&lab, &format!("late {number}")).await?;
        guest.send(enter("glad")).await?;
        guests.push(guest);
    }
    host.expect_none().await;
    lab.advance(SECOND).await;
    assert_eq!(host.expect::<PresenceChange>().await, crowd(MOST + 21));
    host.expect_none().await;
    lab.advance(5 * SECOND).await;
    host.expect_none().await;
    // A quarter less than the most is few enough.
    let few = MOST - MOST / 4;
    for guest in guests.drain(few - 1..) {
        guest.send(Leave { lounge: 1 }).await?;
    }
    match host.expect::<PresenceChange>().await {
        PresenceChange::All { users, .. } => assert_eq!(users.len(), few),
        other => panic!("expected the list, and {other:?} came"),
    }
    guests[0].send(Leave { lounge: 1 }).await?;
    assert_eq!(changed(&host).await.left, ["guest 1"]);
    lab.advance(5 * SECOND).await;
    host.expect_none_of::<PresenceChange>().await;
}

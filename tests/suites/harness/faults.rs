//! What can go wrong on the way between a client and the server, on order.

use std::time::Duration;

use salon::{
    Code, Count, DisconnectReason, Salon,
    testing::{Client, Failure, Lab, Wire},
};

use crate::app::{Double, Enter, Hall, Left, Said, Say, Wait, app, gone};

const SECOND: Duration = Duration::from_secs(1);

/// Two members of hall 1, over some wire.
async fn members(lab: &Lab, wire: Wire) -> Result<(Client, Client), Failure> {
    let (a, b) = (lab.connect_over(wire, ()).await?, lab.connect_over(wire, ()).await?);
    for client in [&a, &b] {
        client.send(Enter { hall: 1 }).await?;
    }
    Ok((a, b))
}

fn say(text: impl Into<String>) -> Say {
    Say { hall: 1, text: text.into() }
}

#[salon::test]
async fn a_link_can_be_closed_or_reset() {
    let lab = Lab::new(app()).await;
    let (stays, goes) = members(&lab, Wire::WebSocket).await?;
    goes.close();
    assert_eq!(stays.expect::<Left>().await, gone(DisconnectReason::TransportClose));
    let goes = lab.connect(()).await?;
    goes.send(Enter { hall: 1 }).await?;
    goes.reset();
    assert_eq!(stays.expect::<Left>().await, gone(DisconnectReason::TransportClose));
    assert_eq!(lab.salon().connections(), 1);
}

/// As what a dead link is found: a stream of events has nothing to answer, and the kernel finds that nobody
/// takes its heartbeats.
fn lost(wire: Wire) -> DisconnectReason {
    match wire {
        Wire::EventStream => DisconnectReason::TransportClose,
        _ => DisconnectReason::PingTimeout,
    }
}

#[salon::test]
async fn a_dead_link_is_noticed_by_the_heartbeat_alone() {
    for wire in Wire::ALL {
        let lab = Lab::new(app()).await;
        let (stays, dead) = members(&lab, wire).await?;
        dead.vanish();
        lab.advance(30 * SECOND).await;
        stays.expect_none_of::<Left>().await;
        lab.advance(20 * SECOND).await;
        assert_eq!(stays.expect::<Left>().await, gone(lost(wire)), "{wire:?}");
        assert!(dead.is_connected(), "it was not told");
        lab.advance(10 * SECOND).await;
        assert_eq!(lab.salon().connections(), 1, "{wire:?}");
    }
}

#[salon::test]
async fn a_dead_link_leaves_a_ghost_beside_the_client_that_comes_back() {
    for wire in Wire::ALL {
        let lab = Lab::new(app()).await;
        let (stays, dead) = members(&lab, wire).await?;
        let ghost = dead.id();
        dead.vanish();
        dead.reconnect().await?;
        let back = dead;
        back.send(Enter { hall: 1 }).await?;
        assert_ne!(back.id(), ghost, "{wire:?}");
        assert_eq!(lab.salon().connections(), 3, "{wire:?}");
        lab.advance(24 * SECOND).await;
        stays.expect_none().await;
        lab.advance(31 * SECOND).await;
        assert_eq!(stays.expect::<Left>().await, gone(lost(wire)), "{wire:?}");
        assert_eq!(lab.salon().connections(), 2, "{wire:?}");
        assert_eq!(back.send(Double(1)).await?, 2, "{wire:?}");
        back.vanish();
        drop(back);
        lab.settle().await;
        assert_eq!(lab.salon().connections(), 2, "{wire:?}: nobody was told");
        lab.advance(60 * SECOND).await;
        assert_eq!(lab.salon().connections(), 1, "{wire:?}");
    }
}

#[salon::test]
async fn a_client_that_stops_reading_fills_its_outbox_and_nothing_else() {
    let salon = Salon::builder()
        .room::<Hall>()
        .limits(|limits| limits.max_outbox_bytes = 32 * 1024)
        .build()?;
    let lab = Lab::builder(salon).window(8 * 1024).start().await;
    let (speaks, deaf) = members(&lab, Wire::WebSocket).await?;
    deaf.stop_reading();
    for _ in 0..100 {
        speaks.send(say("x".repeat(1_000))).await?;
    }
    assert_eq!(speaks.expect::<Left>().await, gone(DisconnectReason::OutboxOverflow));
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 1);
    deaf.read_on();
    deaf.closed().within(SECOND).await;
}

#[salon::test]
async fn a_client_that_reads_slowly_gets_everything_late() {
    let lab = Lab::new(app()).await;
    let (speaks, slow) = members(&lab, Wire::WebSocket).await?;
    slow.read_slowly(1);
    speaks.send(say("hi")).await?;
    slow.expect_none().await;
    lab.advance(10 * SECOND).await;
    slow.expect_none().await;
    let said = slow.expect_within::<Said>(120 * SECOND).await;
    assert_eq!(said.text, "hi");
}

#[salon::test]
async fn what_is_read_slowly_takes_its_bytes_over_the_rate_however_small_its_pieces() {
    let lab = Lab::new(app()).await;
    let (speaks, slow) = members(&lab, Wire::WebSocket).await?;
    slow.read_slowly(1_000);
    for _ in 0..10 {
        // About 100 bytes each, in frames of their own.
        speaks.send(say("x".repeat(70))).await?;
    }
    lab.advance(2 * SECOND).await;
    let said = slow.events().await;
    assert_eq!(said.len(), 10);
    let took = said[9].at - said[0].at;
    assert!(took > SECOND / 2 && took < SECOND * 3 / 2, "{took:?}");
}

#[salon::test]
async fn a_client_that_reads_on_waits_no_longer() {
    for wire in [Wire::WebSocket, Wire::Polling] {
        let lab = Lab::new(app()).await;
        let (speaks, slow) = members(&lab, wire).await?;
        slow.read_slowly(1);
        speaks.send(say("hi")).await?;
        slow.expect_none().await;
        slow.read_on();
        assert_eq!(slow.expect::<Said>().await.text, "hi", "{wire:?}");
        assert_eq!(lab.elapsed(), Duration::ZERO, "{wire:?}");
    }
}

#[salon::test]
async fn the_end_of_a_link_is_under_way_as_long_as_its_bytes() {
    let lab = Lab::new(app()).await;
    let (speaks, leaves) = members(&lab, Wire::WebSocket).await?;
    leaves.delay(SECOND, Duration::ZERO);
    leaves.emit(say("farewell"));
    leaves.close();
    speaks.expect_none().await;
    lab.advance(SECOND).await;
    assert_eq!(speaks.expect::<Said>().await.text, "farewell");
    assert_eq!(speaks.expect::<Left>().await, gone(DisconnectReason::TransportClose));
}

#[salon::test]
async fn a_packet_can_be_delivered_twice() {
    let lab = Lab::new(app()).await;
    let (speaks, hears) = members(&lab, Wire::WebSocket).await?;
    speaks.deliver_next_twice();
    speaks.send(say("hi")).await?;
    assert_eq!(hears.events().await.len(), 2);
}

#[salon::test]
async fn what_one_client_sent_can_be_overtaken_by_another() {
    for wire in [Wire::WebSocket, Wire::Polling] {
        let lab = Lab::new(app()).await;
        let (late, early) = members(&lab, wire).await?;
        late.hold();
        let held = late.send(say("first"));
        early.send(say("second")).await?;
        late.release();
        held.await?;
        assert_eq!(early.expect::<Said>().await.text, "second");
        assert_eq!(early.expect::<Said>().await.text, "first");
    }
}

#[salon::test]
async fn latency_delays_and_keeps_the_order() {
    let lab = Lab::builder(app()).seed(7).start().await;
    let (speaks, hears) = members(&lab, Wire::WebSocket).await?;
    speaks.delay(Duration::from_millis(50), Duration::from_millis(30));
    let began = lab.elapsed();
    for text in 0..20 {
        speaks.emit(say(text.to_string()));
    }
    hears.expect_none().await;
    lab.advance(SECOND).await;
    let said = hears.events().await;
    let texts: Vec<_> = said.iter().map(|event| event.json()[0]["text"].clone()).collect();
    assert_eq!(texts, (0..20).map(|text| text.to_string()).collect::<Vec<_>>());
    let arrivals = said.iter().map(|event| event.at - began);
    let (first, last) = (arrivals.clone().min(), arrivals.max());
    assert!(first >= Some(Duration::from_millis(50)), "{first:?}");
    assert!(last <= Some(Duration::from_millis(81)), "{last:?}");
}

#[salon::test]
async fn a_client_that_is_far_away_connects_while_time_passes() {
    for wire in Wire::ALL {
        let lab = Lab::new(app()).await;
        let far = || lab.visitor().wire(wire).delay(SECOND, Duration::ZERO);
        far().connect().await.expect_err("no time passes");
        let client = far().within(20 * SECOND).connect().await?;
        // The opening request at least goes one way and back.
        assert!(lab.elapsed() >= 2 * SECOND, "{wire:?}");
        let before = (lab.elapsed(), client.id());
        client.reconnect().await.expect_err("no time passes");
        client.reconnect_within(20 * SECOND).await?;
        assert!(lab.elapsed() >= before.0 + 2 * SECOND, "{wire:?}");
        assert!(client.is_connected() && client.id() != before.1, "{wire:?}");
        let doubled = client.send(Double(1));
        lab.advance(4 * SECOND).await;
        assert_eq!(doubled.await?, 2, "{wire:?}");
    }
}

#[salon::test]
async fn a_client_can_reconnect_while_it_awaits_an_answer() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    let waiting = client.send(Wait(1_000));
    client.reconnect().await?;
    lab.advance(2 * SECOND).await;
    let lost = waiting.await.expect_err("the answer went with the connection");
    assert_eq!(*lost.code(), Code::Disconnected);
    assert_eq!(client.send(Double(1)).await?, 2);
}

#[salon::test]
async fn a_stalled_worker_does_nothing_and_holds_up_nobody_else() {
    let lab = Lab::builder(app()).workers(2).start().await;
    let stuck = lab.visitor().worker(0).connect().await?;
    let free = lab.visitor().worker(1).connect().await?;
    lab.stall(0);
    let asked = stuck.send(Double(1));
    assert_eq!(free.send(Double(2)).await?, 4);
    stuck.expect_none().await;
    lab.resume(0);
    assert_eq!(asked.await?, 2);
}

#[salon::test]
async fn a_panic_in_a_handler_is_refused_and_harms_nobody_else() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    lab.panic_in::<Double>();
    let refused = client.send(Double(1)).await.expect_err("its handler panicked");
    assert_eq!(*refused.code(), Code::Internal);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1);
    assert_eq!(client.send(Double(1)).await?, 2);
}

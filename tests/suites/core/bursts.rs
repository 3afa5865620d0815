//! Much that is sent at once, to clients that read and to clients that do not.
//!
//! It must never depend on how fast a client reads, as long as it does.

use salon::{
    Count,
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};

/// So many frames of so many bytes each.
#[derive(Clone, Copy, Debug)]
struct Much {
    frames: usize,
    bytes: usize,
}

async fn lab() -> Result<Lab, Failure> {
    let builder = Salon::builder().on("send", |socket, event| {
        let (frames, bytes) = event.payload.positional::<(usize, usize)>().unwrap_or_default();
        for number in 0..frames {
            socket.emit_named("much", (number, "x".repeat(bytes)));
        }
        let _ = event.acknowledge((frames,));
    });
    Ok(Lab::builder(builder.build()?).workers(2).window(64 * 1024).start().await)
}

async fn send(client: &Client, much: Much) -> Result<(), Failure> {
    let sent: usize = client.call("send", (much.frames, much.bytes)).await?;
    assert_eq!(sent, much.frames);
    let came = client.events().await;
    let numbers = came.iter().map(|event| event.json()[0].as_u64().unwrap_or_default() as usize);
    assert_eq!(numbers.collect::<Vec<_>>(), (0..much.frames).collect::<Vec<_>>(), "{much:?}");
    Ok(())
}

#[salon::test]
async fn a_client_that_reads_gets_more_than_an_outbox_holds_at_once_again_and_again() {
    for wire in Wire::ALL {
        let lab = lab().await?;
        let client = lab.connect_over(wire, ()).await?;
        let many = Much { frames: 5_000, bytes: 0 };
        for much in [Much { frames: 4, bytes: 300_000 }, many, many] {
            send(&client, much).await?;
        }
        assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{wire:?}");
    }
}

#[salon::test]
async fn what_is_more_than_four_times_what_an_outbox_holds_is_too_much_for_anybody() {
    for much in [Much { frames: 5, bytes: 1_000_000 }, Much { frames: 4 * 4_096 + 1, bytes: 0 }] {
        for wire in Wire::ALL {
            let lab = lab().await?;
            let client = lab.connect_over(wire, ()).await?;
            client.emit_named("send", (much.frames, much.bytes));
            client.closed().await;
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 1, "{wire:?} {much:?}");
        }
    }
}

/// How many frames of 700 KB one is sent, with turns in between, until that is too much: of the first its
/// line takes all, and its link has the second in hand.
async fn taken_unread(wire: Wire) -> Result<usize, Failure> {
    let lab = lab().await?;
    let client = lab.connect_over(wire, ()).await?;
    let all = lab.salon().namespace("/");
    client.stop_reading();
    for frames in 0..20 {
        all.emit_named("much", ("x".repeat(700_000),));
        lab.settle().await;
        if lab.counters().get(Count::OutboxOverflows) == 1 {
            return Ok(frames);
        }
    }
    Err(format!("{wire:?}: it is sent without end").into())
}

#[salon::test]
async fn one_that_does_not_read_gets_no_more_than_an_outbox_holds() {
    for wire in Wire::ALL {
        // Whoever polls has no link between two polls: that it does not come is found out by its heartbeat.
        let is_polled = [Wire::Polling, Wire::PlainPolling].contains(&wire);
        let most = if is_polled { 2 + 5 } else { 2 + 1 };
        assert!(taken_unread(wire).await? <= most, "{wire:?}");
    }
}

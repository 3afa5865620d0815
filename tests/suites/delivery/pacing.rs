//! Whoever has much for one client goes on as that takes it.

use salon::{
    Count, Salon,
    testing::{Failure, Lab, Wire, for_seeds},
};

/// What an outbox holds here.
const OUTBOX: usize = 8;

/// How much it is sent.
const MUCH: u64 = 500;

async fn lab(seed: u64) -> Result<Lab, Failure> {
    let salon = Salon::builder()
        .on("export", |socket, _| {
            let socket = socket.clone();
            actix::spawn(async move {
                for number in 0..MUCH {
                    socket.ready().await;
                    socket.emit_named("row", (number, "x".repeat(200)));
                }
                socket.emit_named("done", ());
            });
        })
        .limits(|limits| limits.max_outbox_frames = OUTBOX)
        .build()?;
    Ok(Lab::builder(salon).workers(2).seed(seed).window(1_024).start().await)
}

#[test]
fn much_more_than_an_outbox_holds_goes_to_a_client_that_reads_slowly() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed).await?;
            let client = lab.connect_over(wire, ()).await?;
            client.stop_reading();
            client.emit_named("export", ());
            lab.settle().await;
            client.read_on();
            client.expect_named("done").await;
            let rows = client.events().await;
            let numbers: Vec<_> = rows.iter().filter_map(|row| row.json()[0].as_u64()).collect();
            assert_eq!(numbers, (0..MUCH).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn nobody_waits_for_a_client_that_is_gone() {
    let lab = lab(0).await?;
    let client = lab.connect(()).await?;
    client.stop_reading();
    client.emit_named("export", ());
    lab.settle().await;
    let all = lab.salon().namespace("/");
    let socket = lab.drive(all.fetch()).await.remove(0);
    client.reset();
    lab.drive(socket.ready()).await;
}

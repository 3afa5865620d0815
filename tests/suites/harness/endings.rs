//! The end of a lab is the end of its server, whoever still has a client of it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt;
use salon::{
    Salon,
    testing::{self, Lab, Wire},
};

use crate::app::{Double, Enter, Hall, Host, app};

/// The app, with something of its own that is dropped with it.
fn owner(owned: &Arc<()>) -> Salon {
    let salon = Salon::builder().session::<Host>().room::<Hall>().data(owned.clone());
    salon.build().expect("the app is in order")
}

#[salon::test]
async fn what_the_app_owns_is_dropped_with_the_lab_though_its_clients_live() {
    let owned = Arc::new(());
    let lab = Lab::builder(owner(&owned)).workers(2).start().await;
    let mut clients = Vec::new();
    for wire in Wire::ALL {
        let client = lab.connect_over(wire, ()).await?;
        client.send(Enter { hall: 1 }).await?;
        clients.push(client);
    }
    assert!(Arc::strong_count(&owned) > 1);
    drop(lab);
    assert_eq!(Arc::strong_count(&owned), 1);
    assert!(clients.iter().all(|client| !client.is_connected()));
    Lab::new(app()).await.connect(()).await?;
}

/// The threads of a served port end on their own after it was stopped, so this waits in real time.
#[salon::test]
async fn what_the_app_owns_is_dropped_with_the_lab_over_a_port_as_well() {
    let owned = Arc::new(());
    let lab = Lab::serve(owner(&owned)).await?;
    let client = lab.connect(()).await?;
    client.send(Enter { hall: 1 }).await?;
    drop(lab);
    for _ in 0..1_000 {
        if Arc::strong_count(&owned) == 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(Arc::strong_count(&owned), 1);
    assert!(!client.is_connected());
}

#[test]
fn a_client_that_is_used_after_its_lab_says_so() {
    let late = || {
        testing::run(async {
            let lab = Lab::new(app()).await;
            let client = lab.connect(()).await?;
            drop(lab);
            client.send(Double(1)).await?;
            Ok(())
        });
    };
    let panic = catch_unwind(AssertUnwindSafe(late)).expect_err("there is no server any more");
    let message = panic.downcast_ref::<&str>().expect("a message");
    assert!(message.contains("the lab of this client was dropped"), "{message}");
}

#[test]
fn a_second_lab_on_a_thread_is_refused_before_it_changes_anything() {
    for (first_served, second_served) in [(false, false), (false, true), (true, false)] {
        testing::run(async {
            let start = async |served| match served {
                true => Lab::serve(app()).await,
                false => Ok(Lab::new(app()).await),
            };
            let first = start(first_served).await?;
            let second = AssertUnwindSafe(start(second_served)).catch_unwind().await;
            let panic = second.expect_err("there is one already");
            let message = panic.downcast_ref::<&str>().expect("a message");
            assert!(message.contains("there is a lab on this thread already"), "{message}");
            assert_eq!(first.connect(()).await?.send(Double(1)).await?, 2);
            if !first_served {
                first.advance(Duration::from_secs(3600)).await;
            }
            Ok(())
        });
    }
}

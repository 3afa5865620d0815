//! What a test asks a room by its handle comes, whether the lab drives the test or not.
//!
//! It must never let time pass: a handle waits for the room, and for nothing else.

use salon::{
    Code,
    prelude::*,
    testing::{Lab, for_seeds},
};

#[derive(Serialize, Deserialize, Event)]
#[event("den:enter", room = Den(den), join)]
struct Enter {
    den: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("den:noise")]
struct Noise;

struct HowMany;

/// How many are in another den.
struct Next;

#[derive(Default)]
struct Den;

#[salon::room(key = u8, sends = (Noise,))]
impl Den {
    #[on]
    fn enter(&mut self, _: Enter) {}
}

impl Reply<HowMany> for Den {
    type Output = usize;

    fn reply(&mut self, _: HowMany, cx: &mut RoomContext<Self>) -> usize {
        cx.len()
    }
}

impl Receive<Next> for Den {
    fn receive(&mut self, _: Next, cx: &mut RoomContext<Self>) {
        // Awaited by a room, in its turn: nothing runs within another's.
        let other = cx.room::<Self>(&2).open_and_ask(HowMany);
        cx.spawn(other, |_, answer, cx| {
            assert!(answer.is_ok());
            cx.broadcast(&Noise);
        });
    }
}

#[test]
fn what_a_handle_asks_for_comes_to_a_test_that_is_not_driven() {
    for_seeds(0..8, async |seed| {
        let salon = Salon::builder().room::<Den>().build()?;
        let lab = Lab::builder(salon).workers(3).seed(seed).start().await;
        let (ada, bob) = (lab.connect(()).await?, lab.connect(()).await?);
        ada.send(Enter { den: 1 }).await?;
        bob.send(Enter { den: 1 }).await?;
        let den = lab.salon().room::<Den>(&1);
        let members = den.members().await;
        assert_eq!(members.len(), 2);
        assert_eq!(den.ask(HowMany).await?, 2);
        den.broadcast(&Noise).await;
        assert!(den.evict(members[0].id()).await);
        den.open_and_tell(Next)?;
        assert_eq!(lab.salon().room::<Den>(&2).open_and_ask(HowMany).await?, 0);
        assert_eq!(bob.expect::<Noise>().await, Noise);
        assert!(den.close().await);
        assert_eq!(*den.ask(HowMany).await.expect_err("it is closed").code(), Code::NotFound);
        assert!(lab.elapsed().is_zero());
        Ok(())
    });
}

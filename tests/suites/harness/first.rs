use salon::{prelude::*, testing::{Lab, Wire}};
use std::time::Duration;

#[derive(Serialize, Deserialize, Event)]
#[event("double", reply = u64)]
struct Double(u64);

struct Calculator;

impl Session for Calculator {
    type Identity = ();
    type Events = (Double,);
    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> { Ok(Self) }
}

impl On<Double> for Calculator {
    fn on(&mut self, Double(number): Double, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        Ok(2 * number)
    }
}

fn app() -> Salon { Salon::builder().session::<Calculator>().build().unwrap() }

#[salon::test]
async fn an_answer() {
    let lab = Lab::builder(app()).workers(3).start().await;
    for wire in Wire::ALL {
        let client = lab.connect_over(wire, ()).await?;
        assert_eq!(client.send(Double(21)).await?, 42);
        println!("{}", lab.transcript());
        lab.advance(Duration::from_secs(100)).await;
        assert!(client.is_connected());
    }
    println!("{}", lab.transcript());
}

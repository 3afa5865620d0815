//! Refusals of an application's own: their codes reach the client, and a handler that uses one which its
//! event does not name is found out.

use salon::{
    Code,
    prelude::*,
    testing::{Failure, Lab, Wire},
};

use crate::table::code;

#[derive(Debug, Refusals)]
enum NoSeat {
    #[refusal("table_full", "All {seats} seats are taken.")]
    Full { seats: usize },
    #[refusal("not_found", "There is no table {0}.")]
    NoTable(u8),
}

#[derive(Serialize, Deserialize, Event)]
#[event("sit", refuses = NoSeat)]
struct Sit {
    table: u8,
}

#[derive(Serialize, Deserialize, Event)]
#[event("wait", reply = u8, refuses = NoSeat)]
struct WaitFor {
    table: u8,
}

#[derive(Serialize, Deserialize, Event)]
#[event("shelf:take", room = Shelf(shelf), join, refuses = NoSeat)]
struct Take {
    shelf: u8,
}

/// Refuses by the number: as its events say, or not.
fn refusal(number: u8) -> Refusal {
    match number {
        0 => NoSeat::Full { seats: 4 }.into(),
        1 => NoSeat::NoTable(1).into(),
        2 => Refusal::forbidden("One of Salon's own is nobody's to name."),
        _ => Refusal::other("rained_off", "Nobody said that this may happen."),
    }
}

#[derive(Default)]
struct Guest;

#[salon::session]
impl Guest {
    #[on]
    fn sit(&mut self, sit: Sit) -> Result<(), Refusal> {
        Err(refusal(sit.table))
    }

    #[on]
    fn wait(&mut self, wait: WaitFor) -> Answer<u8> {
        Answer::later(async move { Err(refusal(wait.table)) })
    }
}

#[derive(Default)]
struct Shelf;

#[salon::room(key = u8)]
impl Shelf {
    #[on]
    fn take(&mut self, take: Take) -> Result<(), Refusal> {
        Err(refusal(take.shelf))
    }
}

/// What a client is told, by each of the three ways that a handler may refuse.
async fn told(number: u8) -> Result<([Code; 3], String), Failure> {
    let salon = Salon::builder().session::<Guest>().room::<Shelf>().build()?;
    let lab = Lab::new(salon).await;
    let client = lab.connect_over(Wire::WebSocket, ()).await?;
    let codes = [
        code(client.send(Sit { table: number }).await),
        code(client.send(WaitFor { table: number }).await),
        code(client.send(Take { shelf: number }).await),
    ];
    Ok((codes, lab.transcript().to_string()))
}

const FOUND_OUT: &str = "an event is refused with a code that it does not name";

#[salon::test]
async fn a_client_is_told_the_code_of_the_variant() {
    for (number, code) in [(0, Code::from("table_full")), (1, Code::NotFound), (2, Code::Forbidden)]
    {
        let (codes, log) = told(number).await?;
        assert_eq!(codes, [code.clone(), code.clone(), code]);
        assert!(!log.contains(FOUND_OUT), "{log}");
    }
}

#[salon::test]
async fn a_code_that_the_event_does_not_name_is_logged() {
    let (codes, log) = told(3).await?;
    assert_eq!(codes, std::array::from_fn(|_| Code::from("rained_off")));
    assert_eq!(log.matches(FOUND_OUT).count(), 3, "{log}");
}

use salon::Event;

#[derive(Event)]
#[event("connect")]
struct First;

#[derive(Event)]
#[event("second", rate = "0/s")]
struct Second;

#[derive(Event)]
#[event("third")]
struct Third;

fn is_event<E: Event>() {}

fn main() {
    is_event::<First>();
    is_event::<Second>();
    is_event::<Third>();
}

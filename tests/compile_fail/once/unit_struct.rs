use salon::Event;

#[derive(Event)]
#[event("order:place", once = id)]
struct Place;

fn main() {}

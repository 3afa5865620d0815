use salon::Event;

#[derive(Event)]
#[event("order:place", once = id)]
enum Place {
    Now { id: String },
}

fn main() {}

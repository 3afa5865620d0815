use salon::Event;

#[derive(Event)]
#[event("order:place", once = price)]
struct Place {
    id: String,
    price: f64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("order:place", once)]
struct Place {
    id: String,
    article: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("order:place", once = id.text)]
struct Place {
    id: String,
    article: u32,
}

fn main() {}

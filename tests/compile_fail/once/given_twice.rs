use salon::Event;

#[derive(Event)]
#[event("order:place", once = id, once = article)]
struct Place {
    id: String,
    article: u32,
}

fn main() {}

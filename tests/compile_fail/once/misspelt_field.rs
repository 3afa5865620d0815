use salon::Event;

#[derive(Event)]
#[event("order:place", once = idd)]
struct Place {
    id: String,
    article: u32,
}

fn main() {}

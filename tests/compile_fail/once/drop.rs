use salon::Event;

#[derive(Event)]
#[event("order:place", drop = oldest, once = id)]
struct Place {
    id: String,
    article: u32,
}

fn main() {}

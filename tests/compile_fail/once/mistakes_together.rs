use salon::Event;

#[derive(Event)]
#[event("order:place", volatile, once = idd)]
struct Place {
    id: String,
    article: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("order:place", latest, once = id)]
struct Place {
    id: String,
    article: u32,
}

fn main() {}

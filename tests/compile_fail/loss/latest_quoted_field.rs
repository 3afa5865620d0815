use salon::Event;

#[derive(Event)]
#[event("moved", latest = "by")]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("order:filled", latest = by, acked = "10s")]
struct Filled {
    by: String,
    to: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("order:filled", acked = "10s", drop = oldest)]
struct Filled {
    by: String,
    to: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("order:filled", acked = "10")]
struct Filled {
    by: String,
    to: u32,
}

fn main() {}

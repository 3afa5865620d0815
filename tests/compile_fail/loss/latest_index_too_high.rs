use salon::Event;

#[derive(Event)]
#[event("moved", latest = 2)]
struct Moved(String, u32);

fn main() {}

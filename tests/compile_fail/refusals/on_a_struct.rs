use salon::Refusals;

#[derive(Refusals)]
#[refusal("table_full", "All seats are taken.")]
struct Full;

fn main() {}

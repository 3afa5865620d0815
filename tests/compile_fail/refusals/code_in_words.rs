use salon::Refusals;

#[derive(Refusals)]
enum NoSeat {
    #[refusal("The table is full.")]
    Full,
}

fn main() {}

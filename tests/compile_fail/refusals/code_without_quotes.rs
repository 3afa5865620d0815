use salon::Refusals;

#[derive(Refusals)]
enum NoSeat {
    #[refusal(table_full, "All seats are taken.")]
    Full,
}

fn main() {}

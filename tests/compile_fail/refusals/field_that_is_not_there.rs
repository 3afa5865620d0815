use salon::Refusals;

#[derive(Refusals)]
enum NoSeat {
    #[refusal("table_full", "All {chairs} seats are taken.")]
    Full { seats: usize },
}

fn main() {
    let _ = NoSeat::Full { seats: 4 };
}

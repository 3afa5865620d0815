use salon::Refusals;

#[derive(Refusals)]
enum NoSeat {
    #[refusal("table_full", "All {seats} seats are taken.")]
    Full { seats: usize },
    TooYoung(u8),
}

fn main() {}

use salon::Refusals;

#[derive(Refusals)]
enum NoSeat {
    #[refusal("too_far", "{0} of {1} metres.")]
    TooFar(u32),
    #[refusal("table_full", "All {} seats are taken.")]
    Full { seats: usize },
    #[refusal("closed", "Closed until {0}.")]
    Closed,
}

fn main() {
    let _ = [NoSeat::TooFar(1), NoSeat::Full { seats: 4 }, NoSeat::Closed];
}

use salon::Refusals;

#[derive(Refusals)]
enum NoSeat {
    #[refusal("table_full")]
    Full,
}

fn main() {
    let _ = NoSeat::Full;
}

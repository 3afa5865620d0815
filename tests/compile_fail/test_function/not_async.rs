#[salon::test]
fn a_greeting_is_answered() {}

fn main() {}

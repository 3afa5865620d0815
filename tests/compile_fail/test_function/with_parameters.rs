#[salon::test]
async fn a_greeting_is_answered(_greeting: &str) {}

fn main() {}

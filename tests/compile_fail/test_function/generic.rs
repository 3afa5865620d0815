#[salon::test]
async fn a_greeting_is_answered<T>() {}

fn main() {}

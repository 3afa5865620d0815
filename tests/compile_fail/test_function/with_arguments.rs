#[salon::test(start_paused = true)]
async fn a_greeting_is_answered() {}

fn main() {}

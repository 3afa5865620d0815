#[salon::room(key = String)]
struct Chat;

fn main() {}

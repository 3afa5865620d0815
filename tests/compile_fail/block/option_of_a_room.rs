#[derive(Default)]
struct Chat;

#[salon::session(key = String)]
impl Chat {
}

fn main() {}

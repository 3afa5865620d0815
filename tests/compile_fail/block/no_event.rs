#[derive(Default)]
struct Chat;

struct Words;

#[salon::room(key = String)]
impl Chat {
    #[on]
    fn say(&mut self, _: Words) {
    }
}

fn main() {}

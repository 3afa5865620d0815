use salon::wire::socket_io::{ArgumentError, Arguments, IntoArguments};

struct Move(u32, u32);

impl IntoArguments for Move {
    fn into_arguments(self) -> Result<Arguments, ArgumentError> {
        (self.0, self.1).into_arguments()
    }
}

fn main() {}

use salon::{IntoPayload, Payload, PayloadError};

struct Move(u32, u32);

impl IntoPayload for Move {
    fn into_payload(self) -> Result<Payload, PayloadError> {
        (self.0, self.1).into_payload()
    }
}

fn main() {}

use salon::config::Transports;

fn main() {
    let _ = Transports { polling: false, websocket: true };
}

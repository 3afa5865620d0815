use salon::TransportKind;

fn is_polling(transport: TransportKind) -> bool {
    match transport {
        TransportKind::Polling => true,
        TransportKind::WebSocket => false,
    }
}

fn main() {
    is_polling(TransportKind::Polling);
}

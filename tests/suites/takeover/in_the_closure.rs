//! A Salon that is built inside the closure of `HttpServer::new`, and so once for each worker.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{App, HttpServer};
use salon::Salon;
use tracing_subscriber::fmt::MakeWriter;

/// Where lines of a log are kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// Builds one, and has what is logged.
fn build(lines: &Lines) -> Salon {
    let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).finish();
    tracing::subscriber::with_default(subscriber, || Salon::builder().build().expect("it fits"))
}

#[actix_web::test]
async fn it_is_said_that_the_rooms_of_workers_are_not_the_same() {
    let (before, inside) = (Lines::default(), Lines::default());
    drop(build(&before));
    let in_the_closure = inside.clone();
    let server = HttpServer::new(move || App::new().configure(build(&in_the_closure).routes()));
    let server = server.workers(2).disable_signals().bind(("127.0.0.1", 0)).expect("a port").run();
    let handle = server.handle();
    let server = actix_web::rt::spawn(server);
    handle.stop(true).await;
    server.await.expect("it is no panic").expect("it has served");
    assert_eq!(before.text(), "");
    let said = inside.text();
    assert!(said.contains("ERROR") && said.contains("build it before"), "{said:?}");
}

//! The conformance server: plays the server side that suites written by others expect.
//!
//! Each fixture is a module, written on Salon's public API alone, as an app would be. This file must
//! never answer a client itself.

mod arguments;
mod fixtures;
mod held;

use std::process::ExitCode;
use std::time::Duration;

use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::{App, HttpServer, rt};
use arguments::Payload;
use fixtures::{Failure, Fixture};
use held::Held;
use salon::Salon;

/// How long clients have to take the news that the server ends.
const FAREWELL: Duration = Duration::from_millis(500);

#[actix_web::main]
async fn main() -> ExitCode {
    let arguments = match Payload::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match serve(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the fixture {} ended: {error}", arguments.fixture);
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Payload) -> Result<(), Failure> {
    let fixture = (arguments.build)(&arguments.options)?;
    let Fixture { salon, .. } = fixture.clone();
    let held = Held::default();
    let app = move || {
        let (held, routes) = (held.clone(), fixture.routes());
        App::new()
            .configure(held.route())
            .configure(routes)
            .wrap_fn(move |request, service| held.watch(request, service))
    };
    let mut server = HttpServer::new(app);
    if arguments.hook {
        server = server.on_connect(Salon::on_connect);
    }
    let server = server
        .h1_allow_half_closed(false)
        .workers(arguments.workers)
        .disable_signals()
        .bind(("127.0.0.1", arguments.port))?;
    for address in server.addrs() {
        println!("listening on {}", address.port());
    }
    let server = server.run();
    let handle = server.handle();
    let mut terminations = signal(SignalKind::terminate())?;
    rt::spawn(async move {
        terminations.recv().await;
        salon.shutdown(FAREWELL).await;
        handle.stop(false).await;
    });
    Ok(server.await?)
}

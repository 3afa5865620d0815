//! Starts the program, and says where it is.

use std::{env, io, net::TcpListener, process::ExitCode};

use multiplayer_lobby::Rules;

#[actix_web::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> io::Result<()> {
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).map_err(|error| {
        let advice = "set PORT to another one, for example PORT=8081";
        io::Error::new(error.kind(), format!("cannot listen on port {port} ({error}); {advice}"))
    })?;
    println!("Open http://{} in two tabs.", listener.local_addr()?);
    multiplayer_lobby::serve(listener, Rules::default())?.await
}

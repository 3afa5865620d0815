//! Starts the program, and says where it is.

use std::{
    env,
    io::{self, Write},
    net::TcpListener,
    process::ExitCode,
};

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
    let directory = env::var("DATA").unwrap_or_else(|_| "lobby-data".to_owned());
    let address = listener.local_addr()?;
    let server = multiplayer_lobby::serve(listener, directory.as_ref(), Rules::default());
    let server = server.map_err(|error| {
        let advice = "set DATA to another directory, for example DATA=lobby-data-2";
        io::Error::new(error.kind(), format!("{error}; {advice}"))
    })?;
    let words = format!(
        "Open http://{address} in two tabs.\n\
         Lobbies are kept in {directory}/: stop this, start it again, and play on.\n"
    );
    // Whoever started it may not listen any more.
    let _ = io::stdout().write_all(words.as_bytes());
    server.await
}

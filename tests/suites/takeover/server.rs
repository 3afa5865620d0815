//! What is served here: every Engine.IO message comes back, and a large answer over plain HTTP.
//!
//! It must never log a client's message.

use actix_web::{HttpResponse, web};
use salon::{Application, RawConnection, Salon, wire::engine_io::Message};
use salon_tests::{Result, in_process::InProcess};

/// How many bytes `/big` answers with: more than the buffers of two sockets.
pub(crate) const BIG: usize = 16 << 20;

/// Sends back what comes.
#[derive(Clone, Copy, Debug)]
struct Echo;

impl Application for Echo {
    fn received(&self, connection: &RawConnection, message: Message) {
        // A connection that has ended needs no answer.
        let _ = connection.send(message);
    }
}

/// Serves on two workers.
pub(crate) fn serve() -> Result<InProcess> {
    let salon = Salon::builder().application(Echo).build()?;
    InProcess::start_with(2, move |config| {
        config.configure(salon.routes());
        config.route("/big", web::get().to(|| async { HttpResponse::Ok().body(vec![0; BIG]) }));
    })
}

//! Where a client's requests go: to the workers of the lab, or to a port.
//!
//! It must never let a client tell the two apart, but for the time that they take.

use std::{cell::RefCell, rc::Rc};

use super::{
    line::Reset,
    port::Port,
    server::{Request, Response, Stream, Workers},
    world::{UnitIndex, World},
};

/// The server, as clients reach it.
pub(super) enum Door {
    /// Workers on this thread: those of the server that is there now.
    Workers(RefCell<Rc<Workers>>),
    /// A real port.
    Port(Port),
}

impl Door {
    /// To the workers of a server.
    pub(super) fn to(workers: Workers) -> Self {
        Self::Workers(RefCell::new(Rc::new(workers)))
    }

    /// Leads to those of another server from here on.
    ///
    /// # Panics
    /// When it is a port.
    pub(super) fn lead_to(&self, others: Workers) {
        let Self::Workers(workers) = self else {
            panic!("a server behind a port cannot be restarted by its lab")
        };
        workers.replace(Rc::new(others));
    }

    /// Sends a request, to a worker of that number if there are several.
    pub(super) async fn request(
        &self,
        world: &World,
        worker: usize,
        request: Request,
    ) -> Result<Response, Reset> {
        match self {
            Self::Workers(workers) => {
                let workers = workers.borrow().clone();
                workers.request(world, worker, request).await
            }
            Self::Port(port) => port.request(request).await.map_err(|_| Reset),
        }
    }

    /// Opens a WebSocket, or a stream of events: nothing if it was opened, else the response.
    pub(super) async fn open(
        &self,
        world: &Rc<World>,
        worker: usize,
        request: Request,
        stream: Stream,
    ) -> Result<Option<Response>, Reset> {
        match self {
            Self::Workers(workers) => {
                let workers = workers.borrow().clone();
                workers.open(world, worker, request, stream).await
            }
            Self::Port(port) => {
                let spawn = |task| drop(world.spawn(UnitIndex::CLIENTS, task));
                port.open(request, stream, spawn).await.map_err(|_| Reset)
            }
        }
    }
}

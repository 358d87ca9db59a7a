//! Connections beside the one of the watches, for streams that may stand still: a log that nobody reads holds up neither a watch nor the probe.
//!
//! All that may wait on one of them unread fits into its window, so that one stream never stops another; and a server that allows a
//! hundred streams on a connection is never asked for more.

use super::link::Up;
use super::supervisor::Connector;
use crate::model::fault::{Fault, FaultKind};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Streams on one connection.
const STREAMS: usize = 64;
/// What a server may send ahead on one of them, in bytes.
pub(super) const WINDOW: u32 = 256 << 10;
/// The same for all of them together.
pub(super) const WINDOWS: u32 = WINDOW * STREAMS as u32;
/// Requests that wait for the head of their answer: opening five hundred streams at once would starve everything else.
const OPENING: usize = 20;

/// The connections of one cluster.
pub struct Lanes {
    connector: Arc<dyn Connector>,
    lanes: Mutex<Vec<Lane>>,
    /// For streams both ways, each of which has a connection of its own.
    upright: Mutex<Option<Up>>,
    opening: Semaphore,
}

struct Lane {
    up: Up,
    seats: Arc<Semaphore>,
}

/// A place for one stream, for as long as it is held.
pub struct Seat {
    /// To send its request with.
    pub up: Up,
    _taken: OwnedSemaphorePermit,
}

impl Lanes {
    /// None yet.
    pub fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector, lanes: Mutex::default(), upright: Mutex::default(), opening: Semaphore::new(OPENING) }
    }

    /// A place on a connection that was made as this one was.
    pub async fn seat(&self, up: &Up) -> Result<Seat, Fault> {
        let mut lanes = self.lanes.lock().await;
        lanes.retain(|lane| (lane.up.generation, lane.up.credential) == (up.generation, up.credential));
        for lane in &*lanes {
            if let Ok(taken) = Arc::clone(&lane.seats).try_acquire_owned() {
                return Ok(Seat { up: lane.up.clone(), _taken: taken });
            }
        }
        let up = Up { client: self.connector.beside().await?, ..up.clone() };
        let seats = Arc::new(Semaphore::new(STREAMS));
        let taken = Arc::clone(&seats).try_acquire_owned().map_err(|e| Fault::new(FaultKind::Server, e.to_string()))?;
        lanes.push(Lane { up: up.clone(), seats });
        Ok(Seat { up, _taken: taken })
    }

    /// A client for streams both ways, made as this connection was.
    pub async fn upright(&self, up: &Up) -> Result<Up, Fault> {
        let mut upright = self.upright.lock().await;
        match &*upright {
            Some(known) if (known.generation, known.credential) == (up.generation, up.credential) => Ok(known.clone()),
            _ => {
                let made = Up { client: self.connector.upright().await?, ..up.clone() };
                *upright = Some(made.clone());
                Ok(made)
            }
        }
    }

    /// Waits for leave to ask for something.
    pub async fn leave(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.opening.acquire().await.ok()
    }
}

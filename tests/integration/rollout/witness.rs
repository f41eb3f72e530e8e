//! A watch of our own beside the product's: says when something could first be read in the API.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::control_plane::ControlPlane;

/// A running watch.
pub(crate) struct Witness {
    child: Child,
    first: Arc<Mutex<Option<Instant>>>,
}

impl Witness {
    /// Watches a collection for an object whose text holds `says`.
    pub(crate) fn of(plane: &ControlPlane, path: &str, says: &str) -> Self {
        let mut child = plane.watching(path);
        let first = Arc::new(Mutex::new(None));
        let (sink, says) = (Arc::clone(&first), says.to_owned());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line.contains(&says) {
                    sink.lock().unwrap().get_or_insert_with(Instant::now);
                }
            }
        });
        Self { child, first }
    }

    /// Ends the watch and returns when it was first seen. What stood there before may be reported after a quick verdict.
    pub(crate) fn first(mut self) -> Option<Instant> {
        for _ in 0..50 {
            if self.first.lock().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        *self.first.lock().unwrap()
    }
}

//! Files and folders, copied out of containers and into them: archives over the same streams that commands run on, and no program of this machine.
//!
//! What is copied lies in a folder of its own beside its place until it is whole and its sums are those of the other side; then it is moved there. So
//! nobody ever sees half a file, and what fails leaves nothing behind. One file that breaks off goes on where it was, if what is there already is
//! still the same on both sides.
//!
//! The parts: `heads` reads archives, [`safety::archive`](crate::safety::archive) judges what is in them, `tree` writes without following a link, `unpack` is these
//! three; `pack` makes archives; `far` is all that runs in the container.

mod course;
mod download;
mod far;
mod heads;
mod pack;
mod pipe;
mod tree;
mod unpack;
mod upload;

pub use course::{Course, Meter};
pub use far::{Container, Far};

use crate::model::stream::{End, Ended};
use crate::model::transfer::{Transfer, Way};
use ring::digest::Digest;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What is copied has this name while it is not in its place yet.
const ROOT: &str = "x";
/// How long is waited before a file that broke off goes on, each time.
const AGAIN: [Duration; 4] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(8)];
/// So many mistakes are told; of the others only how many they are.
const TOLD: usize = 100;

/// A SHA-256, in hexadecimal.
type Sum = String;

/// What was copied.
#[derive(Debug, Default, PartialEq, Eq)]
struct Copied {
    files: u64,
    /// Why the sums of both sides were not compared.
    unchecked: Option<String>,
    wrong: Wrong,
}

/// What is not as it should be.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wrong {
    told: Vec<String>,
    more: usize,
}

impl Wrong {
    fn add(&mut self, what: String) {
        if self.told.len() < TOLD { self.told.push(what) } else { self.more += 1 }
    }

    fn count(&self) -> usize {
        self.told.len() + self.more
    }
}

/// What a copy came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended, in words; and the bytes of the streams.
    pub ended: Ended,
    /// What was left out, and why.
    pub wrong: Vec<String>,
}

/// Copies, and tells what came of it.
pub async fn copy(far: &impl Far, transfer: &Transfer, course: &Arc<Course>) -> Outcome {
    let here = Path::new(&transfer.here);
    let copied = match transfer.way {
        Way::From => download::download(far, &transfer.there, here, course).await,
        Way::To => upload::upload(far, here, &transfer.there, course).await,
    };
    let (sent, received) = course.streams();
    let (end, wrong) = match copied {
        Ok(copied) => (copied.end(), copied.wrong.told),
        Err(why) => (End::Failed(why), Vec::new()),
    };
    Outcome { ended: Ended { end, sent, received }, wrong }
}

impl Copied {
    fn end(&self) -> End {
        let mut told = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        // Writing to a String cannot fail.
        let _ = match &self.unchecked {
            None => write!(told, ", sums compared"),
            Some(why) => write!(told, ", not compared: {why}"),
        };
        match self.wrong.count() {
            0 => End::Done(told),
            n => End::Failed(format!("{n} left out; {told}")),
        }
    }
}

/// A digest as programs print it.
fn hex(digest: &Digest) -> Sum {
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        // The same.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A name that nobody has.
fn unique() -> String {
    let random = ring::rand::SystemRandom::new();
    let number = ring::rand::generate::<[u8; 8]>(&random).map_or(0, |bytes| u64::from_le_bytes(bytes.expose()));
    format!(".kconsole-{number:016x}")
}

#[cfg(test)]
mod tests;

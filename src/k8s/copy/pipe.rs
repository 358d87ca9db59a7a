//! Pipes between what waits and what blocks: the system's own, which hold so much and no more.

use super::far::Pipes;
use std::io::{self, PipeReader, PipeWriter};
use tokio::net::unix::pipe::{Receiver, Sender};

/// A pipe that a stream writes into, and what a thread reads from.
pub(super) fn out() -> io::Result<(Pipes, PipeReader)> {
    let (reader, writer) = io::pipe()?;
    Ok((Pipes { input: None, out: Some(Box::new(Sender::from_owned_fd(writer.into())?)) }, reader))
}

/// A pipe that a thread writes into, and what goes into a stream.
pub(super) fn input() -> io::Result<(PipeWriter, Pipes)> {
    let (reader, writer) = io::pipe()?;
    Ok((writer, Pipes { input: Some(Box::new(Receiver::from_owned_fd(reader.into())?)), out: None }))
}

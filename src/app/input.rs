//! The terminal's input, read by a thread of its own, so that keys stand in no line with hundreds of streams.
//!
//! Not by crossterm's stream of events: whoever has it woken, to give the terminal away, may lose the key that comes with it until the next one.

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{self, IsTerminal, PipeReader, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that wait for the loop; more are left to the terminal.
const QUEUE: usize = 1_024;
/// Where something can be read that nobody gets to see, it is looked at again after so long.
const AGAIN: Duration = Duration::from_millis(10);

/// Reads until it is dropped; after that nothing here sets the line any more.
pub(super) struct Input {
    events: mpsc::Receiver<io::Result<Event>>,
    line: Line,
    _stop: PipeWriter,
}

/// Whoever sets the line holds this: what is set again as it was must not undo what somebody else has set meanwhile. True once it is none of ours.
#[derive(Clone, Default)]
struct Line(Arc<Mutex<bool>>);

impl Line {
    fn hold(&self) -> MutexGuard<'_, bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the line as it is set, while it is ours.
    fn touch(&self, terminal: &OwnedFd) -> io::Result<()> {
        let is_over = self.hold();
        if !*is_over {
            tcsetattr(terminal, OptionalActions::Now, &tcgetattr(terminal)?)?;
        }
        Ok(())
    }
}

impl Input {
    /// Begins to read.
    ///
    /// # Errors
    /// Where there is no terminal, or the system has no more files or threads.
    pub(super) fn start() -> io::Result<Self> {
        let terminal = terminal()?;
        let (stopped, stop) = io::pipe()?;
        let (to, events) = mpsc::channel(QUEUE);
        let line = Line::default();
        let lines = line.clone();
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            if let Err(error) = read(&terminal, &lines, &stopped, &to) {
                // Nobody may be listening any more.
                let _ = to.blocking_send(Err(error));
            }
        })?;
        Ok(Self { events, line, _stop: stop })
    }

    /// What is pressed, pasted or clicked next; nothing once the terminal is gone. Nothing is lost where this is not waited for to its end.
    pub(super) async fn next(&mut self) -> Option<io::Result<Event>> {
        self.events.recv().await
    }

    /// The same, if it has come already.
    pub(super) fn waiting(&mut self) -> Option<io::Result<Event>> {
        self.events.try_recv().ok()
    }

    /// Nothing here sets the line while this is held.
    pub(super) fn hold(&self) -> MutexGuard<'_, bool> {
        self.line.hold()
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        *self.line.hold() = true;
    }
}

/// The terminal that crossterm reads.
fn terminal() -> io::Result<OwnedFd> {
    if io::stdin().is_terminal() { io::stdin().as_fd().try_clone_to_owned() } else { Ok(File::open("/dev/tty")?.into()) }
}

/// Hands on what comes, until nobody wants it any more or the terminal is gone.
fn read(terminal: &OwnedFd, line: &Line, stopped: &PipeReader, to: &mpsc::Sender<io::Result<Event>>) -> io::Result<()> {
    loop {
        let mut files = [PollFd::new(stopped, PollFlags::empty()), PollFd::new(terminal, PollFlags::IN)];
        match poll(&mut files, None) {
            Err(Errno::INTR) => continue,
            polled => polled?,
        };
        if !files[0].revents().is_empty() {
            return Ok(());
        }
        // Whoever reads from a terminal that is gone does so for ever.
        if files[1].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !event::poll(Duration::ZERO)? {
            // crossterm waits for changes, and forgets one that comes with a change of size. To set the line as it is set is another one.
            line.touch(terminal)?;
            if !event::poll(AGAIN)? {
                continue;
            }
        }
        loop {
            let event = event::read()?;
            // Sizes are told by a signal, which comes without a key as well.
            if !matches!(event, Event::Resize(..)) && to.blocking_send(Ok(event)).is_err() {
                return Ok(());
            }
            if !event::poll(Duration::ZERO)? {
                break;
            }
        }
    }
}

//! A program in a terminal of its own: send keys, wait for what the screen shows, look at every byte that was written.
//! Waiting blocks on arriving bytes and on the end of the program, never on a fixed time.

use super::home::{Home, NO_PROGRAMS};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};
use vt100::{Parser, Screen};

/// The program that is tested.
const BINARY: &str = env!("CARGO_BIN_EXE_kconsole");

/// Columns and rows.
pub type Size = (u16, u16);

/// A program and its terminal. Dropping it ends the program.
pub struct Pty {
    pid: u32,
    started: Instant,
    /// None once the terminal was closed.
    ends: Option<Ends>,
    tty: PathBuf,
    before: String,
    shared: Arc<Shared>,
    home: Home,
}

/// The harness's end of the terminal. It stays open after the program has ended, so that what was left behind can be looked at.
struct Ends {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    parser: Parser,
    raw: Vec<u8>,
    chunks: Vec<Chunk>,
    exit: Option<(ExitStatus, Instant)>,
    closing: bool,
    closed: bool,
    noticing: Option<Noticing>,
}

/// What is looked for in every chunk, and who is told when it came.
struct Noticing {
    wanted: Box<dyn FnMut(&Screen) -> bool + Send>,
    told: mpsc::Sender<Instant>,
}

/// When bytes arrived, and how many there were in all by then.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    pub at: Instant,
    pub total: usize,
}

impl Pty {
    /// Starts a program with a clean environment: PATH (of ours [`NO_PROGRAMS`], where the home says nothing else), a UTF-8 locale, TERM, and what the home says.
    pub fn start(program: impl AsRef<OsStr>, args: &[&str], (columns, rows): Size, home: Home) -> Self {
        let pair = native_pty_system().openpty(pty_size(columns, rows)).expect("the system has a pty");
        let tty = pair.master.tty_name().expect("a pty has a name");
        let before = line_settings(&tty);
        let mut command = CommandBuilder::new(program.as_ref());
        command.args(args);
        command.env_clear();
        command.cwd(home.path());
        let path = if program.as_ref() == BINARY { NO_PROGRAMS.to_owned() } else { std::env::var("PATH").unwrap_or_default() };
        for (name, value) in [("PATH", path.as_str()), ("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")] {
            command.env(name, value);
        }
        for (name, value) in home.variables() {
            command.env(name, value);
        }
        let shared = Arc::new(Shared::default());
        shared.lock().parser = Parser::new(at_least_one(rows), at_least_one(columns), 0);
        let reader = pair.master.try_clone_reader().expect("a pty can be read");
        let writer = pair.master.take_writer().expect("a pty can be written");
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let pid = child.process_id().expect("a started program has a pid");
        listen(&shared, reader, child, pair.slave);
        Self { pid, started, ends: Some(Ends { master: pair.master, writer }), tty, before, shared, home }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The moment before the program was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The home that the program was given.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Types.
    pub fn send(&mut self, keys: impl AsRef<[u8]>) {
        let ends = self.ends.as_mut().expect("the terminal is open");
        ends.writer.write_all(keys.as_ref()).and_then(|()| ends.writer.flush()).expect("the terminal takes keys");
    }

    /// Blocks until the screen is as wanted, and says when the bytes arrived that made it so.
    ///
    /// # Panics
    /// With the screen as it is, where time runs out or the program ends.
    pub fn wait_for(&self, what: &str, limit: Duration, wanted: impl FnMut(&Screen) -> bool) -> Instant {
        self.wait_until(limit, wanted)
            .unwrap_or_else(|| panic!("no {what} within {limit:?}; exit {:?}; the screen:\n{}", self.exit(), self.screen()))
    }

    /// As [`Self::wait_for`], but `None` where time runs out or the program ends.
    pub fn wait_until(&self, limit: Duration, mut wanted: impl FnMut(&Screen) -> bool) -> Option<Instant> {
        let found = |seen: &Seen| {
            let at = seen.chunks.last().map_or(self.started, |c| c.at);
            if wanted(seen.parser.screen()) { Some(Some(at)) } else { seen.closed.then_some(None) }
        };
        self.wait(limit, found).flatten()
    }

    /// As [`Self::wait_until`] does, after what is done here: for what is measured. Each chunk is looked at as it comes; whoever waits may be late, and see
    /// a later one.
    pub fn measure(
        &mut self,
        limit: Duration,
        wanted: impl FnMut(&Screen) -> bool + Send + 'static,
        begin: impl FnOnce(&mut Self),
    ) -> Option<Duration> {
        let (told, at) = mpsc::channel();
        self.shared.lock().noticing = Some(Noticing { wanted: Box::new(wanted), told });
        let begun = Instant::now();
        begin(self);
        let at = at.recv_timeout(limit);
        self.shared.lock().noticing = None;
        at.ok().map(|at| at.saturating_duration_since(begun))
    }

    /// Blocks until more bytes have come than these, and says when; `None` where time runs out or the program ends.
    pub fn wait_more(&self, than: usize, limit: Duration) -> Option<Instant> {
        let found = |seen: &Seen| match seen.chunks.iter().find(|c| c.total > than) {
            Some(chunk) => Some(Some(chunk.at)),
            None => seen.closed.then_some(None),
        };
        self.wait(limit, found).flatten()
    }

    /// Blocks until the program has ended and what it wrote has been read.
    pub fn wait_exit(&self, limit: Duration) -> Option<(ExitStatus, Instant)> {
        let end = self.wait(limit, |seen| seen.exit.clone())?;
        // A child of the program may have kept the terminal: then there is no end to wait for.
        self.wait(Duration::from_secs(2), |seen| seen.closed.then_some(()));
        Some(end)
    }

    /// Blocks until no byte has come for this long.
    pub fn wait_quiet(&self, quiet: Duration, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        loop {
            let before = self.raw_len();
            if self.wait(quiet, |seen| (seen.raw.len() > before).then_some(())).is_none() {
                return true;
            }
            if Instant::now() > end {
                return false;
            }
        }
    }

    fn wait<T>(&self, limit: Duration, mut look: impl FnMut(&Seen) -> Option<T>) -> Option<T> {
        let end = Instant::now() + limit;
        let mut seen = self.shared.lock();
        loop {
            if let Some(found) = look(&seen) {
                return Some(found);
            }
            let left = end.checked_duration_since(Instant::now())?;
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What is on the screen, line by line.
    pub fn screen(&self) -> String {
        self.look(Screen::contents)
    }

    /// Looks at the screen.
    pub fn look<T>(&self, f: impl FnOnce(&Screen) -> T) -> T {
        f(self.shared.lock().parser.screen())
    }

    /// Every byte so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// How many bytes there were so far.
    pub fn raw_len(&self) -> usize {
        self.shared.lock().raw.len()
    }

    /// When bytes arrived.
    pub fn chunks(&self) -> Vec<Chunk> {
        self.shared.lock().chunks.clone()
    }

    /// How the program ended, if it has.
    pub fn exit(&self) -> Option<ExitStatus> {
        self.shared.lock().exit.clone().map(|(status, _)| status)
    }

    /// Gives the terminal another size; 0 is allowed, as it is in life.
    pub fn resize(&self, (columns, rows): Size) {
        self.shared.lock().parser.set_size(at_least_one(rows), at_least_one(columns));
        self.ends.as_ref().expect("the terminal is open").master.resize(pty_size(columns, rows)).expect("a pty has a size");
    }

    /// Sends a signal by name (`TERM`) to the program.
    pub fn signal(&self, name: &str) {
        signal(name, self.pid);
    }

    /// The settings of the terminal line, in a form that can be compared.
    pub fn termios(&self) -> String {
        line_settings(&self.tty)
    }

    /// The settings before the program was started.
    pub fn termios_before(&self) -> &str {
        &self.before
    }

    /// Takes the terminal away, as a closed window does.
    pub fn close(&mut self) -> Instant {
        self.shared.lock().closing = true;
        // Where the program runs on, the reader sleeps in a read of its own handle; a byte wakes it, and it lets go.
        std::fs::OpenOptions::new().write(true).open(&self.tty).and_then(|mut tty| tty.write_all(b" ")).expect("the pty is there");
        self.wait(Duration::from_secs(5), |seen| seen.closed.then_some(())).expect("the reader lets go");
        // portable-pty types a newline and the end-of-file key as it lets go, unless there is no such key.
        let status = Command::new("stty").arg("-F").arg(&self.tty).args(["eof", "undef"]).status();
        assert!(status.is_ok_and(|s| s.success()), "stty sets keys");
        self.ends = None;
        Instant::now()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.exit().is_none() {
            signal("KILL", self.pid);
            let _ = self.wait_exit(Duration::from_secs(5));
        }
        if self.ends.is_some() {
            self.close();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, f: impl FnOnce(&mut Seen)) {
        f(&mut self.lock());
        self.changed.notify_all();
    }
}

/// Two threads: one takes what the program writes, one waits for its end and then lets go of the program's side of the terminal,
/// which is what tells the first that no more will come.
fn listen(
    shared: &Arc<Shared>,
    mut reader: Box<dyn Read + Send>,
    mut child: Box<dyn Child + Send + Sync>,
    slave: Box<dyn SlavePty + Send>,
) {
    let to = Arc::clone(shared);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = reader.read(&mut buffer) {
            let at = Instant::now();
            if to.lock().closing {
                break;
            }
            to.change(|seen| {
                seen.parser.process(&buffer[..length]);
                seen.raw.extend_from_slice(&buffer[..length]);
                seen.chunks.push(Chunk { at, total: seen.raw.len() });
                if let Some(Noticing { wanted, told }) = &mut seen.noticing
                    && wanted(seen.parser.screen())
                {
                    // Only the first is waited for.
                    let _ = told.send(at);
                }
            });
        }
        drop(reader);
        to.change(|seen| seen.closed = true);
    });
    let to = Arc::clone(shared);
    std::thread::spawn(move || {
        let status = child.wait().unwrap_or_else(|_| ExitStatus::with_signal("lost"));
        let at = Instant::now();
        to.change(|seen| seen.exit = Some((status, at)));
        drop(slave);
    });
}

/// Sends a signal by name to a process that the harness started.
pub fn signal(name: &str, pid: u32) {
    let status = Command::new("sh").args(["-c", "kill -$0 $1 2>/dev/null", name, &pid.to_string()]).status();
    status.expect("sh is there"); // its exit says nothing: the process may have ended by itself
}

fn line_settings(tty: &Path) -> String {
    let out = Command::new("stty").arg("-F").arg(tty).arg("-g").output().expect("stty is there");
    assert!(out.status.success(), "stty: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn at_least_one(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN)
}

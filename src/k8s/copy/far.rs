//! The far side of a copy: commands in a container, none of which is more than every image with a shell has. Paths are arguments of their own and
//! never part of a script, and none begins with a dash.

use super::super::lanes::Lanes;
use super::super::link::Link;
use super::super::stream::{Ends, NO_PROGRAM, exec};
use super::course::Course;
use crate::model::call::{Call, Method};
use crate::model::fault::Fault;
use crate::model::stream::{End, Ended};
use crate::model::text::visible;
use serde_json::json;
use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is kept of an answer, and of what a command complains.
const ANSWER: usize = 16 << 20;
const COMPLAINT: usize = 4 << 10;
/// So many files are asked for their sums at a time.
const BATCH: usize = 500;

/// Where commands run.
pub trait Far: Send + Sync {
    /// What it is called and where it is, for people.
    fn name(&self) -> String;

    /// Runs one, which reads what goes in only where it is told so.
    fn run(&self, words: Vec<String>, reads: bool, ends: Ends) -> impl Future<Output = Result<Ended, Fault>> + Send;
}

/// A container.
pub struct Container {
    /// What its cluster is called.
    pub cluster: String,
    /// The connection to that.
    pub link: Link,
    /// The connections there.
    pub lanes: Arc<Lanes>,
    /// A request to its pod for a command.
    pub call: Call,
    /// Its name.
    pub name: Option<String>,
}

impl Far for Container {
    fn name(&self) -> String {
        // The request is to /api/v1/namespaces/shop/pods/web-1/exec.
        let steps: Vec<&str> = self.call.path.split('/').collect();
        let pod = match steps.as_slice() {
            [.., namespace, "pods", pod, _] => format!("{namespace}/{pod}"),
            _ => self.call.path.clone(),
        };
        let container = self.name.as_deref().map(|name| format!(" (container {name})")).unwrap_or_default();
        visible(&format!("{}: {pod}{container}", self.cluster)).into_owned()
    }

    async fn run(&self, words: Vec<String>, reads: bool, ends: Ends) -> Result<Ended, Fault> {
        let options = json!({"container": self.name, "command": words, "stdin": reads, "stdout": true, "stderr": true, "tty": false});
        let call = Call { method: Method::Connect, body: options.to_string(), ..self.call.clone() };
        exec(&self.link, &self.lanes, &call, ends, std::future::pending()).await
    }
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// With this code.
    Exit(i32),
    /// It was not there.
    Missing,
    /// The stream broke off.
    Broken(String),
    /// Somebody does not want it any more.
    Stopped,
}

/// What a command came to.
pub(super) struct Ran {
    pub(super) went: Went,
    /// What it wrote.
    pub(super) out: Vec<u8>,
    /// What it complained of.
    pub(super) err: String,
}

/// What goes into a command and where its output goes.
pub(super) struct Pipes {
    pub(super) input: Option<Box<dyn AsyncRead + Send + Unpin>>,
    pub(super) out: Option<Box<dyn AsyncWrite + Send + Unpin>>,
}

/// Runs a command with these pipes; where its output goes nowhere else, it is kept.
pub(super) async fn run(far: &impl Far, words: &[&str], pipes: Pipes, course: &Course) -> Ran {
    let (out, err) = (Kept::new(ANSWER, true), Kept::new(COMPLAINT, false));
    let reads = pipes.input.is_some();
    let ends = Ends {
        input: pipes.input.unwrap_or_else(|| Box::new(Never)),
        out: pipes.out.unwrap_or_else(|| Box::new(out.clone())),
        err: Box::new(err.clone()),
        size: None,
    };
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    let ended = tokio::select! {
        ended = far.run(words, reads, ends) => Some(ended),
        () = course.stopped() => None,
    };
    let went = match ended {
        None => Went::Stopped,
        Some(Err(fault)) if fault.hint.as_deref() == Some(NO_PROGRAM) => Went::Missing,
        Some(Err(fault)) => Went::Broken(fault.to_string()),
        Some(Ok(ended)) => {
            course.streamed(ended.sent, ended.received);
            match ended.end {
                End::Exit(code) => Went::Exit(code),
                End::Broken(why) | End::Failed(why) => Went::Broken(why),
                End::Done(_) | End::Closed => Went::Broken("it was closed".to_owned()),
            }
        }
    };
    Ran { went, out: out.take(), err: visible(String::from_utf8_lossy(&err.take()).trim()).into_owned() }
}

/// Asks something, and gives it what it reads.
pub(super) async fn ask(far: &impl Far, words: &[&str], input: Option<Vec<u8>>, course: &Course) -> Ran {
    let input = input.map(|bytes| Box::new(io::Cursor::new(bytes)) as Box<dyn AsyncRead + Send + Unpin>);
    run(far, words, Pipes { input, out: None }, course).await
}

/// A path that is no option, whatever it begins with.
pub(super) fn plain(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("./{path}") }
}

/// The names of the folder that holds a path and of that in it; nothing where it names no place in one, as `/` and `..` do not.
pub(super) fn split(path: &str) -> Option<(String, &str)> {
    let path = path.trim_end_matches('/');
    let (folder, name) = path.rsplit_once('/').map_or((".", path), |(folder, name)| (if folder.is_empty() { "/" } else { folder }, name));
    (!matches!(name, "" | "." | "..")).then(|| (plain(folder), name))
}

/// A path in a folder.
pub(super) fn join(folder: &str, steps: &[String]) -> String {
    steps.iter().fold(folder.trim_end_matches('/').to_owned(), |path, step| format!("{path}/{step}"))
}

/// Whether a test of a path holds; false where the image has no such program.
pub(super) async fn test(far: &impl Far, what: &str, path: &str, course: &Course) -> Result<bool, String> {
    let mut ran = ask(far, &["test", what, path], None, course).await;
    if ran.is_missing() {
        // Shells have it built in.
        ran = ask(far, &["sh", "-c", "test \"$1\" \"$2\"", "sh", what, path], None, course).await;
    }
    match ran.went {
        Went::Exit(code @ (0 | 1)) => Ok(code == 0),
        _ if ran.is_missing() => Ok(false),
        _ => Err(ran.why("test")),
    }
}

/// Why nothing more is done.
pub(super) const STOPPED: &str = "it was ended";

/// How many bytes a file has.
pub(super) async fn size(far: &impl Far, path: &str, course: &Course) -> Result<u64, String> {
    let ran = ask(far, &["wc", "-c", path], None, course).await;
    let told = String::from_utf8_lossy(&ran.out).into_owned();
    let size = told.split_whitespace().next().and_then(|n| n.parse().ok());
    size.filter(|_| ran.went == Went::Exit(0)).ok_or_else(|| ran.why("wc"))
}

/// The sum of the first bytes of a file, in hexadecimal; nothing where the image has no program for it.
pub(super) async fn sum(far: &impl Far, path: &str, bytes: u64, course: &Course) -> Result<Option<String>, String> {
    let script = "head -c \"$2\" \"$1\" | sha256sum";
    let ran = ask(far, &["sh", "-c", script, "sh", path, &bytes.to_string()], None, course).await;
    match ran.went {
        Went::Exit(0) => Ok(Some(String::from_utf8_lossy(&ran.out).chars().take_while(char::is_ascii_hexdigit).collect())),
        Went::Exit(127) | Went::Missing => Ok(None),
        _ => Err(ran.why("sha256sum")),
    }
}

/// The sums of files, by their paths; nothing where the image has no program for it. Of a file that is gone there is none.
pub(super) async fn sums(far: &impl Far, paths: &[String], course: &Course) -> Result<Option<HashMap<String, String>>, String> {
    let mut sums = HashMap::new();
    for some in paths.chunks(BATCH) {
        let ran = each(far, "sha256sum", some, course).await;
        match ran.went {
            // xargs tells by 123 that one of the commands complained.
            Went::Exit(0 | 1 | 123) => sums.extend(String::from_utf8_lossy(&ran.out).lines().filter_map(line)),
            Went::Missing | Went::Exit(127) => return Ok(None),
            _ => return Err(ran.why("sha256sum")),
        }
    }
    Ok(Some(sums))
}

/// Runs a program with paths as its arguments, which are too many for a command line. How many bytes they are is said: servers before 1.30
/// cannot be told that the input has ended.
pub(super) async fn each(far: &impl Far, program: &str, paths: &[String], course: &Course) -> Ran {
    let input: Vec<u8> = paths.iter().flat_map(|path| path.bytes().chain([0])).collect();
    let script = format!("head -c \"$1\" | xargs -0 {program}");
    let bytes = input.len().to_string();
    ask(far, &["sh", "-c", &script, "sh", &bytes], Some(input), course).await
}

/// A line of sha256sum: the path, and the sum. A line with escapes begins with a backslash.
fn line(line: &str) -> Option<(String, String)> {
    let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |line| (true, line));
    let (sum, path) = line.split_once(' ')?;
    let path = path.strip_prefix([' ', '*'])?;
    Some((if escaped { path.replace("\\\\", "\\") } else { path.to_owned() }, sum.to_owned()))
}

impl Ran {
    /// True where the image has no such program, whether the runtime says so or a code of those that shells have for it.
    fn is_missing(&self) -> bool {
        matches!(self.went, Went::Missing | Went::Exit(126 | 127))
    }

    /// Why a program did not do what it should.
    pub(super) fn why(&self, program: &str) -> String {
        match &self.went {
            Went::Exit(code) if self.err.is_empty() => format!("{program} ended with {code}"),
            Went::Exit(_) => self.err.clone(),
            Went::Missing => format!("the image has no {program}"),
            Went::Broken(why) => why.clone(),
            Went::Stopped => STOPPED.to_owned(),
        }
    }

    /// It did.
    pub(super) fn done(self, program: &str) -> Result<(), String> {
        if self.went == Went::Exit(0) { Ok(()) } else { Err(self.why(program)) }
    }
}

/// Takes what is written, and keeps so much of it.
#[derive(Clone)]
struct Kept {
    bytes: Arc<Mutex<Vec<u8>>>,
    most: usize,
    /// More than that is a mistake.
    strict: bool,
}

impl Kept {
    fn new(most: usize, strict: bool) -> Self {
        Self { bytes: Arc::default(), most, strict }
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsyncWrite for Kept {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, more: &[u8]) -> Poll<io::Result<usize>> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.most.saturating_sub(bytes.len());
        if self.strict && room < more.len() {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        bytes.extend_from_slice(more.get(..room).unwrap_or(more));
        Poll::Ready(Ok(more.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// An input of which nothing ever comes: what is not open is not ended either.
struct Never;

impl AsyncRead for Never {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

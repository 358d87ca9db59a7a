//! A command in a container: input, output and the exit code, with a terminal or without.

use super::Clock;
use super::channels::{Channels, PROTOCOLS, Received};
use super::shell::disk::{bytes, text};
use super::shell::{Done, Piece, Shell, is_shell};
use super::terminal::{Input, Terminal};
use super::{Upgrade, upgrade};
use crate::demo::logs::query::flag;
use crate::demo::status::{Answer, Refusal};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

/// So many bytes are sent as one message.
const PIECE: usize = 32 << 10;

pub(super) const STDIN: u8 = 0;
pub(super) const STDOUT: u8 = 1;
pub(super) const STDERR: u8 = 2;
pub(super) const STATUS: u8 = 3;
pub(super) const RESIZE: u8 = 4;

/// What a request to exec or attach asks for: `PodExecOptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The container; empty where the pod has one only.
    pub container: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// True where the client sends input.
    pub stdin: bool,
    /// True where it wants output.
    pub stdout: bool,
    /// True where it wants errors apart.
    pub stderr: bool,
    /// True for a terminal.
    pub tty: bool,
}

impl Asked {
    /// Reads the parameters of a request.
    pub fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "container" => asked.container = value.into_owned(),
                "command" => asked.command.push(value.into_owned()),
                "stdin" => asked.stdin = flag(&value),
                "stdout" => asked.stdout = flag(&value),
                "stderr" => asked.stderr = flag(&value),
                "tty" => asked.tty = flag(&value),
                _ => {}
            }
        }
        // A terminal has one stream for both.
        asked.stderr &= !asked.tty;
        asked
    }

    /// Refuses what a kubelet would.
    ///
    /// # Errors
    /// 400 where no stream is asked for.
    pub fn check(&self) -> Answer<()> {
        let some = self.stdin || self.stdout || self.stderr;
        if some { Ok(()) } else { Err(Refusal::bad_request("you must specify at least 1 of stdin, stdout, stderr")) }
    }
}

/// Accepts the request and runs the command in the toy, which is told the time by the clock.
///
/// # Errors
/// 400 where the request is no WebSocket of a known protocol.
pub fn exec<B>(request: &mut Request<B>, asked: Asked, shell: Result<Shell, String>, clock: Clock) -> Answer<Response<()>> {
    let (answer, upgrade) = upgrade(request, PROTOCOLS)?;
    tokio::spawn(talk(upgrade, asked, shell, clock));
    Ok(answer)
}

async fn talk(upgrade: Upgrade, asked: Asked, shell: Result<Shell, String>, clock: Clock) -> Option<()> {
    let protocol = upgrade.protocol;
    let channels = Channels::new(upgrade.socket().await?, protocol);
    match shell {
        Ok(shell) => Talk::new(channels, asked, shell, clock).run().await,
        Err(why) => refuse(channels, &why).await,
    }
}

/// Tells why there is no conversation.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(mut channels: Channels<S>, why: &str) -> Option<()> {
    channels.send(STATUS, internal(why).to_string().as_bytes()).await?;
    channels.close().await;
    Some(())
}

/// The status of a conversation that could not be.
fn internal(why: &str) -> Value {
    json!({"metadata": {}, "status": "Failure", "message": format!("Internal error occurred: {why}"), "reason": "InternalError",
        "details": {"causes": [{"message": why}]}, "code": 500})
}

/// The status of a command that ended with this code.
pub(super) fn ended(code: i32) -> Value {
    if code == 0 {
        return json!({"metadata": {}, "status": "Success"});
    }
    json!({"metadata": {}, "status": "Failure", "message": format!("command terminated with non-zero exit code: exit status {code}"),
        "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}})
}

/// What a runtime says of a program that is not there; the id of the exec follows from the name.
fn not_there(program: &str) -> Value {
    let id = crate::demo::store::mix(program.bytes().fold(0, |h, b| h * 31 + u64::from(b)));
    let why = if program.starts_with('/') { "no such file or directory" } else { "executable file not found in $PATH" };
    let what = if program.starts_with('/') { "stat" } else { "exec" };
    let told = if what == "stat" { format!("exec: {program:?}: stat {program}: {why}") } else { format!("exec: {program:?}: {why}") };
    let id = format!("{id:016x}{:016x}", id.rotate_left(17));
    internal(&format!(
        "error executing command in container: failed to exec in container: failed to start exec \"{id}{id}\": OCI runtime exec failed: \
         exec failed: unable to start container process: {told}"
    ))
}

/// A conversation with a command.
struct Talk<S> {
    channels: Channels<S>,
    asked: Asked,
    shell: Shell,
    clock: Clock,
    terminal: Terminal,
    inbox: VecDeque<Input>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    fn new(channels: Channels<S>, asked: Asked, shell: Shell, clock: Clock) -> Self {
        let inbox = if asked.stdin { VecDeque::new() } else { VecDeque::from([Input::End]) };
        Self { channels, asked, shell, clock, terminal: Terminal::default(), inbox }
    }

    /// Until the command ends, or the client goes: then none.
    async fn run(mut self) -> Option<()> {
        // An empty message tells the client that the conversation is open.
        self.channels.send(STDOUT, b"").await?;
        let command = std::mem::take(&mut self.asked.command);
        let program = command.first().map(String::as_str).unwrap_or_default();
        let status = if !self.shell.has(program) {
            not_there(program)
        } else if is_shell(program) && !command.iter().any(|a| a.starts_with('-') && a.ends_with('c')) {
            ended(self.prompt().await?)
        } else {
            let done = self.ask(|shell, input, now| shell.program(&command, input, now).unwrap_or_default()).await?;
            ended(if done.prompts { self.prompt().await? } else { done.code })
        };
        self.channels.send(STATUS, status.to_string().as_bytes()).await?;
        self.channels.close().await;
        Some(())
    }

    /// A shell that reads line after line. Its exit code.
    async fn prompt(&mut self) -> Option<i32> {
        let (mut code, mut rest) = (0, String::new());
        loop {
            if self.asked.tty {
                let prompt = self.shell.prompt();
                self.put(STDOUT, &prompt).await?;
            }
            let over = match self.input().await? {
                Input::Interrupt => continue,
                Input::End => true,
                Input::Bytes(bytes) => {
                    rest += &text(&bytes);
                    false
                }
            };
            // What has no end of line yet waits for it, or for the end of all.
            let whole = if over { rest.len() } else { rest.rfind('\n').map_or(0, |end| end + 1) };
            let lines: String = rest.drain(..whole).collect();
            for line in lines.lines() {
                let done = self.ask(|shell, input, now| shell.line(line, input, now)).await?;
                code = done.code;
                if done.exit {
                    return Some(code);
                }
            }
            if over {
                return Some(code);
            }
        }
    }

    /// Lets the shell do something, and plays what it does.
    async fn ask(&mut self, run: impl Fn(&mut Shell, Option<&str>, i64) -> Done) -> Option<Done> {
        let mut tried = self.shell.clone();
        let mut done = run(&mut tried, None, (self.clock)());
        let mut all = Vec::new();
        while done.wants_input {
            let input = self.input().await?;
            let is_over = input == Input::End;
            match input {
                Input::Interrupt => return Some(Done { code: 130, ..Done::default() }),
                Input::Bytes(bytes) => all.extend(bytes),
                Input::End => {}
            }
            // Where the end cannot be told, what there is may be enough.
            if is_over || !self.channels.closes() {
                tried = self.shell.clone();
                tried.more = !is_over;
                done = run(&mut tried, Some(&text(&all)), (self.clock)());
                done.wants_input &= !is_over;
            }
        }
        (tried.size, tried.more) = (self.shell.size, false);
        self.shell = tried;
        self.shell.machine().keep();
        for piece in std::mem::take(&mut done.pieces) {
            let interrupted = match piece {
                Piece::Out(text) => self.put(STDOUT, &text).await.map(|()| false)?,
                Piece::Err(text) => self.put(if self.asked.stderr { STDERR } else { STDOUT }, &text).await.map(|()| false)?,
                Piece::Sleep(ms) => self.pause(Duration::from_millis(ms)).await?,
                Piece::Copy => self.copy().await?,
            };
            if interrupted {
                done.code = 130;
                break;
            }
        }
        Some(done)
    }

    /// Puts input out until it ends; true where it was interrupted.
    async fn copy(&mut self) -> Option<bool> {
        loop {
            match self.input().await? {
                Input::Bytes(bytes) if self.asked.tty => self.put(STDOUT, &String::from_utf8_lossy(&bytes)).await?,
                Input::Bytes(bytes) => self.channels.send(STDOUT, &bytes).await?,
                Input::End => return Some(false),
                Input::Interrupt => return Some(true),
            }
        }
    }

    /// Waits; true where it was interrupted.
    async fn pause(&mut self, time: Duration) -> Option<bool> {
        let mut over = std::pin::pin!(sleep(time));
        loop {
            let received = tokio::select! {
                () = &mut over => return Some(false),
                received = self.channels.receive() => received?,
            };
            self.take(received).await?;
            if let Some(at) = self.inbox.iter().position(|i| *i == Input::Interrupt) {
                self.inbox.drain(..=at);
                return Some(true);
            }
        }
    }

    async fn input(&mut self) -> Option<Input> {
        loop {
            match self.inbox.pop_front() {
                // The end stays the end, but a terminal can go on after ctrl-d.
                Some(Input::End) if !self.asked.tty => {
                    self.inbox.push_front(Input::End);
                    return Some(Input::End);
                }
                Some(input) => return Some(input),
                None => {
                    let received = self.channels.receive().await?;
                    self.take(received).await?;
                }
            }
        }
    }

    async fn take(&mut self, received: Received) -> Option<()> {
        match received {
            Received::Data(STDIN, typed) if self.asked.tty => {
                let (show, given) = self.terminal.feed(&typed);
                self.inbox.extend(given);
                if !show.is_empty() {
                    self.channels.send(STDOUT, show.as_bytes()).await?;
                }
            }
            Received::Data(STDIN, bytes) => self.inbox.push_back(Input::Bytes(bytes.to_vec())),
            Received::Data(RESIZE, size) => self.shell.size = resized(&size).unwrap_or(self.shell.size),
            Received::End(STDIN) => self.inbox.push_back(Input::End),
            Received::Data(..) | Received::End(_) => {}
        }
        Some(())
    }

    async fn put(&mut self, channel: u8, text: &str) -> Option<()> {
        let text = if self.asked.tty { text.replace('\n', "\r\n") } else { text.to_owned() };
        for piece in bytes(&text).chunks(PIECE) {
            self.channels.send(channel, piece).await?;
        }
        Some(())
    }
}

/// Rows and columns of a `TerminalSize`.
fn resized(message: &Bytes) -> Option<(u16, u16)> {
    let size: Value = serde_json::from_slice(message).ok()?;
    let number = |name: &str| size.get(name)?.as_u64().and_then(|n| u16::try_from(n).ok());
    Some((number("Height")?, number("Width")?))
}

#[cfg(test)]
mod tests;

//! A toy shell: what somebody finds who looks into a container of the demo. A line in, pieces of output out; it awaits nothing and knows
//! no terminal. Loops, jobs and programs that take the whole screen are deliberately not here.

mod commands;
pub mod disk;
mod files;
mod machine;
mod parse;

pub use machine::Machine;

use crate::demo::json::Millis;
use parse::{Command, Part, When, Word};

/// A piece of what a line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Output.
    Out(String),
    /// Output of errors.
    Err(String),
    /// Nothing, for so many milliseconds.
    Sleep(u64),
    /// Input is put out until it ends.
    Copy,
}

/// What a line came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What it did, in order.
    pub pieces: Vec<Piece>,
    /// The exit code.
    pub code: i32,
    /// True where the shell ends with it.
    pub exit: bool,
    /// True where it has to be asked again with more of the input.
    pub wants_input: bool,
    /// True where it goes on as a shell that reads line after line.
    pub prompts: bool,
}

/// A shell in a container.
#[derive(Clone, Debug)]
pub struct Shell {
    machine: Machine,
    folder: String,
    last: i32,
    now: Millis,
    /// Rows and columns of the terminal.
    pub size: (u16, u16),
    /// More input may come than what a line is given.
    pub more: bool,
}

/// What a command did.
#[derive(Debug, Default)]
struct Ran {
    out: String,
    err: String,
    code: i32,
    sleep: u64,
    exit: bool,
    wants_input: bool,
    prompts: bool,
    copy: bool,
}

impl Ran {
    fn out(text: impl Into<String>) -> Self {
        Self { out: text.into(), ..Self::default() }
    }

    fn fail(code: i32, text: impl Into<String>) -> Self {
        Self { err: text.into() + "\n", code, ..Self::default() }
    }
}

/// True for the names under which a shell is started.
pub fn is_shell(program: &str) -> bool {
    matches!(program, "sh" | "bash" | "ash" | "/bin/sh" | "/bin/bash" | "/bin/ash" | "/usr/bin/bash")
}

impl Shell {
    /// One that starts in the root of a machine.
    pub fn new(machine: Machine) -> Self {
        Self { machine, folder: "/".to_owned(), last: 0, now: 0, size: (24, 80), more: false }
    }

    /// The container that it is in.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What stands before the cursor.
    pub fn prompt(&self) -> String {
        format!("{} {} ", self.folder, if self.machine.root { '#' } else { '$' })
    }

    /// True where the program is there.
    pub fn has(&self, program: &str) -> bool {
        !self.machine.bare && (is_shell(program) || files::find(program).or_else(|| commands::find(program)).is_some())
    }

    /// Runs a program with arguments, without a shell. None where it is not there.
    pub fn program(&mut self, arguments: &[String], input: Option<&str>, now: Millis) -> Option<Done> {
        let program = arguments.first()?;
        if !self.has(program) {
            return None;
        }
        self.now = now;
        if is_shell(program) {
            let at = arguments.iter().position(|a| a.starts_with('-') && a.ends_with('c'))?;
            self.number(arguments.get(at + 2..).unwrap_or_default());
            return Some(self.line(arguments.get(at + 1)?, input, now));
        }
        let mut done = Done::default();
        let ran = self.run(arguments, input);
        self.note(ran, &mut done, true);
        Some(done)
    }

    /// What follows a script on the command line has numbers in it: `$0`, `$1`.
    fn number(&mut self, words: &[String]) {
        self.machine.variables.extend(words.iter().enumerate().map(|(n, word)| (n.to_string(), word.clone())));
    }

    /// Runs a line; `input` is what there is to read.
    pub fn line(&mut self, text: &str, input: Option<&str>, now: Millis) -> Done {
        self.now = now;
        let mut done = Done::default();
        let line = match parse::parse(text) {
            Ok(line) => line,
            Err(mistake) => {
                done.pieces.push(Piece::Err(format!("sh: {mistake}\n")));
                done.code = 2;
                self.last = 2;
                return done;
            }
        };
        for (when, pipeline) in line {
            if when == When::And && self.last != 0 || when == When::Or && self.last == 0 {
                continue;
            }
            self.pipeline(&pipeline, input, &mut done);
            if done.exit || done.wants_input || done.prompts {
                break;
            }
        }
        done.code = self.last;
        done
    }

    fn pipeline(&mut self, pipeline: &[Command], input: Option<&str>, done: &mut Done) {
        let mut passed: Option<String> = None;
        for (i, command) in pipeline.iter().enumerate() {
            let words: Vec<String> = command.words.iter().filter_map(|w| self.word(w)).collect();
            let file = command.input.as_ref().and_then(|w| self.word(w)).map(|name| self.path(&name));
            let from_file = file.and_then(|path| self.machine.files.get(&path).cloned());
            let given = from_file.as_deref().or(passed.as_deref()).or(input);
            let more = self.more;
            self.more &= from_file.is_none() && passed.is_none();
            let mut ran = self.run(&words, given);
            self.more = more;
            let is_last = i + 1 == pipeline.len();
            if ran.copy && (!is_last || pipeline.len() > 1 || !command.redirects.is_empty()) {
                (ran.copy, ran.wants_input) = (false, true);
            }
            self.redirect(command, &mut ran);
            passed = (!is_last).then(|| std::mem::take(&mut ran.out));
            self.note(ran, done, is_last);
            if done.wants_input {
                return;
            }
        }
    }

    fn note(&mut self, ran: Ran, done: &mut Done, is_last: bool) {
        if ran.sleep > 0 {
            done.pieces.push(Piece::Sleep(ran.sleep));
        }
        for (text, piece) in [(ran.err, Piece::Err as fn(String) -> Piece), (ran.out, Piece::Out)] {
            if !text.is_empty() {
                done.pieces.push(piece(text));
            }
        }
        if ran.copy {
            done.pieces.push(Piece::Copy);
        }
        done.wants_input |= ran.wants_input;
        if is_last {
            done.exit |= ran.exit;
            done.prompts |= ran.prompts;
            self.last = ran.code;
            done.code = ran.code;
        }
    }

    /// Puts output into files.
    fn redirect(&mut self, command: &Command, ran: &mut Ran) {
        for redirect in &command.redirects {
            let text = std::mem::take(if redirect.from == 2 { &mut ran.err } else { &mut ran.out });
            let Some(name) = redirect.to.as_ref().and_then(|w| self.word(w)) else {
                *(if redirect.from == 2 { &mut ran.out } else { &mut ran.err }) += &text;
                continue;
            };
            let path = self.path(&name);
            if path == "/dev/null" {
                continue;
            }
            let parent = path.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent });
            if !self.machine.is_folder(parent) || self.machine.is_folder(&path) {
                *ran = Ran::fail(1, format!("sh: can't create {name}: nonexistent directory"));
                return;
            }
            let file = self.machine.files.entry(path).or_default();
            if !redirect.append {
                file.clear();
            }
            *file += &text;
        }
    }

    /// A word with its variables; none where it has nothing in it and no quotes.
    fn word(&mut self, word: &Word) -> Option<String> {
        let mut text = String::new();
        let mut there = false;
        for part in word {
            match part {
                Part::Text(t) => {
                    there = true;
                    text += t;
                }
                Part::Variable(name) if name == "?" => text += &self.last.to_string(),
                Part::Variable(name) if name == "$" => text.push('7'),
                Part::Variable(name) => text += self.machine.variables.get(name).map_or("", String::as_str),
                Part::Output(line) => {
                    let now = self.now;
                    let done = self.clone().line(line, Some(""), now);
                    let out = done.pieces.into_iter().filter_map(|p| if let Piece::Out(t) = p { Some(t) } else { None });
                    text += out.collect::<String>().trim_end_matches('\n');
                }
            }
        }
        (there || !text.is_empty()).then_some(text)
    }

    /// An absolute path.
    fn path(&self, name: &str) -> String {
        let whole = if name.starts_with('/') { name.to_owned() } else { format!("{}/{name}", self.folder) };
        let mut steps = Vec::new();
        for step in whole.split('/') {
            match step {
                "" | "." => {}
                ".." => drop(steps.pop()),
                step => steps.push(step),
            }
        }
        format!("/{}", steps.join("/"))
    }

    fn run(&mut self, words: &[String], input: Option<&str>) -> Ran {
        let Some((program, arguments)) = words.split_first() else { return Ran::default() };
        if let Some((name, value)) = program.split_once('=').filter(|(n, _)| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
            self.machine.variables.insert(name.to_owned(), value.to_owned());
            return Ran::default();
        }
        if is_shell(program) {
            let at = arguments.iter().position(|a| a == "-c");
            let line = at.and_then(|at| arguments.get(at + 1)).map(String::as_str).or(input);
            let Some(line) = line else { return Ran::default() };
            // What it sets is its own; what it writes is there for all.
            let mut inner = self.clone();
            inner.number(at.and_then(|at| arguments.get(at + 2..)).unwrap_or_default());
            let done = inner.line(line, input, self.now);
            self.machine.files = inner.machine.files;
            return collect(done);
        }
        match files::find(program).or_else(|| commands::find(program)) {
            Some(command) if !self.machine.bare => command(self, arguments, input),
            _ => Ran::fail(127, format!("sh: {program}: not found")),
        }
    }
}

/// What a shell within a shell did, as one command's doing.
fn collect(done: Done) -> Ran {
    let mut ran = Ran { code: done.code, wants_input: done.wants_input, ..Ran::default() };
    for piece in done.pieces {
        match piece {
            Piece::Out(text) => ran.out += &text,
            Piece::Err(text) => ran.err += &text,
            Piece::Sleep(ms) => ran.sleep += ms,
            Piece::Copy => ran.copy = true,
        }
    }
    ran
}

#[cfg(test)]
mod tests;

//! The program with a screen: keys first, then the world, then the clock; a frame when something changed.

use super::browser;
use super::cli::Cli;
use super::clipboard;
use super::frames::Frames;
use super::goto;
use super::input::Input;
use super::near;
use super::program::Program;
use super::reload::{Again, Reload};
use super::reread::wrong;
use super::session;
use super::signals::{Signals, Told};
use super::startup::{Setup, keep_open};
use super::state::Dialog;
use crate::keymap::Key;
use crate::model::call::Method;
use crate::model::step::{Effect, Notice, Step};
use crate::model::time::Timestamp;
use crate::term::{self, Screen};
use crate::ui::widgets::ascii;
use crossterm::event::{Event, MouseButton, MouseEventKind};
use jiff::tz::TimeZone;
use signal_hook::consts::signal::SIGSTOP;
use std::io;
use std::time::{Duration, Instant};
use tokio::time::sleep_until;

/// Frames that data alone asks for come no faster than this; keys draw at once.
const FRAME: Duration = Duration::from_millis(33);
/// Lines that one notch of the wheel moves.
const NOTCH: i16 = 3;

/// So many events of a cluster are kept: more than a person reads, and a storm of them takes no more memory than that.
const EVENTS_KEPT: usize = 20_000;

/// What the program ends with when its terminal is gone, told by a signal or not: 128 and SIGHUP.
const HUNG_UP: i32 = 129;

/// Runs until the person leaves, a signal comes or the terminal is gone. Returns the exit code.
///
/// # Errors
/// Where the terminal cannot be used.
pub async fn run(cli: &Cli, mut setup: Setup) -> io::Result<i32> {
    setup.world.events_kept = Some(EVENTS_KEPT);
    let keep_session = cli.demo.is_none() && cli.flags.context.is_empty() && !cli.flags.all_contexts;
    let signals = Signals::take()?;
    let screen = Screen::take(setup.own.config.mouse)?;
    let start = cli.resource.as_ref().unwrap_or(&setup.own.config.start).clone();
    let mut steps = Vec::new();
    let mut program = Program::new(setup, |state| {
        let (screen, more) = goto::first(&state.world, &state.config.aliases, &start);
        steps = more;
        state.view(screen)
    });
    // The flags overrule what the config says of namespaces.
    let named = !cli.flags.namespace.is_empty() || cli.flags.all_namespaces;
    steps.retain(|step| !(named && matches!(step, Step::Namespaces(_))));
    program.state.steps(steps);
    let problems: Vec<&str> = program.problems.iter().map(String::as_str).collect();
    if let Some(notice) = wrong(&problems) {
        program.state.say(notice);
    }
    if program.state.world.demo.is_none() {
        ask_for_keymap(&mut program);
    }
    program.find_leftovers();
    let reload = program.watch_files();
    let ascii = ascii::is_wanted(|name| std::env::var(name).ok());
    let mut loop_ = Loop {
        program,
        screen,
        signals,
        reload,
        input: Some(Input::start()?),
        drawn: None,
        began: Instant::now(),
        frames: Frames::default(),
        waiting: Vec::new(),
        ascii,
        code: 0,
    };
    let ended = loop_.run().await;
    tracing::info!("{}", loop_.frames);
    // What is typed from here on is for whoever has the terminal next.
    loop_.input = None;
    let Loop { mut program, screen, mut signals, code, .. } = loop_;
    drop(screen);
    program.stop_copies(&mut signals).await;
    program.remove_debugging().await;
    program.clear_up();
    if keep_session && let Err(error) = keep_open(&program.paths, &program.state.world) {
        tracing::warn!("the open clusters could not be kept: {error}");
    }
    ended.map(|()| code)
}

/// Where k9s was used before and nobody has said which keys to use, that is asked, once.
fn ask_for_keymap(program: &mut Program) {
    let said = program.flags.keymap.is_some() || program.state.config.keymap.is_some() || session::read(&program.paths).keymap.is_some();
    if !said && session::k9s(|name| std::env::var_os(name)).is_some() {
        let keys = |name: &str| Step::Do(Effect::Keymap(name.to_owned()));
        let text = "k9s was used here: take its keys? Any other key takes kconsole's.".to_owned();
        program.state.question(Dialog { text, yes: keys("k9s"), no: Some(keys("default")) });
    }
}

/// The program and its terminal.
pub(super) struct Loop {
    pub(super) program: Program,
    pub(super) screen: Screen,
    pub(super) signals: Signals,
    reload: Reload,
    /// `None` while another program has the terminal: two readers would share the keys.
    pub(super) input: Option<Input>,
    drawn: Option<Instant>,
    began: Instant,
    frames: Frames,
    /// What was to be done with the terminal while another program had it.
    pub(super) waiting: Vec<Effect>,
    /// The terminal takes nothing but ASCII.
    ascii: bool,
    code: i32,
}

/// What made the loop go round.
enum Woken {
    Input(Option<io::Result<Event>>),
    World,
    Reread(Box<Again>),
    Clock,
    Frame,
    Work,
    Signal(Told),
}

impl Loop {
    async fn run(&mut self) -> io::Result<()> {
        self.draw()?;
        while !self.program.state.is_over() {
            let mut left = std::mem::take(&mut self.waiting);
            left.extend(self.program.perform_framed());
            for effect in left {
                self.terminal(effect).await?;
            }
            if self.program.state.is_over() {
                break;
            }
            match self.wait().await {
                Woken::Input(event) => {
                    if !(self.take(event)? && self.more_input()?) {
                        self.end(HUNG_UP);
                    }
                    self.draw()?;
                }
                // A stream of news must not keep a sort or filter waiting.
                Woken::World if self.program.state.is_working() => drop(self.program.state.work()),
                Woken::World => {}
                Woken::Reread(again) => self.reread(*again)?,
                Woken::Frame => self.draw()?,
                Woken::Clock if !term::is_there() => self.end(HUNG_UP),
                Woken::Clock => self.tick(),
                Woken::Work => drop(self.program.state.work()),
                Woken::Signal(Told::End(n)) => self.end(128 + n),
                Woken::Signal(Told::Stop) => self.suspend()?,
                Woken::Signal(Told::Continue) => self.resume()?,
                Woken::Signal(Told::Resize) => self.resize()?,
            }
        }
        Ok(())
    }

    /// The program is to end with this code; nothing more is drawn.
    pub(super) fn end(&mut self, code: i32) {
        self.code = code;
        self.input = None;
        self.program.state.leave();
    }

    /// Waits for the next thing to do; keys go before everything else but signals.
    async fn wait(&mut self) -> Woken {
        let state = &self.program.state;
        let frame_at = tokio::time::Instant::from_std(self.drawn.map_or_else(Instant::now, |d| d + FRAME));
        // Counted from the last tick, so that whatever comes in between does not put the next one off.
        let clock_at = tokio::time::Instant::now() + until(state.world.now.0 + state.next_tick());
        let (dirty, working) = (state.is_dirty() && self.input.is_some(), state.is_working());
        let input = self.input.as_mut();
        let input = async {
            match input {
                Some(input) => input.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            told = self.signals.next() => Woken::Signal(told),
            event = input => Woken::Input(event),
            () = sleep_until(clock_at) => Woken::Clock,
            () = sleep_until(frame_at), if dirty => Woken::Frame,
            again = self.reload.next() => Woken::Reread(Box::new(again)),
            () = self.program.listen() => Woken::World,
            () = std::future::ready(()), if working => Woken::Work,
        }
    }

    /// Takes edits of the files into force.
    fn reread(&mut self, again: Again) -> io::Result<()> {
        self.screen.set_mouse(again.own.config.mouse)?;
        self.program.reread(again);
        Ok(())
    }

    /// Takes the input that has arrived meanwhile, so that a burst costs one frame. False once the terminal is gone.
    fn more_input(&mut self) -> io::Result<bool> {
        while let Some(event) = self.input.as_mut().and_then(Input::waiting) {
            if !self.take(Some(event))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// False once the terminal is gone.
    fn take(&mut self, event: Option<io::Result<Event>>) -> io::Result<bool> {
        let state = &mut self.program.state;
        match event {
            None => return Ok(false),
            Some(Err(why)) if why.kind() == io::ErrorKind::UnexpectedEof || !term::is_there() => return Ok(false),
            Some(Err(why)) => return Err(why),
            Some(Ok(Event::Key(key))) => {
                state.clock(self.began.elapsed());
                if let Some(key) = Key::of(&key) {
                    state.key(key);
                }
            }
            Some(Ok(Event::Paste(text))) => state.paste(&text),
            Some(Ok(Event::Mouse(mouse))) => match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => state.click(mouse.column, mouse.row),
                MouseEventKind::ScrollDown => state.wheel(mouse.column, mouse.row, NOTCH),
                MouseEventKind::ScrollUp => state.wheel(mouse.column, mouse.row, -NOTCH),
                _ => {}
            },
            Some(Ok(Event::Resize(..) | Event::FocusGained | Event::FocusLost)) => {}
        }
        Ok(true)
    }

    /// Draws, if anything changed and the terminal is ours.
    fn draw(&mut self) -> io::Result<()> {
        let state = &mut self.program.state;
        if self.input.is_some() && state.take_dirty() {
            let begin = Instant::now();
            state.clock(begin - self.began);
            self.screen.draw(|area, buf| {
                state.draw(area, buf);
                if self.ascii {
                    ascii::ascii(buf);
                }
            })?;
            let now = Instant::now();
            self.frames.add(now - begin);
            self.drawn = Some(now);
        }
        Ok(())
    }

    /// The clock moved on; the wall may have another zone by now, or summer may be over.
    pub(super) fn tick(&mut self) {
        let now = now();
        self.program.state.world.utc_offset = utc_offset(now);
        self.program.state.tick(now);
    }

    /// What needs the terminal.
    async fn terminal(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Copy(text) => self.copy(&text),
            Effect::Open(url) => {
                let tool = browser::open(&url);
                self.program.state.say(Notice::info(match &tool {
                    Some(tool) => format!("opened with {tool}: {url}"),
                    None => format!("copied, as there is no browser here: {url}"),
                }));
                if tool.is_none() { self.copy(&url) } else { Ok(()) }
            }
            Effect::Write(draft) => self.write(&draft).await,
            Effect::Suspend => self.suspend(),
            Effect::Login(id) => self.login(id).await,
            Effect::Keymap(name) => {
                self.program.use_keymap(&name);
                Ok(())
            }
            Effect::Call(id, call) if call.method == Method::Copy => {
                self.program.copy_beside(id, call);
                Ok(())
            }
            Effect::Call(id, call) if near::is_attach(&call) => self.enter(id, call).await,
            Effect::Call(id, call) => self.open_shell(id, call).await,
            Effect::Enter(id) => self.enter_shell(id).await,
            Effect::Connect(_) | Effect::Disconnect(_) | Effect::Retry(_) | Effect::Discover(_) => Ok(()),
            Effect::KeepForward(..) | Effect::SaveLayout(..) | Effect::UseLayout(_) | Effect::ReadManifests(..) => Ok(()),
            Effect::HangUp(_) | Effect::Leftover(..) => Ok(()),
            Effect::Keep(_) | Effect::Forget(_) | Effect::Recall(_) | Effect::PutAside(_) => Ok(()),
            Effect::Journal(_) | Effect::JournalTo(_) | Effect::ReadJournal | Effect::Save(..) | Effect::Tee(..) => Ok(()),
        }
    }

    /// Puts text on the clipboard.
    fn copy(&mut self, text: &str) -> io::Result<()> {
        let native = clipboard::native(text);
        match clipboard::osc52(text) {
            Some(sequence) => self.screen.send(&sequence)?,
            None if native => {}
            None => self.program.state.say(Notice::warn("that is more than a terminal takes for its clipboard")),
        }
        Ok(())
    }

    /// Stops as a shell expects it. What comes after is told by SIGCONT, as it is where somebody else stopped us.
    fn suspend(&mut self) -> io::Result<()> {
        self.input = None;
        self.screen.leave();
        signal_hook::low_level::raise(SIGSTOP)
    }

    /// Takes the terminal again, with the whole screen. Whoever stopped us without asking (SIGSTOP) left it as it was, but the shell has used
    /// it meanwhile: it is given back first.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        let held = self.input.as_ref().map(Input::hold);
        self.screen.leave();
        self.screen.enter()?;
        drop(held);
        if self.input.is_none() {
            self.input = Some(Input::start()?);
        }
        self.tick();
        self.draw()
    }

    /// The terminal has another size.
    fn resize(&mut self) -> io::Result<()> {
        if self.screen.resize().is_err() {
            self.end(HUNG_UP);
        }
        self.program.state.touch();
        self.draw()
    }
}

/// Seconds that the clock on the wall is ahead of UTC at a moment: by the zone of the system as it is now, which is looked up again every few minutes.
pub(super) fn utc_offset(now: Timestamp) -> i64 {
    offset(&TimeZone::system(), now)
}

fn offset(zone: &TimeZone, at: Timestamp) -> i64 {
    jiff::Timestamp::from_second(at.0).map_or(0, |at| i64::from(zone.to_offset(at).seconds()))
}

/// The time until the clock shows this second.
fn until(second: i64) -> Duration {
    let left = second.saturating_mul(1_000).saturating_sub(jiff::Timestamp::now().as_millisecond());
    Duration::from_millis(u64::try_from(left).unwrap_or(0))
}

/// The clock.
pub(super) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_on_the_wall_follows_summer() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // The last Sunday of October 2026, 01:00 UTC.
        let autumn = 1_792_890_000;
        assert_eq!([autumn - 1, autumn].map(|at| offset(&zone, Timestamp(at))), [7_200, 3_600]);
    }
}

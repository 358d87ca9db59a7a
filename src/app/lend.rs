//! The terminal, lent to another program: to the command that logs in, to the person's own editor, to what a container runs. The loop goes on
//! meanwhile, undrawn.

use super::near::Near;
use super::run::Loop;
use super::signals::Told;
use super::texts;
use crate::k8s::login::{Login, login};
use crate::model::call::{Call, CallId, Failure, Reply};
use crate::model::draft::Draft;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::ClusterId;
use crate::model::msg::Msg;
use crate::model::step::Notice;
use crate::model::stream::{End, Ended};
use crate::term::raw::Kept;
use crate::ui::words;
use signal_hook::consts::signal::{SIGINT, SIGQUIT, SIGSTOP};
use std::io;
use std::time::Duration;
use tokio::time::{sleep, sleep_until};

/// How often the clock is looked at at least: what waits, and what ends by itself, goes by it.
const TICK: Duration = Duration::from_secs(1);
/// After a command has ended, the ctrl-c that ended it may still be on its way to us.
const ECHO: Duration = Duration::from_millis(100);

impl Loop {
    /// Lends the terminal to the command that logs in. The watches of all other clusters go on meanwhile.
    pub(super) async fn login(&mut self, id: ClusterId) -> io::Result<()> {
        let login = self.program.context(id).and_then(|c| login(c, self.program.state.config.cluster(&c.name).login.as_deref()));
        let Some(login) = login else {
            self.program.state.say(Notice::warn("there is no plugin to log in with: set login for it in the config").of(id));
            return Ok(());
        };
        self.input = None;
        self.screen.leave();
        let told = self.lend(shell(&login)).await;
        if self.program.state.is_over() {
            return Ok(());
        }
        self.resume()?;
        let command = words::command(&login.shown);
        match told {
            Ok(()) => {
                self.program.logged_in(id);
                self.program.state.say(Notice::info(format!("{command}: done, trying again")).of(id));
            }
            Err(why) => self.program.state.say(Notice::warn(format!("{command}: {why}")).of(id)),
        }
        Ok(())
    }

    /// Lends the terminal to the person's own editor, with a text in a file.
    pub(super) async fn write(&mut self, draft: &Draft) -> io::Result<()> {
        let Some(path) = self.program.place_of_text(draft) else {
            let why =
                "another editor would leave this Secret on the disk, as there is no folder in memory (XDG_RUNTIME_DIR): write it here";
            self.program.state.say(Notice::warn(why));
            return Ok(());
        };
        if let Err(error) = texts::keep(&path, draft) {
            self.program.state.say(Notice::warn(format!("{}: {error}", path.display())));
            return Ok(());
        }
        let command = texts::command(|name| std::env::var(name).ok(), &path);
        self.input = None;
        self.screen.leave();
        let told = self.lend(shell(&Login { shown: command.clone(), command })).await;
        if self.program.state.is_over() {
            return Ok(());
        }
        self.resume()?;
        let kept = |why: String| format!("nothing was changed: the editor: {why}; the text is in {}", path.display());
        self.program.state.wrote(told.map_err(kept).and_then(|()| texts::written(&path, draft.subject.key.is_some())));
        Ok(())
    }

    /// Lends the terminal to what a container runs, until that ends, breaks off or is left.
    pub(super) async fn enter(&mut self, id: CallId, call: Call) -> io::Result<()> {
        self.program.state.entering();
        self.input = None;
        self.screen.leave();
        let unusable = |error: io::Error| Failure::unsent(Fault::new(FaultKind::Config, format!("the terminal cannot be lent: {error}")));
        let answer = match Near::of(&call) {
            Err(error) => Err(unusable(error)),
            Ok((near, ends, leave)) => {
                let running = self.program.exec(call, ends, leave);
                let answer = self.lend(async { Ok(running.await) }).await;
                near.reset();
                match answer {
                    Ok(answer) => answer,
                    // It had begun, and what went through it is not known.
                    Err(why) => Ok(Reply { ended: Some(Ended { end: End::Broken(why), sent: 0, received: 0 }), ..Reply::default() }),
                }
            }
        };
        self.program.state.message(Msg::Answer(id, answer));
        if self.program.state.is_over() {
            drop(self.program.perform());
            return Ok(());
        }
        self.resume()
    }

    /// Carries out what is asked for; what needs the terminal waits until that is ours again.
    fn put_off(&mut self) {
        let left = self.program.perform();
        self.waiting.extend(left);
    }

    /// Has something run that has the terminal while the loop goes on, undrawn. ctrl-c in it is its own: it must not end us too. The line is set
    /// afterwards as it was before, or we would take what is left of it for how the person had it.
    pub(super) async fn lend<T>(&mut self, running: impl Future<Output = Result<T, String>>) -> Result<T, String> {
        let _kept = Kept::look();
        let mut running = std::pin::pin!(running);
        let mut ended = None;
        let mut until = tokio::time::Instant::now();
        loop {
            tokio::select! {
                biased;
                told = self.signals.next() => match told {
                    Told::End(n) if n != SIGINT && n != SIGQUIT => {
                        self.end(128 + n);
                        return Err("kconsole was ended".to_owned());
                    }
                    Told::Stop => signal_hook::low_level::raise(SIGSTOP).map_err(|e| e.to_string())?,
                    Told::End(_) | Told::Continue | Told::Resize => {}
                },
                told = &mut running, if ended.is_none() => {
                    ended = Some(told);
                    until = tokio::time::Instant::now() + ECHO;
                }
                () = sleep_until(until), if ended.is_some() => return ended.unwrap_or_else(|| Err("it has ended".to_owned())),
                () = sleep(TICK) => {
                    self.tick();
                    self.put_off();
                }
                () = self.program.listen() => self.put_off(),
            }
        }
    }
}

/// Runs a command of the person's own in the terminal, shown first.
async fn shell(login: &Login) -> Result<(), String> {
    let shown = format!("\nkconsole runs: {}\n\n", crate::model::text::visible(&login.shown));
    io::Write::write_all(&mut io::stdout(), shown.as_bytes()).map_err(|e| e.to_string())?;
    let status =
        tokio::process::Command::new("sh").arg("-c").arg(&login.command).kill_on_drop(true).status().await.map_err(|e| e.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}

//! Shells that stay open: the terminal goes into one and comes out of it, and it goes on; what it writes meanwhile is held for whoever comes back.

use super::near::Near;
use super::program::Program;
use super::run::Loop;
use super::state::State;
use crate::k8s::stream::{Counted, Held, Visit};
use crate::model::call::{Call, CallId, Failure, Reply};
use crate::model::msg::Msg;
use crate::model::step::Notice;
use crate::model::stream::{Ended, Shell};
use crate::term::raw;
use crate::ui::words;
use futures::future::FutureExt;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use tokio::task::AbortHandle;

/// A shell that somebody may go into.
pub(super) struct Session {
    talking: AbortHandle,
    counted: Arc<Counted>,
    /// Nothing while somebody is in.
    held: Option<Held>,
}

impl Program {
    /// Opens a shell, that nobody is in yet.
    pub(super) fn open_shell(&mut self, id: CallId, call: Call) {
        let options = serde_json::from_str::<Value>(&call.body).unwrap_or_default();
        let container = options.get("container").and_then(Value::as_str).unwrap_or_default();
        self.state.list_shell(id, container);
        let (held, ends) = Held::new(raw::size().unwrap_or((80, 24)));
        let (counted, out) = (held.counted(), self.out.clone());
        let talking = self.exec(call, ends, futures::future::pending().boxed());
        let talking = tokio::spawn(async move {
            let answer = talking.await;
            // Nobody listens any more once the program ends.
            let _ = out.send(Msg::Answer(id, answer)).await;
        });
        self.shells.insert(id, Session { talking: talking.abort_handle(), counted, held: Some(held) });
    }

    /// Ends a shell that is open; tells what went through it.
    pub(super) fn close_shell(&mut self, id: CallId) -> Option<Ended> {
        let Session { talking, counted, .. } = self.shells.remove(&id)?;
        talking.abort();
        self.state.forget_shell(id);
        Some(counted.closed())
    }
}

impl Loop {
    /// Opens a shell, and goes into it.
    pub(super) async fn open_shell(&mut self, id: CallId, call: Call) -> io::Result<()> {
        self.program.open_shell(id, call);
        self.enter_shell(id).await
    }

    /// Lends the terminal to a shell, until that ends or is left.
    pub(super) async fn enter_shell(&mut self, id: CallId) -> io::Result<()> {
        let Some(held) = self.program.shells.get_mut(&id).and_then(|shell| shell.held.take()) else { return Ok(()) };
        self.input = None;
        self.screen.leave();
        match Near::shell() {
            Err(error) => {
                self.program.state.say(Notice::warn(format!("the terminal cannot be lent: {error}")));
                self.program.left(id, Visit::Left(held, 0));
            }
            Ok((near, ends)) => {
                // In a task of its own: what is typed and what comes back waits for nothing that clusters tell.
                let visit = tokio::spawn(held.visit(ends));
                let ends = visit.abort_handle();
                let told = self.lend(async { visit.await.map_err(|why| why.to_string()) }).await;
                ends.abort();
                near.reset();
                match told {
                    Ok(visit) => self.program.left(id, visit),
                    // The program ends, or nobody can go in any more.
                    Err(_) => self.program.hang_up(id),
                }
            }
        }
        if self.program.state.is_over() { Ok(()) } else { self.resume() }
    }
}

impl Program {
    /// Nobody is in a shell any more.
    fn left(&mut self, id: CallId, visit: Visit) {
        let (held, untaken) = match visit {
            Visit::Left(held, untaken) => (Some(held), untaken),
            Visit::Ended(untaken) => (None, untaken),
        };
        self.state.left_shell(id, held.is_some(), untaken);
        match (held, self.shells.get_mut(&id)) {
            (Some(held), Some(shell)) => shell.held = Some(held),
            _ => {
                self.shells.remove(&id);
                self.state.forget_shell(id);
            }
        }
    }
}

impl State {
    /// A shell begins, by the request for it. Its dialog has said all that it will.
    pub(super) fn list_shell(&mut self, id: CallId, container: &str) {
        let Some((change, object)) = self.asked_by(id) else { return };
        self.entering();
        self.world.shells.push(Shell { change, id, object, container: container.into(), since: self.world.now, ended: None });
        self.refresh();
    }

    /// A person comes back from a shell that goes on or has ended, which did not take so many bytes of what they typed.
    pub(super) fn left_shell(&mut self, id: CallId, goes_on: bool, untaken: u64) {
        let Some(shell) = self.world.shells.iter().find(|shell| shell.id == id) else { return };
        let (object, cluster) = (words::object(&shell.object), shell.object.cluster);
        let told = match goes_on {
            true => format!("the shell in {object} stays open; :shells goes back to it"),
            false => format!("the shell in {object} has ended"),
        };
        match (untaken, goes_on) {
            // Its change tells that.
            (0, false) => {}
            (0, true) => self.say(Notice::info(told).of(cluster)),
            _ => {
                let bytes =
                    if untaken == 1 { "1 byte that you typed was".to_owned() } else { format!("{untaken} bytes that you typed were") };
                self.say(Notice::warn(format!("{told}; {bytes} not taken there, and let go of")).of(cluster));
            }
        }
    }

    /// A shell was answered: it is listed until somebody has looked at how it ended.
    pub(super) fn shell_ended(&mut self, id: CallId, answer: &Result<Reply, Failure>) {
        let Some(shell) = self.world.shells.iter_mut().find(|shell| shell.id == id) else { return };
        shell.ended = Some(match answer {
            Ok(Reply { ended: Some(ended), .. }) => ended.end.to_string(),
            Ok(_) => "it has ended".to_owned(),
            Err(failure) => failure.fault.to_string(),
        });
        self.refresh();
    }

    /// A shell is listed no more.
    pub(super) fn forget_shell(&mut self, id: CallId) {
        self.world.shells.retain(|shell| shell.id != id);
        self.refresh();
    }
}

//! `kconsole exec` and `attach`: a command in a container, or what it runs by itself, on the same path as every change. The command line is what
//! confirms it.

use super::batch::Unseen;
use super::cli::{AttachArgs, Cli, Exec};
use super::entry::{USAGE, eprint};
use super::near::{self, Near};
use super::program::Program;
use super::signals::Signals;
use super::startup::Setup;
use crate::actions::attach::ATTACH;
use crate::actions::shell::SHELL;
use crate::k8s;
use crate::kinds;
use crate::model::call::{Call, CallId, Failure, Reply};
use crate::model::catalog::Resource;
use crate::model::course::ChangeId;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
use crate::model::msg::{Link, Msg};
use crate::model::step::Effect;
use crate::model::stream::{self, Command, Ended};
use crate::safety::change::Change;
use crate::safety::item::{End, Given, Item, Stage};
use crate::safety::verb::Verb;
use futures::future::{BoxFuture, FutureExt};
use serde_json::Value;
use signal_hook::consts::signal::SIGINT;
use std::io;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Longer than connecting may take, plugins included.
const PATIENCE: Duration = Duration::from_secs(45);
/// Who a cluster is, and who we are there, comes right behind the connection, where a server tells it at all: rules and the journal are about it.
const KNOWN: Duration = Duration::from_secs(2);

/// What is asked for.
pub(super) struct Asked<'a> {
    verb: &'static Verb,
    target: &'a str,
    container: Option<&'a str>,
    words: &'a [String],
    reason: &'a str,
}

impl<'a> From<&'a Exec> for Asked<'a> {
    fn from(exec: &'a Exec) -> Self {
        let Exec { target, container, reason, command } = exec;
        Self { verb: &SHELL, target, container: container.as_deref(), words: command, reason }
    }
}

impl<'a> From<&'a AttachArgs> for Asked<'a> {
    fn from(attach: &'a AttachArgs) -> Self {
        let AttachArgs { target, container, reason } = attach;
        Self { verb: &ATTACH, target, container: container.as_deref(), words: &[], reason }
    }
}

/// Runs the command. Returns its exit code, 0 where it was left, or 1 where it was not run or broke off.
///
/// # Errors
/// Where the terminal is gone.
pub(super) async fn run(cli: &Cli, asked: Asked<'_>, setup: Setup) -> io::Result<i32> {
    let place = match Place::read(cli, asked.target, &setup) {
        Ok(place) => place,
        Err(why) => {
            eprint(&format!("kconsole: {why}"));
            return Ok(i32::from(USAGE));
        }
    };
    let mut signals = Signals::take()?;
    let mut program = Program::new(setup, |_| Box::new(Unseen::idle()));
    let (leave, left) = watch::channel(false);
    let executing = execute(&mut program, &place, &asked, left);
    let stop = || {
        leave.send_replace(true);
    };
    let code = match signals.or_end(executing, stop).await {
        Ok(done) => code(done),
        // ctrl-c is how one leaves what goes on without one.
        Err((SIGINT, Some(Ok(_)))) if *asked.verb == ATTACH => 0,
        Err((signal, _)) => 128 + signal,
    };
    program.clear_up();
    Ok(code)
}

/// The exit code of what has ended; why it did not go is said.
fn code(done: Result<i32, String>) -> i32 {
    done.unwrap_or_else(|why| {
        eprint(&format!("kconsole: {why}"));
        1
    })
}

/// What was named on the command line.
pub(super) struct Place {
    pub(super) cluster: ClusterId,
    pub(super) resource: Resource,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Place {
    /// Reads `web-1` or `deploy/web`.
    pub(super) fn read(cli: &Cli, target: &str, setup: &Setup) -> Result<Self, String> {
        let &[cluster] = setup.chosen.as_slice() else {
            return Err("this is about one object: name one context with --context".to_owned());
        };
        let (kind, name) = target.split_once('/').unwrap_or(("pods", target));
        let kind = kinds::named(kind).ok_or_else(|| format!("{target}: there is no kind called {kind} here"))?;
        let namespace = match cli.flags.namespace.as_slice() {
            [] => setup.world.cluster(cluster).map(|c| c.namespace.clone()).unwrap_or_default(),
            [one] => one.clone(),
            _ => return Err("this is about one object: name one namespace with -n".to_owned()),
        };
        Ok(Self { cluster, resource: kind.resource(), namespace, name: name.to_owned() })
    }
}

async fn execute(program: &mut Program, place: &Place, asked: &Asked<'_>, left: watch::Receiver<bool>) -> Result<i32, String> {
    let command = Command { container: asked.container.map(str::to_owned), words: asked.words.to_vec(), terminal: near::is_terminal() };
    let item = async {
        connect(program, place.cluster).await?;
        find(program, place, Given::Command(command)).await
    };
    let item = tokio::select! {
        item = item => item?,
        () = until(left.clone()) => return Err("it was ended".to_owned()),
    };
    let id = program.state.command(asked.verb, item, "", asked.reason);
    let change = carry_out(program, id, |program, call| {
        let (near, ends, leave) = Near::of(&call).map_err(|e| e.to_string())?;
        let leave = futures::future::select(leave, until(left.clone()).boxed()).map(drop).boxed();
        let running = program.exec(call, ends, leave);
        let lent = async move {
            let answer = running.await;
            if !matches!(&answer, Ok(Reply { ended: Some(Ended { end: stream::End::Exit(_), .. }), .. })) {
                near.reset();
            }
            answer
        };
        Ok(lent.boxed())
    });
    ended(change.await?)
}

/// Comes true when the program is to end.
async fn until(mut left: watch::Receiver<bool>) {
    // Who would say so lives as long as what waits for it.
    let _ = left.wait_for(|left| *left).await;
}

/// What is done in a container, until it has ended.
pub(super) type Running = BoxFuture<'static, Result<Reply, Failure>>;

/// Goes with a change that the command line asked for until it is over; this begins what is done in a container.
pub(super) async fn carry_out(
    program: &mut Program,
    id: ChangeId,
    begin: impl Fn(&Program, Call) -> Result<Running, String>,
) -> Result<&Change, String> {
    let mut running: Option<(CallId, Running)> = None;
    loop {
        for effect in program.perform() {
            if let Effect::Call(call_id, call) = effect {
                match begin(program, call) {
                    Ok(begun) => running = Some((call_id, begun)),
                    Err(why) => {
                        let failed = Failure::unsent(Fault::new(FaultKind::Config, why));
                        program.state.message(Msg::Answer(call_id, Err(failed)));
                    }
                }
            }
        }
        if program.state.commanded(id)?.is_some() {
            break;
        }
        let answer = tokio::select! {
            answer = async { match &mut running { Some((_, running)) => running.await, None => std::future::pending().await } } => answer,
            () = program.listen() => continue,
        };
        if let Some((call_id, _)) = running.take() {
            program.state.message(Msg::Answer(call_id, answer));
        }
    }
    program.state.commanded(id)?.ok_or_else(|| "it was let go".to_owned())
}

/// Waits until the cluster can be asked, and has said who it is.
pub(super) async fn connect(program: &mut Program, cluster: ClusterId) -> Result<(), String> {
    let (mut deadline, mut up) = (Instant::now() + PATIENCE, false);
    loop {
        program.perform();
        let Some(known) = program.state.world.cluster(cluster) else { return Err("there is no such cluster".to_owned()) };
        if let Some(fault) = known.fault() {
            return Err(format!("{}: {fault}", known.name));
        }
        if known.identity.is_some() && known.user.is_some() {
            return Ok(());
        }
        if matches!(known.link, Link::Up { .. }) && !std::mem::replace(&mut up, true) {
            deadline = Instant::now() + KNOWN;
        }
        if timeout_at(deadline, program.listen()).await.is_err() {
            return if up {
                Ok(())
            } else {
                Err(format!("{}: no answer within {} s", program.state.world.name(cluster), PATIENCE.as_secs()))
            };
        }
    }
}

/// The pod that is meant, with what is to be done in it.
pub(super) async fn find(program: &mut Program, place: &Place, given: Given) -> Result<Item, String> {
    let link = program.link(place.cluster).ok_or("the cluster is not open")?;
    let pod = k8s::stream::find(&link, &place.resource, &place.namespace, &place.name).await.map_err(|fault| fault.to_string())?;
    let text = |at| pod.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let kind = GroupResource::new("", "pods");
    let resource = kinds::find(&kind).map(kinds::Kind::resource).ok_or("pods are not known")?;
    let (name, uid) = (text("/metadata/name").into(), Uid::parse(text("/metadata/uid")));
    let object = ObjectRef { cluster: place.cluster, kind, namespace: place.namespace.as_str().into(), name, uid };
    Ok(Item::new(object, resource, given, program.state.world.now))
}

/// The exit code of what is over, or why there is none.
fn ended(change: &Change) -> Result<i32, String> {
    // That a record could not be written is said where it did not keep the command from being run.
    if let Some(why) = &change.told {
        eprint(&format!("kconsole: {why}"));
    }
    match change.items.first() {
        Some(Item { ended: Some(Ended { end: stream::End::Exit(code), .. }), .. }) => Ok(*code),
        Some(Item { ended: Some(Ended { end: stream::End::Closed, .. }), .. }) => Ok(0),
        Some(Item { ended: Some(ended), .. }) => Err(ended.to_string()),
        Some(Item { stage: Stage::Ended(End::Failed(why) | End::Unknown(why)), .. }) => Err(why.clone()),
        _ => Err("it was not run".to_owned()),
    }
}

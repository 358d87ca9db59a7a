//! `kconsole forward`: ports of this machine that lead to ports of pods, until somebody ends it.

use super::batch::Unseen;
use super::cli::{Cli, ForwardArgs};
use super::entry::{USAGE, eprint, print};
use super::exec::{Place, connect};
use super::program::Program;
use super::signals::Signals;
use super::startup::Setup;
use crate::actions::forward::FORWARD;
use crate::k8s::stream;
use crate::model::course::ChangeId;
use crate::model::forward::Now;
use crate::model::id::{ObjectRef, Uid};
use crate::safety::item::{End, Given, Item, Stage};
use serde_json::Value;
use std::io;

/// Forwards until a signal comes. Returns 128 and that, or 1 where nothing can be forwarded.
///
/// # Errors
/// Where signals cannot be taken.
pub(super) async fn run(cli: &Cli, asked: &ForwardArgs, setup: Setup) -> io::Result<i32> {
    let place = match Place::read(cli, &asked.target, &setup) {
        Ok(place) => place,
        Err(why) => {
            eprint(&format!("kconsole: {why}"));
            return Ok(i32::from(USAGE));
        }
    };
    let mut signals = Signals::take()?;
    let mut program = Program::new(setup, |_| Box::new(Unseen::idle()));
    let forwarding = async {
        match forward(&mut program, &place, asked).await {
            Ok(never) => match never {},
            Err(why) => why,
        }
    };
    let code = tokio::select! {
        why = forwarding => {
            eprint(&format!("kconsole: {why}"));
            1
        }
        signal = signals.end() => 128 + signal,
    };
    program.clear_up();
    Ok(code)
}

async fn forward(program: &mut Program, place: &Place, asked: &ForwardArgs) -> Result<std::convert::Infallible, String> {
    connect(program, place.cluster).await?;
    let link = program.link(place.cluster).ok_or("the cluster is not open")?;
    let object = stream::read(&link, &place.resource, &place.namespace, &place.name).await.map_err(|fault| fault.to_string())?;
    let uid = Uid::parse(object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default());
    let target = ObjectRef {
        cluster: place.cluster,
        kind: place.resource.id.clone(),
        namespace: place.namespace.as_str().into(),
        name: place.name.as_str().into(),
        uid,
    };
    let now = program.state.world.now;
    let mut open: Vec<(ChangeId, Now)> = Vec::new();
    for port in &asked.ports {
        let item = Item::new(target.clone(), place.resource.clone(), Given::Nothing, now);
        open.push((program.state.command(&FORWARD, item, port, &asked.reason), Now::default()));
    }
    loop {
        program.perform();
        for (change, told) in &mut open {
            if let Some(change) = program.state.commanded(*change)? {
                let ended = change.items.first().map(|item| &item.stage);
                let Some(Stage::Ended(End::Failed(why) | End::Unknown(why))) = ended else { return Err("it has ended".to_owned()) };
                return Err(why.clone());
            }
            if let Some(forward) = program.state.world.forwards.iter().find(|f| f.change == *change) {
                tell(told, &forward.now, &forward.port.to_string());
                told.clone_from(&forward.now);
            }
        }
        program.listen().await;
    }
}

/// Says what is new: the port that was taken, another pod, what goes wrong.
fn tell(before: &Now, now: &Now, port: &str) {
    if before.local == 0 && now.local != 0 {
        // Whoever closed it has read enough.
        let _ = print(&format!("Forwarding from 127.0.0.1:{0} -> {port}\nForwarding from [::1]:{0} -> {port}\n", now.local));
    }
    if before.pod != now.pod
        && let Some((pod, port)) = &now.pod
    {
        eprint(&format!("kconsole: leads to {pod}, port {port}"));
    }
    if before.why != now.why
        && let Some(why) = &now.why
    {
        eprint(&format!("kconsole: {why}"));
    }
}

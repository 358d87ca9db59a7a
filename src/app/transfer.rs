//! `kconsole cp`: files out of a container and into one, on the same path as every change. The command line is what confirms it.

use super::batch::Unseen;
use super::cli::{Cli, Cp};
use super::entry::{USAGE, eprint};
use super::exec::{Place, carry_out, connect, find};
use super::program::Program;
use super::signals::Signals;
use super::startup::Setup;
use super::streams::{TELL, tell_left};
use crate::actions::transfer::{COPY_IN, COPY_OUT};
use crate::k8s::copy::{Course, Meter};
use crate::model::stream::{End, Ended};
use crate::model::transfer::{Transfer, Way};
use crate::safety::change::Change;
use crate::safety::item::{self, Given, Item, Stage};
use crate::ui::words;
use futures::future::FutureExt;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use tokio::time::interval;

/// Copies. Returns 0 where all of it is there and the same on both sides, 1 where it is not.
///
/// # Errors
/// Where signals cannot be taken.
pub(super) async fn run(cli: &Cli, asked: &Cp, setup: Setup) -> io::Result<i32> {
    let parsed = Transfer::parse(&asked.from, &asked.to, asked.container.clone());
    let (place, transfer) = match parsed.and_then(|(object, transfer)| Ok((Place::read(cli, &object, &setup)?, transfer))) {
        Ok(read) => read,
        Err(why) => {
            eprint(&format!("kconsole: {why}"));
            return Ok(i32::from(USAGE));
        }
    };
    let mut signals = Signals::take()?;
    let mut program = Program::new(setup, |_| Box::new(Unseen::idle()));
    let course = Arc::<Course>::default();
    let copying = async {
        tokio::select! {
            done = copy(&mut program, &place, transfer, &asked.reason, &course) => done,
            never = progress(&course) => match never {},
        }
    };
    let done = signals.or_end(copying, || course.stop()).await;
    wipe();
    let code = match done {
        Ok(Ok(())) => 0,
        Ok(Err(why)) => {
            eprint(&format!("kconsole: {why}"));
            1
        }
        // Whatever came of it: it was ended.
        Err((signal, _)) => {
            tell_left(&course);
            128 + signal
        }
    };
    program.clear_up();
    Ok(code)
}

async fn copy(program: &mut Program, place: &Place, transfer: Transfer, reason: &str, course: &Arc<Course>) -> Result<(), String> {
    let verb = if transfer.way == Way::From { &COPY_OUT } else { &COPY_IN };
    let item = async {
        connect(program, place.cluster).await?;
        find(program, place, Given::Transfer(transfer)).await
    };
    let item = tokio::select! {
        item = item => item?,
        () = course.stopped() => return Err("it was ended".to_owned()),
    };
    let id = program.state.command(verb, item, "", reason);
    let begin = |program: &Program, call| Ok(program.copy(call, Arc::clone(course)).boxed());
    ended(carry_out(program, id, begin).await?)
}

/// What is said of what is over; or why it is not as it should be.
fn ended(change: &Change) -> Result<(), String> {
    wipe();
    // That a record could not be written is said where it did not keep anything from being copied.
    if let Some(why) = &change.told {
        eprint(&format!("kconsole: {why}"));
    }
    let Some(item) = change.items.first() else { return Err("nothing was copied".to_owned()) };
    for left in &item.warnings {
        eprint(&format!("kconsole: left out: {left}"));
    }
    match item {
        Item { ended: Some(Ended { end: End::Done(told), .. }), .. } => {
            // Whoever reads errors in a file wants to hear of what is not sure alone.
            if io::stderr().is_terminal() || told.contains("not compared") {
                eprint(told);
            }
            Ok(())
        }
        Item { ended: Some(Ended { end: End::Failed(why), .. }), .. } => Err(why.clone()),
        Item { stage: Stage::Ended(item::End::Failed(why) | item::End::Unknown(why)), .. } => Err(why.clone()),
        _ => Err("nothing was copied".to_owned()),
    }
}

/// Tells how far it is, where somebody looks on.
async fn progress(course: &Course) -> std::convert::Infallible {
    if !io::stderr().is_terminal() {
        return std::future::pending().await;
    }
    let (mut ticks, mut meter) = (interval(TELL), Meter::start());
    loop {
        ticks.tick().await;
        let now = meter.read(course);
        if now.bytes > 0 {
            // A terminal that is gone needs no progress.
            let _ = write!(io::stderr(), "\r\x1b[K{}", words::progress(&now));
        }
    }
}

/// Takes the progress away again.
fn wipe() {
    if io::stderr().is_terminal() {
        // The same.
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

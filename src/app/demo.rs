//! From the command line to a demo fleet.

use super::cli::DemoServer;
use super::entry::{eprint, print, runtime};
use crate::demo::fleet::{Fleet, Options};
use color_eyre::eyre::{Result, WrapErr};
use tokio::signal::unix::{SignalKind, signal};

/// Serves a fleet until a signal comes. Prints the path of its kubeconfig, and nothing else.
///
/// # Errors
/// Where signals cannot be waited for or standard output is gone.
pub(super) fn serve(asked: &DemoServer) -> Result<u8> {
    // Whoever ends it early must not leave its folder behind, so signals are ours before there is one.
    let runtime = runtime()?;
    let _inside = runtime.enter();
    let (mut interrupt, mut end, mut hang_up) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let options = Options { clusters: usize::from(asked.clusters), seed: asked.seed };
    let fleet = match Fleet::start(&options) {
        Ok(fleet) => fleet,
        Err(why) => {
            eprint(&format!("kconsole: {why}"));
            return Ok(1);
        }
    };
    print(&format!("{}\n", fleet.kubeconfig().display())).wrap_err("standard output is gone")?;
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = end.recv() => {}
            _ = hang_up.recv() => {}
        }
    });
    Ok(0)
}

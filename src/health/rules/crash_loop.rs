//! A container ends, is started again and ends again.

use super::{container_config, liveness};
use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{ContainerTrouble, Ended};
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

/// A container that ended so often has a loop, even while it runs for the moment: the kubelet's word for it comes and goes.
pub(super) const OFTEN: u32 = 3;
/// The kubelet forgets its back-off after a container ran for so long (`MaxContainerBackOff` twice).
pub(super) const FORGOTTEN: i64 = 600;

pub(super) const RULE: Rule = Rule {
    name: "crash-loop",
    on: &[("", "pods")],
    means: "The program in a container ends soon after it was started. The kubelet starts it again, and waits longer each time, up to five minutes. \
            While it waits the pod serves nobody.",
    helps: &[
        "Read the end of the log of the previous container: it says what the program could not do.",
        "Exit code 137 is a kill, often for memory; 143 is an orderly end that somebody asked for; 1 and 2 are the program's own; 126 and 127 mean \
         that the command cannot be run or is not there.",
        "If it began with a release, roll back; if with a change of a ConfigMap or Secret, compare that.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(pod) = case.pod().filter(|p| !p.ended) else { return };
    let Some(trouble) = &pod.trouble else { return };
    for container in &trouble.containers {
        let Some(ended) = container.ended.as_ref().filter(|e| !is_told(case, e, verdict)) else { continue };
        let at = ended.at.unwrap_or_else(|| case.created());
        let waits = case.word(container.waiting) == "CrashLoopBackOff";
        let runs_again = !waits && container.restarts >= OFTEN && ended.code != 0 && case.age(at) < FORGOTTEN;
        if runs_again {
            verdict.again(Timestamp(at.0 + FORGOTTEN));
        }
        if waits || runs_again {
            let backs_off = case.told(|reason, message| reason == "BackOff" && message.contains(" restarting failed "));
            let first = backs_off.as_ref().and_then(|(event, _)| event.first);
            let mut found = case.found(Severity::Critical, since(case, container, first), what(case, container));
            // Which container of which pod is said already.
            let backs_off = backs_off.as_ref().map_or("", |(_, message)| message.split(" in pod ").next().unwrap_or_default());
            let waits = if container.message.is_empty() { backs_off } else { container.message.split('=').next().unwrap_or_default() };
            found.evidence = line(if ended.message.is_empty() { waits } else { &ended.message }).to_owned();
            found.next = "{details} shows how it ended, {events} what the kubelet says".to_owned();
            verdict.find(found);
            return;
        }
    }
}

/// Another rule says why it ended: it was not even started, took too much memory, or was killed by its probe.
fn is_told(case: &Case<'_>, ended: &Ended, verdict: &mut Verdict) -> bool {
    let reason = case.word(ended.reason);
    reason == "OOMKilled" || container_config::NOT_STARTED.contains(&reason) || liveness::has_killed(case, ended, verdict)
}

/// A pod without a readiness probe is ready whenever its container runs; that the kubelet backs off began before.
fn since(case: &Case<'_>, container: &ContainerTrouble, backs_off: Option<Timestamp>) -> Timestamp {
    let not_ready = case.pod().filter(|p| !p.ready).and_then(|p| p.ready_since);
    let since = not_ready.or(container.ended.as_ref().and_then(|e| e.at)).unwrap_or_else(|| case.created());
    backs_off.map_or(since, |first| first.min(since))
}

fn what(case: &Case<'_>, container: &ContainerTrouble) -> String {
    let init = if container.init { "init " } else { "" };
    let ended = container.ended.as_ref().map_or_else(String::new, |e| {
        let reason = case.word(e.reason);
        // Error and Completed say no more than the code does.
        let reason = if matches!(reason, "" | "Error" | "Completed") { String::new() } else { format!(" ({reason})") };
        format!(", exit {}{reason}", e.code)
    });
    format!("{init}container {} crashes{ended} ×{}", case.word(container.name), container.restarts)
}

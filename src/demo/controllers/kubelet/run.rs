//! Takes the containers of a pod from state to state: the image is fetched, the program runs, answers, ends, and is started again after a
//! while that doubles (10 s to 5 min, as kubelet has it).

use super::refers;
use crate::demo::json::{Millis, list, text};
use crate::demo::sim::Sim;
use crate::demo::store::mix;
use crate::demo::world::ledger::Ask;
use crate::demo::world::life::{Ended, Life, Run, State};
use crate::demo::world::{image::Reference, image::hash};
use serde_json::Value;

/// The first wait before a failed container or pull is tried again, and the longest (`MaxContainerBackOff` of kubelet).
const BACK_OFF: Millis = 10_000;
const LONGEST: Millis = 300_000;
/// A program that ran so long has its failures forgotten.
const FORGIVEN: Millis = 600_000;
/// Between attempts to mount a volume.
const MOUNT: Millis = 8_000;
/// Between looks at a probe that fails.
const PROBE: Millis = 10_000;

/// Events to be told: type, reason, message.
#[derive(Default)]
pub(super) struct Told(pub(super) Vec<(&'static str, &'static str, String)>);

impl Told {
    pub(super) fn say(&mut self, sort: &'static str, reason: &'static str, message: impl Into<String>) {
        self.0.push((sort, reason, message.into()));
    }
}

/// One container and what surrounds it.
struct Place<'a> {
    sim: &'a mut Sim,
    pod: &'a Value,
    node: &'a str,
    container: &'a Value,
    policy: &'a str,
    told: &'a mut Told,
}

/// Takes all containers as far as they come at this instant: init containers one after another, then the others together.
pub(super) fn go(sim: &mut Sim, pod: &Value, node: &str, life: &mut Life, told: &mut Told) {
    let policy = text(pod, "/spec/restartPolicy").unwrap_or("Always");
    let mut free = true;
    for (run, container) in life.inits.iter_mut().zip(list(pod, "/spec/initContainers")) {
        let sidecar = text(container, "/restartPolicy") == Some("Always");
        let policy = if sidecar || policy != "Never" { if sidecar { "Always" } else { "OnFailure" } } else { "Never" };
        let mut place = Place { sim: &mut *sim, pod, node, container, policy, told: &mut *told };
        if free {
            place.step(run, !sidecar);
        }
        free &= if sidecar { run.state == State::Running } else { run.done() && run.end().is_some_and(|e| e.code == 0) };
    }
    if !free {
        return;
    }
    for (run, container) in life.runs.iter_mut().zip(list(pod, "/spec/containers")) {
        Place { sim: &mut *sim, pod, node, container, policy, told: &mut *told }.step(run, false);
    }
}

impl Place<'_> {
    /// Takes a container through all states that are due. `once`: an init container, which has to end.
    fn step(&mut self, run: &mut Run, once: bool) {
        let now = self.sim.store.now;
        if run.state == State::Blocked {
            (run.state, run.since, run.until) = (State::Look, now, Some(now));
            if self.sim.world.past {
                return self.was(run, once);
            }
        }
        self.changed(run);
        // One state after another until one lasts; more than these are never due at one instant.
        for _ in 0..8 {
            if run.until.is_none_or(|at| at > now) {
                return;
            }
            match run.state {
                State::Look => self.look(run),
                State::Fetch => self.fetched(run),
                State::NoImage { .. } => self.missed(run),
                State::Running => self.ran(run, once),
                State::Ended => self.ended(run),
                State::BackOff => self.again(run),
                State::Blocked => return,
            }
        }
    }

    /// In the past everything has come about long ago.
    fn was(&mut self, run: &mut Run, once: bool) {
        let reference = Reference::parse(&run.image).ok().filter(|r| self.sim.world.pull(r).is_ok());
        let Some(reference) = reference else { return };
        self.sim.world.fetched.insert((self.node.into(), reference.whole().into()));
        self.start(run, once);
        if once {
            self.end(run, 0, "Completed");
        } else {
            run.ready = self.sim.world.program(self.pod, self.container).ready;
            run.until = self.ends(run, once).map(|(at, ..)| at);
        }
    }

    /// A pod in place may get another image; its container is then started again.
    fn changed(&mut self, run: &mut Run) {
        let wanted = text(self.container, "/image").unwrap_or_default();
        if run.image != wanted && !run.done() {
            let now = self.sim.store.now;
            if run.state == State::Running {
                self.say("Normal", "Killing", format!("Container {} definition changed, will be restarted", self.name()));
                let (from, id) = (run.since, run.id.clone());
                run.last = Some(Ended { code: 0, reason: "Completed", from, to: now, id });
                run.restarts += 1;
            }
            wanted.clone_into(&mut run.image);
            (run.state, run.until, run.misses, run.ready) = (State::Look, Some(now), 0, false);
        }
    }

    fn look(&mut self, run: &mut Run) {
        let now = self.sim.store.now;
        if let Some(why) = refers::volumes(self.sim, self.pod) {
            self.say("Warning", "FailedMount", why);
            run.until = Some(now + MOUNT);
            return;
        }
        let reference = match Reference::parse(&run.image) {
            Ok(reference) => reference,
            Err(message) => {
                self.say("Warning", "InspectFailed", message.clone());
                self.say("Warning", "Failed", "Error: InvalidImageName");
                (run.state, run.until) = (State::NoImage { reason: "InvalidImageName", message }, None);
                return;
            }
        };
        let here = self.sim.world.fetched.contains(&(Box::from(self.node), reference.whole().into()));
        let latest = reference.tag == "latest";
        let policy = text(self.container, "/imagePullPolicy").unwrap_or(if latest { "Always" } else { "IfNotPresent" });
        if policy == "Never" && !here {
            let message = format!("Container image {:?} is not present with pull policy of Never", run.image);
            self.say("Warning", "ErrImageNeverPull", message.clone());
            self.say("Warning", "Failed", "Error: ErrImageNeverPull");
            (run.state, run.until) = (State::NoImage { reason: "ErrImageNeverPull", message }, None);
        } else if here && policy != "Always" {
            self.say("Normal", "Pulled", format!("Container image {:?} already present on machine and can be accessed by the pod", run.image));
            self.begin(run);
        } else {
            self.say("Normal", "Pulling", format!("Pulling image {:?}", run.image));
            (run.state, run.until) = (State::Fetch, Some(now + pull_time(&reference, here)));
        }
    }

    fn fetched(&mut self, run: &mut Run) {
        let now = self.sim.store.now;
        let Ok(reference) = Reference::parse(&run.image) else { return };
        let image = run.image.clone();
        match self.sim.world.pull(&reference) {
            Ok(size) => {
                let place = (Box::from(self.node), reference.whole().into());
                let took = run_time(pull_time(&reference, self.sim.world.fetched.contains(&place)));
                self.sim.world.fetched.insert(place);
                let message = format!("Successfully pulled image {image:?} in {took} ({took} including waiting). Image size: {size} bytes.");
                self.say("Normal", "Pulled", message);
                run.misses = 0;
                self.begin(run);
            }
            Err(why) => {
                run.misses += 1;
                self.say("Warning", "Failed", format!("Failed to pull image {image:?}: {why}"));
                self.say("Warning", "Failed", "Error: ErrImagePull");
                (run.state, run.since, run.until) = (State::NoImage { reason: "ErrImagePull", message: why }, now, Some(now + 2_000));
            }
        }
    }

    /// A pull has failed: at first that is said, then it is waited, then tried again.
    fn missed(&mut self, run: &mut Run) {
        let now = self.sim.store.now;
        let State::NoImage { reason: "ErrImagePull", message } = &run.state else {
            (run.state, run.until) = (State::Look, Some(now));
            return;
        };
        let wait = format!("Back-off pulling image {:?}", run.image);
        let message = format!("{wait}: ErrImagePull: {message}");
        let delay = (BACK_OFF << run.misses.saturating_sub(1).min(5)).min(LONGEST);
        (run.state, run.until) = (State::NoImage { reason: "ImagePullBackOff", message }, Some(run.since + delay));
        self.say("Normal", "BackOff", wait);
        self.say("Warning", "Failed", "Error: ImagePullBackOff");
    }

    fn begin(&mut self, run: &mut Run) {
        if let Some(why) = refers::variables(self.sim, self.pod, self.container) {
            self.say("Warning", "Failed", format!("Error: {why}"));
            let state = State::NoImage { reason: "CreateContainerConfigError", message: why };
            (run.state, run.until) = (state, Some(self.sim.store.now + BACK_OFF));
            return;
        }
        self.say("Normal", "Created", "Container created");
        self.say("Normal", "Started", "Container started");
        let once = list(self.pod, "/spec/initContainers").iter().any(|c| std::ptr::eq(c, self.container))
            && text(self.container, "/restartPolicy") != Some("Always");
        self.start(run, once);
    }

    fn start(&mut self, run: &mut Run, once: bool) {
        let now = self.sim.store.now;
        let seed = hash(&format!("{}{}{}", text(self.pod, "/metadata/uid").unwrap_or_default(), self.name(), run.restarts));
        let parts: Vec<String> = (0..4).map(|i| format!("{:016x}", mix(seed ^ i))).collect();
        run.id = format!("containerd://{}", parts.concat());
        (run.state, run.since, run.ready) = (State::Running, now, false);
        run.takes = self.takes(seed);
        run.until = Some(now);
        self.ran(run, once);
    }

    /// The memory that its program takes: where it does not say, a good half of what the container asks for. No two leak alike.
    fn takes(&self, seed: u64) -> (i64, i64) {
        let program = self.sim.world.program(self.pod, self.container);
        let asked = Ask::of(self.container.pointer("/resources/requests")).memory.max(32 << 20);
        let share = |of: i64, percent: u64| of / 100 * percent as i64;
        (program.memory.unwrap_or_else(|| share(asked, 45 + seed % 35)), share(program.leak, 50 + seed / 35 % 100))
    }

    /// How a container that runs will end, if it does: when, with which code, and why.
    fn ends(&self, run: &Run, once: bool) -> Option<(Millis, i32, &'static str)> {
        let program = self.sim.world.program(self.pod, self.container);
        let by_itself = program.ends.or((once).then_some((600, 0))).map(|(after, code)| {
            let reason = if code == 0 { "Completed" } else { "Error" };
            (run.since.saturating_add(after), code, reason)
        });
        let limit = Ask::of(self.container.pointer("/resources/limits")).memory;
        let (takes, leak) = run.takes;
        let killed = (limit > 0 && leak > 0).then(|| {
            let room = limit.saturating_sub(takes).max(0);
            (run.since.saturating_add(room.saturating_mul(60) / leak * 1_000), 137, "OOMKilled")
        });
        by_itself.into_iter().chain(killed).min()
    }

    fn ran(&mut self, run: &mut Run, once: bool) {
        let now = self.sim.store.now;
        let end = self.ends(run, once);
        if let Some((_, code, reason)) = end.filter(|(at, ..)| *at <= now) {
            return self.end(run, code, reason);
        }
        let program = self.sim.world.program(self.pod, self.container);
        let probed = self.container.get("readinessProbe").is_some();
        let answers = run.since + program.start;
        let next = if run.ready {
            None
        } else if !probed || program.ready && answers <= now {
            run.ready = true;
            None
        } else if program.ready {
            Some(answers)
        } else {
            if now >= run.since + PROBE {
                self.say("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503");
            }
            Some(now + PROBE)
        };
        run.until = end.map(|(at, ..)| at).into_iter().chain(next).min();
    }

    fn end(&mut self, run: &mut Run, code: i32, reason: &'static str) {
        let now = self.sim.store.now;
        run.last = Some(Ended { code, reason, from: run.since, to: now, id: run.id.clone() });
        if now - run.since >= FORGIVEN {
            run.delay = 0;
        }
        let again = match self.policy {
            "Never" => false,
            "OnFailure" => code != 0,
            _ => true,
        };
        (run.state, run.since, run.ready) = (State::Ended, now, false);
        run.until = again.then_some(now + 1_000);
    }

    fn ended(&mut self, run: &mut Run) {
        let now = self.sim.store.now;
        if run.since + run.delay <= now {
            return self.again(run);
        }
        let pod = |place| text(self.pod, place).unwrap_or_default();
        let whole = format!("{}_{}({})", pod("/metadata/name"), pod("/metadata/namespace"), pod("/metadata/uid"));
        self.say("Warning", "BackOff", format!("Back-off restarting failed container {} in pod {whole}", self.name()));
        (run.state, run.until) = (State::BackOff, Some(run.since + run.delay));
    }

    fn again(&mut self, run: &mut Run) {
        run.delay = if run.delay == 0 { BACK_OFF } else { (run.delay * 2).min(LONGEST) };
        run.restarts += 1;
        (run.state, run.until) = (State::Look, Some(self.sim.store.now));
    }

    fn name(&self) -> &str {
        text(self.container, "/name").unwrap_or_default()
    }

    fn say(&mut self, sort: &'static str, reason: &'static str, message: impl Into<String>) {
        self.told.say(sort, reason, message);
    }
}

/// How long a pull takes: registries of clusters are near, and what is there already is only asked for.
fn pull_time(reference: &Reference, here: bool) -> Millis {
    if here { 120 + (hash(&reference.repository) % 90) as Millis } else { 250 + (reference.size() / 400_000) as Millis }
}

/// A time as Go prints it.
fn run_time(millis: Millis) -> String {
    if millis < 1_000 { format!("{millis}ms") } else { format!("{}s", millis as f64 / 1000.0) }
}

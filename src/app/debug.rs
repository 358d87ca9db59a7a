//! Pods that were made for debugging. A shell opens in one once it runs; what was made on a node is removed again, whatever happens, and the removal
//! of a copy is offered. Both go the way of all changes: having confirmed the pod confirms its shell and its end.

use super::state::State;
use crate::actions::attach::ATTACH;
use crate::actions::debug::copy::{self, COPY};
use crate::actions::debug::{LABEL, node::CONTAINER, node::NODE};
use crate::actions::delete::DELETE;
use crate::actions::shell::SHELL;
use crate::kinds;
use crate::model::course::ChangeId;
use crate::model::facts::Facts;
use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
use crate::model::leftover::Leftover;
use crate::model::msg::Sync;
use crate::model::row::Row;
use crate::model::step::{Effect, Notice, Wish};
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::want::{Of, Want};
use crate::model::world::World;
use crate::safety::change::{Change, Phase};
use crate::safety::item::{End, Given, Item, Stage as Far};
use crate::safety::verb::Verb;
use crate::ui::words;

/// An image may be large, and a node slow; what does not run after so many seconds never will.
const PATIENCE: i64 = 120;
/// What could not be removed is tried again after so many seconds.
const AGAIN: i64 = 30;

/// A pod that was made for debugging, until it is gone or left to itself.
#[derive(Debug)]
pub(super) struct Debugging {
    /// The change that makes it; `None` where an earlier run did.
    by: Option<ChangeId>,
    cluster: ClusterId,
    pod: Leftover,
    /// It is on a node: it goes again unasked.
    of_node: bool,
    /// Where its shell opens.
    container: String,
    /// Why it was made, for rules that want a reason.
    reason: String,
    stage: Stage,
}

/// How far it is.
#[derive(Debug, PartialEq)]
enum Stage {
    /// It is being made.
    Making,
    /// It is there, and has until then to run.
    Starting(Timestamp),
    /// It runs; by which change its shell opens, where we ask for one.
    Runs(Uid, Option<ChangeId>),
    /// It is to go: by this change, or by one that is begun then.
    Going(Option<ChangeId>, Timestamp),
    /// Nothing is left to be done.
    Over,
}

fn pods() -> GroupResource {
    GroupResource::new("", "pods")
}

impl Debugging {
    /// One that a change is about to make.
    fn of(change: &Change, world: &World) -> Option<Self> {
        let item = change.items.first().filter(|_| change.is_running())?;
        let cluster = world.cluster(item.target.cluster)?;
        let of_node = *change.verb == NODE;
        let pod = Leftover {
            context: cluster.context.clone(),
            identity: cluster.identity.map(|uid| uid.to_string()),
            namespace: item.namespace().to_owned(),
            name: item.made()?.1.to_owned(),
        };
        let container = if of_node { CONTAINER } else { change.form.as_ref().map(copy::container).unwrap_or_default() }.to_owned();
        let reason = change.reason.text().trim().to_owned();
        Some(Self { by: Some(change.id), cluster: cluster.id, pod, of_node, container, reason, stage: Stage::Making })
    }

    /// The pods among which it is.
    fn want(&self) -> Want {
        let of = Of::Selected { labels: LABEL.into(), fields: "".into() };
        Want { namespace: Some(self.pod.namespace.as_str().into()), of, ..Want::all(self.cluster, pods()) }
    }

    /// Its table, where that is true now, and its row in there.
    fn look<'w>(&self, world: &'w World) -> Option<(&'w Table, Option<&'w Row>)> {
        let is_there = world.cluster(self.cluster).is_some_and(|c| {
            let identity = c.identity.map(|uid| uid.to_string());
            self.pod.identity.is_none() || self.pod.identity == identity
        });
        let table = world.serving(&self.want()).filter(|table| is_there && table.sync == Sync::Live)?;
        Some((table, table.named(&self.pod.namespace, &self.pod.name)))
    }

    fn object(&self, uid: Uid) -> ObjectRef {
        let (namespace, name) = (self.pod.namespace.as_str().into(), self.pod.name.as_str().into());
        ObjectRef { cluster: self.cluster, kind: pods(), namespace, name, uid }
    }

    /// What has to be told of it.
    fn told(&self, what: &str) -> Notice {
        Notice::warn(format!("{}/{}: {what}", self.pod.namespace, self.pod.name)).of(self.cluster)
    }
}

impl State {
    /// What has to be watched for them.
    pub(super) fn wants_of_debugging(&self) -> impl Iterator<Item = Want> {
        self.debugging.iter().flatten().filter(|one| !matches!(one.stage, Stage::Making | Stage::Over)).map(Debugging::want)
    }

    /// Looks how each of them is. True where one has gone on, and others may. Cheap where there is none.
    pub(super) fn attend(&mut self) -> bool {
        // Whoever is attended to asks for changes, and those have us look again.
        let Some(mut all) = self.debugging.take() else { return false };
        let known = all.len();
        for change in self.changes.all.values().filter(|c| *c.verb == NODE || *c.verb == COPY) {
            if all.iter().all(|one| one.by != Some(change.id))
                && let Some(one) = Debugging::of(change, &self.world)
            {
                // It is on the disk before it is asked for.
                self.effects.extend(one.of_node.then(|| Effect::Leftover(one.pod.clone(), true)));
                all.push(one);
            }
        }
        let mut goes_on = all.len() != known;
        for one in &mut all {
            goes_on |= self.attend_to(one);
        }
        // A change that is under way would be met anew.
        let is_under_way = |id: ChangeId| self.changes.all.get(&id).is_some_and(Change::is_running);
        all.retain(|one| one.stage != Stage::Over || one.by.is_some_and(is_under_way));
        self.debugging = Some(all);
        goes_on
    }

    fn attend_to(&mut self, one: &mut Debugging) -> bool {
        let next = match one.stage {
            Stage::Making => self.is_made(one),
            Stage::Starting(until) => self.has_started(one, until),
            Stage::Runs(uid, asked) => self.has_been_left(one, uid, asked),
            Stage::Going(None, due) => self.remove(one, due),
            Stage::Going(Some(id), _) => self.is_removed(one, id),
            Stage::Over => None,
        };
        let Some(next) = next else { return false };
        if next == Stage::Over && one.of_node {
            self.effects.push(Effect::Leftover(one.pod.clone(), false));
        }
        one.stage = next;
        self.dirty = true;
        true
    }

    /// How far the one object of a change is.
    fn far(&self, id: ChangeId) -> Option<&Far> {
        Some(&self.changes.all.get(&id)?.items.first()?.stage)
    }

    fn is_made(&self, one: &Debugging) -> Option<Stage> {
        let now = self.world.now;
        match one.by.and_then(|id| self.far(id)) {
            Some(Far::Following | Far::Ended(End::Done)) => Some(Stage::Starting(Timestamp(now.0 + PATIENCE))),
            Some(Far::Ended(End::Unknown(_))) if one.of_node => Some(Stage::Going(None, now)),
            Some(Far::Ended(_)) => Some(Stage::Over),
            _ => None,
        }
    }

    fn has_started(&mut self, one: &Debugging, until: Timestamp) -> Option<Stage> {
        let found = one.look(&self.world).and_then(|(table, row)| Some((table, row?)));
        let uid = found.map(|(_, row)| row.uid);
        let why = match found {
            Some((table, row)) if runs(row, &one.container, table) => {
                return Some(Stage::Runs(row.uid, self.shell_for(one, row.uid)));
            }
            Some((_, row)) if has_ended(row) => "it ended before a shell could open in it".to_owned(),
            _ if self.world.now < until => return None,
            _ => format!("it did not start within {PATIENCE} s, and no shell opens in it"),
        };
        self.say(one.told(&why));
        Some(self.leave_pod(one, uid))
    }

    /// Opens a shell in it, if the person still waits for that.
    fn shell_for(&mut self, one: &Debugging, uid: Uid) -> Option<ChangeId> {
        if self.changes.open.is_some() && self.changes.open == one.by {
            return self.ask_for(one, &SHELL, uid, &one.container);
        }
        let told = format!("{}/{} runs; {{shell}} opens a shell in it", one.pod.namespace, one.pod.name);
        self.say(Notice::info(words::keyed(&self.world, &told)).of(one.cluster));
        None
    }

    /// Asks for a change of it, which the person has confirmed with the pod itself.
    fn ask_for(&mut self, one: &Debugging, verb: &'static Verb, uid: Uid, argument: &str) -> Option<ChangeId> {
        let resource = kinds::find(&pods()).map(kinds::Kind::resource)?;
        let item = Item::new(one.object(uid), resource, Given::Nothing, self.world.now);
        let id = self.begin(verb, vec![item], argument);
        if let Some(change) = self.changes.all.get_mut(&id) {
            change.reason.set(&one.reason);
        }
        Some(id)
    }

    fn has_been_left(&mut self, one: &Debugging, uid: Uid, asked: Option<ChangeId>) -> Option<Stage> {
        if let Some(id) = asked
            && let Err(why) = self.commanded(id)
        {
            self.changes.all.remove(&id);
            self.say(one.told(&format!("no shell opens in it: {why}")));
            return Some(self.leave_pod(one, Some(uid)));
        }
        let of_it = |c: &&Change| (*c.verb == SHELL || *c.verb == ATTACH) && c.items.iter().any(|i| i.target.uid == uid);
        let (over, open): (Vec<&Change>, Vec<&Change>) = self.changes.all.values().filter(of_it).partition(|c| c.phase == Phase::Over);
        if !over.is_empty() && open.is_empty() {
            return Some(self.leave_pod(one, Some(uid)));
        }
        match one.look(&self.world)?.1 {
            None if open.is_empty() => Some(Stage::Over),
            Some(row) if has_ended(row) && open.is_empty() => Some(self.leave_pod(one, Some(uid))),
            _ => None,
        }
    }

    /// Nobody is in it any more: what was made on a node goes, of a copy that is asked.
    fn leave_pod(&mut self, one: &Debugging, uid: Option<Uid>) -> Stage {
        if one.of_node {
            return Stage::Going(None, self.world.now);
        }
        if let Some(uid) = uid {
            let told = format!("{}/{} runs on until it is deleted: {{delete}} does that", one.pod.namespace, one.pod.name);
            self.say(Notice::info(words::keyed(&self.world, &told)).of(one.cluster));
            self.wish(Wish { verb: DELETE.name, targets: vec![one.object(uid)], hidden: 0, argument: String::new() });
        }
        Stage::Over
    }

    fn remove(&mut self, one: &Debugging, due: Timestamp) -> Option<Stage> {
        if self.world.now < due {
            return None;
        }
        let (table, row) = one.look(&self.world)?;
        let Some(row) = row else { return Some(Stage::Over) };
        if row.label(LABEL, table.words()) != Some("node") {
            self.say(one.told("it has the name of a debugging pod that has to go, and is none: it stays"));
            return Some(Stage::Over);
        }
        Some(Stage::Going(self.ask_for(one, &DELETE, row.uid, ""), due))
    }

    fn is_removed(&mut self, one: &Debugging, id: ChangeId) -> Option<Stage> {
        let refused = self.commanded(id).err();
        let failed = refused.or_else(|| match self.far(id) {
            Some(Far::Ended(End::Failed(why) | End::Unknown(why))) => Some(why.clone()),
            _ => None,
        });
        if let Some(why) = failed {
            if self.changes.all.get(&id).is_some_and(|change| change.phase == Phase::Asking) {
                self.changes.all.remove(&id);
            }
            self.say(one.told(&format!("this debugging pod on a node could not be removed, and is tried again: {why}")));
            return Some(Stage::Going(None, Timestamp(self.world.now.0 + AGAIN)));
        }
        matches!(self.far(id), Some(Far::Following | Far::Ended(End::Done))).then_some(Stage::Over)
    }

    /// What earlier runs left goes as soon as its cluster is open.
    pub(super) fn found(&mut self, left: Vec<Leftover>) {
        for pod in left {
            let cluster = self.world.clusters.iter().find(|c| c.context == pod.context).map(|c| c.id);
            let place = format!("{}/{} in {}", pod.namespace, pod.name, pod.context);
            let told = format!("an earlier run left the debugging pod {place}: it is removed once that cluster is open");
            let Some(cluster) = cluster else {
                self.say(Notice::warn(format!("an earlier run left the debugging pod {place}, and there is no such context any more")));
                continue;
            };
            self.say(Notice::warn(told).of(cluster));
            let (container, reason) = (CONTAINER.to_owned(), "left by a run that was ended".to_owned());
            let stage = Stage::Going(None, self.world.now);
            let one = Debugging { by: None, cluster, pod, of_node: true, container, reason, stage };
            self.debugging.get_or_insert_default().push(one);
        }
    }

    /// The program is about to end: what has to go goes now.
    pub(super) fn end_debugging(&mut self) {
        let now = self.world.now;
        for one in self.debugging.iter_mut().flatten().filter(|one| !matches!(one.stage, Stage::Making | Stage::Going(Some(_), _))) {
            one.stage = if one.of_node { Stage::Going(None, now) } else { Stage::Over };
        }
        self.pump();
    }

    /// Those that still have to go, each with how a person removes it.
    pub(super) fn undone(&self) -> Vec<String> {
        let left = self.debugging.iter().flatten().filter(|one| one.of_node && one.stage != Stage::Over);
        // Of a cluster that is not open nothing can be removed now.
        let open = left.filter(|one| self.world.cluster(one.cluster).is_some_and(|c| c.open));
        let told = |one: &Debugging| {
            let Leftover { context, namespace, name, .. } = &one.pod;
            format!(
                "the debugging pod {namespace}/{name} is still in {context}: the next run removes it, or kubectl --context {context} delete pod -n {namespace} {name}"
            )
        };
        open.map(told).collect()
    }
}

fn has_ended(row: &Row) -> bool {
    matches!(&row.facts, Facts::Pod(pod) if pod.ended)
}

/// A shell can open in this container.
fn runs(row: &Row, container: &str, table: &Table) -> bool {
    let Facts::Pod(pod) = &row.facts else { return false };
    let troubled = pod.trouble.iter().flat_map(|trouble| &trouble.containers).find(|c| table.words().get(c.name) == container);
    pod.ready || troubled.is_some_and(|c| c.running)
}

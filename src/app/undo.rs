//! What can be taken back of an object: what this run did, and what the journal has of earlier ones.

use super::state::State;
use crate::actions::{self, autoscale::AUTOSCALE, rollback::ROLLBACK, undo::UNDO};
use crate::model::id::{GroupResource, ObjectRef};
use crate::model::msg::Link;
use crate::model::past::{Origin, Past};
use crate::model::record::Record;
use crate::model::step::{Effect, Notice, Screen, Step, Wish};
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::{Found, World};
use crate::safety::change::Change;
use crate::safety::item::Given;
use crate::safety::undo::{Trace, standing};
use crate::safety::verb::{On, Undo};
use crate::ui::words;

/// So many changes that the journal has of an object are offered.
const OFFERED: usize = 100;
/// Autoscalers are waited for no longer than so many seconds.
const PATIENCE: i64 = 3;

/// What can be taken back of an object is looked for.
#[derive(Debug)]
pub(super) struct Undoing {
    object: ObjectRef,
    /// The journal was read.
    read: bool,
    until: Timestamp,
}

impl Undoing {
    /// The autoscalers among which that of the object is, if it has one.
    pub(super) fn want(&self) -> Option<Want> {
        let On::Keeper(group, resource, _) = AUTOSCALE.on else { return None };
        let kind = GroupResource::new(group, resource);
        let may_have_one = AUTOSCALE.applies_to(&self.object.kind) && self.object.kind != kind;
        may_have_one.then(|| Want { namespace: Some(self.object.namespace.clone()), ..Want::all(self.object.cluster, kind) })
    }

    /// All is known that can be.
    fn is_ready(&self, world: &World) -> bool {
        let is_known = |want: Want| {
            let is_up = world.cluster(want.cluster).is_some_and(|c| matches!(c.link, Link::Up { .. }));
            let may_come = is_up && matches!(world.resource(want.cluster, &want.kind), Found::Kind(_));
            !may_come || world.is_refused(&want) || world.serving(&want).is_some_and(Table::is_listed)
        };
        self.read && (self.want().is_none_or(is_known) || world.now >= self.until)
    }
}

impl State {
    /// Looks for what can be taken back of an object: once the journal was read, and who scales it, a person chooses.
    pub(super) fn undo(&mut self, object: ObjectRef) {
        self.changes.undoing = Some(Undoing { object, read: false, until: Timestamp(self.world.now.0 + PATIENCE) });
        self.effects.push(Effect::ReadJournal);
    }

    /// The journal was read.
    pub(super) fn journal_was_read(&mut self) {
        self.changes.undoing.iter_mut().for_each(|undoing| undoing.read = true);
        self.offer_undo();
    }

    /// What can be taken back is offered to whoever asked, once it is known.
    pub(super) fn offer_undo(&mut self) {
        let world = &self.world;
        let Some(Undoing { object, .. }) = self.changes.undoing.take_if(|undoing| undoing.is_ready(world)) else { return };
        let mut pasts = self.pasts(&object);
        let has_revisions = ROLLBACK.applies_to(&object.kind);
        match pasts.as_slice() {
            [] if has_revisions && !self.has_made(&object) => self.take_back(object, Origin::Revisions),
            [] => self.say(Notice::info(self.why_nothing(&object))),
            [one] if one.object == object => self.take_back(object, one.from.clone()),
            _ => {
                let (verb, told) = (ROLLBACK.name.to_owned(), "go back to a revision that it had before".to_owned());
                let last = Past { object: object.clone(), from: Origin::Revisions, verb, at: Timestamp::default(), who: None, told };
                pasts.extend(has_revisions.then_some(last));
                self.steps(vec![Step::Open(Screen::Undo(object, pasts))]);
            }
        }
    }

    /// Opens the dialog that takes something back.
    pub(super) fn take_back(&mut self, object: ObjectRef, from: Origin) {
        let trace = match &from {
            Origin::Revisions => {
                return self.wish(Wish { verb: ROLLBACK.name, targets: vec![object], hidden: 0, argument: String::new() });
            }
            Origin::Run(id) => self.changes.all.get(id).and_then(|change| change.undoable(&object)),
            Origin::Journal(id) => self.records().iter().find(|r| r.id == *id).and_then(trace),
        };
        match trace {
            Some(Trace { subresource, edits, .. }) => {
                self.changes.open = self.begin_change(&UNDO, vec![(object, Given::Edits(subresource, edits))], "");
                self.pump();
            }
            None => self.say(Notice::warn("it is not known any more what was done")),
        }
    }

    /// What can be taken back, the newest first; without what was taken back already. What is asked of a workload may have been done to its
    /// autoscaler, so that counts as well.
    fn pasts(&self, object: &ObjectRef) -> Vec<Past> {
        let scaler = AUTOSCALE.applies_to(&object.kind).then(|| AUTOSCALE.target_of(object, &self.world)).flatten();
        let mut all = self.pasts_of(object);
        all.extend(scaler.filter(|scaler| scaler != object).iter().flat_map(|scaler| self.pasts_of(scaler)));
        all.sort_by_key(|past| std::cmp::Reverse(past.at));
        all
    }

    fn pasts_of(&self, object: &ObjectRef) -> Vec<Past> {
        let run = |change: &Change| {
            let trace = change.undoable(object)?;
            let told = trace.told(object);
            let (object, verb) = (object.clone(), change.verb.name.to_owned());
            Some((Past { object, from: Origin::Run(change.id), verb, at: change.since, who: None, told }, trace))
        };
        let mut all: Vec<(Past, Trace)> = self.changes.all.values().rev().filter_map(run).collect();
        let ours: Vec<Option<String>> = all.iter().map(|(_, trace)| trace.version.clone()).collect();
        let written = |record: &Record| {
            let trace = trace(record).filter(|t| !object.is_secret() && !ours.contains(&t.version))?;
            let who = record.cluster.user.clone().unwrap_or_else(|| record.os_user.clone());
            let at = Timestamp::parse(&record.time).unwrap_or_default();
            let (from, verb, told) = (Origin::Journal(record.id.clone()), record.verb.clone(), record.summary());
            Some((Past { object: object.clone(), from, verb, at, who: Some(who), told }, trace))
        };
        all.extend(self.written_of(object).filter_map(written).take(OFFERED));
        all.sort_by_key(|(past, _)| std::cmp::Reverse(past.at));
        let stands = standing(&all.iter().map(|(past, trace)| (past.verb == UNDO.name, trace)).collect::<Vec<_>>());
        all.into_iter().zip(stands).filter(|(_, stands)| *stands).map(|((past, _), _)| past).collect()
    }

    /// What the journal has of an object, the newest first. A copy of a cluster has objects of the same uids.
    fn written_of(&self, object: &ObjectRef) -> impl Iterator<Item = &Record> {
        let identity = self.world.cluster(object.cluster).and_then(|c| c.identity).map(|uid| uid.to_string());
        let (uid, kind) = (object.uid.to_string(), object.kind.to_string());
        let is_here = move |r: &&Record| identity.is_none() || r.cluster.identity.is_none() || r.cluster.identity == identity;
        self.records().iter().rev().filter(move |r| r.object.uid == uid && r.object.kind == kind).filter(is_here)
    }

    fn records(&self) -> &[Record] {
        self.world.journal.as_ref().and_then(|read| read.as_ref().ok()).map_or(&[], Vec::as_slice)
    }

    /// The object was made in this run.
    fn has_made(&self, object: &ObjectRef) -> bool {
        self.changes.all.values().any(|change| change.has_made(object))
    }

    /// Why there is nothing to take back.
    fn why_nothing(&self, object: &ObjectRef) -> String {
        let name = &object.name;
        if self.has_made(object) {
            return words::keyed(&self.world, &format!("{name} was made in this run: only deleting it ({{delete}}) takes that back"));
        }
        if let Some(Err(why)) = &self.world.journal {
            return format!("this run changed nothing of {name} that can be taken back, and what was before is not known: {why}");
        }
        let done = self.written_of(object).find(|r| r.outcome.as_deref() == Some("done"));
        let verb = done.and_then(|record| actions::verb(&record.verb));
        match verb.map(|v| (v.does, v.undo)) {
            Some((does, Undo::No(why))) => format!("the last that was done to {name}, {does}, cannot be taken back: {why}"),
            Some(_) if object.is_secret() => {
                format!("the journal has only hashes of what {name} held: what was done to it is taken back in the run that did it")
            }
            _ => format!("neither this run nor the journal has a change of {name} that can be taken back"),
        }
    }
}

/// What a record says was done, where that can be taken back.
fn trace(record: &Record) -> Option<Trace> {
    let verb = actions::verb(&record.verb).filter(|v| v.undo == Undo::Fields && record.outcome.as_deref() == Some("done"))?;
    let mut known = actions::VERBS.iter().map(|v| v.right.1).chain([verb.right.1, ""]);
    let subresource = known.find(|name| *name == record.subresource)?;
    Trace::of(record, subresource)
}

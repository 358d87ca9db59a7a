//! A world of tables that objects are put into as JSON, through the real kinds, and a board that is told of it as the program tells it. Tests of
//! the whole program use it too, which is why it names the crate as its parent does.

use super::lib::health::board::Board;
use super::lib::health::{self, Limits};
use super::lib::kinds::{self, Kind};
use super::lib::model::finding::{Cause, Finding};
use super::lib::model::id::{ClusterId, Uid, WatchId};
use super::lib::model::msg::{Delta, Sync};
use super::lib::model::time::Timestamp;
use super::lib::model::want::Want;
use super::lib::model::words::Dictionary;
use super::lib::model::world::World;
use serde_json::Value;
use std::collections::BTreeMap;

/// When tests begin; [`at`] tells times from here.
pub(super) const START: i64 = 1_795_435_200;

/// The time so many seconds after the start, as objects have it.
pub(super) fn at(seconds: i64) -> String {
    jiff::Timestamp::from_second(START + seconds).unwrap().to_string()
}

/// A small world and its board.
pub(super) struct Rig {
    pub(super) world: World,
    pub(super) board: Board,
    limits: Limits,
    feeds: BTreeMap<&'static str, Feed>,
    begun: u64,
}

/// What a watch knows.
struct Feed {
    watch: WatchId,
    kind: &'static Kind,
    words: Dictionary,
}

impl Rig {
    /// A world in which all that health wants is watched, and nothing is there.
    pub(super) fn new() -> Self {
        let world = World { now: Timestamp(START), ..World::default() };
        let mut rig = Self { world, board: Board::default(), limits: Limits::default(), feeds: BTreeMap::new(), begun: 0 };
        for want in health::wants(ClusterId(0)) {
            rig.begin(want);
        }
        rig
    }

    /// A watch begins.
    pub(super) fn begin(&mut self, want: Want) {
        let Some(kind) = kinds::find(&want.kind) else { return };
        self.begun += 1;
        let watch = WatchId(self.begun);
        self.world.begin(watch, want, kind.columns());
        self.world.tables.get_mut(&watch).unwrap().set_sync(Sync::Live, self.world.now);
        self.feeds.insert(kind.names.kind, Feed { watch, kind, words: Dictionary::default() });
    }

    /// The watch of a kind ends; it can begin again, and then has all to tell anew.
    pub(super) fn end(&mut self, kind: &str) -> Option<Want> {
        let feed = self.feeds.remove(kind)?;
        self.board.ends(&self.world, feed.watch);
        let want = self.world.tables.get(&feed.watch).map(|t| t.want.clone());
        self.world.end(feed.watch);
        want
    }

    /// An object comes or changes; one that is [`super::objects::gone`] goes. Kinds that nobody watches are passed over.
    pub(super) fn put(&mut self, object: &Value) {
        self.put_all([object]);
    }

    /// Objects come, change and go, those of a kind at once.
    pub(super) fn put_all<'v>(&mut self, objects: impl IntoIterator<Item = &'v Value>) {
        let mut deltas: BTreeMap<WatchId, Delta> = BTreeMap::new();
        for object in objects {
            let kind = object["kind"].as_str().unwrap_or_default();
            // Of events, only warnings are watched.
            let is_told = kind != "Event" || object["type"] == "Warning";
            let Some(feed) = self.feeds.get_mut(kind).filter(|_| is_told) else { continue };
            let row = feed.kind.row(object.to_string().as_bytes(), &mut feed.words);
            let delta = deltas.entry(feed.watch).or_default();
            delta.words.extend(feed.words.news());
            if object["gone"] == true {
                delta.deletes.push(row.uid);
            } else {
                delta.upserts.push(row);
            }
        }
        deltas.into_iter().for_each(|(watch, delta)| self.delta(watch, delta));
    }

    /// As [`put_all`](Self::put_all), and of these kinds nothing else is there any more.
    pub(super) fn relist(&mut self, kind: &str, objects: &[Value]) {
        let Some(feed) = self.feeds.get(kind) else { return };
        let is_there = |uid: Uid| objects.iter().any(|o| Uid::parse(o["metadata"]["uid"].as_str().unwrap_or_default()) == uid);
        let gone = self.world.tables[&feed.watch].rows().map(|r| r.uid).filter(|uid| !is_there(*uid)).collect();
        let watch = feed.watch;
        self.put_all(objects);
        self.delta(watch, Delta { deletes: gone, ..Delta::default() });
    }

    /// In the order of `app::news`.
    fn delta(&mut self, watch: WatchId, delta: Delta) {
        let touched = self.world.tables[&watch].touched_by(&delta);
        self.board.before(&self.world, watch, &touched);
        let changed = self.world.tables.get_mut(&watch).unwrap().apply(delta);
        self.board.after(&self.world, watch, &changed);
    }

    /// The clock goes on.
    pub(super) fn pass(&mut self, seconds: i64) {
        self.go(Timestamp(self.world.now.0 + seconds));
    }

    /// The clock is at an instant.
    pub(super) fn go(&mut self, now: Timestamp) {
        self.world.now = now;
        self.board.tick(now);
    }

    /// Other limits from now on.
    pub(super) fn limit(&mut self, limits: Limits) {
        self.limits = limits.clone();
        self.board.set_limits(&self.world, limits);
    }

    /// Everything that is found, in slices of so many objects: worst and newest first, groups together.
    pub(super) fn work(&mut self, slice: usize) -> Vec<Finding> {
        while !self.board.work(&mut self.world, slice) {}
        self.world.findings.settle();
        self.world.findings.groups().iter().flat_map(|g| g.findings.clone()).collect()
    }

    /// Everything that is found, a line each.
    pub(super) fn found(&mut self) -> Vec<String> {
        self.work(usize::MAX).iter().map(line).collect()
    }

    /// What is found where everything is judged for the first time.
    pub(super) fn afresh(&mut self) -> Vec<Finding> {
        let kept = std::mem::replace(&mut self.board, Board::new(self.limits.clone()));
        let known = std::mem::take(&mut self.world.findings);
        for (watch, table) in self.world.tables.iter() {
            let slots: Vec<u32> = (0..table.slots()).collect();
            self.board.after(&self.world, *watch, &slots);
        }
        let all = self.work(usize::MAX);
        (self.board, self.world.findings) = (kept, known);
        all
    }
}

/// A finding in a line.
pub(super) fn line(f: &Finding) -> String {
    let severity = format!("{:?}", f.severity).to_lowercase();
    let evidence = if f.evidence.is_empty() { String::new() } else { format!(" | {}", f.evidence) };
    format!("{severity} {} {}/{}: {}{evidence} <{}>", f.rule, f.object.kind.resource, f.object.name, f.what, cause(&f.cause))
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Object(kind, _, name) => format!("{}/{name}", kind.resource),
        Cause::Node(name) => format!("node {name}"),
        Cause::Image(name) => format!("image {name}"),
        Cause::Quota(name) => format!("quota {name}"),
        Cause::Server(name) => format!("server {name}"),
        Cause::Room(words) => format!("room {words}"),
        Cause::Cluster => "cluster".to_owned(),
        Cause::Alike(rule) => format!("all {rule}"),
    }
}

/// Plays objects, and compares what a rule finds so many seconds after the start, a line each as [`line`] has it without severity and rule;
/// then they change to what is cured, and the rule has to be silent within a second. The first word of a line is the severity.
pub(super) fn plays(rule: &str, objects: &[Value], says: &[(i64, &[&str])], cured: &[Value]) {
    let mut rig = Rig::new();
    rig.put_all(objects);
    for (seconds, want) in says {
        rig.go(Timestamp(START + seconds));
        assert_eq!(rig.of(rule), *want, "{rule}, {seconds} s after the start");
    }
    rig.put_all(cured);
    rig.pass(1);
    assert_eq!(rig.of(rule), [] as [&str; 0], "{rule}, once it is cured");
}

impl Rig {
    /// What a rule finds.
    pub(super) fn of(&mut self, rule: &str) -> Vec<String> {
        let all = self.work(usize::MAX);
        all.iter().filter(|f| f.rule == rule).for_each(is_fit);
        let mut lines: Vec<String> =
            all.iter().filter(|f| f.rule == rule).map(|f| line(f).replacen(&format!(" {rule} "), " ", 1)).collect();
        lines.sort();
        lines
    }
}

/// What holds of every finding: half a line, evidence in one line, and actions that are there.
pub(super) fn is_fit(f: &Finding) {
    assert!(!f.what.is_empty() && f.what.chars().count() <= 100 && !f.what.ends_with('.'), "{f:?}");
    assert!(!f.evidence.contains('\n') && f.evidence.trim() == f.evidence, "{f:?}");
    for action in f.next.split('{').skip(1).filter_map(|part| part.split('}').next()) {
        assert!(super::lib::actions::find(action).is_some(), "{action} is no action: {f:?}");
    }
}

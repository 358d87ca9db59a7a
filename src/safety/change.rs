//! A change on its way: what is known, what is asked of the world next, what a person has confirmed. It is told of answers and keys, and says by
//! value what it asks for; it waits for nothing.
//!
//! Each object of it is an [`Item`] with a stage of its own; [`Change::next`] looks at all of them and asks for whatever is due and not under way.

mod accepted;
mod along;
mod answer;
mod apply;
mod confirm;
mod course;
mod doubt;
mod rows;
mod send;

pub use confirm::{Focus, Press};
pub use doubt::Doubt;

use super::form::Form;
use super::guard::{Asked, Demand, Guard, Ruling};
use super::item::{Given, Item};
use super::verb::{Check, Follow, Plan, Verb};
use crate::model::call::Call;
use crate::model::cluster::Cluster;
pub use crate::model::course::ChangeId;
use crate::model::deed::Deed;
use crate::model::draft::Subject;
use crate::model::id::{ClusterId, GroupResource, Version};
use crate::model::line::Line;
use crate::model::time::Timestamp;
use crate::model::world::World;
use std::time::Duration;

/// Requests of one change that are under way at a time, before it is confirmed.
const AT_ONCE: usize = 10;

/// A change to one object or to several.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which one.
    pub id: ChangeId,
    /// What is done.
    pub verb: &'static Verb,
    /// What it is done to.
    pub items: Vec<Item>,
    /// Marked objects that were out of sight, and are left out.
    pub hidden: usize,
    /// Folders within the one that its objects are from, which were not looked into.
    pub folders: usize,
    /// What a person fills in; `None` before it was begun.
    pub form: Option<Form>,
    /// What the guard says of it, as far as it is known.
    pub ruling: Option<Ruling>,
    /// How far it is as a whole.
    pub phase: Phase,
    /// What has the keys.
    pub focus: Focus,
    /// What is typed to confirm.
    pub typed: Line,
    /// The reason that is given.
    pub reason: Line,
    /// What the text is about that it came from, where it came from one.
    pub text: Option<Subject>,
    /// So many lines of what it says are scrolled away.
    pub scroll: usize,
    /// Told in the dialog: why a key was not taken, what changed underneath.
    pub told: Option<String>,
    /// When it was begun.
    pub begun: Timestamp,
    /// Since when it is as far as it is.
    pub since: Timestamp,
    argument: String,
    /// When it was looked last whether an object has changed underneath.
    looked: Timestamp,
    /// What became of objects, to be written down.
    unwritten: Vec<(usize, Deed)>,
    /// Counts what is planned: an answer to an earlier plan is dropped.
    round: u32,
    /// What has been asked and not answered.
    under_way: Vec<Token>,
    /// When the preview as it is now was first drawn, on the clock of [`Press`].
    drawn: Option<Duration>,
    /// The first of two keys was pressed.
    once: bool,
    /// When a key was pressed last.
    pressed: Option<Duration>,
}

/// How far a change is as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A person decides.
    Asking,
    /// It was confirmed and is carried out.
    Running,
    /// What has not begun is not begun any more.
    Stopping,
    /// It is over.
    Over,
}

/// Tells what an answer is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The object, by its place.
    pub item: usize,
    /// What was asked.
    pub of: Purpose,
    round: u32,
}

/// What is asked of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Whether we may.
    Right,
    /// The object as it is.
    Read,
    /// What is around it, by its place in the list.
    Around(usize),
    /// What the server would store.
    Check,
    /// That what will be done is written down.
    Intent,
    /// To do it.
    Send,
    /// The object after a conflict, or after an answer that did not come.
    Reread,
    /// That what was done is written down.
    Outcome,
}

/// What is asked for.
#[allow(clippy::large_enum_variant, reason = "there are a handful, and they are gone at once")]
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A request.
    Call(Token, Call),
    /// A record of the journal.
    Journal(Token, Deed),
}

impl Change {
    /// A change that has not begun.
    pub fn new(id: ChangeId, verb: &'static Verb, items: Vec<Item>, argument: &str, now: Timestamp) -> Self {
        Self {
            id,
            verb,
            items,
            hidden: 0,
            folders: 0,
            form: None,
            ruling: None,
            phase: Phase::Asking,
            focus: Focus::Confirm,
            typed: Line::default(),
            reason: Line::default(),
            text: None,
            scroll: 0,
            told: None,
            begun: now,
            since: now,
            argument: argument.to_owned(),
            looked: now,
            unwritten: Vec::new(),
            round: 0,
            under_way: Vec::new(),
            drawn: None,
            once: false,
            pressed: None,
        }
    }

    /// What is to be asked of the world now. To be called after whatever may have changed something.
    pub fn next(&mut self, world: &World, guard: &Guard) -> Vec<Ask> {
        let mut asks = Vec::new();
        match self.phase {
            Phase::Asking => self.look(world, guard, &mut asks),
            Phase::Running | Phase::Stopping => self.carry_out(world, guard, &mut asks),
            Phase::Over => {}
        }
        asks
    }

    /// Before it is confirmed: reads, then plans, then has the server try.
    fn look(&mut self, world: &World, guard: &Guard, asks: &mut Vec<Ask>) {
        for at in 0..self.items.len() {
            self.read(at, world, asks);
        }
        // The form is there from the first moment, and is made again from what was read, unless somebody was faster.
        let is_read = self.items.iter().all(Item::is_read);
        if self.form.is_none() || (is_read && self.round == 0) {
            self.fill(is_read);
        }
        let Some(form) = self.form.as_ref().filter(|_| is_read) else { return };
        let is_new = self.items.iter().any(|i| i.plan.is_none());
        let mut along = Vec::new();
        for (at, item) in self.items.iter_mut().enumerate().filter(|(_, i)| i.plan.is_none()) {
            let plan = (item.verb(self.verb).plan)(item, form);
            along.extend(plan.iter().flat_map(|p| &p.along).map(|a| (at, a.clone())));
            item.plan = Some(plan);
            item.move_to_plan();
        }
        if self.take_along(along) {
            return self.look(world, guard, asks);
        }
        // Of hundreds of objects the rules are not asked with every answer, but of what is planned anew, at last, and every second.
        if is_new || self.ruling.is_none() || self.is_tried() || self.looked != world.now {
            self.look_up_rules(world, guard);
        }
        let refused = self.ruling.as_ref().is_some_and(|r| r.demand == Demand::Refused);
        // A read-only cluster is not even asked to try.
        for at in (0..self.items.len()).filter(|_| !refused) {
            self.check(at, asks);
        }
        self.look_again(world, asks);
    }

    /// What the rules say now.
    fn look_up_rules(&mut self, world: &World, guard: &Guard) {
        let ruling = self.rule(world, guard);
        if self.ruling.as_ref().is_some_and(|before| (before.demand, before.reason) != (ruling.demand, ruling.reason)) {
            // What was drawn said something else of what it takes to confirm.
            (self.drawn, self.once) = (None, false);
        }
        self.ruling = Some(ruling);
    }

    /// Makes the form of what is known of the objects.
    fn fill(&mut self, is_read: bool) {
        if self.form.as_ref().is_none_or(Form::is_fresh) {
            let form = (self.verb.form)(&self.items, &self.argument);
            // Where something goes away, the keys are at the confirmation, which takes one of its own.
            if self.focus == Focus::Confirm && !form.fields.is_empty() && !self.verb.removes {
                self.focus = Focus::Field(0);
            }
            self.form = Some(form);
        }
        self.round = u32::from(is_read);
    }

    /// Reads objects again that are not as they were shown, at most once a second.
    fn look_again(&mut self, world: &World, asks: &mut Vec<Ask>) {
        if self.looked == world.now {
            return;
        }
        self.looked = world.now;
        let other = |i: &Item| {
            if i.is_missing() && matches!(i.given, Given::Manifest(_)) {
                return rows::named(world, &i.target).is_some();
            }
            let row = rows::find(world, &i.target);
            row.is_some_and(|row| i.version().is_some_and(|v| Version::parse(v) != row.version)) || rows::is_gone(world, &i.target)
        };
        let others: Vec<usize> = (0..self.items.len()).filter(|n| self.items.get(*n).is_some_and(other)).collect();
        for at in others {
            let change = self.verb;
            self.ask(at, Purpose::Read, |item| Some(item.read(item.verb(change))), asks);
        }
    }

    /// Asks for what is not known of an object yet.
    fn read(&mut self, at: usize, world: &World, asks: &mut Vec<Ask>) {
        let Some(item) = self.items.get(at) else { return };
        let (right, before) = (item.right.is_none(), item.before.is_none());
        let verb = self.verb_of(item);
        if right {
            self.ask(at, Purpose::Right, |item| Some(item.right_to(verb).review()), asks);
        }
        if before {
            return self.ask(at, Purpose::Read, |item| Some(item.read(verb)), asks);
        }
        self.read_around(at, world, asks);
    }

    /// Asks for what is around an object. What its cluster does not serve is not there.
    pub(super) fn read_around(&mut self, at: usize, world: &World, asks: &mut Vec<Ask>) {
        let Some(item) = self.items.get_mut(at) else { return };
        if item.around.is_empty() {
            item.around = (item.verb(self.verb).around)(item).into_iter().map(|around| (around, None)).collect();
        }
        for n in 0..item.around.len() {
            let Some(item) = self.items.get_mut(at) else { return };
            let Some((around, read @ None)) = item.around.get_mut(n) else { continue };
            let kind = GroupResource::new(around.kind.0, around.kind.1);
            match world.cluster(item.target.cluster).and_then(|c| c.catalog.as_ref()?.get(&kind)) {
                Some(resource) => {
                    let call = |item: &Item| Some(item.read_beside(&item.around.get(n)?.0, resource));
                    self.ask(at, Purpose::Around(n), call, asks);
                }
                None => *read = Some(Err("not served here".to_owned())),
            }
        }
    }

    /// Has the server try what is planned for an object.
    fn check(&mut self, at: usize, asks: &mut Vec<Ask>) {
        let Some(item) = self.items.get(at).filter(|i| i.checked.is_none()) else { return };
        if let (Some(Ok(())), Check::Server) = (&item.right, self.verb_of(item).check) {
            self.ask(at, Purpose::Check, |item| Some(item.request(Self::plan_of(item)?, true)), asks);
        }
    }

    /// Asks for something, unless that is under way or too much is: nothing is made ready before, since there may be hundreds of objects.
    fn ask(&mut self, item: usize, of: Purpose, call: impl FnOnce(&Item) -> Option<Call>, asks: &mut Vec<Ask>) {
        let token = Token { item, of, round: self.round };
        if self.under_way.contains(&token) || self.under_way.len() >= AT_ONCE {
            return;
        }
        if let Some(call) = self.items.get(item).and_then(call) {
            self.under_way.push(token);
            asks.push(Ask::Call(token, call));
        }
    }

    /// One of the clusters is protected: what cannot be written down is not done there.
    fn is_protected(&self, world: &World) -> bool {
        self.items.iter().any(|i| world.cluster(i.target.cluster).is_none_or(Cluster::is_protected))
    }

    /// What the guard says: the strictest of what it says of each object.
    fn rule(&self, world: &World, guard: &Guard) -> Ruling {
        let objects = self.asked_for().count();
        let ruled: Vec<Ruling> = self.items.iter().filter_map(|item| self.rule_of(item, objects, world, guard)).collect();
        let reason = ruled.iter().any(|r| r.reason);
        let nobody = || Ruling {
            demand: Demand::Refused,
            reason: false,
            rule: "no cluster".to_owned(),
            why: "there is nothing to change".to_owned(),
        };
        let strictest = ruled.into_iter().reduce(|a, b| if b.demand > a.demand { b } else { a }).unwrap_or_else(nobody);
        // What no server has tried is not confirmed by the key that goes through a form.
        if strictest.demand < Demand::Yes && self.accepted().any(Item::is_untried) {
            let why = "no server has tried it, and what it would store is a guess".to_owned();
            return Ruling { demand: Demand::Yes, reason, why, ..strictest };
        }
        Ruling { reason, ..strictest }
    }

    /// What the guard says of one object of so many, now.
    fn rule_of(&self, item: &Item, objects: usize, world: &World, guard: &Guard) -> Option<Ruling> {
        Some(guard.rule(&Asked {
            cluster: world.cluster(item.target.cluster)?,
            namespace: item.namespace(),
            kind: &item.target.kind,
            name: &item.target.name,
            verb: self.verb_of(item).name,
            removal: self.verb_of(item).removes,
            objects,
            replicas: item.replicas(),
            now: world.now,
            utc_offset: world.utc_offset,
        }))
    }

    /// What is planned is another: it is planned and tried again, and nothing holds that was confirmed.
    pub(super) fn replan(&mut self) {
        self.round += 1;
        (self.drawn, self.once) = (None, false);
        self.under_way.retain(|t| !matches!(t.of, Purpose::Check));
        for item in &mut self.items {
            (item.plan, item.checked) = (item.lost.clone().map(Err), None);
            item.warnings.clear();
        }
    }

    /// One of its objects is in this cluster.
    pub fn concerns(&self, cluster: ClusterId) -> bool {
        self.items.iter().any(|i| i.target.cluster == cluster)
    }

    /// True while something is carried out.
    pub fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Stopping)
    }

    /// It goes on for as long as what it opened is open, and nothing is left to be done meanwhile.
    pub fn lasts(&self) -> bool {
        self.verb.follow == Follow::Ended && self.is_running()
    }

    /// The plan of an object that can be sent.
    fn plan_of(item: &Item) -> Option<&Plan> {
        item.plan.as_ref().and_then(|p| p.as_ref().ok())
    }
}

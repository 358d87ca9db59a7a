//! What was found for one cause, explained: what it means, the facts, what usually helps, and the next keys. Live: it changes with what is so.

use super::outline::Outline;
use crate::health::{self, RULES, Rule};
use crate::keymap::Scope;
use crate::model::finding::{Cause, Finding, Group, Severity};
use crate::model::id::{ClusterId, ObjectRef, Uid};
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Scene};
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::pager::{Line, Pager};
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;
use std::collections::HashMap;

/// So many objects are listed before it is asked for all: a node that is lost may have hundreds of pods.
const FEW: usize = 5;
/// And so many at most.
const MOST: usize = 1_000;

/// The keys that are told at the end.
const KEYS: &str = "{enter} goes into it · {details} details · {yaml} as YAML · {events} its events · {owner} its owner";

/// And what may be changed of a workload, each after a preview.
const CHANGES: &str =
    "{scale} how many pods it has · {restart} restarts it · {rollback} to an older revision · {undo} takes my last change back";

/// True for what can be scaled and restarted.
fn is_workload(object: &ObjectRef) -> bool {
    &*object.kind.group == "apps" && matches!(&*object.kind.resource, "deployments" | "statefulsets")
}

/// The screen of a finding.
pub struct FindingView {
    cluster: ClusterId,
    cause: Cause,
    /// As it was last found; it may be cured since.
    last: Option<Group>,
    cured: bool,
    /// All objects are listed, not only the first.
    all: bool,
    /// What the lines were made of: changes of the findings, the clock, the columns of the screen, and whether all are listed.
    made: Option<(u64, Timestamp, u16, bool)>,
    /// In how many seconds an age changes.
    tick: Option<i64>,
    pager: Pager,
}

impl FindingView {
    /// A screen for what is found for this cause.
    pub fn new(cluster: ClusterId, cause: Cause) -> Self {
        Self { cluster, cause, last: None, cured: false, all: false, made: None, tick: None, pager: Pager::default() }
    }

    fn found<'a>(&self, world: &'a World) -> Option<&'a Group> {
        world.findings.groups().iter().find(|g| g.cluster == self.cluster && g.cause == self.cause)
    }

    /// Takes in what has changed.
    fn read(&mut self, world: &World, width: u16) {
        let made = Some((world.findings.changes, world.now, width, self.all));
        if self.made == made {
            return;
        }
        self.made = made;
        let found = self.found(world).cloned();
        self.cured = found.is_none();
        self.last = found.or(self.last.take());
        if let Some(group) = &self.last {
            let (lines, tick) = lines(world, group, (self.cured, self.all), width);
            self.tick = tick;
            self.pager.set(lines);
        }
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let name = theme.style(Role::Title).patch(words::cluster_style(world, theme, self.cluster));
        let mut parts: Vec<(Cow<'static, str>, Style)> =
            vec![("Health".into(), theme.style(Role::Title)), (world.name(self.cluster).to_owned().into(), name)];
        parts.extend(self.last.as_ref().map(|g| (words::object(&g.head.object).into(), theme.style(Role::Title))));
        if self.cured && self.last.is_some() {
            parts.push(("cured".into(), theme.style(Role::StatusOk)));
        }
        parts.extend(self.pager.matches().map(|m| (format!("/{} {m}", self.pager.search()).into(), theme.style(Role::Accent))));
        parts
    }
}

/// The lines, and in how many seconds an age in them changes. What is wrong, why and what to do come before what it is all about.
fn lines(world: &World, group: &Group, (cured, all): (bool, bool), width: u16) -> (Vec<Line>, Option<i64>) {
    let mut out = Outline::new(width, world.now);
    let (head, deepest) = (&group.head, group.deepest());
    let (glyph, role) = words::severity(head.severity);
    let (glyph, role) = if cured { ("●", Role::StatusOk) } else { (glyph, role) };
    let since = if cured { "cured".to_owned() } else { lasts(&mut out, head) };
    out.flow(vec![(format!("{glyph} "), role)], &format!("{}, {since}", group.headline()), role);
    if !deepest.evidence.is_empty() {
        out.flow(vec![("  ".to_owned(), Role::Text)], &deepest.evidence, Role::Text);
    }
    if !cured && !head.next.is_empty() {
        out.line(keyed(world, &format!("next: {}", head.next)));
    }
    out.heading("what it means", "");
    for rule in &rules(group) {
        out.flow(vec![("  ".to_owned(), Role::Text)], rule.means, Role::Text);
    }
    out.heading("what usually helps", "");
    for help in helping(group).iter().flat_map(|r| r.helps) {
        out.flow(vec![("  · ".to_owned(), Role::Dim)], help, Role::Text);
    }
    facts(world, &mut out, group, all);
    out.heading("the next keys", "");
    out.line(keyed(world, KEYS));
    if is_workload(&head.object) {
        out.line(keyed(world, CHANGES));
    }
    out.end()
}

/// How long something has been so, as far as that is known.
fn lasts(out: &mut Outline, finding: &Finding) -> String {
    let least = if finding.at_least { "at least " } else { "" };
    format!("for {least}{}", out.ago(finding.since))
}

/// What was found, and of which objects: what is the same of many is told once, and each object stands once, with what else was found of it.
fn facts(world: &World, out: &mut Outline, group: &Group, all: bool) {
    let objects = group.objects();
    out.heading("the facts", &if objects == 1 { String::new() } else { format!("{objects} objects") });
    let mut each: Vec<(&Finding, Vec<&str>)> = Vec::new();
    let mut places: HashMap<Uid, usize> = HashMap::new();
    for finding in &group.findings {
        match places.get(&finding.object.uid).and_then(|at| each.get_mut(*at)) {
            Some((_, also)) => also.push(&finding.what),
            None => {
                places.insert(finding.object.uid, each.len());
                each.push((finding, Vec::new()));
            }
        }
    }
    let shown = each.len().min(if all { MOST } else { FEW });
    // The first of each kind of trouble, and behind it those of the same.
    let same = |a: &Finding, b: &Finding| (a.severity, &a.what, &a.evidence) == (b.severity, &b.what, &b.evidence);
    let mut rest: Vec<&(&Finding, Vec<&str>)> = each.iter().take(shown).collect();
    while let Some((finding, _)) = rest.first().copied() {
        let (alike, others) = rest.into_iter().partition::<Vec<_>, _>(|(other, _)| same(other, finding));
        rest = others;
        told(out, finding, &group.deepest().evidence);
        for (other, also) in alike {
            let also: String = also.iter().map(|what| format!("; {what}")).collect();
            let line = format!("{} {}{also}", words::object(&other.object), lasts(out, other));
            out.flow(vec![("    · ".to_owned(), Role::Dim)], &line, Role::Text);
        }
    }
    let more = each.len() - shown;
    match (more, all) {
        (1.., false) => out.line(keyed(world, &format!("  and {more} more: {{fold}} shows all"))),
        (1.., true) => out.flow(vec![("    ".to_owned(), Role::Text)], &format!("and {more} more"), Role::Dim),
        (_, true) if shown > FEW => out.line(keyed(world, "  {fold} folds them again")),
        _ => {}
    }
}

/// What was found, and why, unless that is said already.
fn told(out: &mut Outline, finding: &Finding, said: &str) {
    let (glyph, role) = words::severity(finding.severity);
    out.flow(vec![(format!("  {glyph} "), role)], &finding.what, role);
    if !finding.evidence.is_empty() && finding.evidence != said {
        out.flow(vec![("    ".to_owned(), Role::Text)], &finding.evidence, Role::Text);
    }
}

/// The rules that found it, in the order of what they found.
fn rules(group: &Group) -> Vec<&'static Rule> {
    of(group.findings.iter())
}

/// The rules whose advice helps, the one of the deepest cause first. Those that found a symptom have none where its cause is known.
fn helping(group: &Group) -> Vec<&'static Rule> {
    let mut found: Vec<&Finding> = group.findings.iter().collect();
    found.sort_by_key(|f| f.depth());
    let counts = |f: &&Finding| f.severity > Severity::Info || group.head.severity == Severity::Info;
    let is_known = found.iter().filter(|f| counts(f)).any(|f| !f.is_symptom());
    of(found.into_iter().filter(counts).filter(|f| !is_known || !f.is_symptom()))
}

fn of<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    for finding in findings {
        let rule = RULES.iter().find(|r| r.name == finding.rule);
        rules.extend(rule.filter(|r| !rules.iter().any(|known| known.name == r.name)));
    }
    rules
}

/// A line with the keys in force.
fn keyed(world: &World, text: &str) -> Line {
    let parts = words::keyed_parts(world, text).into_iter().map(|(part, key)| (part, if key { Role::Key } else { Role::Text }));
    std::iter::once(("  ".to_owned(), Role::Text)).chain(parts).collect()
}

impl View for FindingView {
    fn scope(&self) -> Scope {
        Scope::Document
    }

    fn title(&self) -> String {
        "finding".to_owned()
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        health::wants(self.cluster).into_iter().chain(health::parts(world, self.cluster)).collect()
    }

    fn scene(&self, world: &World) -> Scene {
        let Some(group) = &self.last else { return Scene::default() };
        let object = &group.head.object;
        // What was found may be cured and its object still be there, to be looked at.
        let target = if self.cured { world.target(object) } else { Some(world.known(object)) };
        Scene {
            lost: target.is_none().then(|| format!("{} is gone", object.name)),
            cursor: target,
            copyable: Some(format!("{} {}: {} {}", world.name(self.cluster), words::object(object), group.head.what, group.head.evidence)),
            ..Scene::default()
        }
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        if motion == Motion::Fold {
            self.all = !self.all;
        } else {
            self.pager.act(motion);
        }
    }

    fn filter(&self) -> &str {
        self.pager.search()
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        self.pager.set_search(text);
        Ok(())
    }

    fn next_tick(&self, _world: &World) -> Option<i64> {
        self.tick
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        let width = area.width.saturating_sub(4);
        self.read(world, width);
        self.pager.fit(width, area.height.saturating_sub(2));
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::BorderFocused), self.titles(world, theme));
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        if self.last.is_none() && inside.height > 0 {
            text::put(buf, inside.x, inside.y, inside.width, "this is not so any more", theme.style(Role::Dim));
        }
        self.pager.draw(theme, inside, buf);
    }
}

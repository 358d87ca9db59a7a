//! What was found for one cause, explained: what it means, the facts, what usually helps, and the next keys. Live: it changes with what is so.

use super::outline::Outline;
use crate::health::{self, RULES, Rule};
use crate::keymap::Scope;
use crate::model::finding::{Cause, Finding, Group};
use crate::model::id::ClusterId;
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

/// So many facts are listed; a node that is lost may have hundreds of pods.
const FACTS: usize = 100;

/// The keys that are told at the end.
const KEYS: &str = "{enter} goes into it · {details} details · {yaml} as YAML · {events} its events · {owner} its owner";

/// The screen of a finding.
pub struct FindingView {
    cluster: ClusterId,
    cause: Cause,
    /// As it was last found; it may be cured since.
    last: Option<Group>,
    cured: bool,
    /// What the lines were made of: changes of the findings, the clock, the columns of the screen.
    made: Option<(u64, Timestamp, u16)>,
    /// In how many seconds an age changes.
    tick: Option<i64>,
    pager: Pager,
}

impl FindingView {
    /// A screen for what is found for this cause.
    pub fn new(cluster: ClusterId, cause: Cause) -> Self {
        Self { cluster, cause, last: None, cured: false, made: None, tick: None, pager: Pager::default() }
    }

    fn found<'a>(&self, world: &'a World) -> Option<&'a Group> {
        world.findings.groups().iter().find(|g| g.cluster == self.cluster && g.cause == self.cause)
    }

    /// Takes in what has changed.
    fn read(&mut self, world: &World, width: u16) {
        let made = Some((world.findings.changes, world.now, width));
        if self.made == made {
            return;
        }
        self.made = made;
        let found = self.found(world).cloned();
        self.cured = found.is_none();
        self.last = found.or(self.last.take());
        if let Some(group) = &self.last {
            let (lines, tick) = lines(world, group, self.cured, width);
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

/// The lines, and in how many seconds an age in them changes.
fn lines(world: &World, group: &Group, cured: bool, width: u16) -> (Vec<Line>, Option<i64>) {
    let mut out = Outline::new(width, world.now);
    let head = &group.head;
    let (glyph, role) = words::severity(head.severity);
    let (glyph, role) = if cured { ("●", Role::StatusOk) } else { (glyph, role) };
    let since = if cured { "cured".to_owned() } else { format!("for {}", out.ago(head.since)) };
    out.flow(vec![(format!("{glyph} "), role)], &format!("{}, {since}", head.what), role);
    if !cured && !head.next.is_empty() {
        out.line(keyed(world, &format!("next: {}", head.next)));
    }
    let rules = rules(group);
    out.heading("what it means", "");
    for rule in &rules {
        out.flow(vec![("  ".to_owned(), Role::Text)], rule.means, Role::Text);
    }
    facts(&mut out, group);
    out.heading("what usually helps", "");
    for help in rules.iter().flat_map(|r| r.helps) {
        out.flow(vec![("  · ".to_owned(), Role::Dim)], help, Role::Text);
    }
    out.heading("the next keys", "");
    out.line(keyed(world, KEYS));
    out.end()
}

/// What was found, and of which objects: what is the same of many is told once.
fn facts(out: &mut Outline, group: &Group) {
    let objects = group.objects();
    out.heading("the facts", &if objects == 1 { String::new() } else { format!("{objects} objects") });
    let same = |a: &Finding, b: &Finding| (a.severity, &a.what, &a.evidence) == (b.severity, &b.what, &b.evidence);
    let mut told: Vec<&Finding> = Vec::new();
    for finding in group.findings.iter().take(FACTS) {
        if told.iter().any(|known| same(known, finding)) {
            continue;
        }
        told.push(finding);
        let (glyph, role) = words::severity(finding.severity);
        out.flow(vec![(format!("  {glyph} "), role)], &finding.what, role);
        if !finding.evidence.is_empty() {
            out.flow(vec![("    ".to_owned(), Role::Text)], &finding.evidence, Role::Text);
        }
        for other in group.findings.iter().take(FACTS).filter(|other| same(other, finding)) {
            let since = out.ago(other.since);
            out.flow(vec![("    · ".to_owned(), Role::Dim)], &format!("{} for {since}", words::object(&other.object)), Role::Text);
        }
    }
    if group.findings.len() > FACTS {
        out.flow(vec![("    ".to_owned(), Role::Text)], &format!("and {} more", group.findings.len() - FACTS), Role::Dim);
    }
}

/// The rules that found it, in the order of what they found.
fn rules(group: &Group) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    for finding in &group.findings {
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
        self.pager.act(motion);
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

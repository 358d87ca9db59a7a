//! What is wrong in all clusters that are looked at, the worst first: what health has found, and then the clusters that cannot be seen into, of which
//! the header tells too.
//!
//! The list is that of [`Findings`](crate::model::finding::Findings), which is made anew when something was found or cured; here it is only
//! narrowed, and the part in sight drawn.

mod cursor;
mod draw;
mod sight;

use crate::health;
use crate::keymap::Scope;
use crate::model::finding::{Group, Severity};
use crate::model::id::ClusterId;
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Scene};
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::words;
use cursor::Cursor;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use sight::{Sight, Trouble};

/// The screen of health.
#[derive(Default)]
pub struct HealthView {
    filter: String,
    /// Notes are shown too: what is good to know and nobody has to be woken for.
    notes: bool,
    /// What is shown: places in the list of groups.
    shown: Vec<usize>,
    /// How many of these are no notes; after them come the clusters in trouble.
    loud: usize,
    /// How many notes are not.
    hidden: usize,
    /// How many that are no notes are in namespaces that are not looked at.
    elsewhere: usize,
    /// What that was made of: changes of the findings, and what was asked for.
    made: Option<(u64, Asked)>,
    cursor: Cursor,
    /// How much of each cluster is seen.
    sight: Sight,
    /// The widest cluster and object seen since the list was asked for, so that columns do not jump while scrolling.
    widths: (u16, u16),
    area: Rect,
    /// Another pane of its screen has the keys.
    unfocused: bool,
}

/// What stands in a place of the list.
enum Item<'a> {
    /// What was found for one cause; true where it is cured.
    Found(&'a Group, bool),
    /// How a cluster is.
    Cluster(&'a Trouble),
}

/// Focus, open clusters, namespaces, filter and notes: which findings are asked for.
#[derive(Clone, Default, PartialEq)]
struct Asked {
    clusters: Vec<ClusterId>,
    namespaces: Vec<Box<str>>,
    filter: String,
    notes: bool,
}

impl Asked {
    /// True for a group that is to be shown; `words` are those of the filter, in lower case.
    fn has(&self, world: &World, group: &Group, words: &[String]) -> bool {
        let is_in =
            |namespace: &str| namespace.is_empty() || self.namespaces.is_empty() || self.namespaces.iter().any(|n| **n == *namespace);
        let text = || {
            let found = group.findings.iter().map(|f| format!("{} {} {}", words::object(&f.object), f.what, f.evidence));
            std::iter::once(world.name(group.cluster).to_owned()).chain(found).collect::<Vec<_>>().join("\n").to_lowercase()
        };
        self.clusters.contains(&group.cluster)
            && group.findings.iter().any(|f| is_in(&f.object.namespace))
            && (words.is_empty() || {
                let text = text();
                words.iter().all(|w| w.strip_prefix('!').filter(|w| !w.is_empty()).map_or_else(|| text.contains(w), |w| !text.contains(w)))
            })
    }
}

impl HealthView {
    /// Lists anew what is to be shown, where something was found or cured or other things are asked for.
    fn list(&mut self, world: &World) {
        let asked = Asked {
            clusters: world.focused().map(|c| c.id).collect(),
            namespaces: world.namespaces.clone(),
            filter: self.filter.clone(),
            notes: self.notes,
        };
        let made = (world.findings.changes, asked);
        if self.made.as_ref() == Some(&made) {
            return;
        }
        let (_, asked) = &made;
        let words: Vec<String> = asked.filter.split_whitespace().map(str::to_lowercase).collect();
        let groups = world.findings.groups().iter().enumerate().filter(|(_, group)| asked.has(world, group, &words));
        let (shown, hidden): (Vec<_>, Vec<_>) = groups.partition(|(_, group)| asked.notes || group.head.severity > Severity::Info);
        self.loud = shown.iter().filter(|(_, group)| group.head.severity > Severity::Info).count();
        let elsewhere = |group: &Group| {
            let everywhere = Asked { namespaces: Vec::new(), ..asked.clone() };
            group.head.severity > Severity::Info && everywhere.has(world, group, &words) && !asked.has(world, group, &words)
        };
        let narrowed = !asked.namespaces.is_empty();
        self.elsewhere = world.findings.groups().iter().filter(|group| narrowed && elsewhere(group)).count();
        (self.shown, self.hidden) = (shown.into_iter().map(|(at, _)| at).collect(), hidden.len());
        let is_asked = self.made.as_ref().is_none_or(|(_, before)| before != asked);
        if is_asked {
            self.widths = (0, 0);
        }
        self.made = Some(made);
        self.recall(world, is_asked);
    }

    /// How many lines are told, as if each had one.
    fn told(&self) -> usize {
        self.shown.len() + self.sight.troubles.len()
    }

    /// What is told in a place: findings that are no notes, clusters in trouble, notes.
    fn item_at<'a>(&'a self, world: &'a World, place: usize) -> Option<Item<'a>> {
        let clusters = self.sight.troubles.len();
        let at = match place.checked_sub(self.loud) {
            Some(line) if line < clusters => return self.sight.troubles.get(line).map(Item::Cluster),
            Some(_) => place - clusters,
            None => place,
        };
        world.findings.groups().get(*self.shown.get(at)?).map(|group| Item::Found(group, false))
    }

    /// Looks how much is seen of each cluster.
    fn look(&mut self, world: &World) {
        let lines = |sight: &Sight| sight.troubles.iter().map(|t| (t.cluster, t.line)).collect::<Vec<_>>();
        let before = std::mem::replace(&mut self.sight, Sight::of(world));
        if lines(&before) != lines(&self.sight) {
            self.recall(world, false);
        }
    }
}

/// How many things are wrong in the clusters that are looked at: what was found, notes left out, and the clusters in trouble.
pub fn count(world: &World) -> usize {
    let found: usize = world.focused().map(|c| world.findings.counts(c.id).sick()).sum();
    found + sight::in_trouble(world).count()
}

/// The worst that is to be told, in a line, in the order of the list: for screens that have no room for more.
pub fn worst(world: &World) -> Option<(String, Role)> {
    let first =
        world.findings.groups().iter().filter(|g| g.head.severity > Severity::Info).find(|g| world.focused().any(|c| c.id == g.cluster));
    let of = |group: &Group| {
        let evidence = if group.head.evidence.is_empty() { String::new() } else { format!(": {}", group.head.evidence) };
        let (glyph, role) = words::severity(group.head.severity);
        (format!("{glyph} {}{evidence}", line(world, group)), role)
    };
    let trouble = || sight::in_trouble(world).next().map(|t| (format!("{} {}: {}", t.glyph, world.name(t.cluster), t.what), t.role));
    match first {
        Some(group) => Some(of(group)),
        None => trouble(),
    }
}

/// A group in half a line, without its evidence.
fn line(world: &World, group: &Group) -> String {
    let head = &group.head;
    format!("{} {}  {} {}", world.name(group.cluster), words::object(&head.object), head.what, words::lasts(head, world.now))
}

impl View for HealthView {
    fn scope(&self) -> Scope {
        Scope::Table
    }

    fn title(&self) -> String {
        "health".to_owned()
    }

    /// Also of those that are out of focus: the counts of all stand in the first line, and coming back is instant.
    fn wants(&self, world: &World) -> Vec<Want> {
        world.open().flat_map(|c| health::wants(c.id).into_iter().chain(health::parts(world, c.id))).collect()
    }

    fn focus(&mut self, focused: bool) {
        self.unfocused = !focused;
    }

    fn narrows(&self) -> Option<(&'static str, &'static str)> {
        Some(("notes", "Show what is only good to know too, or not"))
    }

    fn count(&self, world: &World) -> Option<usize> {
        Some(count(world))
    }

    fn scene(&self, world: &World) -> Scene {
        if let Some(cluster) = self.cursor.cluster() {
            return Scene { cluster: Some(cluster), cluster_open: true, state_of: Some(cluster), ..Scene::default() };
        }
        let Some(group) = self.cursor.group() else { return Scene { lost: self.cursor.lost(), ..Scene::default() } };
        let object = &group.head.object;
        Scene {
            cursor: Some(world.known(object)),
            finding: Some((group.cluster, group.cause.clone())),
            sick: group.pods(),
            copyable: Some(format!("{} {}", line(world, group), group.head.evidence).trim_end().to_owned()),
            ..Scene::default()
        }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        self.list(world);
        if let Some(by) = motion.lines(self.page(), self.lines()) {
            self.step(world, by);
        } else if motion == Motion::Unhealthy {
            self.notes = !self.notes;
            self.list(world);
        }
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, world: &World, text: &str) -> Result<(), BadTerm> {
        text.clone_into(&mut self.filter);
        self.list(world);
        Ok(())
    }

    fn refresh(&mut self, world: &World) {
        self.list(world);
    }

    fn click(&mut self, world: &World, _x: u16, y: u16) {
        self.click_at(world, y);
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        self.next_age(world)
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.area = area;
        self.list(world);
        self.fit(world);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        self.paint(world, theme, area, buf);
    }
}

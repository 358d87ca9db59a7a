//! An object as a text that is edited: what is wrong with it at its line, and beside it what the server would store.
//!
//! The text is the person's. What others change meanwhile is taken in line by line, and nothing that was written is ever lost by it.

use crate::keymap::Scope as Keys;
use crate::model::apply::Source;
use crate::model::cell::Health;
use crate::model::deed::{short, written};
use crate::model::id::ObjectRef;
use crate::model::manifest::complaints;
use crate::model::manifest::{self, Manifest};
use crate::model::problem::Problem;
use crate::model::query::BadTerm;
use crate::model::rebase::rebase;
use crate::model::step::{Motion, Scene, Step, Wish};
use crate::model::stroke::Stroke;
use crate::model::time::Timestamp;
use crate::model::want::{Of, Want};
use crate::model::world::World;
use crate::safety::bundle;
use crate::safety::change::Change;
use crate::safety::guard::Demand;
use crate::safety::item::Item;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::editor::{Editor, Mark};
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

/// From so many columns on, what would be stored stands beside the text.
const WIDE: u16 = 120;

/// The screen of a text.
pub struct EditView {
    /// What the text is of. Of something new it is a name that the text is kept by.
    object: ObjectRef,
    /// The text is of something new: of any number of objects, that nobody else writes.
    is_new: bool,
    editor: Editor,
    /// The object and its text, as the server has them.
    base: Option<(Value, String)>,
    /// Changes of the object that were taken in.
    seen: u64,
    /// The text goes to the person's own editor as soon as it is there.
    outside: bool,
    /// When the text was changed last.
    typed: Timestamp,
    /// The revision of the text that was tried last.
    tried: u64,
    /// What the server says to it, line by line.
    said: Vec<(String, Role)>,
    /// What happened underneath.
    told: Option<String>,
}

impl EditView {
    /// A screen that has no text yet.
    pub fn new(object: ObjectRef, outside: bool) -> Self {
        let (editor, said) = (Editor::new(""), Vec::new());
        Self { object, is_new: false, editor, base: None, seen: 0, outside, typed: Timestamp(0), tried: 0, said, told: None }
    }

    /// A screen of something new, with what its text begins with.
    pub fn of_new(object: ObjectRef, text: &str) -> Self {
        // It is tried as it is, before anything is written.
        Self { is_new: true, editor: Editor::new(text), tried: u64::MAX, ..Self::new(object, false) }
    }

    fn want(&self) -> Want {
        let namespace = Some(self.object.namespace.clone()).filter(|n| !n.is_empty());
        Want { cluster: self.object.cluster, kind: self.object.kind.clone(), namespace, of: Of::Whole(self.object.name.clone()) }
    }

    /// Takes the object in as it is now.
    fn read(&mut self, world: &World) {
        let Some(whole) = world.whole(&self.want()).filter(|w| w.changes != self.seen) else { return };
        self.seen = whole.changes;
        if whole.gone {
            self.told = Some("it was deleted; what you wrote stays here".to_owned());
            return;
        }
        let Some(object) = whole.json.as_deref().and_then(|json| serde_json::from_slice::<Value>(json).ok()) else { return };
        let now = manifest::written(&object);
        match self.base.take() {
            None => self.editor = Editor::new(&now),
            Some((_, base)) if base != now => self.take_in(&base, &now),
            Some(_) => {}
        }
        self.base = Some((object, now));
    }

    /// Somebody else has changed the object: their change goes into the text.
    fn take_in(&mut self, base: &str, now: &str) {
        let yours = self.editor.text();
        if yours == now {
            return;
        }
        let was_changed = self.editor.is_changed();
        let rebased = rebase(base, &yours, now);
        let line = rebased.line(self.editor.cursor().0);
        self.editor.set_text(&rebased.text, line);
        if !was_changed {
            self.editor.keep();
        }
        let n = rebased.conflicts.len();
        self.told = Some(match n {
            0 => "somebody else has changed it; that is in your text now".to_owned(),
            _ => format!("somebody else has changed the same lines: {n} conflicts are marked in your text"),
        });
        let mark =
            |r: &std::ops::Range<usize>| Mark { line: r.start, health: Health::Bad, text: "a conflict: keep one of both".to_owned() };
        self.editor.set_marks(rebased.conflicts.iter().map(mark).collect());
    }

    fn wish(&self) -> Wish {
        let verb = if self.is_new { "apply" } else { "edit" };
        Wish { verb, targets: vec![self.object.clone()], hidden: 0, argument: self.editor.text() }
    }

    fn changed(&mut self, world: &World) {
        self.typed = world.now;
        self.told = None;
    }

    /// What is wrong with the text, at its lines.
    fn mark(&mut self, items: &[Item]) {
        let text = self.editor.text();
        let read = if self.is_new { manifest::documents(&text) } else { manifest::read(&text).map(|manifest| vec![manifest]) };
        let marks = match &read {
            Err(flaws) => flaws.errors.iter().map(|f| flaw(f, Health::Bad)).collect(),
            Ok(manifests) => manifests.iter().zip(items).flat_map(|(manifest, item)| self.marks_of(manifest, item)).collect(),
        };
        self.editor.set_marks(marks);
    }

    /// What the server has against an object, or else what is read otherwise than it looks.
    fn marks_of(&self, manifest: &Manifest, item: &Item) -> Vec<Mark> {
        match &item.checked {
            Some(Err(refusal)) if !refusal.untried => {
                complaints(&refusal.why, &refusal.causes).iter().map(|c| self.complaint(c, manifest)).collect()
            }
            _ => manifest.warnings.iter().map(|f| flaw(f, Health::Warn)).collect(),
        }
    }

    fn complaint(&self, complaint: &manifest::Complaint, manifest: &Manifest) -> Mark {
        let place = manifest.place(&complaint.path, complaint.sort.as_deref());
        let known = self.base.as_ref().filter(|_| complaint.unknown).and_then(|(object, _)| manifest.meant(&complaint.path, object));
        let meant = known.map(|word| format!("; did you mean {word}?")).unwrap_or_default();
        Mark { line: (place.line as usize).saturating_sub(1), health: Health::Bad, text: format!("{}{meant}", complaint.what) }
    }

    /// The objects of something new can be told from the text alone; else what is wrong is marked.
    fn is_readable(&mut self, world: &World) -> bool {
        let Some(cluster) = world.cluster(self.object.cluster).filter(|_| self.is_new) else { return true };
        let source = Source { name: self.object.name.to_string(), text: self.editor.text() };
        let Err(wrong) = bundle::read(world, cluster, &[source]) else { return true };
        let line = |problem: &Problem| (problem.line as usize).saturating_sub(1);
        self.editor.set_marks(wrong.iter().map(|p| Mark { line: line(p), health: Health::Bad, text: p.what.clone() }).collect());
        self.said = wrong.iter().map(|p| (format!("line {}: {}", p.line, p.what), Role::StatusBad)).collect();
        false
    }

    /// What the server says, for beside the text.
    fn say(&mut self, change: &Change) {
        let refused = change.ruling.as_ref().filter(|r| r.demand == Demand::Refused);
        self.said = match refused {
            Some(ruling) => vec![(ruling.why.clone(), Role::StatusBad)],
            None => change.items.iter().flat_map(|item| self.said_of(item)).collect(),
        };
    }

    fn said_of(&self, item: &Item) -> Vec<(String, Role)> {
        let head = self.is_new.then(|| (words::manifest(&item.resource.kind, &item.target), Role::Accent));
        let said = match (&item.right, &item.plan, &item.checked) {
            (Some(Err(missing)), ..) => vec![(missing.clone(), Role::StatusBad)],
            (_, Some(Err(why)), _) => vec![(why.clone(), Role::Dim)],
            (_, _, Some(Err(refusal))) if refusal.untried => vec![(refusal.why.clone(), Role::Dim)],
            (_, _, Some(Err(refusal))) => vec![(refusal.why.clone(), Role::StatusBad)],
            (_, _, Some(Ok(_))) if item.is_unchanged() => vec![("as it is already".to_owned(), Role::Dim)],
            (_, _, Some(Ok(_))) if self.is_new && item.is_missing() => vec![("accepted: it would be made".to_owned(), Role::StatusOk)],
            (_, _, Some(Ok(_))) => item.told().iter().flat_map(told).collect(),
            _ => Vec::new(),
        };
        let warnings = item.warnings.iter().map(|w| (format!("warning: {w}"), Role::StatusWarn));
        head.into_iter().chain(said).chain(warnings).collect()
    }

    /// What the server says, in a line: what is against it first.
    fn worst(&self) -> Option<&(String, Role)> {
        let said = || self.said.iter().filter(|(_, role)| *role != Role::Accent);
        said().find(|(_, role)| *role == Role::StatusBad).or_else(|| said().next())
    }

    fn draw_said(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = ("What the server will store".into(), theme.style(Role::TitleUnfocused));
        let inside = frame(buf, area, theme.style(Role::Border), [title]);
        let empty = [("it is tried as you pause".to_owned(), Role::Dim)];
        let said = if self.said.is_empty() { &empty[..] } else { &self.said };
        let lines = said.iter().flat_map(|(t, role)| text::wrapped(t, inside.width.saturating_sub(2)).into_iter().map(move |l| (l, *role)));
        for (y, (line, role)) in (inside.top()..inside.bottom()).zip(lines) {
            text::put(buf, inside.x + 1, y, inside.width.saturating_sub(2), &line, theme.style(role));
        }
    }
}

fn flaw(flaw: &manifest::Flaw, health: Health) -> Mark {
    Mark { line: (flaw.place.line as usize).saturating_sub(1), health, text: flaw.what.clone() }
}

/// A field that changes, before above after.
fn told(edit: &crate::model::deed::Edit) -> Vec<(String, Role)> {
    let value = |sign: &str, value: &Option<Value>, role| value.as_ref().map(|v| (format!("  {sign} {}", short(Some(v))), role));
    let head = (written(&edit.path), Role::YamlKey);
    [Some(head), value("-", &edit.before, Role::StatusBad), value("+", &edit.after, Role::StatusOk)].into_iter().flatten().collect()
}

impl View for EditView {
    fn scope(&self) -> Keys {
        Keys::Editor
    }

    fn wants(&self, _: &World) -> Vec<Want> {
        if self.is_new { Vec::new() } else { vec![self.want()] }
    }

    fn scene(&self, world: &World) -> Scene {
        let selected = self.editor.selected();
        let copyable = if selected.is_empty() { self.editor.text() } else { selected };
        let cursor = (!self.is_new).then(|| world.known(&self.object));
        Scene { cursor, copyable: Some(copyable), writing: true, ..Scene::default() }
    }

    fn act(&mut self, _: &World, motion: Motion) {
        self.editor.act(motion);
    }

    fn stroke(&mut self, world: &World, stroke: Stroke) -> Vec<Step> {
        if stroke == Stroke::Preview {
            return if self.is_readable(world) { vec![Step::Change(self.wish())] } else { Vec::new() };
        }
        if self.editor.stroke(stroke) {
            self.changed(world);
        }
        Vec::new()
    }

    fn paste(&mut self, world: &World, pasted: &str) {
        self.editor.paste(pasted);
        self.changed(world);
    }

    fn filter(&self) -> &str {
        self.editor.search()
    }

    fn set_filter(&mut self, _: &World, search: &str) -> Result<(), BadTerm> {
        self.editor.set_search(search);
        Ok(())
    }

    fn refresh(&mut self, world: &World) {
        self.read(world);
    }

    fn draft(&mut self, world: &World) -> Option<Wish> {
        let is_untried = self.editor.revision() != self.tried && (self.editor.is_changed() || self.is_new);
        let paused = self.typed < world.now;
        if !is_untried || !paused {
            return None;
        }
        // Where it has not said yet which kinds there are, it will.
        if let Some(cluster) = world.cluster(self.object.cluster).filter(|c| self.is_new && c.catalog.is_none()) {
            self.said = vec![(bundle::unknown(cluster), Role::Dim)];
            return None;
        }
        self.tried = self.editor.revision();
        self.is_readable(world).then(|| self.wish())
    }

    fn judged(&mut self, change: &Change) {
        if change.text.as_ref() == Some(&self.object) {
            self.mark(&change.items);
            self.say(change);
        }
    }

    fn outside(&mut self) -> Option<(ObjectRef, String)> {
        let is_there = self.base.is_some();
        (is_there && std::mem::take(&mut self.outside)).then(|| (self.object.clone(), self.editor.text()))
    }

    fn wrote(&mut self, world: &World, text: &str) {
        self.editor.set_text(text, 0);
        self.changed(world);
    }

    fn stored(&mut self, object: &ObjectRef) {
        if *object == self.object {
            self.editor.keep();
            self.said.clear();
        }
    }

    fn is_unsaved(&self) -> bool {
        self.editor.is_changed()
    }

    fn click(&mut self, _: &World, x: u16, y: u16) {
        let (line, column) = self.editor.place(x.saturating_sub(1), y.saturating_sub(1));
        self.editor.goto(line, column);
    }

    fn next_tick(&self, _: &World) -> Option<i64> {
        Some(1)
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.read(world);
        let width = if area.width >= WIDE { area.width * 3 / 5 } else { area.width };
        self.editor.fit(width.saturating_sub(2), area.height.saturating_sub(3));
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let is_wide = area.width >= WIDE;
        let left = Rect { width: if is_wide { area.width * 3 / 5 } else { area.width }, ..area };
        let title = theme.style(Role::Title);
        let cluster = self.object.cluster;
        let mut parts: Vec<(std::borrow::Cow<'_, str>, ratatui::style::Style)> = vec![
            (if self.is_new { "New" } else { "Edit" }.into(), title),
            (world.name(cluster).into(), title.patch(words::cluster_style(world, theme, cluster))),
            (if self.is_new { self.object.name.to_string() } else { words::object(&self.object) }.into(), title),
        ];
        parts.extend(self.editor.is_changed().then(|| ("changed".into(), theme.style(Role::Badge))));
        parts.extend(self.editor.matches().map(|m| (format!("/{} {m}", self.editor.search()).into(), theme.style(Role::Accent))));
        let inside = frame(buf, left, theme.style(Role::BorderFocused), parts);
        let body = Rect { height: inside.height.saturating_sub(1), ..inside };
        self.editor.draw(theme, body, buf);
        let here = self.editor.marks_here().map(|m| (format!("✖ {}", m.text), Role::StatusBad)).next();
        let below = here.or_else(|| self.told.clone().map(|t| (t, Role::NoticeWarn)));
        let below = below.or_else(|| self.worst().filter(|_| !is_wide).cloned());
        if let Some((told, role)) = below {
            text::put(buf, inside.x + 1, body.bottom(), inside.width.saturating_sub(2), &told, theme.style(role));
        }
        if is_wide {
            self.draw_said(theme, Rect { x: left.right(), width: area.width - left.width, ..area }, buf);
        }
    }

    fn title(&self) -> String {
        format!("{} {}", if self.is_new { "new" } else { "edit" }, self.object.name)
    }
}

//! An object as a text that is edited: what is wrong with it at its line, and beside it what the server would store.
//!
//! The text is the person's. What others change meanwhile is taken in line by line, and nothing that was written is ever lost by it.

mod new;
mod said;

use crate::keymap::Scope as Keys;
use crate::model::cell::Health;
use crate::model::data;
use crate::model::draft::{Draft, Subject};
use crate::model::id::Uid;
use crate::model::manifest;
use crate::model::query::BadTerm;
use crate::model::rebase::{self, rebase};
use crate::model::step::{Motion, Scene, Step, Wish};
use crate::model::stroke::Stroke;
use crate::model::time::Timestamp;
use crate::model::want::{Of, Want};
use crate::model::world::World;
use crate::safety::change::Change;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::editor::{Editor, Mark};
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use serde_json::Value;
use std::borrow::Cow;

/// From so many columns on, what would be stored stands beside the text.
const WIDE: u16 = 120;

/// The screen of a text.
pub struct EditView {
    subject: Subject,
    editor: Editor,
    /// What the text is made from, as the server has it.
    base: Option<Base>,
    /// Changes of the object that were taken in.
    seen: u64,
    /// The text goes to the person's own editor as soon as it is there.
    outside: bool,
    /// What was given to it.
    lent: Option<Draft>,
    /// When the text was changed last.
    typed: Timestamp,
    /// The revision of the text that was tried last.
    tried: u64,
    /// What the server says to it, line by line.
    said: Vec<(String, Role)>,
    /// What happened underneath.
    told: Option<String>,
    /// What was written before, to go on with once the object is there.
    before: Option<Draft>,
}

/// Of a Secret, where the system has no folder in memory.
const NOWHERE: &str = "what you write is kept nowhere but here, as there is no folder in memory for it";

/// An object, and what of it is edited.
struct Base {
    object: Value,
    /// `None` where the object has no such key.
    text: Option<String>,
}

impl EditView {
    /// A screen that has no text yet.
    pub fn new(subject: Subject, outside: bool) -> Self {
        let (editor, said) = (Editor::new(""), Vec::new());
        Self { subject, editor, base: None, seen: 0, outside, lent: None, typed: Timestamp(0), tried: 0, said, told: None, before: None }
    }

    fn want(&self) -> Want {
        let object = &self.subject.object;
        let namespace = Some(object.namespace.clone()).filter(|n| !n.is_empty());
        Want { cluster: object.cluster, kind: object.kind.clone(), namespace, of: Of::Whole(object.name.clone()) }
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
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str).map(Uid::parse);
        if uid.is_some_and(|uid| uid != self.subject.object.uid) {
            self.told = Some("it was deleted, and another object has its name now; what you wrote stays here".to_owned());
            return;
        }
        let now = self.text_of(&object);
        match self.base.take() {
            None => {
                self.editor = self.editor_of(now.as_deref().unwrap_or_default());
                self.told = match (data::is_immutable(&object), self.subject.object.is_secret() && world.secret_texts.is_none()) {
                    (true, _) => Some("it is immutable: what is written here cannot be stored".to_owned()),
                    (_, true) => Some(NOWHERE.to_owned()),
                    _ => None,
                };
            }
            Some(Base { text: Some(_), .. }) if now.is_none() => {
                self.told = Some("somebody has removed the key; what you write would make it anew".to_owned());
            }
            Some(base) if base.text != now => self.take_in(&base.text.unwrap_or_default(), now.as_deref().unwrap_or_default()),
            Some(_) => {}
        }
        self.base = Some(Base { object, text: now });
        if let Some(draft) = self.before.take() {
            self.go_on(world, &draft);
        }
    }

    /// Makes what was written before in the object as it is now.
    fn go_on(&mut self, world: &World, draft: &Draft) {
        let now = self.base.as_ref().and_then(|base| base.text.clone()).unwrap_or_default();
        let n = self.rebase(draft.base.as_deref().unwrap_or_default(), &draft.text, &now);
        self.typed = world.now;
        self.told = Some(match n {
            0 => "what you wrote before is in the text".to_owned(),
            _ => format!("what you wrote before is in the text; others have changed the same lines since: {n} conflicts are marked"),
        });
    }

    /// What of an object is edited.
    fn text_of(&self, object: &Value) -> Option<String> {
        match &self.subject.key {
            None => Some(manifest::written(object)),
            Some(key) => data::find(object, self.subject.object.is_secret(), key)?.text,
        }
    }

    fn editor_of(&self, text: &str) -> Editor {
        let is_yaml = |key: &String| [".yaml", ".yml"].iter().any(|end| key.ends_with(end));
        if self.subject.key.as_ref().is_none_or(is_yaml) { Editor::new(text) } else { Editor::plain(text) }
    }

    /// Somebody else has changed the object: their change goes into the text.
    fn take_in(&mut self, base: &str, now: &str) {
        let yours = self.editor.text();
        if yours == now {
            return self.editor.keep();
        }
        let was_changed = self.editor.is_changed();
        let n = self.rebase(base, &yours, now);
        if !was_changed {
            self.editor.keep();
        }
        self.told = Some(match n {
            0 => "somebody else has changed it; that is in your text now".to_owned(),
            _ => format!("somebody else has changed the same lines: {n} conflicts are marked in your text"),
        });
    }

    /// Makes the change from `base` to `yours` in `now`, which becomes the text. How many conflicts that has.
    fn rebase(&mut self, base: &str, yours: &str, now: &str) -> usize {
        let rebased = rebase(base, yours, now);
        let line = rebased.line(self.editor.cursor().0);
        self.editor.set_text(&rebased.text, line);
        // Those of an earlier change may still be in it.
        let marked = rebase::marked(&rebased.text);
        let conflicts = marked.len().div_ceil(3);
        let mark = |line: usize| Mark { line, health: Health::Bad, text: "a conflict: keep one of both".to_owned() };
        self.editor.set_marks(marked.into_iter().map(mark).collect());
        conflicts
    }

    fn changed(&mut self, world: &World) {
        self.typed = world.now;
        self.told = None;
    }

    fn written(&self) -> Draft {
        let base = self.base.as_ref().and_then(|base| base.text.clone());
        Draft { subject: self.subject.clone(), base, text: self.editor.text() }
    }

    /// What the server would store stands beside the text: of a value there is nothing more to tell.
    fn is_wide(&self, area: Rect) -> bool {
        area.width >= WIDE && self.subject.key.is_none()
    }

    /// The columns of the text.
    fn width(&self, area: Rect) -> u16 {
        if self.is_wide(area) { area.width * 3 / 5 } else { area.width }
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'_, str>, Style)> {
        let title = theme.style(Role::Title);
        let cluster = self.subject.object.cluster;
        let mut parts: Vec<(Cow<'_, str>, Style)> = vec![
            (if self.subject.is_new() { "New" } else { "Edit" }.into(), title),
            (world.name(cluster).to_owned().into(), title.patch(words::cluster_style(world, theme, cluster))),
            (if self.subject.is_new() { self.subject.object.name.to_string() } else { words::object(&self.subject.object) }.into(), title),
        ];
        let key = self.subject.key.as_deref().map(|key| if key.is_empty() { "a new key" } else { key });
        parts.extend(key.map(|key| (key.into(), theme.style(Role::Accent))));
        parts.extend(self.editor.is_changed().then(|| ("changed".into(), theme.style(Role::Badge))));
        parts.extend(self.editor.matches().map(|m| (format!("/{} {m}", self.editor.search()).into(), theme.style(Role::Accent))));
        parts
    }
}

impl View for EditView {
    fn scope(&self) -> Keys {
        Keys::Editor
    }

    fn wants(&self, _: &World) -> Vec<Want> {
        if self.subject.is_new() { Vec::new() } else { vec![self.want()] }
    }

    fn scene(&self, world: &World) -> Scene {
        let selected = self.editor.selected();
        let copyable = if selected.is_empty() { self.editor.text() } else { selected };
        let cursor = (!self.subject.is_new()).then(|| world.known(&self.subject.object));
        Scene { cursor, copyable: Some(copyable), writing: true, ..Scene::default() }
    }

    fn act(&mut self, _: &World, motion: Motion) {
        self.editor.act(motion);
    }

    fn stroke(&mut self, world: &World, stroke: Stroke) -> Vec<Step> {
        if stroke == Stroke::Preview {
            if self.subject.key.is_some() {
                return vec![Step::Store(self.written())];
            }
            if !self.is_readable(world) {
                return Vec::new();
            }
            if !self.subject.is_new() {
                return vec![Step::Store(self.written())];
            }
            let targets = vec![self.subject.object.clone()];
            return vec![Step::Change(Wish { verb: "apply", targets, hidden: 0, argument: self.editor.text() })];
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

    fn draft(&mut self, world: &World) -> Option<Draft> {
        let is_untried = self.editor.revision() != self.tried && self.base.is_some();
        let paused = self.typed < world.now;
        (is_untried && paused && self.is_known(world)).then(|| {
            self.tried = self.editor.revision();
            self.is_readable(world);
            let draft = self.written();
            if draft.subject.is_new() && draft.is_secret() && world.secret_texts.is_none() {
                self.told = Some(NOWHERE.to_owned());
            }
            draft
        })
    }

    fn judged(&mut self, change: &Change) {
        if change.text.as_ref() == Some(&self.subject) && self.subject.key.is_none() {
            self.mark(&change.items);
            self.say(change);
        }
    }

    fn outside(&mut self) -> Option<Draft> {
        let is_there = self.base.is_some();
        let lent = (is_there && std::mem::take(&mut self.outside)).then(|| self.written());
        self.lent.clone_from(&lent);
        lent
    }

    fn wrote(&mut self, world: &World, text: &str) {
        // Editors end a last line that had no end, and a value is not to get one by that.
        let had_end = self.subject.key.is_none() || self.editor.text().ends_with('\n');
        let text = if had_end { text } else { text.strip_suffix('\n').unwrap_or(text) };
        let lent = self.lent.take().map(|draft| Draft { text: text.to_owned(), ..draft });
        match lent.filter(|lent| self.base.as_ref().is_some_and(|base| base.text != lent.base)) {
            // Others have changed it while it was written there.
            Some(lent) => self.go_on(world, &lent),
            None => {
                self.editor.set_text(text, 0);
                self.changed(world);
            }
        }
    }

    fn take_up(&mut self, world: &World, draft: Draft) {
        if self.base.is_some() {
            self.go_on(world, &draft);
        } else {
            self.before = Some(draft);
        }
    }

    fn stored(&mut self, subject: &Subject, sent: Option<&str>) -> bool {
        // Where one went on writing meanwhile there is more to store.
        *subject == self.subject && sent.is_none_or(|sent| sent == self.editor.text())
    }

    fn unsaved(&self) -> Option<&Subject> {
        self.editor.is_changed().then_some(&self.subject)
    }

    fn is_secret(&self) -> bool {
        self.written().is_secret()
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
        self.editor.fit(self.width(area).saturating_sub(2), area.height.saturating_sub(3));
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let is_wide = self.is_wide(area);
        let left = Rect { width: self.width(area), ..area };
        let inside = frame(buf, left, theme.style(Role::BorderFocused), self.titles(world, theme));
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
        match self.subject.key.as_deref() {
            None if self.subject.is_new() => format!("new {}", self.subject.object.name),
            None => format!("edit {}", self.subject.object.name),
            Some("") => "new key".to_owned(),
            Some(key) => format!("edit {key}"),
        }
    }
}

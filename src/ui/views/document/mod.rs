//! One object, whole and live: as YAML, or in plain words for people.
//!
//! What Secrets hold is masked before it becomes text, so that it is neither drawn nor copied.

mod details;
mod pod;
pub(super) mod truth;

use crate::keymap::Scope as Keys;
use crate::model::document;
use crate::model::id::{GroupResource, ObjectRef, Uid};
use crate::model::msg::Sync;
use crate::model::query::BadTerm;
use crate::model::step::{Form, Motion, Scene, Target};
use crate::model::time::Timestamp;
use crate::model::want::{Of, Want};
use crate::model::world::{Whole, World};
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::pager::{Line, Pager};
use crate::ui::widgets::{text, yaml};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

/// The screen of one object.
pub struct DocumentView {
    object: ObjectRef,
    form: Form,
    /// `metadata.managedFields` is unfolded.
    managed: bool,
    /// The object as it was last, masked where it is a Secret.
    value: Option<Value>,
    /// Changes and length of the JSON that `value` was read from.
    seen: Option<(u64, usize)>,
    /// Why the last JSON could not be read.
    broken: Option<String>,
    /// How often the object has changed since the screen was opened.
    changed: usize,
    /// The whole YAML text.
    yaml: String,
    /// In how many seconds an age in the details changes.
    tick: Option<i64>,
    /// What the details were made from: `seen`, the clock, the changes of the events, the columns of the screen.
    made: Option<Made>,
    pager: Pager,
}

/// See [`DocumentView::made`].
type Made = (Option<(u64, usize)>, Timestamp, Option<u64>, u16);

impl DocumentView {
    /// A screen that knows nothing of its object yet.
    pub fn new(object: ObjectRef, form: Form) -> Self {
        Self {
            object,
            form,
            managed: false,
            value: None,
            seen: None,
            broken: None,
            changed: 0,
            yaml: String::new(),
            tick: None,
            made: None,
            pager: Pager::default(),
        }
    }

    fn namespace(&self) -> Option<Box<str>> {
        (!self.object.namespace.is_empty()).then(|| self.object.namespace.clone())
    }

    fn want(&self) -> Want {
        let of = Of::Whole(self.object.name.clone());
        Want { cluster: self.object.cluster, kind: self.object.kind.clone(), namespace: self.namespace(), of }
    }

    /// The events about it, as the table of them wants them.
    fn events(&self) -> Want {
        let fields = format!("involvedObject.uid={}", self.object.uid).into();
        let kind = GroupResource::new("", "events");
        Want { cluster: self.object.cluster, kind, namespace: self.namespace(), of: Of::Selected { labels: "".into(), fields } }
    }

    fn whole<'a>(&self, world: &'a World) -> Option<&'a Whole> {
        world.whole(&self.want())
    }

    /// Takes in what has come since the last time.
    fn read(&mut self, world: &World) {
        let Some(json) = self.whole(world).and_then(|w| Some((w.changes, w.json.as_ref()?))) else { return };
        let (changes, json) = json;
        if self.seen.replace((changes, json.len())) == Some((changes, json.len())) {
            return;
        }
        match serde_json::from_slice::<Value>(json) {
            Ok(mut value) => {
                if is_secret(&self.object.kind, &value) {
                    document::mask(&mut value);
                }
                self.changed += usize::from(self.value.as_ref().is_some_and(|old| *old != value));
                self.yaml = document::text(&document::lines(&value, self.managed));
                self.value = Some(value);
                self.broken = None;
            }
            Err(error) => self.broken = Some(format!("the object cannot be read: {error}")),
        }
    }

    fn lines(&mut self, world: &World, width: u16) -> Vec<Line> {
        let Some(value) = &self.value else { return Vec::new() };
        match self.form {
            Form::Yaml => document::lines(value, self.managed).into_iter().map(yaml::written).collect(),
            Form::Details => {
                let (lines, tick) = details::lines(world, &self.object, value, &self.events(), width);
                self.tick = tick;
                lines
            }
        }
    }

    /// It, for actions.
    fn target(&self, world: &World) -> Target {
        let mut target = world.known(&self.object);
        if let Some(owner) = self.value.as_ref().and_then(details::owner) {
            let field = |name: &str| details::field(owner, name);
            target.owner = Some((field("apiVersion").into(), field("kind").into(), field("name").into(), Uid::parse(field("uid"))));
        }
        target
    }
}

/// A Secret, by the kind it was asked for as or by what it says.
fn is_secret(kind: &GroupResource, value: &Value) -> bool {
    let says = |field: &str, what: &str| value.get(field).and_then(Value::as_str) == Some(what);
    (kind.group.is_empty() && &*kind.resource == "secrets") || (says("kind", "Secret") && says("apiVersion", "v1"))
}

impl View for DocumentView {
    fn scope(&self) -> Keys {
        Keys::Document
    }

    fn title(&self) -> String {
        self.object.name.to_string()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        match self.form {
            Form::Yaml => vec![self.want()],
            Form::Details => vec![self.want(), self.events()],
        }
    }

    fn scene(&self, world: &World) -> Scene {
        let gone = self.whole(world).is_some_and(|w| w.gone);
        Scene {
            cursor: (!gone).then(|| self.target(world)),
            lost: gone.then(|| format!("{} is gone", self.object.name)),
            copyable: (!self.yaml.is_empty()).then(|| self.yaml.clone()),
            ..Scene::default()
        }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        if motion == Motion::Fold {
            self.managed = !self.managed;
            self.yaml = self.value.as_ref().map_or_else(String::new, |v| document::text(&document::lines(v, self.managed)));
            if self.form == Form::Yaml {
                let lines = self.lines(world, 0);
                self.pager.set(lines);
            }
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

    fn next_tick(&self, world: &World) -> Option<i64> {
        let stale = self.whole(world).is_some_and(|w| matches!(w.sync, Sync::Stale { .. }));
        if stale { Some(1) } else { self.tick }
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        let seen = self.seen;
        self.read(world);
        let width = area.width.saturating_sub(4);
        let made = (self.seen, world.now, world.serving(&self.events()).map(|t| t.changes), width);
        let moved = self.form == Form::Details && self.made.replace(made) != Some(made);
        if moved || self.seen != seen {
            let lines = self.lines(world, width);
            self.pager.set(lines);
        }
        let below = u16::from(self.trouble(world).is_some());
        self.pager.fit(width, area.height.saturating_sub(2 + below));
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::BorderFocused), self.titles(world, theme));
        let trouble = self.trouble(world);
        let text_area = Rect {
            x: inside.x + 1,
            width: inside.width.saturating_sub(2),
            height: inside.height.saturating_sub(u16::from(trouble.is_some())),
            ..inside
        };
        if self.pager.is_empty() {
            text::put(
                buf,
                text_area.x,
                text_area.y,
                text_area.width,
                &truth::waiting(world, &self.object, self.whole(world)),
                theme.style(Role::Dim),
            );
        } else {
            self.pager.draw(theme, text_area, buf);
        }
        if let Some((what, role)) = trouble {
            text::put(buf, text_area.x, text_area.bottom(), text_area.width, &what, theme.style(role));
        }
    }
}

//! A record of the journal, whole: who, where, why, and what is different.

use super::super::outline::{Outline, plain};
use super::outcome;
use crate::keymap::Scope;
use crate::model::query::BadTerm;
use crate::model::record::{Record, Touched};
use crate::model::step::{Motion, Scene};
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::pager::{Line, Pager};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

/// How far keys push the values beside them.
const KEYS: u16 = 18;

/// The screen of a record.
pub struct RecordView {
    record: Record,
    made: Option<(Timestamp, u16)>,
    tick: Option<i64>,
    pager: Pager,
}

impl RecordView {
    /// A screen for this record.
    pub fn new(record: Record) -> Self {
        Self { record, made: None, tick: None, pager: Pager::default() }
    }
}

fn lines(record: &Record, world: &World, width: u16) -> (Vec<Line>, Option<i64>) {
    let mut out = Outline::new(width, world.now);
    let (glyph, role) = outcome(record);
    let head = format!("{} {}: {}", record.verb, record.object.told(), record.ended());
    out.flow(vec![(format!("{glyph} "), role)], &head, role);
    if let Some(why) = &record.why {
        out.flow(vec![("  ".to_owned(), Role::Text)], why, role);
    }
    out.heading("what it was", "");
    let ago = Timestamp::parse(&record.time).map(|at| out.ago(at)).map_or_else(String::new, |ago| format!("{ago} ago  "));
    let cluster = &record.cluster;
    let context = if cluster.context == cluster.name { String::new() } else { format!("  (context {})", cluster.context) };
    let versions = [&record.resource_version.before, &record.resource_version.after].map(|v| v.as_deref().unwrap_or("none"));
    for (key, value) in [
        ("time", format!("{ago}{}", record.time)),
        ("cluster", format!("{}{context}", cluster.name)),
        ("identity", cluster.identity.clone().unwrap_or_else(|| "not known".to_owned())),
        ("user", format!("{}, by {} here", cluster.user.as_deref().unwrap_or("not known"), record.os_user)),
        ("object", record.object.told()),
        ("uid", if record.object.uid.is_empty() { "not known".to_owned() } else { record.object.uid.clone() }),
        ("resourceVersion", versions.join(" → ")),
        ("rule", record.rule.clone()),
        ("reason", record.reason.clone().unwrap_or_else(|| "none was given".to_owned())),
        ("record", record.id.clone()),
    ] {
        out.pair(2, KEYS, key, &value, Role::Text);
    }
    let count = record.changes.len();
    if count > 0 {
        out.heading("what is different", &if count == 1 { "one field".to_owned() } else { format!("{count} fields") });
    }
    for touched in &record.changes {
        difference(&mut out, touched);
    }
    out.end()
}

/// A field: what it was, and what it is.
fn difference(out: &mut Outline, touched: &Touched) {
    out.flow(vec![("  ".to_owned(), Role::Text)], &touched.field, Role::Dim);
    for (sign, value, role) in [("-", &touched.before, Role::StatusBad), ("+", &touched.after, Role::StatusOk)] {
        let Some(value) = value else { continue };
        match value {
            Value::Object(_) | Value::Array(_) => {
                let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
                out.flow(vec![(format!("  {sign} "), role)], &text, role);
            }
            other => out.flow(vec![(format!("  {sign} "), role)], &plain(other), role),
        }
    }
}

impl View for RecordView {
    fn scope(&self) -> Scope {
        Scope::Document
    }

    fn title(&self) -> String {
        "record".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, _world: &World) -> Scene {
        Scene { copyable: serde_json::to_string(&self.record).ok(), ..Scene::default() }
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
        if self.made != Some((world.now, width)) {
            self.made = Some((world.now, width));
            let (lines, tick) = lines(&self.record, world, width);
            self.tick = tick;
            self.pager.set(lines);
        }
        self.pager.fit(width, area.height.saturating_sub(2));
    }

    fn draw(&self, _world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = theme.style(Role::Title);
        let parts = vec![("Journal".into(), title), (self.record.cluster.name.clone().into(), title)];
        let inside = frame(buf, area, theme.style(Role::BorderFocused), parts);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        self.pager.draw(theme, inside, buf);
    }
}

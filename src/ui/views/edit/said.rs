//! What the server says to a text: at its lines, and beside it.

use super::EditView;
use crate::model::cell::Health;
use crate::model::deed::{Edit, short, written};
use crate::model::manifest::{self, Manifest, complaints};
use crate::safety::change::Change;
use crate::safety::guard::Demand;
use crate::safety::item::Item;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::editor::Mark;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

impl EditView {
    /// What is wrong with the text, at its lines.
    pub(super) fn mark(&mut self, items: &[Item]) {
        let text = self.editor.text();
        let read = if self.subject.is_new() { manifest::documents(&text) } else { manifest::read(&text).map(|manifest| vec![manifest]) };
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
        let known = self.base.as_ref().filter(|_| complaint.unknown).and_then(|base| manifest.meant(&complaint.path, &base.object));
        let meant = known.map(|word| format!("; did you mean {word}?")).unwrap_or_default();
        Mark { line: (place.line as usize).saturating_sub(1), health: Health::Bad, text: format!("{}{meant}", complaint.what) }
    }

    /// What the server says, for beside the text.
    pub(super) fn say(&mut self, change: &Change) {
        let refused = change.ruling.as_ref().filter(|r| r.demand == Demand::Refused);
        self.said = match refused {
            Some(ruling) => vec![(ruling.why.clone(), Role::StatusBad)],
            None => change.items.iter().flat_map(|item| self.said_of(item)).collect(),
        };
    }

    fn said_of(&self, item: &Item) -> Vec<(String, Role)> {
        let head = self.subject.is_new().then(|| (words::manifest(&item.resource.kind, &item.target), Role::Accent));
        let said = match (&item.right, &item.plan, &item.checked) {
            (Some(Err(missing)), ..) => vec![(missing.clone(), Role::StatusBad)],
            (_, Some(Err(why)), _) => vec![(why.clone(), Role::Dim)],
            (_, _, Some(Err(refusal))) if refusal.untried => vec![(refusal.why.clone(), Role::Dim)],
            (_, _, Some(Err(refusal))) => vec![(refusal.why.clone(), Role::StatusBad)],
            (_, _, Some(Ok(_))) if item.is_unchanged() => vec![("as it is already".to_owned(), Role::Dim)],
            (_, _, Some(Ok(_))) if self.subject.is_new() && item.is_missing() => {
                vec![("accepted: it would be made".to_owned(), Role::StatusOk)]
            }
            (_, _, Some(Ok(_))) => item.told().iter().flat_map(told).collect(),
            _ => Vec::new(),
        };
        let warnings = item.warnings.iter().map(|w| (format!("warning: {w}"), Role::StatusWarn));
        head.into_iter().chain(said).chain(warnings).collect()
    }

    /// What the server says, in a line: what is against it first.
    pub(super) fn worst(&self) -> Option<&(String, Role)> {
        let said = || self.said.iter().filter(|(_, role)| *role != Role::Accent);
        said().find(|(_, role)| *role == Role::StatusBad).or_else(|| said().next())
    }

    pub(super) fn draw_said(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
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
fn told(edit: &Edit) -> Vec<(String, Role)> {
    let value = |sign: &str, value: &Option<Value>, role| value.as_ref().map(|v| (format!("  {sign} {}", short(Some(v))), role));
    let head = (written(&edit.path), Role::YamlKey);
    [Some(head), value("-", &edit.before, Role::StatusBad), value("+", &edit.after, Role::StatusOk)].into_iter().flatten().collect()
}

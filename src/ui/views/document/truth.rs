//! What the document's frame says: which object this is, and how true what is shown of it.

use super::DocumentView;
use crate::model::id::ObjectRef;
use crate::model::msg::{Link, Sync};
use crate::model::step::Form;
use crate::model::world::{Whole, World};
use crate::ui::theme::{Role, Theme};
use crate::ui::words;
use ratatui::style::Style;
use serde_json::Value;
use std::borrow::Cow;

impl DocumentView {
    /// The parts of the title.
    pub(super) fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let o = &self.object;
        let kind = self.value.as_ref().and_then(|v| v.get("kind")).and_then(Value::as_str).unwrap_or(&o.kind.resource);
        let form = match self.form {
            Form::Yaml => "YAML",
            Form::Details => "Details",
        };
        let cluster = theme.style(Role::Dim).patch(words::cluster_style(world, theme, o.cluster));
        let mut parts: Vec<(Cow<'static, str>, Style)> =
            vec![(form.into(), theme.style(Role::Dim)), (world.name(o.cluster).to_owned().into(), cluster)];
        if !o.namespace.is_empty() {
            parts.push((o.namespace.to_string().into(), theme.style(Role::Dim)));
        }
        parts.push((format!("{kind} {}", o.name).into(), theme.style(Role::Title)));
        let (truth, role) = truth(world, o, self.whole(world));
        parts.push((truth.into(), theme.style(role)));
        match self.changed {
            0 => {}
            1 => parts.push(("changed once".into(), theme.style(Role::Accent))),
            n => parts.push((format!("changed {n} times").into(), theme.style(Role::Accent))),
        }
        if let Some(matches) = self.pager.matches() {
            parts.push((format!("/{} {matches}", self.pager.search()).into(), theme.style(Role::Accent)));
        }
        parts
    }

    /// What is wrong with it, for the line below the text.
    pub(super) fn trouble(&self, world: &World) -> Option<(String, Role)> {
        if let Some(broken) = &self.broken {
            return Some((broken.clone(), Role::StatusBad));
        }
        let whole = self.whole(world)?;
        if whole.gone {
            return self.value.is_some().then(|| (format!("{} is gone; this is how it was last seen", self.object.name), Role::StatusBad));
        }
        stale(world, whole)
    }
}

/// How true an object is, in a few words.
pub(in crate::ui::views) fn truth(world: &World, object: &ObjectRef, whole: Option<&Whole>) -> (String, Role) {
    let Some(whole) = whole else { return ("waiting".to_owned(), Role::Dim) };
    if whole.gone {
        return ("gone".to_owned(), Role::StatusBad);
    }
    match &whole.sync {
        Sync::Connecting | Sync::Syncing { .. } => ("waiting".to_owned(), Role::Dim),
        Sync::Live => ("live".to_owned(), Role::StatusOk),
        Sync::Polling { every, .. } => (format!("read every {} s", every.as_secs()), Role::StatusBusy),
        Sync::Stale { .. } => {
            let down = world.cluster(object.cluster).filter(|c| matches!(c.link, Link::Down { .. }));
            (down.map_or_else(|| "stale".to_owned(), |c| format!("stale for {}", words::ago(c.since, world.now))), Role::StatusWarn)
        }
    }
}

/// Why it is not as it is now.
pub(in crate::ui::views) fn stale(world: &World, whole: &Whole) -> Option<(String, Role)> {
    let Sync::Stale { why, .. } = &whole.sync else { return None };
    Some((words::fault(world, why, None, None), Role::StatusWarn))
}

/// What stands where there is no object to show.
pub(in crate::ui::views) fn waiting(world: &World, object: &ObjectRef, whole: Option<&Whole>) -> String {
    let cluster = world.name(object.cluster);
    match whole {
        Some(whole) if whole.gone => format!("{} does not exist in {cluster} any more", object.name),
        Some(whole) if matches!(whole.sync, Sync::Stale { .. }) => format!("{} could not be read from {cluster}", object.name),
        _ => format!("waiting for {} of {cluster}…", object.name),
    }
}

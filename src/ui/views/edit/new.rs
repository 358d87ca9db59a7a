//! Something new as a text: any number of objects, that nobody else writes.

use super::{Base, EditView};
use crate::model::apply::Source;
use crate::model::cell::Health;
use crate::model::draft::Subject;
use crate::model::problem::Problem;
use crate::model::world::World;
use crate::safety::bundle;
use crate::ui::theme::Role;
use crate::ui::widgets::editor::{Editor, Mark};
use serde_json::Value;

impl EditView {
    /// A screen of something new, with what its text begins with. It is tried as it is, before anything is written.
    pub fn of_new(subject: Subject, text: String) -> Self {
        let editor = Editor::new(&text);
        Self { editor, base: Some(Base { object: Value::Null, text: Some(text) }), tried: u64::MAX, ..Self::new(subject, false) }
    }

    /// The cluster has said which kinds there are: until then nothing can be told of something new.
    pub(super) fn is_known(&mut self, world: &World) -> bool {
        match world.cluster(self.subject.object.cluster).filter(|c| self.subject.is_new() && c.catalog.is_none()) {
            Some(cluster) => {
                self.said = vec![(bundle::unknown(cluster), Role::Dim)];
                false
            }
            None => true,
        }
    }

    /// The objects of something new can be told from the text alone; else what is wrong is marked.
    pub(super) fn is_readable(&mut self, world: &World) -> bool {
        let object = &self.subject.object;
        let Some(cluster) = world.cluster(object.cluster).filter(|_| self.subject.is_new()) else { return true };
        let source = Source { name: object.name.to_string(), text: self.editor.text() };
        let Err(wrong) = bundle::read(world, cluster, &[source]) else { return true };
        let line = |problem: &Problem| (problem.line as usize).saturating_sub(1);
        self.editor.set_marks(wrong.iter().map(|p| Mark { line: line(p), health: Health::Bad, text: p.what.clone() }).collect());
        self.said = wrong.iter().map(|p| (format!("line {}: {}", p.line, p.what), Role::StatusBad)).collect();
        false
    }
}

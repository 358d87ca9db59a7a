//! The incident as Markdown, for whoever takes over: what is wrong, what was done about it, and the lines that somebody marked.

use super::state::State;
use crate::model::course::{Course, Stage};
use crate::model::finding::{Group, Severity};
use crate::model::id::ObjectRef;
use crate::model::step::Effect;
use crate::model::text::visible;
use crate::ui::words;
use std::fmt::Write;

impl State {
    /// Writes it into a file.
    pub(super) fn hand_over(&mut self) {
        let text = self.handover();
        self.effect(Effect::Save("handover.md".to_owned(), text.into_bytes()));
    }

    /// What a person would tell, in the order of use.
    pub(super) fn handover(&self) -> String {
        let mut out = format!("# Incident, as of {}\n\n", self.world.now.rfc3339());
        let open: Vec<&str> = self.world.open().map(|c| c.name.as_str()).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "Clusters: {}\n\n## What is wrong\n", plain(&open.join(", ")));
        let groups: Vec<&Group> = self.world.findings.groups().iter().filter(|g| g.head.severity > Severity::Info).collect();
        groups.iter().for_each(|group| self.finding(group, &mut out));
        if groups.is_empty() {
            out.push_str("Nothing that the rules of health know of.\n");
        }
        out.push_str("\n## What was done from here\n\n");
        self.world.courses.iter().rev().for_each(|course| self.course(course, &mut out));
        if self.world.courses.is_empty() {
            out.push_str("Nothing.\n");
        }
        let noted: Vec<String> = self.views.iter().flat_map(|v| v.noted()).collect();
        if !noted.is_empty() {
            out.push_str("\n## Lines of the logs\n\n```\n");
            noted.iter().for_each(|line| out.push_str(&(visible(line).replace("```", "'''") + "\n")));
            out.push_str("```\n");
        }
        out
    }

    fn finding(&self, group: &Group, out: &mut String) {
        let head = &group.head;
        let (glyph, _) = words::severity(head.severity);
        let (object, since) = (self.called(&head.object), head.since.rfc3339());
        let _ = writeln!(out, "- {glyph} **{object}**: {}, since {since}", plain(&group.headline()));
        if !head.evidence.is_empty() {
            let _ = writeln!(out, "  - {}", plain(&head.evidence));
        }
    }

    fn course(&self, course: &Course, out: &mut String) {
        let more = if course.objects > 1 { format!(" and {} more", course.objects - 1) } else { String::new() };
        let how = match (course.stage, &course.why) {
            (_, Some(why)) => format!("failed: {}", plain(why)),
            (Stage::Running, None) => "under way".to_owned(),
            (_, None) => "done".to_owned(),
        };
        let _ = writeln!(out, "- {} {} of {}{more}: {how}", course.since.rfc3339(), course.does, self.called(&course.object));
    }

    /// An object with its cluster.
    fn called(&self, object: &ObjectRef) -> String {
        plain(&format!("{} {}", self.world.name(object.cluster), words::object(object)))
    }
}

/// A text that Markdown takes as text.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        if matches!(c, '*' | '_' | '`' | '[' | ']' | '<' | '>' | '|' | '#' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

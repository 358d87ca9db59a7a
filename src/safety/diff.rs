//! What is different between two states of an object, field by field, without what the server does by itself.

use crate::model::deed::{Edit, Key};
use crate::model::document::LAST_APPLIED;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// Fields that change with every write, or are nobody's wish.
const NOISE: [&str; 5] = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"];

/// Labels by which a Job finds its pods: the server draws a new number for each request.
const DRAWN: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];

/// The fields that are different, in the order of the object. Status and what servers keep for themselves are left out. A part that comes or
/// goes whole is told field by field.
pub fn diff(before: &Value, after: &Value) -> Vec<Edit> {
    compare(before, after, false)
}

/// The same, where a part that comes or goes whole is one edit: what it takes to put back what was.
pub fn changes(before: &Value, after: &Value) -> Vec<Edit> {
    compare(before, after, true)
}

fn compare(before: &Value, after: &Value, whole: bool) -> Vec<Edit> {
    let mut walk = Walk { path: Vec::new(), whole, edits: Vec::new() };
    walk.fields(Some(before), Some(after));
    walk.edits
}

/// What is different between two texts of several lines: each line with its sign, and one around them that is the same.
pub fn lines(before: &str, after: &str) -> Vec<(char, String)> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(1) {
        if !lines.is_empty() {
            lines.push(('…', String::new()));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let end = if change.missing_newline() && sign != ' ' { " (no line break at the end)" } else { "" };
            lines.push((sign, format!("{}{end}", change.value().trim_end_matches('\n'))));
        }
    }
    lines
}

/// A way through two states of an object.
struct Walk {
    path: Vec<Key>,
    /// What comes or goes whole stays so.
    whole: bool,
    edits: Vec<Edit>,
}

impl Walk {
    fn fields(&mut self, before: Option<&Value>, after: Option<&Value>) {
        if before == after || is_noise(&self.path) {
            return;
        }
        // Metadata has fields in it that nobody wishes, and empty ones are as good as none.
        let whole = self.whole && self.path.first() != Some(&Key::Field("metadata".to_owned()));
        match (before, after) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let gone = old.keys().filter(|k| !new.contains_key(*k));
                for key in new.keys().chain(gone) {
                    self.step(Key::Field(key.clone()), old.get(key), new.get(key));
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => self.lists(old, new),
            // A part that comes or goes whole is told field by field.
            (None, Some(Value::Object(new))) if !new.is_empty() && !whole => {
                for (key, value) in new {
                    self.step(Key::Field(key.clone()), None, Some(value));
                }
            }
            (Some(Value::Object(old)), None) if !old.is_empty() && !whole => {
                for (key, value) in old {
                    self.step(Key::Field(key.clone()), Some(value), None);
                }
            }
            (None, Some(Value::Array(new))) if !new.is_empty() && !whole => self.lists(&[], new),
            (Some(Value::Array(old)), None) if !old.is_empty() && !whole => self.lists(old, &[]),
            (before, after) => self.edits.push(Edit { path: self.path.clone(), before: before.cloned(), after: after.cloned() }),
        }
    }

    fn step(&mut self, key: Key, before: Option<&Value>, after: Option<&Value>) {
        self.path.push(key);
        self.fields(before, after);
        self.path.pop();
    }

    /// Elements that have names are compared by name, others by place. Where the names stand in another order the list as a whole is another.
    fn lists(&mut self, old: &[Value], new: &[Value]) {
        if let (Some(olds), Some(news)) = (names(old), names(new)) {
            if !olds.iter().filter(|n| news.contains(n)).eq(news.iter().filter(|n| olds.contains(n))) {
                let whole = |list: &[Value]| Some(Value::Array(list.to_vec()));
                return self.edits.push(Edit { path: self.path.clone(), before: whole(old), after: whole(new) });
            }
            for (at, (name, value)) in news.iter().zip(new).enumerate() {
                let before = olds.iter().position(|n| n == name).and_then(|i| old.get(i));
                self.step(Key::Element(at, Some((*name).to_owned())), before, Some(value));
            }
            for (at, (name, value)) in olds.iter().zip(old).enumerate() {
                if !news.contains(name) {
                    self.step(Key::Element(at, Some((*name).to_owned())), Some(value), None);
                }
            }
            return;
        }
        for at in 0..old.len().max(new.len()) {
            self.step(Key::Element(at, None), old.get(at), new.get(at));
        }
    }
}

/// The names of all elements, where each has one of its own.
fn names(list: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = list.iter().map(|v| v.get("name").and_then(Value::as_str)).collect::<Option<_>>()?;
    let twice = names.iter().enumerate().any(|(i, name)| names.iter().take(i).any(|n| n == name));
    (!twice).then_some(names)
}

fn is_noise(path: &[Key]) -> bool {
    match path {
        [.., Key::Field(name)] if DRAWN.contains(&name.as_str()) => true,
        [Key::Field(top)] => top == "status",
        [Key::Field(top), Key::Field(field)] if top == "metadata" => NOISE.contains(&field.as_str()),
        [Key::Field(top), Key::Field(field), Key::Field(name)] => top == "metadata" && field == "annotations" && name == LAST_APPLIED,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_text_only_the_lines_that_differ_are_told() {
        let told =
            |before: &str, after: &str| lines(before, after).into_iter().map(|(sign, line)| format!("{sign}{line}")).collect::<Vec<_>>();
        assert_eq!(told("a\nb\nc\nd\n", "a\nb\nX\nd\n"), [" b", "-c", "+X", " d"]);
        let long = "1\n2\n3\n4\n5\n6\n7\n";
        assert_eq!(told(long, &long.replace('2', "x").replace('6', "y")), [" 1", "-2", "+x", " 3", "…", " 5", "-6", "+y", " 7"]);
        assert_eq!(told("a\nb", "a\nb\n"), [" a", "-b (no line break at the end)", "+b"]);
        assert_eq!(told("", "a\nb\n"), ["+a", "+b"]);
        assert_eq!(told("a\n", "a\n"), [""; 0]);
    }
}

//! What the dialog of a change shows, held against what a server then has.

use kconsole::model::deed::{Edit, short, written};
use kconsole::safety::diff::diff;
use serde_json::Value;

/// The differences that the dialog on a screen shows, each in a line, sorted: `spec.replicas  2 → 5`.
pub fn shown(screen: &str) -> Vec<String> {
    let inside: Vec<&str> = screen.lines().filter_map(|l| l.split('│').nth(2)).map(str::trim).collect();
    let long = |lines: &[&str]| Some(format!("{}  {} → {}", lines[0], lines[1].strip_prefix("- ")?, lines[2].strip_prefix("+ ")?));
    let short = inside.iter().filter(|l| l.contains(" → ")).map(|l| (*l).to_owned());
    let mut all: Vec<String> = short.chain(inside.windows(3).filter_map(long)).collect();
    all.sort();
    all
}

/// The differences between two states of an object, as a dialog would show them, without what controllers write right after a change.
pub fn stored(before: &Value, after: &Value) -> Vec<String> {
    let is_ours = |path: &str| !path.contains("deployment.kubernetes.io/revision") && !path.starts_with("spec.taints");
    let edits = diff(before, after);
    let one = |edit: &Edit| format!("{}  {} → {}", written(&edit.path), short(edit.before.as_ref()), short(edit.after.as_ref()));
    let mut all: Vec<String> = edits.iter().filter(|e| is_ours(&written(&e.path))).map(one).collect();
    all.sort();
    all
}

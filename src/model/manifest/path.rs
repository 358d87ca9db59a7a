//! A field as a server names it, found in a text.

use super::tree::{Node, Place, What};
use crate::model::nearest::nearest;
use serde_json::Value;

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// `.name`.
    Field(String),
    /// `[0]`, `[name=app]`, `[app.kubernetes.io/name]`: what it is depends on what stands there.
    Bracket(String),
}

/// See [`super::Manifest::place`].
pub(super) fn place(root: &Node, path: &str, sort: Option<&str>) -> Place {
    walk(root, root.place, &steps(path), sort).place
}

/// See [`super::Manifest::meant`].
pub(super) fn meant(edited: &Value, path: &str, known: &Value) -> Option<String> {
    let mut steps = steps(path);
    let (Step::Field(word) | Step::Bracket(word)) = steps.pop()?;
    let maps = |of| all(of, &steps).into_iter().filter_map(Value::as_object);
    let there: Vec<&String> = maps(edited).flat_map(|m| m.keys()).collect();
    let keys: Vec<&str> = maps(known).flat_map(|m| m.keys()).map(String::as_str).filter(|k| *k != word).collect();
    // What stands there already is the less likely meaning.
    let missing = keys.iter().copied().filter(|k| !there.iter().any(|t| t == k));
    nearest(&word, missing).or_else(|| nearest(&word, keys.iter().copied())).map(str::to_owned)
}

/// How far a walk came.
struct Found {
    place: Place,
    /// Steps that led somewhere.
    depth: usize,
    /// All did, and what is there is of the right sort.
    exact: bool,
}

fn walk(node: &Node, at: Place, steps: &[Step], sort: Option<&str>) -> Found {
    let Some((step, rest)) = steps.split_first() else {
        return Found { place: at, depth: 0, exact: sort.is_none_or(|s| s == sort_of(node)) };
    };
    let stuck = Found { place: at, depth: 0, exact: false };
    let deeper = |found: Found, by: usize| Found { depth: found.depth + by, ..found };
    match &node.what {
        What::Scalar(_) => stuck,
        What::Map(pairs) => {
            // A key that holds dots is several fields in a path.
            let fields = steps.iter().take_while(|s| matches!(s, Step::Field(_))).count().max(1);
            let named = (1..=fields).find_map(|n| {
                let key = steps.get(..n)?.iter().map(text).collect::<Vec<_>>().join(".");
                let (place, _, value) = pairs.iter().rev().find(|(_, k, _)| *k == key)?;
                Some((n, *place, value))
            });
            named.map_or(stuck, |(n, place, value)| deeper(walk(value, place, steps.get(n..).unwrap_or_default(), sort), n))
        }
        What::List(items) => {
            let element = match step {
                Step::Bracket(key) => items.iter().enumerate().find(|(i, item)| is_element(key, *i, &item.value())).map(|(_, item)| item),
                Step::Field(_) => {
                    let tried: Vec<Found> = items.iter().map(|item| walk(item, item.place, steps, sort)).collect();
                    return match tried.iter().position(|f| f.exact) {
                        Some(i) => tried.into_iter().nth(i).unwrap_or(stuck),
                        None => tried.into_iter().rev().max_by_key(|f| f.depth).filter(|f| f.depth > 0).unwrap_or(stuck),
                    };
                }
            };
            element.map_or(stuck, |item| deeper(walk(item, item.place, rest, sort), 1))
        }
    }
}

/// What Go's JSON reader calls it.
fn sort_of(node: &Node) -> &'static str {
    match &node.what {
        What::List(_) => "array",
        What::Map(_) => "object",
        What::Scalar(Value::String(_)) => "string",
        What::Scalar(Value::Number(_)) => "number",
        What::Scalar(Value::Bool(_)) => "bool",
        What::Scalar(_) => "null",
    }
}

/// Every value that the steps lead to, in whichever elements of lists: what holds for one element holds for its neighbours.
fn all<'a>(value: &'a Value, steps: &[Step]) -> Vec<&'a Value> {
    let Some((step, rest)) = steps.split_first() else { return vec![value] };
    match value {
        Value::Array(items) if matches!(step, Step::Bracket(_)) => items.iter().flat_map(|item| all(item, rest)).collect(),
        Value::Array(items) => items.iter().flat_map(|item| all(item, steps)).collect(),
        Value::Object(map) => map.get(&text(step)).map(|v| all(v, rest)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn text(step: &Step) -> String {
    let (Step::Field(text) | Step::Bracket(text)) = step;
    text.clone()
}

/// Whether brackets mean this element: by its place, by fields (`name=app,protocol="TCP"`), as a value (`=app`), or by its name.
fn is_element(key: &str, at: usize, element: &Value) -> bool {
    if let Ok(n) = key.parse::<usize>() {
        return n == at;
    }
    let is = |value: Option<&Value>, text: &str| match value {
        Some(Value::String(value)) => value == text,
        Some(other) => format!("{other}") == text,
        None => false,
    };
    if !key.contains('=') {
        return is(element.get("name"), key) || is(Some(element), key);
    }
    key.split(',').all(|part| match part.split_once('=') {
        Some(("", value)) => is(Some(element), value.trim_matches('"')),
        Some((field, value)) => is(element.get(field), value.trim_matches('"')),
        None => false,
    })
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut left = path;
    while !left.is_empty() {
        if let Some(rest) = left.strip_prefix('[') {
            let end = closing(rest);
            let (inside, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let quoted = inside.strip_prefix('"').and_then(|i| i.strip_suffix('"')).filter(|i| !i.contains('"'));
            steps.push(Step::Bracket(quoted.unwrap_or(inside).to_owned()));
            left = after.strip_prefix(']').unwrap_or(after);
        } else {
            let field = left.strip_prefix('.').unwrap_or(left);
            let end = field.find(['.', '[']).unwrap_or(field.len());
            let (name, after) = field.split_at_checked(end).unwrap_or((field, ""));
            if !name.is_empty() {
                steps.push(Step::Field(name.to_owned()));
            } else if after.len() == left.len() {
                break;
            }
            left = after;
        }
    }
    steps
}

/// Where the brackets end whose inside this is.
fn closing(text: &str) -> usize {
    let mut quoted = false;
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ']' if !quoted => return i,
            _ => {}
        }
    }
    text.len()
}

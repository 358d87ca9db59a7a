//! Sets of fields, as `fieldsV1` writes them: a tree whose steps are `f:name`, `k:{"key":"value"}` and `v:value`, and in which `.` says that
//! a place belongs to the set itself and not only what is below it.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A set of fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    /// True where the place itself belongs to the set.
    pub(super) member: bool,
    /// What is below it.
    pub(super) below: BTreeMap<String, Fields>,
}

impl Fields {
    /// Reads `fieldsV1`. The root is never a member.
    pub(super) fn from_value(value: &Value) -> Self {
        let below = |map: &Map<String, Value>| {
            let steps = map.iter().filter(|(step, _)| *step != ".");
            steps.map(|(step, value)| (step.clone(), Self { member: is_member(value), ..Self::from_value(value) })).collect()
        };
        Self { member: false, below: value.as_object().map(below).unwrap_or_default() }
    }

    /// Writes `fieldsV1`.
    pub(super) fn to_value(&self) -> Value {
        let mut map = Map::new();
        for (step, fields) in &self.below {
            let mut value = fields.to_value();
            if let (true, Value::Object(map)) = (fields.member && !fields.below.is_empty(), &mut value) {
                map.shift_insert(0, ".".into(), Value::Object(Map::new()));
            }
            map.insert(step.clone(), value);
        }
        Value::Object(map)
    }

    /// True where nothing belongs to it.
    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.below.values().all(Self::is_empty)
    }

    /// Puts what is below a step there, if that is anything.
    pub(super) fn put(&mut self, step: String, fields: Self) {
        if !fields.is_empty() {
            self.below.insert(step, fields);
        }
    }

    /// Takes a step out with all that is below it.
    pub(super) fn take(&mut self, step: &str) {
        self.below.remove(step);
    }

    /// Both sets.
    pub(super) fn add(&mut self, other: &Self) {
        self.member |= other.member;
        for (step, fields) in &other.below {
            self.below.entry(step.clone()).or_default().add(fields);
        }
    }

    /// This set without the other.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.member &= !other.member;
        for (step, fields) in &other.below {
            let empty = self.below.get_mut(step).is_some_and(|own| {
                own.subtract(fields);
                own.is_empty()
            });
            if empty {
                self.below.remove(step);
            }
        }
    }

    /// What belongs to both.
    pub(super) fn common(&self, other: &Self) -> Self {
        let mut common = Self { member: self.member && other.member, ..Self::default() };
        for (step, fields) in &self.below {
            if let Some(others) = other.below.get(step) {
                common.put(step.clone(), fields.common(others));
            }
        }
        common
    }

    /// True where all of it belongs to the set that is written so.
    pub(super) fn within(&self, value: &Value) -> bool {
        (!self.member || is_member(value))
            && self.below.iter().all(|(step, fields)| match value.get(step) {
                Some(value) => fields.within(value),
                None => fields.is_empty(),
            })
    }

    /// True where some of it belongs to the set that is written so.
    pub(super) fn meets(&self, value: &Value) -> bool {
        (self.member && is_member(value))
            || self.below.iter().any(|(step, fields)| value.get(step).is_some_and(|value| fields.meets(value)))
    }

    /// Every place, as messages name it: `.spec.containers[name="x"].image`.
    pub(super) fn places(&self, prefix: &str, into: &mut Vec<String>) {
        if self.member {
            into.push(prefix.to_owned());
        }
        for (step, fields) in &self.below {
            fields.places(&format!("{prefix}{}", shown(step)), into);
        }
    }
}

fn is_member(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.is_empty() || map.contains_key("."))
}

/// A step, as messages name it.
pub(super) fn shown(step: &str) -> String {
    let (sort, rest) = step.split_once(':').unwrap_or_default();
    match sort {
        "f" => format!(".{rest}"),
        "k" => {
            let keys: Map<String, Value> = serde_json::from_str(rest).unwrap_or_default();
            format!("[{}]", keys.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(","))
        }
        "v" => format!("[={rest}]"),
        _ => format!("[{rest}]"),
    }
}

//! A list of mistakes, worded as `field.Error` of apimachinery words them.

use crate::demo::status::Cause;
use serde_json::Value;

/// What is wrong, in the order in which it was found.
#[derive(Debug, Default)]
pub(super) struct Errors {
    pub(super) causes: Vec<Cause>,
}

impl Errors {
    fn add(&mut self, reason: &'static str, field: &str, what: &str, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.causes.push(Cause { reason, message: format!("{what}{colon}{detail}"), field: field.to_owned() });
    }

    /// Something is missing.
    pub(super) fn required(&mut self, field: &str, detail: &str) {
        self.add("FieldValueRequired", field, "Required value", detail);
    }

    /// A value is wrong.
    pub(super) fn invalid(&mut self, field: &str, value: impl Into<Value>, detail: &str) {
        self.add("FieldValueInvalid", field, &format!("Invalid value: {}", value.into()), detail);
    }

    /// A value has the wrong type.
    pub(super) fn mistyped(&mut self, field: &str, value: &Value, detail: &str) {
        let shown = if value.is_string() || value.is_number() || value.is_boolean() {
            value.to_string()
        } else {
            format!("\"{}\"", super::sort(value))
        };
        self.add("FieldValueTypeInvalid", field, &format!("Invalid value: {shown}"), detail);
    }

    /// A value is none of those that are known.
    pub(super) fn unsupported(&mut self, field: &str, value: impl Into<Value>, known: &[&str]) {
        let known: Vec<String> = known.iter().map(|k| format!("{k:?}")).collect();
        let what = format!("Unsupported value: {}", value.into());
        self.add("FieldValueNotSupported", field, &what, &format!("supported values: {}", known.join(", ")));
    }

    /// Something may not be.
    pub(super) fn forbidden(&mut self, field: &str, detail: &str) {
        self.add("FieldValueForbidden", field, "Forbidden", detail);
    }

    /// A value is there twice.
    pub(super) fn duplicate(&mut self, field: &str, value: &str) {
        self.add("FieldValueDuplicate", field, &format!("Duplicate value: {value:?}"), "");
    }

    /// A value names nothing that there is.
    pub(super) fn not_found(&mut self, field: &str, value: &str) {
        self.add("FieldValueNotFound", field, &format!("Not found: {value:?}"), "");
    }

    /// A number that may be missing is below zero.
    pub(super) fn not_negative(&mut self, object: &Value, place: &str, field: &str) {
        if let Some(n) = crate::demo::json::int(object, place).filter(|n| *n < 0) {
            self.invalid(field, n, "must be greater than or equal to 0");
        }
    }

    /// A value that may be missing is none of those that are known.
    pub(super) fn one_of(&mut self, object: &Value, place: &str, field: &str, known: &[&str]) {
        if let Some(value) = crate::demo::json::text(object, place).filter(|v| !known.contains(v)) {
            self.unsupported(field, value, known);
        }
    }

    /// A port is none.
    pub(super) fn port(&mut self, number: i64, field: &str) {
        if !(1..=65_535).contains(&number) {
            self.invalid(field, number, "must be between 1 and 65535, inclusive");
        }
    }
}

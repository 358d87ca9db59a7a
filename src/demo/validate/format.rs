//! The forms of names, labels, ports and quantities: what is wrong with a text, in the words of `util/validation` of apimachinery.

use crate::model::naming::too_long;
pub(super) use crate::model::naming::{config_key, label, label_value, qualified, subdomain};

const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for \
                       validation is '[0-9]+%')";

/// A step of a path, as the names of roles are.
pub(super) fn segment(text: &str) -> Vec<String> {
    let dots = [".", ".."].iter().filter(|d| text == **d).map(|d| format!("may not be '{d}'"));
    dots.chain(["/", "%"].iter().filter(|c| text.contains(**c)).map(|c| format!("may not contain '{c}'"))).collect()
}

/// The name of a port.
pub(super) fn port_name(text: &str) -> Vec<String> {
    let mut wrong: Vec<String> = too_long(text, 15).into_iter().collect();
    if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        wrong.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)".into());
    }
    if text.contains("--") {
        wrong.push("must not contain consecutive hyphens".into());
    }
    if text.starts_with('-') || text.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".into());
    }
    wrong
}

/// A percentage that is written as one.
pub(super) fn percent(text: &str) -> Option<String> {
    let fits = text.strip_suffix('%').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    (!fits).then(|| PERCENT.to_owned())
}

/// A schedule of cron.
pub(super) fn schedule(text: &str) -> Option<String> {
    const FIELDS: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    if let Some(name) = text.strip_prefix('@') {
        let known =
            ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"].contains(&name) || name.starts_with("every ");
        return (!known).then(|| format!("unrecognized descriptor: {text}"));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    fields
        .iter()
        .zip(FIELDS)
        .flat_map(|(field, range)| field.split(',').map(move |part| (part, range)))
        .find_map(|(part, range)| span(part, range))
}

/// One part of a field: `*`, `n`, `n-m`, each with `/step`.
fn span(part: &str, (least, most): (u32, u32)) -> Option<String> {
    const NAMES: &str = "jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat";
    let (range, step) = part.split_once('/').unwrap_or((part, "1"));
    if step.parse::<u32>().is_err() {
        return Some(format!("failed to parse int from {step}: strconv.Atoi: parsing {step:?}: invalid syntax"));
    }
    if range == "*" || range == "?" {
        return None;
    }
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    for bound in [from, to] {
        if NAMES.split(' ').any(|name| name.eq_ignore_ascii_case(bound)) {
            return None;
        }
        let Ok(number) = bound.parse::<u32>() else {
            return Some(format!("failed to parse int from {bound}: strconv.Atoi: parsing {bound:?}: invalid syntax"));
        };
        if number < least {
            return Some(format!("beginning of range ({number}) below minimum ({least}): {part}"));
        }
        if number > most {
            return Some(format!("end of range ({number}) above maximum ({most}): {part}"));
        }
    }
    None
}

//! `health` in the config: the limits of the rules, by name.

use crate::health::{LIMITS, Limit, Limits, Unit};
use crate::model::quantity::span;
use crate::model::yaml::{Node, Report};

/// Takes the limits that a node sets.
pub(super) fn read(node: &Node, limits: &mut Limits, report: &mut Report<'_>) {
    for (key, node) in report.keys(node, "health") {
        let Some(limit) = LIMITS.iter().find(|l| name(l) == key.text) else {
            let names: Vec<String> = LIMITS.iter().map(name).collect();
            report.unknown(key.line, "limit", &key.text, names.iter().map(String::as_str));
            continue;
        };
        let Some(text) = report.text(node, &key.text) else { continue };
        match value(limit.unit, &text) {
            Some(value) => (limit.set)(limits, value),
            None => report.add(node.line, format!("{} should be {}, not {text}", key.text, wanted(limit.unit))),
        }
    }
}

/// As the config has it.
fn name(limit: &Limit) -> String {
    limit.name.replace('_', "-")
}

fn value(unit: Unit, text: &str) -> Option<i64> {
    match unit {
        Unit::Seconds => span(text),
        Unit::Percent => text.strip_suffix('%')?.trim().parse().ok().filter(|n| (1..=100).contains(n)),
        Unit::Number => text.parse().ok().filter(|n| *n > 0),
    }
}

fn wanted(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "a time such as 90s, 5m or 1d",
        Unit::Percent => "a share from 1% to 100%",
        Unit::Number => "a number above 0",
    }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::app::config::{Config, EXAMPLE};

    #[test]
    fn the_example_shows_every_limit_with_its_default_and_what_it_is_for() {
        for limit in LIMITS {
            let line = EXAMPLE.lines().find(|l| l.starts_with(&format!("  {}: ", name(limit)))).unwrap_or_else(|| panic!("{}", limit.name));
            let (said, about) = line.split_once('#').unwrap_or_else(|| panic!("{line}"));
            assert_eq!(about.trim(), limit.about.trim());
            let said = said.split_once(':').map(|(_, value)| value.trim()).and_then(|v| value(limit.unit, v));
            assert_eq!(said, Some(limit.default), "{line}");
        }
    }

    #[test]
    fn limits_are_set_by_name_and_mistakes_are_told_with_their_line() {
        let good = "health:\n  not-ready: 90s\n  quota: 95%\n  restarts: 8\n";
        let set = Limits { not_ready: 90, quota: 95, restarts: 8, ..Limits::default() };
        for (bad, want) in [
            ("", None),
            ("  not_ready: 1m\n", Some("f:5: unknown limit not_ready; did you mean not-ready?")),
            ("  rollout: 5\n", Some("f:5: rollout should be a time such as 90s, 5m or 1d, not 5")),
            ("  version-skew: 3m\n", Some("f:5: version-skew should be a number above 0, not 3m")),
            ("  event-repeats: 0\n", Some("f:5: event-repeats should be a number above 0, not 0")),
            ("  paused: [1h]\n", Some("f:5: paused should be a text, not a list")),
            ("  quota: 80%\n", Some("f:5: quota is set in line 3 already; that one holds")),
        ] {
            let (config, problems) = Config::load("f", &format!("{good}{bad}")).unwrap_or_else(|p| panic!("{p}"));
            assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), want.into_iter().collect::<Vec<_>>());
            assert_eq!(config.health, set);
        }
        let (_, problems) = Config::load("f", "health: {quota: 9}\n").unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(problems[0].to_string(), "f:1: quota should be a share from 1% to 100%, not 9");
    }
}

//! `guard` in the config: the rules of what may be changed and what it takes. A mistake in it does not cost only itself, as elsewhere: nothing may
//! be changed until it is mended, since what was meant to be guarded is not known.

use super::config::{TIERS, tier_named};
use crate::actions;
use crate::kinds::known;
use crate::model::cluster::Tier;
use crate::model::glob::Glob;
use crate::model::id::Uid;
use crate::model::yaml::{Node, Report, Yaml};
use crate::safety::guard::{Rule, Said, Verdict, Window, verbs};

/// The keys of a rule.
pub(super) const RULE_KEYS: [&str; 12] =
    ["cluster", "identity", "tier", "group", "namespace", "kind", "verb", "verdict", "reason", "at-most", "scale-at-least", "hours"];
/// How a rule writes that a cluster has no tier.
const NO_TIER: &str = "none";

/// Reads the rules.
pub(super) fn read(node: &Node, report: &mut Report<'_>) -> Vec<Rule> {
    report.strictly(|report| report.list(node, "guard").iter().map(|entry| rule(entry, report)).collect())
}

/// The verbs that a rule may be about, each with whether something goes away.
pub(super) fn verbs() -> impl Iterator<Item = (&'static str, bool)> {
    let others = verbs::OTHERS.iter().filter(|(name, _)| actions::verb(name).is_none());
    actions::VERBS.iter().map(|v| (v.name, v.removes)).chain(others.copied())
}

fn rule(entry: &Node, report: &mut Report<'_>) -> Rule {
    let mut rule = Rule { place: report.place(entry.line), ..Rule::default() };
    let mut says = false;
    for (key, node) in report.keys(entry, "a rule of the guard") {
        let name = key.text.as_str();
        says |= matches!(name, "verdict" | "reason" | "at-most" | "scale-at-least" | "hours");
        match name {
            "cluster" => rule.cluster = said(node, name, report, Glob::parse),
            "identity" => rule.identity = said(node, name, report, uid),
            "tier" => rule.tier = list(node, name, report, tier),
            "group" => rule.group = said(node, name, report, Glob::parse),
            "namespace" => rule.namespace = list(node, name, report, Glob::parse),
            "kind" => rule.kind = list(node, name, report, known::named),
            "verb" => rule.verb = list(node, name, report, verb),
            "verdict" => rule.verdict = said(node, name, report, verdict).map(|said| said.value),
            "reason" => rule.reason = report.bool(node, name),
            "at-most" => rule.at_most = said(node, name, report, number).map(|said| said.value),
            "scale-at-least" => rule.scale_at_least = said(node, name, report, number).map(|said| said.value),
            "hours" => rule.hours = list(node, name, report, Window::parse).map(|said| said.value),
            other => report.unknown(key.line, "key", other, RULE_KEYS),
        }
    }
    if !says {
        report.add(entry.line, "a rule of the guard needs a verdict, reason: true, at-most, scale-at-least or hours");
    }
    rule
}

/// A text that means something.
fn said<T>(node: &Node, key: &str, report: &mut Report<'_>, parse: impl Fn(&str) -> Result<T, String>) -> Option<Said<T>> {
    let text = report.text(node, key)?;
    match parse(&text) {
        Ok(value) => Some(Said { value, text }),
        Err(why) => {
            report.add(node.line, format!("{key}: {why}"));
            None
        }
    }
}

/// The same, several of them or one. None would fit nothing, which nobody means.
fn list<T>(node: &Node, key: &str, report: &mut Report<'_>, parse: impl Fn(&str) -> Result<T, String>) -> Option<Said<Vec<T>>> {
    let nodes = match &node.value {
        Yaml::List(nodes) if !nodes.is_empty() => nodes.as_slice(),
        Yaml::List(_) => {
            report.add(node.line, format!("{key} is empty: leave it out for every one"));
            return None;
        }
        _ => std::slice::from_ref(node),
    };
    let read: Option<Vec<Said<T>>> = nodes.iter().map(|n| said(n, key, report, &parse)).collect();
    let (values, texts): (Vec<T>, Vec<String>) = read?.into_iter().map(|said| (said.value, said.text)).unzip();
    Some(Said { value: values, text: texts.join(" ") })
}

fn uid(text: &str) -> Result<Uid, String> {
    let plain = text.bytes().filter(u8::is_ascii_hexdigit).count() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let help = "`kubectl get namespace kube-system -o jsonpath={.metadata.uid}` tells it";
    if plain { Ok(Uid::parse(text)) } else { Err(format!("{text} is no uid; {help}")) }
}

fn tier(word: &str) -> Result<Tier, String> {
    if word == NO_TIER {
        return Ok(Tier::Unset);
    }
    tier_named(word).ok_or_else(|| unknown("tier", word, TIERS.map(|(name, _)| name).into_iter().chain([NO_TIER])))
}

fn verb(word: &str) -> Result<String, String> {
    verbs().find(|(name, _)| *name == word).map(|_| word.to_owned()).ok_or_else(|| unknown_verb(word))
}

/// Says that there is no such verb.
pub(super) fn unknown_verb(word: &str) -> String {
    unknown("verb", word, verbs().map(|(name, _)| name))
}

fn verdict(word: &str) -> Result<Verdict, String> {
    let found = Verdict::ALL.into_iter().find(|v| v.name() == word);
    found.ok_or_else(|| unknown("verdict", word, Verdict::ALL.map(Verdict::name)))
}

/// What a word could have meant, and all that there is.
fn unknown(what: &str, word: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = crate::model::nearest::hint(word, known.iter().copied());
    format!("unknown {what} {word}{near}; there are {}", known.join(", "))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain).ok_or_else(|| format!("{text} is no number"))
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;

    fn load(text: &str) -> (Config, Vec<String>) {
        let (config, problems) = Config::load("config.yaml", text).unwrap();
        (config, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn rules_are_read_with_their_place() {
        let (config, problems) = load(
            "guard:\n- {cluster: 'prod-*', verb: [delete, drain], verdict: refuse}\n- identity: 0c6f4d7e-1b2a-4c3d-8e9f-a0b1c2d3e4f5\n  tier: none\n  kind: [deploy, certificates.cert-manager.io]\n  namespace: shop\n  reason: yes\n  at-most: 3\n  scale-at-least: 2\n  hours: [Mon-Fri 09:00-17:00, 'Sat 10:00-12:00 UTC']\n",
        );
        assert_eq!((problems, config.broken.as_deref()), (Vec::new(), None));
        let places: Vec<&str> = config.guard.iter().map(|r| r.place.as_str()).collect();
        assert_eq!(places, ["config.yaml:2", "config.yaml:3"]);
        let second = &config.guard[1];
        assert_eq!((second.reason, second.at_most, second.scale_at_least), (Some(true), Some(3), Some(2)));
        let kinds: Vec<String> = second.kind.iter().flat_map(|said| &said.value).map(ToString::to_string).collect();
        assert_eq!(kinds, ["deployments.apps", "certificates.cert-manager.io"]);
        assert_eq!(second.hours.as_ref().map(Vec::len), Some(2));
    }

    #[test]
    fn a_mistake_in_what_guards_closes_everything_and_says_where() {
        for (text, told) in [
            ("guard: refuse\n", "config.yaml:1: guard should be a list, not a text"),
            ("guard: [refuse]\n", "config.yaml:1: a rule of the guard should be keys and values, not a text"),
            ("guard:\n- {verdict: refuse, vreb: delete}\n", "config.yaml:2: unknown key vreb; did you mean verb?"),
            ("guard:\n- {verb: delte, verdict: refuse}\n", "config.yaml:2: verb: unknown verb delte; did you mean delete?"),
            ("guard:\n- {verdict: deny}\n", "config.yaml:2: verdict: unknown verdict deny; there are allow, preview"),
            ("guard:\n- {kind: deploymnts, verdict: refuse}\n", "config.yaml:2: kind: Kubernetes has no kind called deploymnts"),
            ("guard:\n- {identity: prod, verdict: refuse}\n", "config.yaml:2: identity: prod is no uid"),
            ("guard:\n- {tier: prd, verdict: refuse}\n", "config.yaml:2: tier: unknown tier prd; did you mean prod?"),
            ("guard:\n- {namespace: [], verdict: refuse}\n", "config.yaml:2: namespace is empty"),
            ("guard:\n- {at-most: -1}\n", "config.yaml:2: at-most: -1 is no number"),
            ("guard:\n- {hours: Mno 09:00-17:00}\n", "config.yaml:2: hours: \"Mno\" is no day"),
            ("guard:\n- {cluster: '[x', verdict: refuse}\n", "config.yaml:2: cluster: the [ in"),
            ("guard:\n- {cluster: x}\n", "config.yaml:2: a rule of the guard needs a verdict"),
            ("guard:\n- {verdict: refuse, verdict: allow}\n", "config.yaml:2: verdict is set in line 2 already"),
            ("gaurd:\n- {verdict: refuse}\n", "config.yaml:1: unknown key gaurd; did you mean guard?"),
            ("guard: []\ntheme: dark\nguard: [{verdict: refuse}]\n", "config.yaml:3: guard is set in line 1 already"),
            // What clusters are called, and whether they may be changed at all, is what rules rest on.
            ("clusters: [{match: a, tier: prd}]\n", "config.yaml:1: unknown tier prd"),
            ("clusters: [{match: a, readonly: maybe}]\n", "config.yaml:1: readonly should be true or false"),
            ("clusters: [{match: '[a', readonly: true}]\n", "config.yaml:1: the [ in"),
            ("clusters: [{match: a, alias: [b]}]\n", "config.yaml:1: alias should be a text"),
            ("clusters: [{readonly: true}]\n", "config.yaml:1: an entry of clusters needs a match"),
            ("clusters: [{match: a, teir: prod}]\n", "config.yaml:1: unknown key teir; did you mean tier?"),
            ("readonly: maybe\n", "config.yaml:1: readonly should be true or false"),
        ] {
            let (config, problems) = load(text);
            let broken = config.broken.unwrap_or_default();
            assert!(broken.starts_with(told), "{text}: {broken:?}");
            assert!(problems.contains(&broken), "{text}: {problems:?}");
        }
        for text in ["theme: [x]\n", "clusters: [{match: a, colour: [x]}]\n", "clusters: [{match: a, color: red}]\n", "teme: dark\n"] {
            let (config, problems) = load(text);
            assert!(config.broken.is_none() && problems.len() == 1, "{text}: {problems:?}");
        }
    }
}

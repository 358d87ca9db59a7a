//! How what we know is put into words, in one place so that a thing is called the same wherever it stands.

use super::theme::{Role, Theme};
use crate::kinds;
use crate::model::fault::{Fault, FaultKind};
use crate::model::finding::{Finding, Severity};
use crate::model::id::{ClusterId, GroupResource, ObjectRef};
use crate::model::msg::Sync;
use crate::model::step::Only;
use crate::model::table::Table;
use crate::model::time::{Timestamp, human};
use crate::model::transfer::Progress;
use crate::model::world::World;
use ratatui::style::Style;

/// A count with its digits in groups of three: `10,000`.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of bytes as people read it: `512 B`, `68.5 KiB`, `12.4 MiB`.
pub fn bytes(n: u64) -> String {
    let mut size = n as f64;
    let mut units = ["KiB", "MiB", "GiB", "TiB"].into_iter();
    let mut unit = "B";
    while size >= 1023.95 {
        let Some(next) = units.next() else { break };
        (size, unit) = (size / 1024.0, next);
    }
    if unit == "B" { format!("{n} B") } else { format!("{size:.1} {unit}") }
}

/// How far a copy is, and how fast it goes: `12.4 MiB of 1.0 GiB, 3 files, 8.1 MiB/s`.
pub fn progress(now: &Progress) -> String {
    let whole = if now.whole == 0 { String::new() } else { format!(" of {}", bytes(now.whole)) };
    let rate = now.rate.map_or_else(String::new, |rate| format!(", {}/s", bytes(rate)));
    let files = if now.files == 1 { "1 file".to_owned() } else { format!("{} files", now.files) };
    format!("{}{whole}, {files}{rate}", bytes(now.bytes))
}

/// The same in a word: `45%`, or `12.4 MiB` where it is not known how much there is.
pub fn share(now: &Progress) -> String {
    (now.bytes * 100).checked_div(now.whole).map_or_else(|| bytes(now.bytes), |percent| format!("{percent}%"))
}

/// A word with its first letter in capitals.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A span of seconds as Kubernetes writes ages.
pub fn span(seconds: i64) -> String {
    let mut out = String::new();
    human(seconds, &mut out);
    out
}

/// How long ago.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    span(then.age(now))
}

/// The style of a cluster's name: the colour of its own, else the one that goes with its key.
pub fn cluster_style(world: &World, theme: &Theme, cluster: ClusterId) -> Style {
    let known = world.cluster(cluster);
    let own = known.and_then(|c| theme.colour(c.colour.as_deref()?));
    let key = known.and_then(|c| c.digit).map_or(usize::from(cluster.0) + 1, usize::from);
    own.unwrap_or_else(|| theme.style(Role::cluster(key)))
}

/// What part of a kind a table shows; kinds of the whole cluster are in no namespace.
pub fn only(world: &World, only: &Only, namespaced: bool) -> Option<String> {
    let of = |cluster: ClusterId, what: &str| format!("{} {what}", world.name(cluster));
    match only {
        Only::All => {
            let namespaces = world.namespaces.iter().filter(|_| namespaced).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
            let parts = [world.focus.map(|c| world.name(c).to_owned()), Some(namespaces).filter(|n| !n.is_empty())];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
        Only::Cluster(cluster) => Some(world.name(*cluster).to_owned()),
        Only::Namespace(cluster, namespace) => Some(of(*cluster, namespace)),
        Only::SelectedBy(o, _) | Only::OwnedBy(o) | Only::Claiming(o) | Only::Told(o, _) | Only::Named(o, _) => {
            let namespace = if o.namespace.is_empty() { String::new() } else { format!("{}/", o.namespace) };
            Some(of(o.cluster, &format!("{namespace}{} of {}", o.name, o.kind)))
        }
        Only::Alike(of) => {
            let clusters = of.cluster.map_or("in all clusters", |cluster| world.name(cluster));
            Some(format!("{} {}/{} {clusters}", of.kind.to_lowercase(), of.namespace, of.name))
        }
        Only::OnNode(o) => Some(of(o.cluster, &format!("on node {}", o.name))),
        Only::About(o) => Some(of(o.cluster, &format!("about {}", o.name))),
        Only::Object(o) => Some(of(o.cluster, &o.name)),
    }
}

/// A text with the keys in force in place of the actions in braces.
pub fn keyed(world: &World, text: &str) -> String {
    keyed_parts(world, text).into_iter().map(|(part, _)| part).collect()
}

/// The same in parts; those that are keys are told.
pub fn keyed_parts(world: &World, text: &str) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    for part in text.split_inclusive('}') {
        let Some((before, action)) = part.strip_suffix('}').and_then(|p| p.rsplit_once('{')) else {
            parts.push((part.to_owned(), false));
            continue;
        };
        let key = world.keys.get(action).cloned().unwrap_or_else(|| format!(":{action}"));
        parts.extend([(before.to_owned(), false), (key, true)]);
    }
    parts.retain(|(part, _)| !part.is_empty());
    parts
}

/// The glyph of a severity, and what it is drawn as.
pub fn severity(severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::Critical => ("✖", Role::StatusBad),
        Severity::Warning => ("▲", Role::StatusWarn),
        Severity::Info => ("ℹ", Role::StatusDone),
    }
}

/// An object with its kind as manifests have it: `Deployment shop/web`.
pub fn manifest(kind: &str, object: &ObjectRef) -> String {
    let place = if object.namespace.is_empty() { String::new() } else { format!("{}/", object.namespace) };
    format!("{kind} {place}{}", object.name)
}

/// An object in a word or two: `shop/web`, and what it is where that is no pod and nothing that runs pods: `node eu-3`, `pvc data/disk`.
pub fn object(object: &ObjectRef) -> String {
    let place = if object.namespace.is_empty() { String::new() } else { format!("{}/", object.namespace) };
    let named = format!("{place}{}", object.name);
    match (&*object.kind.group, &*object.kind.resource) {
        ("", "pods") | ("apps" | "batch", _) => named,
        _ => format!("{} {named}", kind(&object.kind)),
    }
}

/// A kind in a word: its short name where the whole one is long.
fn kind(kind: &GroupResource) -> &str {
    let Some(known) = kinds::find(kind) else { return &kind.resource };
    let short = || known.names.short_names.first().copied();
    Some(known.names.singular).filter(|name| name.len() <= LONG).or_else(short).unwrap_or(known.names.singular)
}

/// A name of a kind is long beyond so many letters: those of more are known by their short ones, as `hpa` and `pvc`.
const LONG: usize = 12;

/// How long something has been wrong, as far as that is known.
pub fn lasts(finding: &Finding, now: Timestamp) -> String {
    let least = if finding.at_least { "≥" } else { "" };
    format!("{least}{}", ago(finding.since, now))
}

/// A command as people know it: its words without quotes, and of those that are paths the last part. Not to be run.
pub fn command(line: &str) -> String {
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, _) if c.is_whitespace() => words.push(String::new()),
            _ => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    let short = |word: &String| if word.starts_with('/') { word.rsplit('/').next().unwrap_or_default().to_owned() } else { word.clone() };
    words.iter().map(short).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What went wrong, how long what is shown has been stale for it, and what comes next.
pub fn fault(world: &World, why: &Fault, stale_since: Option<Timestamp>, retry_at: Option<Timestamp>) -> String {
    let since = stale_since.map_or_else(String::new, |at| format!("stale for {}, ", ago(at, world.now)));
    let next = match (&why.kind, retry_at) {
        (FaultKind::Login(login), _) => format!(" — {} runs {}", keyed(world, "{retry}"), command(login)),
        (_, Some(at)) if at > world.now => format!(" — next try in {}", span(at.0 - world.now.0)),
        _ => String::new(),
    };
    let hint = why.hint.as_ref().map_or_else(String::new, |h| format!(" ({h})"));
    format!("{since}{}: {}{next}{hint}", why.kind.word(), why.what)
}

/// What is wrong with a table, where it is not what it should be.
pub fn trouble(world: &World, table: &Table) -> Option<(String, Role)> {
    match &table.sync {
        Sync::Connecting | Sync::Syncing { .. } | Sync::Live => None,
        Sync::Polling { every, why } => Some((format!("polled every {} s: {}", every.as_secs(), why.what), Role::StatusBusy)),
        Sync::Stale { why, .. } => {
            let stale_since = table.is_listed().then_some(table.since);
            Some((fault(world, why, stale_since, table.retry_at), Role::StatusWarn))
        }
    }
}

/// What to say of a kind that no open cluster is known to serve.
pub fn unknown_kind(world: &World, name: &str) -> String {
    if world.open().next().is_none() {
        return "no cluster is open: C lists them, and their key opens them".to_owned();
    }
    if world.is_asking() {
        return format!("asking the clusters what {name} is…");
    }
    let silent: Vec<&str> = world.open().filter(|c| c.catalog.is_none()).map(|c| c.name.as_str()).collect();
    let (has, silent) = (if silent.len() == 1 { "has" } else { "have" }, silent.join(", "));
    match () {
        () if silent.is_empty() => format!("no open cluster serves a kind called {name}"),
        () if world.open().all(|c| c.catalog.is_none()) => format!("what {name} is nobody knows: {silent} {has} not answered"),
        () => format!("no open cluster serves a kind called {name}; {silent} {has} not answered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_short() {
        for (line, told) in [
            ("aws sso login --profile prod", "aws sso login --profile prod"),
            ("'/opt/my tools/kconsole' demo-login '/tmp/kconsole-demo-x/partner'", "kconsole demo-login partner"),
            ("TOKEN=… /usr/bin/my-plugin  get-token \"a b\"", "TOKEN=… my-plugin get-token a b"),
            ("/bin/sh -c 'x", "sh -c x"),
            ("", ""),
        ] {
            assert_eq!(command(line), told, "{line}");
        }
    }

    #[test]
    fn bytes_have_the_unit_that_keeps_them_short() {
        for (n, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (70_112, "68.5 KiB"),
            (1_048_575, "1.0 MiB"),
            (12_998_000, "12.4 MiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(bytes(n), shown);
        }
    }
}

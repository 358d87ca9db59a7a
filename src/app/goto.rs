//! The `:` line: `KIND [NAMESPACE] [/FILTER] [LABEL=VALUE] [@CLUSTER]` as k9s has it, `!` for what is unhealthy; and screens, clusters,
//! namespaces and actions by name.

use crate::actions::{self, new::TEMPLATES};
use crate::kinds;
use crate::model::cluster::Cluster;
use crate::model::nearest::hint;
use crate::model::query::Query;
use crate::model::step::{Motion, Screen, Step, TableOf};
use crate::model::world::World;
use crate::ui::views::workspace::PANES;
use crate::ui::words;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};
use std::collections::BTreeMap;

/// Words that are screens of ours.
const WORDS: &[&str] = &["overview", "health", "warnings", "changes", "forwards", "journal", "clusters", "namespaces", "help", "quit"];

/// Short names that k9s gives kinds and servers do not.
const SHORT: &[(&str, &str)] = &[
    ("dp", "deployments"),
    ("sec", "secrets"),
    ("jo", "jobs"),
    ("cr", "clusterroles"),
    ("crb", "clusterrolebindings"),
    ("ro", "roles"),
    ("rb", "rolebindings"),
    ("np", "networkpolicies"),
];

/// What a line asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Go {
    /// These steps.
    Steps(Vec<Step>),
    /// An action and its argument.
    Action(String, String),
}

/// Reads a line.
///
/// # Errors
/// What in it means nothing, and what is near.
pub(super) fn read(world: &World, aliases: &BTreeMap<String, String>, line: &str) -> Result<Go, String> {
    let (word, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    if let Some(meaning) = aliases.get(word) {
        // An alias that means another, or itself, would never end.
        return read(world, &BTreeMap::new(), &format!("{meaning} {rest}"));
    }
    let argument = rest.trim();
    let one = |step| Ok(Go::Steps(vec![step]));
    match word {
        "" => Err("type a kind, a cluster with @, or help".to_owned()),
        "q" | "q!" | "qa" | "quit" | "exit" => one(Step::Quit),
        "pf" | "port-forward" | "port-forwards" => one(Step::Open(Screen::Forwards)),
        "overview" => one(Step::Open(Screen::Overview)),
        "?" | "h" | "help" => one(Step::Open(Screen::Help)),
        "ctx" | "context" | "contexts" | "clusters" if argument.is_empty() => one(Step::Open(Screen::Clusters(None))),
        "ctx" | "context" => one(Step::Focus(Some(cluster(world, argument)?.id))),
        "ns" | "namespace" | "namespaces" if !argument.is_empty() => one(namespaces(argument)),
        _ if word.starts_with('@') => one(Step::Focus(Some(cluster(world, word.trim_start_matches('@'))?.id))),
        _ if kind(world, word).is_some() => table(world, word, argument),
        _ => match (SHORT.iter().find(|(short, _)| *short == word), actions::find(word)) {
            (Some((_, long)), _) => table(world, long, argument),
            (None, Some(action)) => Ok(Go::Action(action.name.to_owned(), argument.to_owned())),
            (None, None) => table(world, word, argument),
        },
    }
}

/// The screen that a line asks for, to begin with, and what else it asks for. What means nothing yet is taken for a kind: the table says so
/// itself once discovery has answered.
pub(super) fn first(world: &World, aliases: &BTreeMap<String, String>, line: &str) -> (Screen, Vec<Step>) {
    let mut steps = match read(world, aliases, line) {
        Ok(Go::Steps(steps)) => steps,
        Ok(Go::Action(..)) | Err(_) => return (Screen::Table(TableOf::all(line.to_owned())), Vec::new()),
    };
    let first = steps.iter().position(|step| matches!(step, Step::Open(Screen::Table(_) | Screen::Overview)));
    match first.map(|at| steps.remove(at)) {
        Some(Step::Open(screen)) => (screen, steps),
        _ => (Screen::Overview, steps),
    }
}

fn namespaces(names: &str) -> Step {
    let all = matches!(names, "all" | "-A" | "*");
    Step::Namespaces(if all { Vec::new() } else { names.split(',').map(|n| n.trim().into()).collect() })
}

/// The table of a kind, with where and which.
fn table(world: &World, word: &str, rest: &str) -> Result<Go, String> {
    // Where nobody has answered yet, the table says so, and shows what comes.
    let is_told = !world.is_asking() && world.open().any(|c| c.catalog.is_some());
    if kind(world, word).is_none() && is_told {
        return Err(format!("{}{}", words::unknown_kind(world, word), nearest_kind(world, word)));
    }
    let (mut steps, mut filter, mut unhealthy) = (Vec::new(), Vec::new(), false);
    let (before, searched) = rest.split_once('/').map_or((rest, None), |(before, searched)| (before, Some(searched)));
    for part in before.split_whitespace() {
        match part.strip_prefix('@') {
            Some(name) => steps.push(Step::Focus(Some(cluster(world, name)?.id))),
            None if part == "!" => unhealthy = true,
            None if part == "-A" => steps.push(namespaces("all")),
            None if part.contains(['=', '>', '<', ':', '!', '~']) => filter.push(part),
            None => steps.push(namespaces(part)),
        }
    }
    filter.extend(searched);
    let of = TableOf { filter: filter.join(" "), ..TableOf::all(word.to_owned()) };
    if let Err(bad) = Query::parse(&of.filter) {
        return Err(bad.why);
    }
    steps.push(Step::Open(Screen::Table(of)));
    steps.extend(unhealthy.then_some(Step::Move(Motion::Unhealthy)));
    Ok(Go::Steps(steps))
}

/// The end of a message about a kind that is not served where it was asked for; elsewhere it may be.
pub(super) fn nearest_kind(world: &World, word: &str) -> String {
    hint(word, names(world).iter().map(String::as_str).filter(|name| *name != word))
}

/// True names of what `:` may open: those of our kinds and of all that discovery found.
fn names(world: &World) -> Vec<String> {
    let ours = kinds::KINDS.iter().map(|k| k.names.resource).chain(kinds::COMPOSITES.iter().map(|c| c.name)).map(str::to_owned);
    let found = world.open().filter_map(|c| c.catalog.as_ref()).flat_map(|c| &c.resources).filter(|r| r.list);
    let mut names: Vec<String> = ours.chain(found.map(|r| r.id.resource.to_string())).chain(WORDS.iter().map(|&w| w.to_owned())).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn kind(world: &World, word: &str) -> Option<()> {
    let is_ours = kinds::named(word).is_some() || kinds::COMPOSITES.iter().any(|c| c.name == word);
    is_ours.then_some(()).or_else(|| world.open().find_map(|c| c.catalog.as_ref()?.find(word)).map(|_| ()))
}

fn cluster<'a>(world: &'a World, name: &str) -> Result<&'a Cluster, String> {
    let found = world.clusters.iter().find(|c| c.name == name || c.context == name);
    let names = || world.clusters.iter().map(|c| c.name.as_str());
    found.ok_or_else(|| format!("the kubeconfig has no cluster called {name}{}", hint(name, names())))
}

/// What a line may become, best first.
pub(super) fn complete(world: &World, aliases: &BTreeMap<String, String>, line: &str) -> Vec<String> {
    let (head, last) = line.rsplit_once(char::is_whitespace).map_or(("", line), |(head, last)| (head, last));
    if line.is_empty() {
        return Vec::new();
    }
    let known: Vec<String> = if let Some(name) = last.strip_prefix('@') {
        let clusters = fuzzy(name, world.clusters.iter().map(|c| c.name.clone()).collect());
        clusters.into_iter().map(|c| format!("@{c}")).collect()
    } else if head.is_empty() {
        // What one goes to comes before what one does.
        let mut known = fuzzy(last, aliases.keys().cloned().chain(names(world)).collect());
        known.extend(fuzzy(last, actions::all().map(|a| a.name.to_owned()).filter(|name| name.starts_with(last)).collect()));
        known
    } else if matches!(head.trim(), "pane" | "split" | "split below") {
        fuzzy(last, names(world).into_iter().chain(PANES.iter().map(|&pane| pane.to_owned())).collect())
    } else if head.trim() == "layout" {
        fuzzy(last, world.layouts.named.keys().cloned().chain(["save".to_owned(), "reset".to_owned()]).collect())
    } else if head.trim() == "new" {
        TEMPLATES.iter().map(|(name, ..)| (*name).to_owned()).filter(|name| name.starts_with(last)).collect()
    } else if head.trim() == "apply" {
        Vec::new()
    } else if matches!(head.trim(), "ctx" | "context") {
        fuzzy(last, world.clusters.iter().map(|c| c.name.clone()).collect())
    } else {
        fuzzy(last, known_namespaces(world))
    };
    let space = if head.is_empty() { "" } else { " " };
    known.into_iter().map(|word| format!("{head}{space}{word}")).collect()
}

/// The namespaces that any table knows.
fn known_namespaces(world: &World) -> Vec<String> {
    let tables = world.tables.values().filter(|t| &*t.want.kind.resource == "namespaces");
    let mut names: Vec<String> = tables.flat_map(|t| t.rows()).map(|r| r.name.to_string()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Those that have the letters in this order, best first; a word that begins with them before all others.
fn fuzzy(letters: &str, mut words: Vec<String>) -> Vec<String> {
    words.sort_unstable();
    words.dedup();
    if letters.is_empty() {
        return words;
    }
    let pattern = Pattern::new(letters, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let found = pattern.match_list(words, &mut Matcher::new(Config::DEFAULT));
    let (mut first, rest): (Vec<String>, Vec<String>) = found.into_iter().map(|(word, _)| word).partition(|w| w.starts_with(letters));
    first.sort_by_key(String::len);
    first.into_iter().chain(rest).collect()
}

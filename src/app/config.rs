//! The config: one YAML file that people write and the program only reads. Every key has a default; [`EXAMPLE`] shows them all.
//!
//! A mistake costs only itself: everything else in the file holds. Where the file is, and when it is read again, is not known here.

use super::guard;
use super::limits;
use super::links::LinkEntry;
use crate::health::Limits;
use crate::model::cluster::Tier;
use crate::model::glob::Glob;
use crate::model::nearest::nearest;
use crate::model::problem::Problem;
use crate::model::quantity::quantity;
use crate::model::yaml::{self, Node, Report, Yaml};
use crate::safety::guard::Rule;
use std::collections::BTreeMap;

/// The config with every key and what it does; the values are the defaults, but for the lists.
pub const EXAMPLE: &str = r##"# kconsole's config. Every key may be left out. Edits take effect at once.

# What is known of clusters that their kubeconfig does not say. Several entries may fit a context: as in ssh_config, the first that
# says something about a matter decides it, so special entries stand before general ones.
clusters:
  - match: "arn:aws:eks:*:cluster/prod-eu"   # the context: * any text, ? one character, [abc] one of these
    alias: prod-eu                           # what it is called, and what you type to confirm a change
    group: production                        # clusters of a group stand together in the list of clusters
    tier: prod                               # dev, staging or prod; a cluster without a tier is protected like prod
    key: 1                                   # the digit that focuses it, 1 to 9
    colour: coral                            # of its name: a colour of the theme, #rrggbb, red, bright-red or a number to 255
    login: aws sso login --profile prod      # what ctrl-r runs when a login is needed
    readonly: true                           # nothing can be changed there
  - match: "*dev*"
    tier: dev

# What it takes to change something. Of the rules that fit, the first that says something about a matter decides it. What none decides
# follows from the tier: in dev enter after the preview (y where something goes away), in staging two different keys, else the name of the
# cluster is typed. A mistake in here makes every cluster read-only until it is mended. `kconsole guard explain` tells what decides.
guard:
  - cluster: "prod-*"                        # the context or the name; every cluster where all of these are left out
    identity: 0c6f4d7e-1b2a-4c3d-8e9f-a0b1c2d3e4f5   # the uid of kube-system: this very cluster, whatever it is called
    tier: [prod, none]                       # one or several; none for clusters without a tier
    group: production
    namespace: [payments, "kube-*"]          # one or several
    kind: [deployments, certificates.cert-manager.io]
    verb: [delete, drain]                    # as the actions are called; also shell, attach, debug, debug-copy, debug-node, forward, copy-in, copy-out and plugin
    verdict: refuse                          # allow (enter), preview (as in dev), confirm (as in staging), type-name or refuse
  - tier: prod
    reason: true                             # a reason has to be given
    at-most: 20                              # so many objects at once
    scale-at-least: 2                        # no scaling below, nor an autoscaler's minimum
    hours: [Mon-Fri 09:00-17:00, "Sat 10:00-12:00 UTC"]   # changes are made then only; local time where no zone is written

# Words of your own for the : prompt: a kind, or a kind with its filter and namespace.
aliases:
  dp: deployments
  broken: pods -A !

# Links from an object to what other programs know of it: u opens them. Values are filled in percent-encoded; there are {cluster},
# {context}, {namespace}, {name}, {kind}, {uid} and {label:KEY}, of which only the first two may be a part of the host's name.
links:
  - name: Grafana
    match: "*prod*"                          # the context, as with clusters; every one where it is left out
    kind: pods                               # as : takes it; every one where it is left out
    url: https://grafana.example.com/d/pods?var-cluster={cluster}&var-namespace={namespace}&var-pod={name}
  - name: Argo CD
    url: https://argocd.example.com/applications/{label:argocd.argoproj.io/instance}

start: overview     # what opens first: overview, or a kind as after :
keymap: default     # default, vim, k9s, emacs, or a file of your own in keymaps/ beside this file
theme: dark         # light, high-contrast, colour-blind, terminal-16, mono, gruvbox-dark, nord, dracula, catppuccin-mocha, tokyo-night,
                    # rose-pine, solarized-dark, solarized-light, or a file of your own in themes/
readonly: false     # nothing can be changed anywhere, and no :unlock lifts that
journal: ""         # the file of the journal; in the state directory where it is empty
namespaces: []      # those to look into where listing all is forbidden
log-memory: 64Mi    # of lines, for each screen of logs: what there is no room for goes, the oldest first, and is counted
mouse: true         # clicks and the wheel; without it the terminal selects text

# When the rules of health speak: times as 90s, 5m or 1d, shares as 90%, numbers.
health:
  not-ready: 5m             # a pod that runs is not ready, or one that starts does not get further, for so long
  readiness: 60s            # a container that was started does not answer its readiness probe for so long
  unscheduled: 20s          # a pod that was not scheduled waits for so long
  restarts: 5               # so many restarts of a pod are often, if the last is not long ago
  restarts-within: 1h       # a restart is long ago after so long
  terminating: 2m           # an object is stuck that was to be gone so long ago, beyond its grace
  replicas-missing: 2m      # a workload has had fewer pods than it should for so long
  rollout: 5m               # a rollout is stuck that has not moved for so long, where its own deadline is longer
  paused: 1h                # a rollout is paused for so long
  no-endpoints: 60s         # a service or an ingress has had no ready endpoint for so long
  claim-pending: 60s        # a claim is not bound for so long
  cordoned: 1d              # a node is cordoned for so long
  quota: 90%                # so much of a quota is used
  event-repeats: 20         # a warning was repeated so often
  event-over: 10m           # a warning is over after so long without another
  cronjob-late: 5m          # a cronjob missed its time by so long
  autoscaler-limited: 60s   # an autoscaler has been at its maximum, or without metrics, for so long
  no-disruption: 10m        # a budget has allowed no disruption for so long
  version-skew: 3           # a node's kubelet is so many minor versions behind its control plane
"##;

/// The keys of the file.
const KEYS: [&str; 13] = [
    "clusters",
    "guard",
    "aliases",
    "links",
    "start",
    "keymap",
    "theme",
    "readonly",
    "journal",
    "namespaces",
    "log-memory",
    "mouse",
    "health",
];
/// Those that say what may be changed, and those of an entry of `clusters` that rules of the guard rest on.
const GUARDS: [&str; 3] = ["clusters", "guard", "readonly"];
const CLUSTER_GUARDS: [&str; 5] = ["match", "alias", "group", "tier", "readonly"];
/// The keys of an entry of `clusters`.
const CLUSTER_KEYS: [&str; 8] = ["match", "alias", "group", "tier", "key", "colour", "login", "readonly"];
/// What `log-memory` may be, in bytes.
const LEAST: f64 = (1u64 << 20) as f64;
const MOST: f64 = (64u64 << 30) as f64;
/// The values of `tier`.
pub(super) const TIERS: [(&str, Tier); 3] = [("dev", Tier::Dev), ("staging", Tier::Staging), ("prod", Tier::Prod)];

/// What the file says, or the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The entries of `clusters`; see [`Config::cluster`].
    clusters: Vec<Entry>,
    /// The rules of the guard, in their order.
    pub guard: Vec<Rule>,
    /// Why what guards cannot be trusted, and where: nothing may be changed then.
    pub broken: Option<String>,
    /// Words for the prompt, and what they stand for.
    pub aliases: BTreeMap<String, String>,
    /// The entries of `links`; see [`super::state::State`].
    pub(super) links: Vec<LinkEntry>,
    /// The view that opens first.
    pub start: String,
    /// The name of the keymap; `default` where nothing says another.
    pub keymap: Option<String>,
    /// The name of the theme.
    pub theme: String,
    /// Nothing may be changed anywhere.
    pub readonly: bool,
    /// The file of the journal; empty for the usual one.
    pub journal: String,
    /// The namespaces to look into where listing all is forbidden.
    pub namespaces: Vec<String>,
    /// Bytes of lines that a screen of logs holds, their index included.
    pub log_memory: usize,
    /// The mouse is ours.
    pub mouse: bool,
    /// When the rules of health speak.
    pub health: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            clusters: Vec::new(),
            guard: Vec::new(),
            broken: None,
            aliases: BTreeMap::new(),
            links: Vec::new(),
            start: "overview".to_owned(),
            keymap: None,
            theme: "dark".to_owned(),
            readonly: false,
            journal: String::new(),
            namespaces: Vec::new(),
            log_memory: 64 << 20,
            mouse: true,
            health: Limits::default(),
        }
    }
}

/// What the config says about one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterSettings {
    /// Its name instead of one made from the context's.
    pub alias: Option<String>,
    /// The group it belongs to.
    pub group: Option<String>,
    /// How much it matters.
    pub tier: Tier,
    /// The digit that focuses it, 1 to 9.
    pub key: Option<u8>,
    /// The colour of its name, as written.
    pub colour: Option<String>,
    /// The command that logs in.
    pub login: Option<String>,
    /// Nothing may be changed there, by its own entry or that of all.
    pub readonly: bool,
}

/// An entry of `clusters`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    fits: Glob,
    alias: Option<Said>,
    group: Option<String>,
    tier: Option<Tier>,
    key: Option<u8>,
    colour: Option<Said>,
    login: Option<String>,
    readonly: Option<bool>,
}

/// A text that only others can judge, and its `FILE:LINE` for what they have to say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    text: String,
    place: String,
}

impl Config {
    /// Reads the file. What makes no sense is a problem and leaves its default; an error means that it is no YAML at all, so that the
    /// caller had better keep what it has.
    pub fn load(file: &str, text: &str) -> Result<(Self, Vec<Problem>), Problem> {
        let root = yaml::read(file, text)?;
        let (mut config, mut report) = (Self::default(), Report::new(file));
        for (key, node) in report.keys(&root, "the config") {
            config.take(&key.text, key.line, node, &mut report);
        }
        let grave = report.grave().map(ToString::to_string);
        let problems = report.problems();
        config.broken = grave.or_else(|| twice(&root, &problems));
        Ok((config, problems))
    }

    /// What the config says about the cluster of a context: for each matter the first entry that fits and says something.
    pub fn cluster(&self, context: &str) -> ClusterSettings {
        let fitting: Vec<&Entry> = self.clusters.iter().filter(|e| e.fits.matches(context)).collect();
        let text = |field: fn(&Entry) -> &Option<String>| fitting.iter().find_map(|e| field(e).clone());
        let said = |field: fn(&Entry) -> &Option<Said>| fitting.iter().find_map(|e| Some(field(e).as_ref()?.text.clone()));
        ClusterSettings {
            alias: said(|e| &e.alias),
            group: text(|e| &e.group),
            tier: fitting.iter().find_map(|e| e.tier).unwrap_or_default(),
            key: fitting.iter().find_map(|e| e.key),
            colour: said(|e| &e.colour),
            login: text(|e| &e.login),
            readonly: self.readonly || fitting.iter().find_map(|e| e.readonly).unwrap_or_default(),
        }
    }

    /// The `FILE:LINE` of the alias of a context.
    pub fn place_of_alias(&self, context: &str) -> &str {
        let mut fitting = self.clusters.iter().filter(|e| e.fits.matches(context));
        fitting.find_map(|e| e.alias.as_ref()).map_or("", |said| &said.place)
    }

    /// Every colour that the file names, as written, and its `FILE:LINE`.
    pub fn colours(&self) -> impl Iterator<Item = (&str, &str)> {
        self.clusters.iter().filter_map(|e| e.colour.as_ref()).map(|said| (said.text.as_str(), said.place.as_str()))
    }

    fn take(&mut self, key: &str, line: u64, node: &Node, report: &mut Report<'_>) {
        let text = |to: &mut String, report: &mut Report<'_>| *to = report.text(node, key).unwrap_or(std::mem::take(to));
        let truth = |to: &mut bool, report: &mut Report<'_>| *to = report.bool(node, key).unwrap_or(*to);
        match key {
            "clusters" => {
                let entries = report.strictly(|report| report.list(node, key));
                self.clusters = entries.iter().filter_map(|entry| Entry::read(entry, report)).collect();
            }
            "guard" => self.guard = guard::read(node, report),
            "aliases" => {
                let pairs = report.keys(node, key).into_iter();
                self.aliases = pairs.filter_map(|(k, v)| Some((k.text.clone(), report.text(v, &k.text)?))).collect();
            }
            "links" => self.links = report.list(node, key).iter().filter_map(|entry| LinkEntry::read(entry, report)).collect(),
            "start" => text(&mut self.start, report),
            "keymap" => self.keymap = report.text(node, key),
            "theme" => text(&mut self.theme, report),
            "readonly" => report.strictly(|report| truth(&mut self.readonly, report)),
            "journal" => text(&mut self.journal, report),
            "namespaces" => {
                self.namespaces = report.list(node, key).iter().filter_map(|n| report.text(n, "a namespace")).collect();
            }
            "log-memory" => self.log_memory = memory(node, key, report).unwrap_or(self.log_memory),
            "mouse" => truth(&mut self.mouse, report),
            "health" => limits::read(node, &mut self.health, report),
            _ => unknown(line, key, &KEYS, &GUARDS, report),
        }
    }
}

/// A key that nobody knows. Where it may have been meant to guard, that is no small mistake.
fn unknown(line: u64, key: &str, known: &[&str], guards: &[&str], report: &mut Report<'_>) {
    let add = |report: &mut Report<'_>| report.unknown(line, "key", key, known.iter().copied());
    match nearest(key, known.iter().copied()) {
        Some(meant) if guards.contains(&meant) => report.strictly(add),
        _ => add(report),
    }
}

/// What is told of a key that guards and is set twice: nobody knows which one was meant.
fn twice(root: &Node, problems: &[Problem]) -> Option<String> {
    let Yaml::Map(pairs) = &root.value else { return None };
    let again = |(at, (key, _)): (usize, &(yaml::Key, Node))| {
        let is = GUARDS.contains(&key.text.as_str()) && pairs.iter().take(at).any(|(k, _)| k.text == key.text);
        is.then_some(key.line)
    };
    let line = pairs.iter().enumerate().find_map(again)?;
    problems.iter().find(|p| p.line == line).map(ToString::to_string)
}

impl Entry {
    /// Reads an entry; `None` without a pattern that can be read, since it would fit nothing.
    fn read(entry: &Node, report: &mut Report<'_>) -> Option<Self> {
        let mut fits = None;
        let mut missing = true;
        let mut read = ClusterSettings::default();
        let (mut alias, mut colour, mut tier, mut readonly) = (None, None, None, None);
        for (key, node) in report.strictly(|report| report.keys(entry, "an entry of clusters")) {
            match key.text.as_str() {
                "match" => {
                    missing = false;
                    fits = report.strictly(|report| glob(node, report));
                }
                "alias" => alias = report.strictly(|report| said(node, &key.text, report)),
                "group" => read.group = report.strictly(|report| report.text(node, &key.text)),
                "tier" => tier = report.strictly(|report| tier_of(node, report)),
                "key" => read.key = digit(node, report),
                "colour" => colour = said(node, &key.text, report),
                "login" => read.login = report.text(node, &key.text),
                "readonly" => readonly = report.strictly(|report| report.bool(node, &key.text)),
                other => unknown(key.line, other, &CLUSTER_KEYS, &CLUSTER_GUARDS, report),
            }
        }
        if missing {
            report.strictly(|report| report.add(entry.line, "an entry of clusters needs a match: the context it is about"));
        }
        let ClusterSettings { group, key, login, .. } = read;
        Some(Self { fits: fits?, alias, group, tier, key, colour, login, readonly })
    }
}

/// An amount of memory that something fits into.
fn memory(node: &Node, key: &str, report: &mut Report<'_>) -> Option<usize> {
    let text = report.text(node, key)?;
    let amount = quantity(&text).filter(|bytes| (LEAST..=MOST).contains(bytes));
    if amount.is_none() {
        report.add(node.line, format!("{key} should be an amount from 1Mi to 64Gi, not {text}"));
    }
    Some(amount? as usize)
}

fn glob(node: &Node, report: &mut Report<'_>) -> Option<Glob> {
    let text = report.text(node, "match")?;
    Glob::parse(&text).map_err(|why| report.add(node.line, why)).ok()
}

fn said(node: &Node, key: &str, report: &mut Report<'_>) -> Option<Said> {
    Some(Said { text: report.text(node, key)?, place: report.place(node.line) })
}

/// The tier of a name.
pub(super) fn tier_named(word: &str) -> Option<Tier> {
    TIERS.iter().find(|(name, _)| *name == word).map(|(_, tier)| *tier)
}

fn tier_of(node: &Node, report: &mut Report<'_>) -> Option<Tier> {
    let word = report.text(node, "tier")?;
    let tier = tier_named(&word);
    if tier.is_none() {
        report.unknown(node.line, "tier", &word, TIERS.map(|(name, _)| name));
    }
    tier
}

fn digit(node: &Node, report: &mut Report<'_>) -> Option<u8> {
    let text = report.text(node, "key")?;
    let digit = text.parse().ok().filter(|n| (1..=9).contains(n));
    if digit.is_none() {
        report.add(node.line, format!("key should be a digit from 1 to 9, not {text}"));
    }
    digit
}

#[cfg(test)]
mod tests {
    use super::super::guard::RULE_KEYS;
    use super::super::links::LINK_KEYS;
    use super::*;
    use proptest::prelude::*;

    fn load(text: &str) -> (Config, Vec<String>) {
        let (config, problems) = Config::load("config.yaml", text).unwrap();
        (config, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_example_names_every_key_and_shows_the_defaults() {
        let (config, problems) = load(EXAMPLE);
        assert_eq!(problems, Vec::<String>::new());
        for (key, indent) in
            KEYS.map(|k| (k, "\n")).into_iter().chain(CLUSTER_KEYS.into_iter().chain(LINK_KEYS).chain(RULE_KEYS).map(|k| (k, "    ")))
        {
            let entry = format!("{indent}{key}:");
            assert!(EXAMPLE.contains(&entry) || EXAMPLE.contains(&format!("\n  - {key}:")), "{key}");
        }
        let shown =
            Config { clusters: Vec::new(), guard: Vec::new(), links: Vec::new(), aliases: BTreeMap::new(), keymap: None, ..config.clone() };
        assert_eq!(config.keymap.as_deref(), Some("default"));
        assert_eq!(shown, Config::default());
        assert_eq!(config.aliases.get("dp").map(String::as_str), Some("deployments"));
        let settings = config.cluster("arn:aws:eks:eu-west-1:123:cluster/prod-eu");
        assert_eq!(
            settings,
            ClusterSettings {
                alias: Some("prod-eu".into()),
                group: Some("production".into()),
                tier: Tier::Prod,
                key: Some(1),
                colour: Some("coral".into()),
                login: Some("aws sso login --profile prod".into()),
                readonly: true,
            }
        );
        assert_eq!(config.cluster("kind-dev").tier, Tier::Dev);
        assert_eq!(config.cluster("kind"), ClusterSettings::default());
    }

    #[test]
    fn nothing_is_the_defaults() {
        for text in ["", "# only this\n", "---\n", "{}", "clusters:\nmouse: true\n"] {
            assert_eq!(load(text), (Config::default(), Vec::new()), "{text:?}");
        }
    }

    #[test]
    fn the_first_value_wins_for_each_matter() {
        let (config, problems) = load(
            "clusters:\n- {match: prod-eu, alias: eu, readonly: no}\n- {match: 'prod-*', tier: prod, alias: x, readonly: yes}\n- {match: '*', tier: dev, group: rest}\n",
        );
        assert_eq!(problems, Vec::<String>::new());
        let eu = config.cluster("prod-eu");
        assert_eq!((eu.alias.as_deref(), eu.tier, eu.group.as_deref(), eu.readonly), (Some("eu"), Tier::Prod, Some("rest"), false));
        let us = config.cluster("prod-us");
        assert_eq!((us.alias.as_deref(), us.tier, us.readonly), (Some("x"), Tier::Prod, true));
        assert_eq!(config.cluster("other").tier, Tier::Dev);
        assert!(Config { readonly: true, ..config }.cluster("prod-eu").readonly, "read-only everywhere has no exceptions");
    }

    #[test]
    fn a_mistake_costs_only_itself() {
        let good = "theme: light\nclusters: [{match: a, alias: b}]\n";
        for (bad, want) in [
            ("teme: dark\n", "config.yaml:3: unknown key teme; did you mean theme?"),
            ("start: [pods]\n", "config.yaml:3: start should be a text, not a list"),
            ("mouse: maybe\n", "config.yaml:3: mouse should be true or false, not a text"),
            ("log-memory: lots\n", "config.yaml:3: log-memory should be an amount from 1Mi to 64Gi, not lots"),
            ("log-memory: 64\n", "config.yaml:3: log-memory should be an amount from 1Mi to 64Gi, not 64"),
            ("aliases: [x]\n", "config.yaml:3: aliases should be keys and values, not a list"),
            ("aliases: {x: [y], z: w}\n", "config.yaml:3: x should be a text, not a list"),
            ("namespaces: shop\n", "config.yaml:3: namespaces should be a list, not a text"),
            ("theme: dark\n", "config.yaml:3: theme is set in line 1 already; that one holds"),
        ] {
            let (config, problems) = load(&format!("{good}{bad}"));
            assert_eq!(problems, [want]);
            assert_eq!((config.theme.as_str(), config.cluster("a").alias.as_deref()), ("light", Some("b")));
        }
        for (entry, want) in [
            ("{alias: x}", "config.yaml:3: an entry of clusters needs a match: the context it is about"),
            ("{match: '[x'}", "config.yaml:3: the [ in \"[x\" has no ] and no character to match"),
            ("{match: x, tier: prd}", "config.yaml:3: unknown tier prd; did you mean prod?"),
            ("{match: x, key: 10}", "config.yaml:3: key should be a digit from 1 to 9, not 10"),
            ("{match: x, color: red}", "config.yaml:3: unknown key color; did you mean colour?"),
            ("x", "config.yaml:3: an entry of clusters should be keys and values, not a text"),
        ] {
            let (config, problems) = load(&format!("clusters:\n- {{match: a, alias: b}}\n- {entry}\n"));
            assert_eq!(problems.first().map(String::as_str), Some(want));
            assert_eq!(config.cluster("a").alias.as_deref(), Some("b"));
        }
    }

    #[test]
    fn what_is_no_yaml_is_an_error() {
        let bad = Config::load("config.yaml", "theme: light\nclusters: [\n").unwrap_err();
        assert!(bad.line >= 2, "{bad}");
        let bad = Config::load("config.yaml", "clusters:\n- match: *prod\n").unwrap_err();
        assert!(bad.line == 2 && bad.what.contains("needs quotes"), "{bad}");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(clusters|match|theme|[a-c]|[:\\[\\]{}\n -]){0,20}") {
            let _ = Config::load("f", &text);
        }
    }
}

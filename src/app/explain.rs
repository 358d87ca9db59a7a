//! `kconsole guard explain`: what the guard would ask for a change, told without asking any cluster.

use super::cli::Explain;
use super::guard::{unknown_verb, verbs};
use super::startup::Setup;
use crate::actions;
use crate::kinds::known;
use crate::model::cluster::Cluster;
use crate::model::id::GroupResource;
use crate::model::text::visible;
use crate::safety::guard::{Asked, Guard};

/// Tells it for each chosen cluster.
///
/// # Errors
/// What makes no sense about what is asked.
pub(super) fn explain(setup: &Setup, asked: &Explain) -> Result<String, String> {
    let (_, removal) = verbs().find(|(name, _)| *name == asked.verb).ok_or_else(|| unknown_verb(&asked.verb))?;
    let kind = known::named(&asked.kind)?;
    if let Some(verb) = actions::verb(&asked.verb).filter(|v| !v.applies_to(&kind)) {
        return Err(format!("{} is for {}, not for {kind}", verb.name, verb.to.join(", ")));
    }
    let namespace = match setup.world.namespaces.as_slice() {
        [] => None,
        [one] => Some(&**one),
        _ => return Err("name one namespace with -n, not several".to_owned()),
    };
    if setup.chosen.is_empty() {
        return Err(match setup.contexts.as_slice() {
            [] => format!("no kubeconfig with a context was found; looked for in {}", setup.world.looked.join(", ")),
            _ => "the kubeconfig has no current context; name one with --context".to_owned(),
        });
    }
    let config = &setup.own.config;
    let guard = Guard { readonly: setup.world.readonly, broken: config.broken.clone(), rules: config.guard.clone() };
    let clusters = setup.chosen.iter().filter_map(|id| setup.world.cluster(*id));
    let told = clusters.map(|cluster| {
        let namespace = if known::is_cluster_wide(&kind) { "" } else { namespace.unwrap_or(&cluster.namespace) };
        told(setup, asked, &guard, cluster, &kind, namespace, removal)
    });
    Ok(told.collect::<Vec<_>>().join("\n"))
}

fn told(setup: &Setup, asked: &Explain, guard: &Guard, cluster: &Cluster, kind: &GroupResource, namespace: &str, removal: bool) -> String {
    let ruling = guard.rule(&Asked {
        cluster,
        namespace,
        kind,
        name: &asked.name,
        verb: &asked.verb,
        removal,
        objects: asked.objects,
        // Where nobody says how many, it is not about too few.
        replicas: asked.replicas.or(Some(i64::MAX)),
        now: setup.world.now,
        utc_offset: setup.world.utc_offset,
    });
    let place = if namespace.is_empty() { String::new() } else { format!(" -n {namespace}") };
    let name = if asked.name.is_empty() { String::new() } else { format!(" {}", asked.name) };
    let reason = if ruling.reason { "\nreason  is needed" } else { "" };
    let lines = format!(
        "{}: {} {kind}{name}{place}\nstep    {}{reason}\nrule    {}\nwhy     {}",
        cluster.name,
        asked.verb,
        ruling.step(),
        ruling.rule,
        ruling.why
    );
    lines.lines().map(|line| format!("{}\n", visible(line))).collect()
}

//! How many pods a workload has.

use super::evict::selects;
use super::{Action, change};
use crate::kinds::room::{adds_nodes, room};
use crate::model::quantity::bytes;
use crate::model::step::{Reject, Scene, Step};
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Around, Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[Action { name: "scale", help: "Change how many pods this has: a number, +3, 2x or 50%", run: scale }];

pub(super) static SCALE: Verb = Verb {
    name: "scale",
    does: "scale",
    to: &["deployments.apps", "statefulsets.apps", "replicasets.apps", "replicationcontrollers"],
    on: On::Itself,
    right: ("patch", "scale"),
    removes: false,
    around,
    form,
    plan,
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Rollout,
    pace: Pace::Together(10),
    undo: Undo::Fields,
    check: Check::Server,
};

fn scale(scene: &Scene, argument: &str) -> Result<Vec<Step>, Reject> {
    change(scene, &SCALE, argument)
}

/// What has a scale.
const WORKLOADS: [(&str, &str); 4] =
    [("apps", "deployments"), ("apps", "statefulsets"), ("apps", "replicasets"), ("", "replicationcontrollers")];

fn around(item: &Item) -> Vec<Around> {
    // A Scale tells the selector of the pods as text, and nothing else of them: the workload itself has the template.
    let kinds = [("autoscaling", "horizontalpodautoscalers"), ("policy", "poddisruptionbudgets"), ("", "resourcequotas")];
    let is_it = |(group, resource): &(&str, &str)| *item.target.kind.group == **group && *item.target.kind.resource == **resource;
    let itself = WORKLOADS.into_iter().find(is_it).map(|kind| Around { kind, selector: format!("metadata.name={}", item.target.name) });
    let namespaced = !item.target.namespace.is_empty();
    kinds.into_iter().filter(|_| namespaced).map(|kind| Around { kind, selector: String::new() }).chain(itself).collect()
}

/// Begins with what is wanted now, and never with 0: that is always typed.
fn form(items: &[Item], argument: &str) -> Form {
    let now = match items {
        [item] => item.number("/spec/replicas").filter(|n| *n > 0).map(|n| n.to_string()),
        _ => None,
    };
    let text = if argument.is_empty() { now.unwrap_or_default() } else { argument.to_owned() };
    Form::of([Field::new("replicas", "a number, +3, -3, 2x or 50%", &text).counting()])
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    let now = item.number("/spec/replicas").unwrap_or_default();
    let wanted = wanted(form.text("replicas"), now)?;
    if wanted == now {
        return Err(format!("it has {now} already"));
    }
    Ok(Plan::to("scale", Write::Merge(json!({"spec": {"replicas": wanted}}))))
}

/// What a text asks for of a workload that has so many.
///
/// # Errors
/// What may be written instead.
pub(super) fn wanted(text: &str, now: i64) -> Result<i64, String> {
    let bad = || if text.is_empty() { "how many?".to_owned() } else { format!("{text} is no number of pods: write 5, +3, -3, 2x or 50%") };
    let number = |digits: &str| digits.trim().parse::<i64>().ok().filter(|n| (0..=1_000_000).contains(n)).ok_or_else(bad);
    let wanted = match (text.strip_prefix('+'), text.strip_prefix('-'), text.strip_suffix('x'), text.strip_suffix('%')) {
        (Some(more), ..) => now + number(more)?,
        (_, Some(less), ..) => now - number(less)?,
        (_, _, Some(times), _) => now.saturating_mul(number(times)?),
        // A part of something is never nothing.
        (.., Some(percent)) => match number(percent)? {
            0 => 0,
            percent => (now.saturating_mul(percent) + 50).div_euclid(100).max(i64::from(now > 0)),
        },
        _ => number(text)?,
    };
    if wanted < 0 {
        return Err(format!("it has only {now}"));
    }
    i32::try_from(wanted).map(i64::from).map_err(|_| bad())
}

fn notes(item: &Item, form: &Form, world: &World) -> Vec<Note> {
    let now = item.number("/spec/replicas").unwrap_or_default();
    let wanted = wanted(form.text("replicas"), now).unwrap_or(now);
    let mut notes: Vec<Note> = autoscaler(item).map(|hpa| of_autoscaler(hpa, wanted)).into_iter().collect();
    if wanted == 0 && now > 0 {
        notes.push(Note::warn("pods", format!("all {now} go: nothing is left that answers")));
    }
    if wanted < now {
        let budgets = item.beside("poddisruptionbudgets").iter();
        notes.extend(budgets.filter(|budget| template(item).is_some_and(|pods| selects(budget, pods))).map(of_budget));
    }
    if wanted > now {
        notes.extend(item.beside("resourcequotas").iter().filter_map(of_quota));
        notes.push(of_room(item, (wanted - now).unsigned_abs(), world));
    }
    notes
}

/// What its pods are made from: a Scale does not tell.
fn template(item: &Item) -> Option<&Value> {
    item.beside(&item.target.kind.resource).first()?.pointer("/spec/template")
}

/// Room on nodes for so many more pods.
fn of_room(item: &Item, more: u64, world: &World) -> Note {
    let cluster = item.target.cluster;
    let room = template(item).ok_or("its template could not be read").and_then(|template| room(world, cluster, template));
    let room = match room {
        Ok(room) => room,
        Err(why) => return Note::info("room", format!("n/a: {why}")),
    };
    let asks = match (room.asks.cpu, room.asks.memory) {
        (0, 0) => "by their number alone, as one asks for neither cpu nor memory".to_owned(),
        (cpu, 0) => format!("by what one asks for (cpu {cpu}m)"),
        (0, memory) => format!("by what one asks for (memory {})", bytes(memory)),
        (cpu, memory) => format!("by what one asks for (cpu {cpu}m, memory {})", bytes(memory)),
    };
    let told = format!("{} more fit on {} of {} nodes now, {asks}", room.pods, room.on, room.nodes);
    match (more > room.pods, adds_nodes(world, cluster)) {
        (false, _) => Note::info("room", told),
        (true, true) => Note::info("room", format!("{told}; nodes are added here where pods wait for room")),
        (true, false) => Note::warn("room", format!("{told}: {} would wait for room", more - room.pods)),
    }
}

/// The HorizontalPodAutoscaler that scales this.
fn autoscaler(item: &Item) -> Option<&Value> {
    let is = |hpa: &&Value| {
        let target = |key: &str| hpa.pointer("/spec/scaleTargetRef")?.get(key)?.as_str();
        target("name") == Some(&*item.target.name) && target("kind") == Some(&*item.resource.kind)
    };
    item.beside("horizontalpodautoscalers").iter().find(is)
}

fn of_autoscaler(hpa: &Value, wanted: i64) -> Note {
    let name = hpa.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let bound = |key: &str| hpa.pointer("/spec").and_then(|s| s.get(key)?.as_i64());
    let (min, max) = (bound("minReplicas").unwrap_or(1), bound("maxReplicas").unwrap_or(1));
    let keeps = |text: String| Note::warn("HPA", format!("{name} keeps {min} to {max}: {text}"));
    match wanted {
        0 => Note::warn("HPA", format!("0 turns {name} off until somebody scales up again")),
        n if n < min => keeps(format!("it goes back to {min}; change its minimum instead")),
        n if n > max => keeps(format!("it goes back to {max}; change its maximum instead")),
        _ => keeps("it may scale again at once".to_owned()),
    }
}

fn of_budget(budget: &Value) -> Note {
    let name = budget.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let needs = budget.pointer("/status/desiredHealthy").and_then(Value::as_i64).unwrap_or_default();
    Note::info("PDB", format!("{name} needs {needs} available; scaling down does not ask it"))
}

fn of_quota(quota: &Value) -> Option<Note> {
    let name = quota.pointer("/metadata/name").and_then(Value::as_str)?;
    let part = |of: &str, what: &str| Some(quota.pointer("/status")?.get(of)?.get(what)?.as_str()?.to_owned());
    let told: Vec<String> = ["pods", "requests.cpu", "requests.memory"]
        .into_iter()
        .filter_map(|what| Some(format!("{what} {}/{}", part("used", what)?, part("hard", what)?)))
        .collect();
    (!told.is_empty()).then(|| Note::info("quota", format!("{name}: {}", told.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_means_a_number_of_pods() {
        for (text, now, wanted_) in [
            ("5", 2, Some(5)),
            ("+3", 2, Some(5)),
            ("-1", 2, Some(1)),
            ("-3", 2, None),
            ("2x", 3, Some(6)),
            ("50%", 5, Some(3)),
            ("1%", 5, Some(1)),
            ("0%", 5, Some(0)),
            ("50%", 0, Some(0)),
            ("150%", 4, Some(6)),
            ("0", 5, Some(0)),
            ("", 5, None),
            ("five", 5, None),
            ("1.5", 5, None),
            ("99999999999999999999", 5, None),
            ("2000000x", 5, None),
        ] {
            assert_eq!(wanted(text, now).ok(), wanted_, "{text} of {now}");
        }
    }
}

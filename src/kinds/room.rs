//! Room for pods: how many more of a kind the nodes of a cluster take, by what pods ask for and nodes offer, as the tables know both.

use super::find;
use crate::model::facts::{Amounts, Facts, NodeFacts, Truth};
use crate::model::id::{ClusterId, GroupResource};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::tally::Sum;
use crate::model::want::Of;
use crate::model::words::{Dictionary, Words};
use crate::model::world::World;
use serde_json::Value;

/// Room for more pods that are made from a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// How many more fit.
    pub pods: u64,
    /// On so many nodes.
    pub on: usize,
    /// Of so many that there are.
    pub nodes: usize,
    /// What each of them asks for.
    pub asks: Amounts,
}

/// How many more pods of a template fit onto nodes that take them: ready, not cordoned, with the labels that it selects and without taints that it
/// does not tolerate. Affinity, spreading, volumes and ports are not looked at.
///
/// # Errors
/// What is not known.
pub fn room(world: &World, cluster: ClusterId, template: &Value) -> Result<Room, &'static str> {
    let nodes = all(world, cluster, "nodes").ok_or("nodes are not known here")?;
    let pods = all(world, cluster, "pods").ok_or("what all pods of the cluster ask for is not known here")?;
    let asks = asks(template).ok_or("what one asks for is not known")?;
    let mut room = Room { pods: 0, on: 0, nodes: nodes.len(), asks };
    for (row, node) in nodes.rows().filter_map(|row| if let Facts::Node(node) = &row.facts { Some((row, node)) } else { None }) {
        let fit = if takes(row, node, nodes.words(), template) { fit(node, pods.aside().tally.of(&row.name), asks) } else { 0 };
        room.pods += fit;
        room.on += usize::from(fit > 0);
    }
    Ok(room)
}

/// Something adds nodes where pods find no room: Karpenter, or a Deployment of the cluster autoscaler.
pub fn adds_nodes(world: &World, cluster: ClusterId) -> bool {
    world.serves(cluster, "karpenter.sh", "nodepools") == Some(true)
        || world.tables_of(cluster, "apps", "deployments").any(|t| t.aside().add_nodes > 0)
}

/// The table of all objects of a core kind, once it was listed.
fn all<'a>(world: &'a World, cluster: ClusterId, resource: &'a str) -> Option<&'a Table> {
    world.tables_of(cluster, "", resource).find(|t| t.want.namespace.is_none() && t.want.of == Of::All && t.is_listed())
}

/// What a pod of a template asks for, as the scheduler counts.
fn asks(template: &Value) -> Option<Amounts> {
    let row = find(&GroupResource::new("", "pods"))?.row(template.to_string().as_bytes(), &mut Dictionary::default());
    if let Facts::Pod(pod) = row.facts { Some(pod.requests) } else { None }
}

/// How many more fit onto a node whose pods are this together.
fn fit(node: &NodeFacts, taken: Sum, asks: Amounts) -> u64 {
    let times = |of: u64, taken: u64, one: u64| of.saturating_sub(taken).checked_div(one).unwrap_or(u64::MAX);
    let pods = u64::from(node.pods.saturating_sub(taken.pods));
    let cpu = times(node.allocatable.cpu.into(), taken.cpu, asks.cpu.into());
    pods.min(cpu).min(times(node.allocatable.memory, taken.memory, asks.memory))
}

/// A node takes pods of the template at all.
fn takes(row: &Row, node: &NodeFacts, words: &Words, template: &Value) -> bool {
    let is_ready = node.ready.as_ref().is_some_and(|ready| ready.status == Truth::True);
    let selector = template.pointer("/spec/nodeSelector").and_then(Value::as_object);
    let is_selected = selector.into_iter().flatten().all(|(key, value)| row.label(key, words) == value.as_str());
    let tolerations = template.pointer("/spec/tolerations").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let is_borne = |taint: &[crate::model::words::Sym; 3]| tolerations.iter().any(|t| tolerates(t, taint.map(|word| words.get(word))));
    is_ready && !node.cordoned && row.going.is_none() && is_selected && node.taints.iter().all(is_borne)
}

/// `Toleration.ToleratesTaint` of k8s.io/api.
fn tolerates(toleration: &Value, [key, value, effect]: [&str; 3]) -> bool {
    let field = |name: &str| toleration.get(name).and_then(Value::as_str).unwrap_or_default();
    let same = |name: &str, is: &str| field(name).is_empty() || field(name) == is;
    let any_value = field("operator") == "Exists";
    same("effect", effect) && same("key", key) && (any_value || (!field("key").is_empty() && field("value") == value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::model::id::WatchId;
    use crate::model::msg::{Delta, Sync};
    use crate::model::time::Timestamp;
    use crate::model::want::Want;
    use serde_json::json;

    fn node(name: &str, more: &Value) -> Value {
        let mut node = json!({"metadata": {"name": name, "uid": name, "labels": {"disk": "ssd"}}, "spec": {}, "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}, "conditions": [{"type": "Ready", "status": "True"}]}});
        for (path, value) in more.as_object().unwrap() {
            *node.pointer_mut(path).unwrap() = value.clone();
        }
        node
    }

    fn pod(node: &str, cpu: &str) -> Value {
        json!({"metadata": {"name": "p", "uid": format!("p-{node}-{cpu}"), "namespace": "n"}, "spec": {"nodeName": node,
            "containers": [{"name": "a", "resources": {"requests": {"cpu": cpu}}}]}, "status": {"phase": "Running"}})
    }

    fn world(nodes: &[Value], pods: &[Value]) -> World {
        let mut world = World::default();
        for (at, (resource, objects)) in [("nodes", nodes), ("pods", pods)].into_iter().enumerate() {
            let kind = find(&GroupResource::new("", resource)).unwrap();
            let mut words = Dictionary::default();
            let rows = objects.iter().map(|o| kind.row(o.to_string().as_bytes(), &mut words)).collect();
            let mut table = Table::new(WatchId(at as u64), Want::all(ClusterId(0), kind.id()), kind.columns(), Timestamp(0));
            table.apply(Delta { upserts: rows, words: words.news(), ..Delta::default() });
            table.set_sync(Sync::Live, Timestamp(0));
            world.tables.insert(WatchId(at as u64), table);
        }
        world
    }

    fn template(more: &Value) -> Value {
        let mut spec = json!({"containers": [{"name": "a", "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}]});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"spec": spec})
    }

    #[test]
    fn what_fits_is_counted_where_pods_may_go() {
        let tainted = json!({"/spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}});
        let soft = json!({"/spec": {"taints": [{"key": "spot", "effect": "PreferNoSchedule"}]}});
        let tolerates = |t: Value| json!({"tolerations": [t]});
        for (more, pod_spec, fits) in [
            (json!({}), json!({}), 8),
            (json!({"/status/allocatable": {"cpu": "4", "memory": "3Gi", "pods": "10"}}), json!({}), 3),
            (json!({"/status/allocatable": {"cpu": "4", "memory": "8Gi", "pods": "2"}}), json!({}), 2),
            (json!({"/spec": {"unschedulable": true}}), json!({}), 0),
            (json!({"/status/conditions": [{"type": "Ready", "status": "Unknown"}]}), json!({}), 0),
            (json!({}), json!({"nodeSelector": {"disk": "ssd"}}), 8),
            (json!({}), json!({"nodeSelector": {"disk": "hdd"}}), 0),
            (soft, json!({}), 8),
            (tainted.clone(), json!({}), 0),
            (tainted.clone(), tolerates(json!({"operator": "Exists"})), 8),
            (tainted.clone(), tolerates(json!({"key": "dedicated", "value": "gpu", "effect": "NoSchedule"})), 8),
            (tainted.clone(), tolerates(json!({"key": "dedicated", "value": "cpu"})), 0),
            (tainted, tolerates(json!({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"})), 0),
        ] {
            let world = world(&[node("n", &more)], &[]);
            assert_eq!(room(&world, ClusterId(0), &template(&pod_spec)).map(|r| r.pods), Ok(fits), "{more} {pod_spec}");
        }
    }

    #[test]
    fn what_is_taken_is_not_free_and_what_is_not_known_is_not_guessed() {
        let nodes = [node("a", &json!({})), node("b", &json!({}))];
        let full = world(&nodes, &[pod("a", "3"), pod("b", "4")]);
        let asks = Amounts { cpu: 500, memory: 1 << 30 };
        assert_eq!(room(&full, ClusterId(0), &template(&json!({}))), Ok(Room { pods: 2, on: 1, nodes: 2, asks }));
        let free = json!({"spec": {"containers": [{"name": "a"}]}});
        assert_eq!(room(&full, ClusterId(0), &free).map(|r| r.pods), Ok(18), "by the number of pods alone");
        let mut blind = full;
        blind.tables.remove(&WatchId(1));
        assert!(room(&blind, ClusterId(0), &free).unwrap_err().contains("all pods"));
        blind.tables.remove(&WatchId(0));
        assert!(room(&blind, ClusterId(0), &free).unwrap_err().contains("nodes"));
    }
}

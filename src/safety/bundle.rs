//! Texts of objects as what is to be applied to a cluster: each with its kind as that cluster serves it, its namespace, and when it is its turn.

use super::item::{Given, Item};
use crate::model::apply::Source;
use crate::model::catalog::{Catalog, Resource};
use crate::model::cluster::Cluster;
use crate::model::id::{GroupResource, ObjectRef, Uid};
use crate::model::manifest::{self, Manifest};
use crate::model::nearest::hint;
use crate::model::problem::Problem;
use crate::model::world::World;
use serde_json::{Value, json};

/// What other objects stand in or are made of comes first, then what workloads refer to and are limited by, then all else; what has a say in
/// requests of others comes last. The order within each does not matter: controllers wait for what is not there yet.
const TURNS: [&[&str]; 2] = [
    &["namespaces", "customresourcedefinitions.apiextensions.k8s.io"],
    &[
        "configmaps",
        "secrets",
        "serviceaccounts",
        "limitranges",
        "resourcequotas",
        "persistentvolumes",
        "persistentvolumeclaims",
        "storageclasses.storage.k8s.io",
        "priorityclasses.scheduling.k8s.io",
        "networkpolicies.networking.k8s.io",
        "poddisruptionbudgets.policy",
        "roles.rbac.authorization.k8s.io",
        "clusterroles.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io",
        "clusterrolebindings.rbac.authorization.k8s.io",
    ],
];
const LAST: [&str; 3] = [
    "apiservices.apiregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
];

/// An object of a text, and where it stands.
struct Part<'a> {
    source: &'a Source,
    manifest: Manifest,
}

impl Part<'_> {
    fn text(&self, pointer: &str) -> Option<&str> {
        self.manifest.value.pointer(pointer)?.as_str()
    }

    /// Something is wrong with a field.
    fn wrong(&self, field: &str, what: String) -> Problem {
        Problem { file: self.source.name.clone(), line: self.manifest.place(field, None).line, what }
    }
}

/// Reads what is to be applied to a cluster: an item for each object, in the order of the texts.
///
/// # Errors
/// All that is wrong in any of them, with its file and line.
pub fn read(world: &World, cluster: &Cluster, sources: &[Source]) -> Result<Vec<Item>, Vec<Problem>> {
    let Some(catalog) = &cluster.catalog else {
        let file = sources.first().map(|source| source.name.clone()).unwrap_or_default();
        return Err(vec![Problem { file, line: 1, what: unknown(cluster) }]);
    };
    let (mut parts, mut wrong) = (Vec::new(), Vec::new());
    for source in sources {
        match manifest::documents(&source.text) {
            Ok(all) => parts.extend(all.into_iter().map(|manifest| Part { source, manifest })),
            Err(flaws) => {
                wrong.extend(flaws.errors.into_iter().map(|f| Problem { file: source.name.clone(), line: f.place.line, what: f.what }));
            }
        }
    }
    let found: Vec<Result<(ObjectRef, Resource), Problem>> =
        parts.iter().map(|part| object(world, (cluster, catalog), part, &parts)).collect();
    let mut items: Vec<Item> = Vec::new();
    for (part, found) in parts.iter().zip(found) {
        match found {
            Ok((target, _)) if items.iter().any(|i| i.target == target) => wrong.push(twice(part, &target, &parts)),
            Ok((target, resource)) => {
                let value = placed(&part.manifest.value, &target);
                items.push(Item { turn: turn(&target.kind), ..Item::new(target, resource, Given::Manifest(value), world.now) });
            }
            Err(problem) => wrong.push(problem),
        }
    }
    if !wrong.is_empty() {
        wrong.sort();
        return Err(wrong);
    }
    for at in 0..items.len() {
        let needs = needed(&items, at);
        if let Some(item) = items.get_mut(at) {
            item.needs = needs;
        }
    }
    Ok(items)
}

/// That a cluster has not said yet which kinds there are.
pub fn unknown(cluster: &Cluster) -> String {
    format!("it is not known yet what {} serves: try again in a moment", cluster.name)
}

/// Which object it is, and its kind as the cluster serves it, or will once what stands beside it is there.
fn object(
    world: &World,
    (cluster, catalog): (&Cluster, &Catalog),
    part: &Part<'_>,
    all: &[Part<'_>],
) -> Result<(ObjectRef, Resource), Problem> {
    let (version, kind) = (part.text("/apiVersion").unwrap_or_default(), part.text("/kind").unwrap_or_default());
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let served = catalog.resources.iter().find(|r| *r.kind == *kind && *r.id.group == *group).cloned();
    let resource = served.or_else(|| all.iter().find_map(|definition| defined(definition, group, kind)));
    let resource = resource.ok_or_else(|| part.wrong("kind", unserved(cluster, catalog, part)))?;
    let namespace = part.text("/metadata/namespace").filter(|n| !n.is_empty());
    let namespace = match (resource.namespaced, namespace) {
        (true, Some(namespace)) => namespace,
        (true, None) => world
            .namespace_in(cluster)
            .ok_or_else(|| part.wrong("metadata.name", "no namespace, and several are looked at: write metadata.namespace".to_owned()))?,
        (false, None) => "",
        (false, Some(_)) => {
            let what = format!("a {kind} is in no namespace: take metadata.namespace away");
            return Err(part.wrong("metadata.namespace", what));
        }
    };
    let name = part.text("/metadata/name").unwrap_or_default();
    // It has no uid before it was read: a stand-in.
    let uid = Uid::of_name(namespace, name);
    let target = ObjectRef { cluster: cluster.id, kind: resource.id.clone(), namespace: namespace.into(), name: name.into(), uid };
    Ok((target, Resource { version: version.into(), ..resource }))
}

/// The kind that a definition beside it will have the cluster serve.
fn defined(definition: &Part<'_>, group: &str, kind: &str) -> Option<Resource> {
    let is = |pointer: &str, wanted: &str| definition.text(pointer) == Some(wanted);
    if !is("/kind", "CustomResourceDefinition") || !is("/spec/group", group) || !is("/spec/names/kind", kind) {
        return None;
    }
    Some(Resource {
        id: GroupResource::new(group, definition.text("/spec/names/plural")?),
        version: "".into(),
        kind: kind.into(),
        singular: definition.text("/spec/names/singular").unwrap_or_default().into(),
        short_names: [].into(),
        categories: [].into(),
        namespaced: is("/spec/scope", "Namespaced"),
        list: true,
        watch: true,
    })
}

/// That a cluster does not serve a kind, and what may have been meant.
fn unserved(cluster: &Cluster, catalog: &Catalog, part: &Part<'_>) -> String {
    let (version, kind) = (part.text("/apiVersion").unwrap_or_default(), part.text("/kind").unwrap_or_default());
    let group = version.split_once('/').map_or("", |(group, _)| group);
    if catalog.stale_groups.iter().any(|g| **g == *group) {
        return format!("{} cannot say now what is in {group}: the server behind it does not answer", cluster.name);
    }
    let elsewhere = catalog.resources.iter().find(|r| *r.kind == *kind);
    let near = match elsewhere {
        Some(resource) => format!("; it has one in {}", resource.api_version()),
        None => hint(kind, catalog.resources.iter().map(|r| &*r.kind)),
    };
    format!("{} serves no kind {kind} in {version}{near}", cluster.name)
}

fn twice(part: &Part<'_>, target: &ObjectRef, all: &[Part<'_>]) -> Problem {
    let same = |other: &&Part<'_>| other.text("/kind") == part.text("/kind") && other.text("/metadata/name") == Some(&*target.name);
    let first = all.iter().find(same).map(|other| format!(" in {}:{}", other.source.name, other.manifest.begin().line));
    part.wrong("metadata.name", format!("the same object stands{} already", first.unwrap_or_default()))
}

/// What is sent of it: what somebody wishes, in its namespace.
fn placed(value: &Value, target: &ObjectRef) -> Value {
    let mut wished = manifest::wished(value);
    if let (false, Some(metadata)) = (target.namespace.is_empty(), wished.get_mut("metadata").and_then(Value::as_object_mut)) {
        metadata.insert("namespace".to_owned(), json!(&*target.namespace));
    }
    wished
}

/// When it is its turn.
fn turn(kind: &GroupResource) -> usize {
    let name = kind.to_string();
    let first = TURNS.iter().position(|kinds| kinds.contains(&name.as_str()));
    first.unwrap_or(if LAST.contains(&name.as_str()) { TURNS.len() + 1 } else { TURNS.len() })
}

/// The objects without which one cannot be, by their places: its namespace, and what defines its kind.
fn needed(items: &[Item], at: usize) -> Vec<usize> {
    let Some(item) = items.get(at) else { return Vec::new() };
    let namespaces = GroupResource::new("", "namespaces");
    let definitions = GroupResource::new("apiextensions.k8s.io", "customresourcedefinitions");
    let is_needed = |other: &Item| {
        (other.target.kind == namespaces && other.target.name == item.target.namespace)
            || (other.target.kind == definitions && *other.target.name == *item.target.kind.to_string())
    };
    items.iter().enumerate().filter(|(_, other)| is_needed(other)).map(|(at, _)| at).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::kinds::KINDS;
    use crate::model::id::ClusterId;

    fn world() -> World {
        let mut cluster = Cluster::new(ClusterId(0), "eu");
        let definitions = GroupResource::new("apiextensions.k8s.io", "customresourcedefinitions");
        let of = |r: Resource, id, kind: &str, namespaced| Resource { id, kind: kind.into(), namespaced, version: "v1".into(), ..r };
        let ours: Vec<Resource> = KINDS.iter().map(|k| k.resource()).collect();
        let secrets = of(ours[0].clone(), GroupResource::new("", "secrets"), "Secret", true);
        let definitions = of(ours[0].clone(), definitions, "CustomResourceDefinition", false);
        let resources = ours.into_iter().chain([secrets, definitions]).collect();
        cluster.catalog = Some(Catalog { resources, stale_groups: vec!["metrics.example".into()] });
        cluster.namespace = "team".to_owned();
        World { clusters: vec![cluster], ..World::default() }
    }

    fn told(world: &World, texts: &[&str]) -> Vec<String> {
        let source = |(n, text): (usize, &&str)| Source { name: format!("{}.yaml", n + 1), text: (*text).to_owned() };
        let sources: Vec<Source> = texts.iter().enumerate().map(source).collect();
        match read(world, &world.clusters[0], &sources) {
            Ok(items) => items
                .iter()
                .map(|i| {
                    format!(
                        "{} {} {}/{} {} {:?}",
                        i.turn,
                        i.resource.path(Some("N")),
                        i.target.namespace,
                        i.target.name,
                        i.target.kind,
                        i.needs
                    )
                })
                .collect(),
            Err(wrong) => wrong.iter().map(ToString::to_string).collect(),
        }
    }

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n";
    const SCALER: &str = "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: shop}\n";
    const SHOP: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: bats.zoo.example}\nspec: {group: zoo.example, scope: Namespaced, names: {kind: Bat, plural: bats}}\n";
    const BAT: &str = "apiVersion: zoo.example/v2\nkind: Bat\nmetadata: {name: b, namespace: shop}\n";

    #[test]
    fn each_object_has_its_kind_its_place_and_its_turn() {
        let found = told(&world(), &[POD, SCALER, BAT, DEFINITION, SHOP]);
        assert_eq!(
            found,
            [
                "2 /api/v1/namespaces/N/pods team/a pods []",
                "2 /apis/autoscaling/v1/namespaces/N/horizontalpodautoscalers shop/a horizontalpodautoscalers.autoscaling [4]",
                "2 /apis/zoo.example/v2/namespaces/N/bats shop/b bats.zoo.example [3, 4]",
                "0 /apis/apiextensions.k8s.io/v1/customresourcedefinitions /bats.zoo.example customresourcedefinitions.apiextensions.k8s.io []",
                "0 /api/v1/namespaces /shop namespaces []",
            ]
        );
        let one = World { namespaces: vec!["one".into()], ..world() };
        assert_eq!(told(&one, &[POD]), ["2 /api/v1/namespaces/N/pods one/a pods []"]);
    }

    #[test]
    fn what_the_cluster_does_not_know_is_refused_at_its_line() {
        let (unknown, several) = (
            World { clusters: vec![Cluster::new(ClusterId(0), "eu")], ..World::default() },
            World { namespaces: vec!["one".into(), "two".into()], ..world() },
        );
        for (world, texts, wrong) in [
            (unknown, vec![POD], vec!["1.yaml:1: it is not known yet what eu serves"]),
            (several, vec![POD], vec!["1.yaml:4: no namespace, and several are looked at"]),
            (world(), vec![BAT], vec!["1.yaml:2: eu serves no kind Bat in zoo.example/v2"]),
            (
                world(),
                vec!["kind: Pd\napiVersion: v1\nmetadata: {name: a}\n"],
                vec!["1.yaml:1: eu serves no kind Pd in v1; did you mean Pod?"],
            ),
            (
                world(),
                vec!["kind: Deployment\napiVersion: extensions/v1beta1\nmetadata: {name: a}\n"],
                vec!["1.yaml:1: eu serves no kind Deployment in extensions/v1beta1; it has one in apps/v1"],
            ),
            (world(), vec!["kind: X\napiVersion: metrics.example/v1\nmetadata: {name: a}\n"], vec!["1.yaml:1: eu cannot say now"]),
            (
                world(),
                vec!["kind: Namespace\napiVersion: v1\nmetadata:\n  name: a\n  namespace: b\n"],
                vec!["1.yaml:5: a Namespace is in no namespace"],
            ),
            (world(), vec![SHOP, POD, POD], vec!["3.yaml:4: the same object stands in 2.yaml:1 already"]),
            (world(), vec!["a: 1\na: 2\n", POD, "kind: Pod\n"], vec!["1.yaml:2: a stands in line 1 already", "3.yaml:1: no apiVersion"]),
        ] {
            let found = told(&world, &texts);
            assert_eq!(found.len(), wrong.len(), "{texts:?}\n{found:?}");
            assert!(found.iter().zip(&wrong).all(|(f, w)| f.starts_with(w)), "{texts:?}\n{found:?}");
        }
    }

    #[test]
    fn what_a_server_keeps_for_itself_is_not_sent() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, uid: u, resourceVersion: '7', managedFields: [{}], labels: {a: b}}\nspec: {}\nstatus: {phase: Running}\n";
        let world = world();
        let items = read(&world, &world.clusters[0], &[Source { name: "a".into(), text: text.into() }]).unwrap();
        let sent =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"a": "b"}, "namespace": "team"}, "spec": {}});
        assert_eq!(items[0].given, Given::Manifest(sent));
    }
}

//! Clusters that a robot looks at, before anything is known of them, and the kinds that they serve.

use kconsole::kinds;
use kconsole::model::catalog::{Catalog, Resource};
use kconsole::model::cluster::{Cluster, Tier};
use kconsole::model::id::{ClusterId, GroupResource, Session};
use kconsole::model::msg::{Link, Server, Traffic};
use kconsole::model::time::Timestamp;

/// A cluster of the kubeconfig that nobody has opened.
pub fn cluster(i: usize, name: &str) -> Cluster {
    Cluster {
        name: name.to_owned(),
        digit: u8::try_from(i + 1).ok().filter(|d| *d < 10),
        server: format!("https://{name}:6443"),
        ..Cluster::new(ClusterId(i as u16), &format!("ctx/{name}"))
    }
}

/// The kinds of ours, definitions, and one that a definition defines.
pub fn catalog() -> Catalog {
    let mut resources: Vec<Resource> = kinds::KINDS.iter().map(kinds::Kind::resource).collect();
    for (group, plural, kind, short, namespaced) in [
        ("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", "crd", false),
        ("example.com", "widgets", "Widget", "wd", true),
    ] {
        resources.push(Resource {
            id: GroupResource::new(group, plural),
            version: "v1".into(),
            kind: kind.into(),
            singular: kind.to_lowercase().into(),
            short_names: [short.into()].into(),
            categories: [].into(),
            namespaced,
            list: true,
            watch: true,
        });
    }
    Catalog { resources, stale_groups: Vec::new() }
}

//! The manifests, read once for all clusters.

use serde::Deserialize;
use serde_json::Value;
use std::sync::OnceLock;

/// Where the images of the shop come from.
pub(super) const REGISTRY: &str = "registry.shop.example";

/// In the order in which they are created: what others refer to first.
const FILES: [&str; 15] = [
    include_str!("base.yaml"),
    include_str!("rbac.yaml"),
    include_str!("crds.yaml"),
    include_str!("custom.yaml"),
    include_str!("system.yaml"),
    include_str!("monitoring.yaml"),
    include_str!("ingress.yaml"),
    include_str!("cert-manager.yaml"),
    include_str!("argocd.yaml"),
    include_str!("data.yaml"),
    include_str!("accounts.yaml"),
    include_str!("logistics.yaml"),
    include_str!("payments.yaml"),
    include_str!("search.yaml"),
    include_str!("shop.yaml"),
];

/// All objects.
pub(super) fn all() -> &'static [Value] {
    static ALL: OnceLock<Vec<Value>> = OnceLock::new();
    ALL.get_or_init(|| FILES.iter().flat_map(|file| read(file)).collect())
}

fn read(file: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(file);
    // Tests read every file; what is no manifest would be missing there.
    documents.filter_map(|d| Value::deserialize(d).ok()).filter(|o| o.is_object()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::json::text;
    use std::collections::BTreeSet;

    #[test]
    fn every_document_is_an_object_and_none_is_there_twice() {
        let documents: usize = FILES.iter().map(|f| f.lines().filter(|l| *l == "---").count()).sum();
        assert_eq!(all().len(), documents);
        let mut seen = BTreeSet::new();
        for object in all() {
            let part = |place| text(object, place).unwrap_or_default();
            let whole = format!("{} {}/{}", part("/kind"), part("/metadata/namespace"), part("/metadata/name"));
            assert!(!part("/apiVersion").is_empty() && !part("/metadata/name").is_empty(), "{whole}");
            assert!(seen.insert(whole.clone()), "{whole} is there twice");
        }
    }
}

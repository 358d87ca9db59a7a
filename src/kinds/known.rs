//! The kinds that Kubernetes itself has, by all their names: a rule is read, and explained, where no cluster can be asked. From the API
//! reference of Kubernetes 1.36; short names as its discovery tells them.

use crate::model::id::GroupResource;
use crate::model::nearest::hint;

/// Group, plural, singular, short names.
const KINDS: &[(&str, &str, &str, &[&str])] = &[
    ("", "pods", "pod", &["po"]),
    ("", "nodes", "node", &["no"]),
    ("", "namespaces", "namespace", &["ns"]),
    ("", "services", "service", &["svc"]),
    ("", "configmaps", "configmap", &["cm"]),
    ("", "secrets", "secret", &["sec"]),
    ("", "events", "event", &["ev"]),
    ("", "endpoints", "endpoints", &["ep"]),
    ("", "serviceaccounts", "serviceaccount", &["sa"]),
    ("", "persistentvolumeclaims", "persistentvolumeclaim", &["pvc"]),
    ("", "persistentvolumes", "persistentvolume", &["pv"]),
    ("", "resourcequotas", "resourcequota", &["quota"]),
    ("", "limitranges", "limitrange", &["limits"]),
    ("", "replicationcontrollers", "replicationcontroller", &["rc"]),
    ("", "podtemplates", "podtemplate", &[]),
    ("apps", "deployments", "deployment", &["deploy", "dp"]),
    ("apps", "replicasets", "replicaset", &["rs"]),
    ("apps", "statefulsets", "statefulset", &["sts"]),
    ("apps", "daemonsets", "daemonset", &["ds"]),
    ("apps", "controllerrevisions", "controllerrevision", &[]),
    ("batch", "jobs", "job", &["jo"]),
    ("batch", "cronjobs", "cronjob", &["cj"]),
    ("autoscaling", "horizontalpodautoscalers", "horizontalpodautoscaler", &["hpa"]),
    ("policy", "poddisruptionbudgets", "poddisruptionbudget", &["pdb"]),
    ("networking.k8s.io", "ingresses", "ingress", &["ing"]),
    ("networking.k8s.io", "ingressclasses", "ingressclass", &[]),
    ("networking.k8s.io", "networkpolicies", "networkpolicy", &["netpol", "np"]),
    ("discovery.k8s.io", "endpointslices", "endpointslice", &[]),
    ("storage.k8s.io", "storageclasses", "storageclass", &["sc"]),
    ("storage.k8s.io", "volumeattachments", "volumeattachment", &[]),
    ("storage.k8s.io", "csidrivers", "csidriver", &[]),
    ("storage.k8s.io", "csinodes", "csinode", &[]),
    ("scheduling.k8s.io", "priorityclasses", "priorityclass", &["pc"]),
    ("node.k8s.io", "runtimeclasses", "runtimeclass", &[]),
    ("coordination.k8s.io", "leases", "lease", &[]),
    ("certificates.k8s.io", "certificatesigningrequests", "certificatesigningrequest", &["csr"]),
    ("rbac.authorization.k8s.io", "roles", "role", &["ro"]),
    ("rbac.authorization.k8s.io", "rolebindings", "rolebinding", &["rb"]),
    ("rbac.authorization.k8s.io", "clusterroles", "clusterrole", &["cr"]),
    ("rbac.authorization.k8s.io", "clusterrolebindings", "clusterrolebinding", &["crb"]),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", "validatingwebhookconfiguration", &[]),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "mutatingwebhookconfiguration", &[]),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies", "validatingadmissionpolicy", &[]),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings", "validatingadmissionpolicybinding", &[]),
    ("apiextensions.k8s.io", "customresourcedefinitions", "customresourcedefinition", &["crd", "crds"]),
    ("apiregistration.k8s.io", "apiservices", "apiservice", &[]),
    ("flowcontrol.apiserver.k8s.io", "flowschemas", "flowschema", &[]),
    ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", "prioritylevelconfiguration", &[]),
];

/// Those whose objects are in no namespace.
const CLUSTER_WIDE: &[&str] = &[
    "nodes",
    "namespaces",
    "persistentvolumes",
    "ingressclasses",
    "storageclasses",
    "volumeattachments",
    "csidrivers",
    "csinodes",
    "priorityclasses",
    "runtimeclasses",
    "certificatesigningrequests",
    "clusterroles",
    "clusterrolebindings",
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "customresourcedefinitions",
    "apiservices",
    "flowschemas",
    "prioritylevelconfigurations",
];

/// True for a kind of Kubernetes whose objects are in no namespace.
pub fn is_cluster_wide(kind: &GroupResource) -> bool {
    let ours = KINDS.iter().any(|(group, plural, ..)| *group == &*kind.group && *plural == &*kind.resource);
    ours && CLUSTER_WIDE.contains(&&*kind.resource)
}

/// The kind that a name means: one of Kubernetes by any of its names, another by plural and group (`certificates.cert-manager.io`).
///
/// # Errors
/// That nobody can tell without a cluster, and what is near.
pub fn named(name: &str) -> Result<GroupResource, String> {
    let (word, group) = name.split_once('.').unwrap_or((name, ""));
    let is = |known: &str| known.eq_ignore_ascii_case(word);
    let ours = KINDS.iter().find(|(of, plural, singular, short)| {
        let any = is(plural) || is(singular) || short.iter().any(|s| is(s));
        any && (group.is_empty() || group == *of)
    });
    if let Some((group, plural, ..)) = ours {
        return Ok(GroupResource::new(group, plural));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if !word.is_empty() && group.contains('.') && name.chars().all(plain) && !group.ends_with('.') && !group.starts_with('.') {
        return Ok(GroupResource::new(group, word));
    }
    let full = KINDS.iter().map(|(group, plural, ..)| GroupResource::new(group, plural).to_string()).collect::<Vec<_>>();
    let known = KINDS.iter().flat_map(|(_, plural, singular, short)| [*plural, *singular].into_iter().chain(short.iter().copied()));
    let near = hint(name, known.chain(full.iter().map(String::as_str)));
    Err(format!("Kubernetes has no kind called {name}{near}; a kind of others is written with its group, as certificates.cert-manager.io"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn kinds_have_names_and_others_have_groups() {
        for (name, want) in [
            ("deploy", Some("deployments.apps")),
            ("Deployment", Some("deployments.apps")),
            ("deployments.apps", Some("deployments.apps")),
            ("po", Some("pods")),
            ("certificates.cert-manager.io", Some("certificates.cert-manager.io")),
            ("ingresses.networking.k8s.io", Some("ingresses.networking.k8s.io")),
            ("deployments.app", None),
            ("certificates", None),
            ("Certificates.cert-manager.io", None),
            ("", None),
            (".x.y", None),
            ("x.", None),
        ] {
            assert_eq!(named(name).ok().map(|k| k.to_string()).as_deref(), want, "{name}");
        }
        assert!(named("deploymnts").unwrap_err().contains("did you mean deployments?"));
        assert!(named("deployments.app").unwrap_err().contains("did you mean deployments.apps?"));
    }

    /// What a table shows can be named in a rule.
    #[test]
    fn all_kinds_with_a_file_are_here() {
        for kind in kinds::KINDS.iter().filter(|k| !k.names.group.starts_with("metrics.")) {
            for name in
                [kind.names.resource, kind.names.singular, kind.names.kind].into_iter().chain(kind.names.short_names.iter().copied())
            {
                assert_eq!(named(name), Ok(kind.id()), "{name}");
            }
            assert_eq!(is_cluster_wide(&kind.id()), !kind.names.namespaced, "{}", kind.id());
        }
    }
}

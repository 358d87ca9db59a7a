//! The kinds that a demo server serves from the start: one line each. Kinds that custom resource definitions add are made like these.

use super::schema::Schema;
use std::sync::Arc;

/// What a server serves: a kind of objects and what can be done with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// As in paths: `pods`.
    pub plural: String,
    /// As in objects: `Pod`.
    pub kind: String,
    /// As `po`.
    pub short: Vec<String>,
    /// As `all`.
    pub categories: Vec<String>,
    /// True where objects live in namespaces.
    pub namespaced: bool,
    /// As `status`, `scale`, `log`.
    pub subresources: Vec<String>,
    /// Fields that a field selector may name beside `metadata.name` and `metadata.namespace`.
    pub fields: Vec<String>,
    /// Columns that the definition of a custom kind asks for.
    pub columns: Vec<Printed>,
    /// Where the replicas are that `scale` writes, and where those that there are: `/spec/replicas`, `/status/replicas`.
    pub scaled: [String; 2],
    /// True for a kind that a definition added.
    pub custom: bool,
    /// The fields of a custom kind, as its definition gives them; see [`Schema::of`] for any kind.
    pub schema: Option<Arc<Schema>>,
}

/// A column of a custom kind (`additionalPrinterColumns`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The title.
    pub title: String,
    /// As `integer`, `date`.
    pub kind: String,
    /// A JSON path as `.spec.size`.
    pub path: String,
    /// Only wide output has it.
    pub is_wide: bool,
}

/// Version or group and version; plural; kind; short names; N in namespaces, C for the cluster; categories; subresources; fields.
const SERVED: &[[&str; 8]] = &[
    ["v1", "namespaces", "Namespace", "ns", "C", "", "status,finalize", "status.phase"],
    ["v1", "nodes", "Node", "no", "C", "", "status,proxy", "spec.unschedulable"],
    [
        "v1",
        "pods",
        "Pod",
        "po",
        "N",
        "all",
        "status,log,exec,attach,portforward,eviction,ephemeralcontainers,binding,resize",
        "spec.nodeName,status.phase,spec.restartPolicy,spec.schedulerName,spec.serviceAccountName,status.podIP,status.nominatedNodeName",
    ],
    [
        "v1",
        "events",
        "Event",
        "ev",
        "N",
        "",
        "",
        "involvedObject.kind,involvedObject.namespace,involvedObject.name,involvedObject.uid,involvedObject.apiVersion,\
         involvedObject.resourceVersion,involvedObject.fieldPath,reason,reportingComponent,source,type",
    ],
    ["v1", "configmaps", "ConfigMap", "cm", "N", "", "", ""],
    ["v1", "secrets", "Secret", "", "N", "", "", "type"],
    ["v1", "services", "Service", "svc", "N", "all", "status,proxy", "spec.clusterIP,spec.type"],
    ["v1", "endpoints", "Endpoints", "ep", "N", "", "", ""],
    ["v1", "serviceaccounts", "ServiceAccount", "sa", "N", "", "token", ""],
    ["v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", "N", "", "status", ""],
    ["v1", "persistentvolumes", "PersistentVolume", "pv", "C", "", "status", ""],
    ["v1", "resourcequotas", "ResourceQuota", "quota", "N", "", "status", ""],
    ["v1", "limitranges", "LimitRange", "limits", "N", "", "", ""],
    ["v1", "replicationcontrollers", "ReplicationController", "rc", "N", "all", "status,scale", "status.replicas"],
    ["apps/v1", "deployments", "Deployment", "deploy", "N", "all", "status,scale", ""],
    ["apps/v1", "replicasets", "ReplicaSet", "rs", "N", "all", "status,scale", "status.replicas"],
    ["apps/v1", "statefulsets", "StatefulSet", "sts", "N", "all", "status,scale", ""],
    ["apps/v1", "daemonsets", "DaemonSet", "ds", "N", "all", "status", ""],
    ["apps/v1", "controllerrevisions", "ControllerRevision", "", "N", "", "", ""],
    ["batch/v1", "jobs", "Job", "", "N", "all", "status", "status.successful"],
    ["batch/v1", "cronjobs", "CronJob", "cj", "N", "all", "status", ""],
    ["autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", "N", "all", "status", ""],
    ["policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", "N", "", "status", ""],
    ["networking.k8s.io/v1", "ingresses", "Ingress", "ing", "N", "", "status", ""],
    ["networking.k8s.io/v1", "ingressclasses", "IngressClass", "", "C", "", "", ""],
    ["networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", "netpol", "N", "", "", ""],
    ["discovery.k8s.io/v1", "endpointslices", "EndpointSlice", "", "N", "", "", ""],
    ["storage.k8s.io/v1", "storageclasses", "StorageClass", "sc", "C", "", "", ""],
    ["scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", "pc", "C", "", "", ""],
    ["coordination.k8s.io/v1", "leases", "Lease", "", "N", "", "", ""],
    ["rbac.authorization.k8s.io/v1", "roles", "Role", "", "N", "", "", ""],
    ["rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", "", "N", "", "", ""],
    ["rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", "", "C", "", "", ""],
    ["rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", "", "C", "", "", ""],
    ["apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", "crd,crds", "C", "api-extensions", "status", ""],
];

impl Resource {
    /// What every server serves, in the order of discovery.
    pub fn served() -> Vec<Self> {
        SERVED.iter().map(Self::line).collect()
    }

    fn line(&[api, plural, kind, short, scope, categories, subresources, fields]: &[&str; 8]) -> Self {
        let words = |text: &str| text.split(',').filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let (group, version) = api.rsplit_once('/').unwrap_or(("", api));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            kind: kind.to_owned(),
            short: words(short),
            categories: words(categories),
            namespaced: scope == "N",
            subresources: words(subresources),
            fields: words(fields),
            scaled: ["/spec/replicas", "/status/replicas"].map(str::to_owned),
            ..Self::default()
        }
    }

    /// Group and plural as error messages name them: `pods`, `deployments.apps`. What [`super::store::Store`] finds tables by.
    pub fn id(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// True where there is such a subresource.
    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|s| s == subresource)
    }
}

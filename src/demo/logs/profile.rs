//! What a container is like as a writer: which form its lines have, how many there are, and the names that stand in them.

use super::chance::Chance;
use super::spec;
use super::words::{Words, words};
use crate::demo::json::{list, text};
use serde_json::Value;

/// The form of a container's lines.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// Requests as nginx notes them.
    Access,
    /// An object a line.
    Json,
    /// `key=value`.
    Logfmt,
    /// Spring's layout, and exceptions over many lines.
    Java,
    /// Python's `logging`, and tracebacks over many lines.
    Python,
    /// A server in a terminal's colours.
    Coloured,
    /// Kubernetes' own components.
    Klog,
    /// `PostgreSQL`.
    Postgres,
    /// Redis.
    Redis,
    /// One that hardly ever says anything.
    Quiet,
}

/// Words of an image or container that give its form away; the first that fits counts.
const KNOWN: &[(&str, Profile)] = &[
    ("exporter", Profile::Logfmt),
    ("prometheus", Profile::Logfmt),
    ("alertmanager", Profile::Logfmt),
    ("grafana", Profile::Logfmt),
    ("loki", Profile::Logfmt),
    ("promtail", Profile::Logfmt),
    ("fluent", Profile::Logfmt),
    ("opentelemetry", Profile::Logfmt),
    ("argocd", Profile::Logfmt),
    ("cilium", Profile::Logfmt),
    ("backend", Profile::Quiet),
    ("nginx", Profile::Access),
    ("envoy", Profile::Access),
    ("ingress", Profile::Access),
    ("haproxy", Profile::Access),
    ("istio-proxy", Profile::Access),
    ("gateway", Profile::Access),
    ("postgres", Profile::Postgres),
    ("pgbouncer", Profile::Postgres),
    ("redis", Profile::Redis),
    ("valkey", Profile::Redis),
    ("memcached", Profile::Quiet),
    ("pause", Profile::Quiet),
    ("busybox", Profile::Quiet),
    ("kube-", Profile::Klog),
    ("coredns", Profile::Klog),
    ("etcd", Profile::Json),
    ("csi", Profile::Klog),
    ("metrics-server", Profile::Klog),
    ("cert-manager", Profile::Klog),
    ("autoscaler", Profile::Klog),
    ("kafka", Profile::Java),
    ("elasticsearch", Profile::Java),
    ("opensearch", Profile::Java),
    ("keycloak", Profile::Java),
    ("order", Profile::Java),
    ("billing", Profile::Java),
    ("inventory", Profile::Java),
    ("recommend", Profile::Python),
    ("report", Profile::Python),
    ("import", Profile::Python),
    ("export", Profile::Python),
    ("worker", Profile::Python),
    ("storefront", Profile::Coloured),
    ("frontend", Profile::Coloured),
    ("web", Profile::Access),
    ("payment", Profile::Json),
    ("checkout", Profile::Json),
    ("cart", Profile::Json),
    ("backup", Profile::Quiet),
    ("cleanup", Profile::Quiet),
    ("init", Profile::Quiet),
];

impl Profile {
    /// Entries a second, while all is well.
    pub(super) fn rate(self) -> f64 {
        match self {
            Self::Access => 6.0,
            Self::Json => 3.0,
            Self::Coloured => 2.0,
            Self::Java => 1.2,
            Self::Logfmt => 0.8,
            Self::Python => 0.6,
            Self::Postgres => 0.15,
            Self::Klog => 0.1,
            Self::Redis => 0.05,
            Self::Quiet => 0.004,
        }
    }

    fn of(image: &str, container: &str) -> Self {
        let fits = |word: &str| image.contains(word) || container.contains(word);
        // Alike on every cluster: the form belongs to the program.
        let any = [Self::Json, Self::Logfmt, Self::Java, Self::Python, Self::Json];
        let drawn = || any.get(Chance::new(0).of(container).below(any.len() as u64) as usize).copied();
        KNOWN.iter().find(|(word, _)| fits(word)).map(|(_, p)| *p).or_else(drawn).unwrap_or(Self::Json)
    }
}

/// A container as its lines name it.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// The form of the lines.
    pub(super) profile: Profile,
    /// What they speak of.
    pub(super) words: &'static Words,
    /// The program: the name of the image without registry and tag.
    pub(super) program: String,
    /// Its version: the tag of the image.
    pub(super) version: String,
    /// The first port that it names, or 8080.
    pub(super) port: i64,
}

impl Work {
    pub(super) fn of(pod: &Value, container: &str) -> Self {
        let spec = spec(pod, container);
        let image = spec.and_then(|c| text(c, "/image")).unwrap_or_default();
        // Without the registry, which says nothing.
        let path = image.split_once('/').map_or(image, |(_, path)| path);
        let last = image.rsplit('/').next().unwrap_or_default();
        let last = last.split('@').next().unwrap_or_default();
        let (program, version) = last.split_once(':').unwrap_or((last, "latest"));
        let port = spec.and_then(|c| list(c, "/ports").first()).and_then(|p| p.pointer("/containerPort")?.as_i64());
        Self {
            profile: Profile::of(path, container),
            words: words(path, container),
            program: program.to_owned(),
            version: version.to_owned(),
            port: port.unwrap_or(8080),
        }
    }
}

//! What a process in a container sees: files, variables, its neighbours. Made from the pod and from what it mounts, when somebody looks in.

use super::disk::Disk;
use crate::demo::json::{Millis, entries, int, is_true, list, text};
use crate::demo::logs::spec;
use crate::demo::store::Store;
use crate::model::quantity::quantity;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;

/// Folders that are there although nothing is in them.
const FOLDERS: &[&str] = &["/bin", "/dev", "/home", "/mnt", "/opt", "/run", "/sys", "/tmp", "/usr/bin", "/usr/local/bin", "/var/log"];

/// The inside of a container.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// The name of the host: the pod's.
    pub host: String,
    /// The pod's address.
    pub address: String,
    /// Variables.
    pub variables: BTreeMap<String, String>,
    /// Files by their paths.
    pub files: BTreeMap<String, String>,
    /// The command line of process 1.
    pub process: String,
    /// True where the image has no shell and no tools.
    pub bare: bool,
    /// True where it runs as root.
    pub root: bool,
    /// When it started.
    pub started: Millis,
    /// What was done to its files by others than who looks in now.
    pub disk: Disk,
}

impl Machine {
    /// The inside of a pod's container; what it mounts and takes variables from is looked up.
    pub fn of(store: &Store, pod: &Value, container: &str) -> Self {
        let name = text(pod, "/metadata/name").unwrap_or_default();
        let spec = spec(pod, container).cloned().unwrap_or_default();
        let image = text(&spec, "/image").unwrap_or_default();
        let words: Vec<&str> = list(&spec, "/command").iter().chain(list(&spec, "/args")).filter_map(Value::as_str).collect();
        let program = image.rsplit('/').next().and_then(|l| l.split([':', '@']).next()).unwrap_or_default();
        let user = int(&spec, "/securityContext/runAsUser").or_else(|| int(pod, "/spec/securityContext/runAsUser"));
        let started = crate::demo::logs::query::status(pod, container).and_then(|s| text(s, "/state/running/startedAt"));
        let mut machine = Self {
            host: text(pod, "/spec/hostname").unwrap_or(name).to_owned(),
            address: text(pod, "/status/podIP").unwrap_or_default().to_owned(),
            process: if words.is_empty() { format!("/usr/local/bin/{program}") } else { words.join(" ") },
            bare: ["pause", "coredns", "kube-", "etcd", "metrics-server", "csi-"].iter().any(|b| program.starts_with(b)),
            root: user.is_none_or(|u| u == 0) && !is_true(&spec, "/securityContext/runAsNonRoot"),
            started: started.and_then(crate::demo::json::instant).unwrap_or_default(),
            ..Self::default()
        };
        machine.variables = variables(store, pod, &spec, &machine.host);
        machine.files = files(&machine, &spec);
        mount(store, pod, &spec, &mut machine.files);
        machine
    }

    /// True where a path is a folder.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        let inside = if path == "/" { path.to_owned() } else { format!("{path}/") };
        path == "/" || FOLDERS.iter().any(|f| *f == path || f.starts_with(&inside)) || self.files.keys().any(|f| f.starts_with(&inside))
    }

    /// The names in a folder, in order, each with whether it is one itself.
    pub(super) fn names(&self, path: &str) -> BTreeMap<&str, bool> {
        let inside = if path == "/" { path.to_owned() } else { format!("{path}/") };
        let files = self.files.keys().map(|f| (f.as_str(), false));
        let all = FOLDERS.iter().map(|f| (*f, true)).chain(files);
        let mut names = BTreeMap::new();
        for (name, folder) in all.filter_map(|(p, folder)| Some((p.strip_prefix(&inside)?, folder))).filter(|(n, _)| !n.is_empty()) {
            let (first, deeper) = name.split_once('/').map_or((name, false), |(first, _)| (first, true));
            *names.entry(first).or_default() |= folder || deeper;
        }
        names
    }
}

fn variables(store: &Store, pod: &Value, spec: &Value, host: &str) -> BTreeMap<String, String> {
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    let mut all: BTreeMap<String, String> = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("HOME", "/"),
        ("HOSTNAME", host),
        ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
        ("KUBERNETES_SERVICE_PORT", "443"),
        ("KUBERNETES_PORT", "tcp://10.96.0.1:443"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect();
    for from in list(spec, "/envFrom") {
        for (kind, place) in [("configmaps", "/configMapRef/name"), ("secrets", "/secretRef/name")] {
            let prefix = text(from, "/prefix").unwrap_or_default();
            let data = text(from, place).map(|name| data(store, kind, namespace, name)).unwrap_or_default();
            all.extend(data.into_iter().map(|(k, v)| (format!("{prefix}{k}"), v)));
        }
    }
    for variable in list(spec, "/env") {
        let value = match variable.get("valueFrom") {
            None => text(variable, "/value").unwrap_or_default().to_owned(),
            Some(from) => from_elsewhere(store, pod, namespace, from),
        };
        all.insert(text(variable, "/name").unwrap_or_default().to_owned(), value);
    }
    all
}

fn from_elsewhere(store: &Store, pod: &Value, namespace: &str, from: &Value) -> String {
    if let Some(path) = text(from, "/fieldRef/fieldPath") {
        return text(pod, &format!("/{}", path.replace('.', "/"))).unwrap_or_default().to_owned();
    }
    for (kind, place) in [("configmaps", "configMapKeyRef"), ("secrets", "secretKeyRef")] {
        if let (Some(name), Some(key)) = (text(from, &format!("/{place}/name")), text(from, &format!("/{place}/key"))) {
            return data(store, kind, namespace, name).remove(key).unwrap_or_default();
        }
    }
    String::new()
}

/// The data of a config map or secret, as text.
fn data(store: &Store, kind: &str, namespace: &str, name: &str) -> BTreeMap<String, String> {
    let Some(object) = store.get(kind, namespace, name) else { return BTreeMap::new() };
    let plain = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let decoded = |v: &Value| String::from_utf8_lossy(&BASE64_STANDARD.decode(plain(v)).unwrap_or_default()).into_owned();
    entries(&object.value(), "/data").map(|(k, v)| (k.to_owned(), if kind == "secrets" { decoded(v) } else { plain(v) })).collect()
}

fn files(machine: &Machine, spec: &Value) -> BTreeMap<String, String> {
    let limit = text(spec, "/resources/limits/memory").and_then(quantity).unwrap_or(16.0 * 1024.0 * 1024.0 * 1024.0);
    let total = 16_384_256;
    let Machine { host, address, process, .. } = machine;
    [
        ("/etc/hostname", format!("{host}\n")),
        ("/etc/hosts", format!("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{address}\t{host}\n")),
        ("/etc/resolv.conf", "search svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n".to_owned()),
        (
            "/etc/os-release",
            "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME=\"Alpine Linux v3.22\"\nHOME_URL=\"https://alpinelinux.org/\"\n".to_owned(),
        ),
        ("/etc/passwd", "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n".to_owned()),
        ("/proc/meminfo", format!("MemTotal:       {total} kB\nMemFree:         4210388 kB\nMemAvailable:    9120440 kB\nSwapTotal:             0 kB\n")),
        ("/proc/cpuinfo", "processor\t: 0\nmodel name\t: Demo CPU\ncpu MHz\t\t: 2600.000\n\n".repeat(4)),
        ("/proc/loadavg", "0.42 0.37 0.35 2/512 41\n".to_owned()),
        ("/proc/version", "Linux version 6.12.30 (demo) #1 SMP PREEMPT_DYNAMIC\n".to_owned()),
        ("/proc/1/cmdline", format!("{process}\n")),
        ("/sys/fs/cgroup/memory.max", format!("{}\n", limit as u64)),
        ("/bin/sh", String::new()),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text))
    .collect()
}

/// Puts what is mounted from config maps and secrets where it is mounted.
fn mount(store: &Store, pod: &Value, spec: &Value, files: &mut BTreeMap<String, String>) {
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    for mount in list(spec, "/volumeMounts") {
        let (Some(name), Some(path)) = (text(mount, "/name"), text(mount, "/mountPath")) else { continue };
        let Some(volume) = list(pod, "/spec/volumes").iter().find(|v| text(v, "/name") == Some(name)) else { continue };
        let path = path.trim_end_matches('/');
        for (kind, place) in [("configmaps", "/configMap/name"), ("secrets", "/secret/secretName")] {
            let found = text(volume, place).map(|name| data(store, kind, namespace, name)).unwrap_or_default();
            files.extend(found.into_iter().map(|(k, v)| (format!("{path}/{k}"), v)));
        }
        if volume.get("projected").is_some() {
            files.insert(format!("{path}/namespace"), namespace.to_owned());
            files.insert(format!("{path}/token"), "a.token.of-the-demo".to_owned());
        } else {
            files.entry(format!("{path}/.keep")).or_default();
        }
    }
}

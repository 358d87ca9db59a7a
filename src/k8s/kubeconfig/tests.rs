//! What kubeconfigs say together, and what each mistake costs. The rows FC1 to FC3 of the fault matrix are here.

use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of its own, gone at the end.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("kconsole-kubeconfig-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// What the list of these files gives.
    fn list(&self, files: &[&str]) -> Kubeconfig {
        let env = std::env::join_paths(files.iter().map(|f| self.0.join(f))).unwrap();
        read(&Sources { env: Some(env), ..Sources::default() })
    }

    /// What is wrong, with the names of the files only.
    fn wrong(&self, kubeconfig: &Kubeconfig) -> Vec<String> {
        kubeconfig.problems.iter().map(|p| p.to_string().replace(&format!("{}/", self.0.display()), "")).collect()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A whole kubeconfig with one context.
fn one(context: &str) -> String {
    format!(
        "current-context: {context}\ncontexts:\n- name: {context}\n  context: {{cluster: c-{context}, user: u-{context}, namespace: n}}\n\
         clusters:\n- name: c-{context}\n  cluster: {{server: 'https://{context}:6443'}}\nusers:\n- name: u-{context}\n  user: {{token: t}}\n"
    )
}

const PEM: &str =
    "-----BEGIN CERTIFICATE-----\nMIIBgDCCASWgAwIBAgIUVrQf5d//S01a0fbXxYRIx9wc0VQwCgYIKoZIzj0EAwIw\n-----END CERTIFICATE-----\n";
const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n";

#[test]
fn fc1_every_odd_file_is_a_message_with_its_place() {
    let dir = Dir::new();
    dir.file("good", one("good"));
    dir.file("empty", "");
    dir.file("comment", "# nothing\n");
    dir.file("list", "- a\n");
    dir.file("text", "hello");
    dir.file("utf16", "contexts:".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    dir.file("bom16", [0xff, 0xfe, 0x61, 0x00]);
    dir.file("latin1", b"a: b\nc: gr\xf6\xdfe\n");
    dir.file("tab", "a: b\nc:\n\td: e\n");
    dir.file("colon", "clusters:\n- name: a\n  cluster: {server: x\nusers: []\n");
    dir.file("lists", "clusters: 7\nusers:\n- nobody\n- name: [a]\ncontexts: []\n");
    std::fs::create_dir(dir.0.join("dir")).unwrap();
    std::fs::File::create(dir.0.join("huge")).unwrap().set_len(LARGEST + 1).unwrap();
    for (name, wanted) in [
        ("empty", vec!["empty: is empty"]),
        ("comment", vec!["comment: is empty"]),
        ("list", vec!["list:1: is no kubeconfig"]),
        ("text", vec!["text:1: is no kubeconfig"]),
        ("utf16", vec!["utf16: is not UTF-8 but probably UTF-16"]),
        ("bom16", vec!["bom16: is not UTF-8 but probably UTF-16"]),
        ("latin1", vec!["latin1:2: is not UTF-8"]),
        ("tab", vec!["tab:3: invalid YAML"]),
        ("colon", vec!["colon:4: invalid YAML"]),
        ("lists", vec!["lists:1: clusters must be a list", "lists:3: a user without a name", "lists:4: name must be text"]),
        ("dir", vec!["dir: is a directory"]),
        ("huge", vec!["huge: is larger than 50 MiB"]),
        ("missing", vec![]),
    ] {
        let kubeconfig = dir.list(&[name, "good"]);
        let wrong = dir.wrong(&kubeconfig);
        assert_eq!(wrong.len(), wanted.len(), "{name}: {wrong:?}");
        for (found, wanted) in wrong.iter().zip(wanted) {
            assert!(found.starts_with(wanted), "{name}: {found}");
        }
        assert_eq!(kubeconfig.contexts.len(), 1, "{name}: the good file still counts");
        assert!(kubeconfig.contexts[0].broken.is_none());
        assert_eq!(kubeconfig.files.len(), 2);
    }
    let asked = read(&Sources { flag: Some(dir.0.join("missing")), ..Sources::default() });
    assert_eq!(dir.wrong(&asked), ["missing: there is no such file"]);
}

#[test]
fn fc2_the_first_file_wins_and_duplicates_are_named_with_both_files() {
    let dir = Dir::new();
    dir.file("a", one("a"));
    dir.file("bad", "contexts: [\n");
    dir.file("c", one("c"));
    let kubeconfig = dir.list(&["a", "bad", "c", "a", "missing", "c"]);
    assert_eq!(kubeconfig.contexts.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(kubeconfig.current.as_deref(), Some("a"));
    assert_eq!(kubeconfig.files.len(), 4, "a file that is listed twice counts once");
    assert_eq!(kubeconfig.problems.len(), 1, "{:?}", kubeconfig.problems);

    dir.file("other", one("a").replace("6443", "7443"));
    dir.file("copy", one("a"));
    let kubeconfig = dir.list(&["a", "copy", "other"]);
    assert_eq!(kubeconfig.contexts[0].cluster.server, "https://a:6443");
    assert_eq!(dir.wrong(&kubeconfig), ["other:6: cluster \"c-a\" is already in a:6, which counts; this one does not"]);
}

#[test]
fn fc2_entries_of_one_file_serve_contexts_of_another() {
    let dir = Dir::new();
    dir.file(
        "contexts",
        "current-context: gone\ncontexts:\n- {name: x, context: {cluster: c, user: u}}\n- {name: y, context: {cluster: c, user: u}}\n",
    );
    dir.file("rest", "clusters:\n- {name: c, cluster: {server: 'https://h'}}\nusers:\n- {name: u, user: {username: me, password: 123}}\n");
    let kubeconfig = dir.list(&["contexts", "rest"]);
    let [x, y] = kubeconfig.contexts.as_slice() else { panic!("{kubeconfig:?}") };
    assert!(Arc::ptr_eq(&x.cluster, &y.cluster) && Arc::ptr_eq(&x.user, &y.user));
    assert_eq!(x.user.password.as_deref(), Some("123"));
    assert_eq!(dir.wrong(&kubeconfig), ["contexts:1: current-context is \"gone\", which no kubeconfig defines"]);
}

/// Line by line one way to be broken; CERT stands for a certificate in base64.
const BROKEN: &str = "contexts:
- {name: good, context: {cluster: good, user: good}}
- {name: no-cluster, context: {cluster: gone, user: good}}
- {name: no-user, context: {cluster: good, user: gone}}
- {name: names-none, context: {user: good}}
- {name: anonymous, context: {cluster: good}}
- {name: bad-ca, context: {cluster: bad-ca, user: good}}
- {name: bad-ca-2, context: {cluster: bad-ca, user: good}}
- {name: no-file, context: {cluster: no-file, user: good}}
- {name: no-server, context: {cluster: no-server, user: good}}
- {name: odd-server, context: {cluster: odd-server, user: good}}
- {name: no-key, context: {cluster: good, user: no-key}}
- {name: bad-key, context: {cluster: good, user: bad-key}}
- {name: legacy, context: {cluster: good, user: legacy}}
- {name: bad-exec, context: {cluster: good, user: bad-exec}}
- {name: empty}
clusters:
- {name: good, cluster: {server: 'https://h:1'}}
- {name: bad-ca, cluster: {server: 'https://h:1', certificate-authority-data: '%%%'}}
- {name: no-file, cluster: {server: 'https://h:1', certificate-authority: nowhere/ca.crt}}
- {name: no-server, cluster: {}}
- {name: odd-server, cluster: {server: 'ftp://h'}}
users:
- {name: good, user: {token: t}}
- {name: no-key, user: {client-certificate-data: CERT}}
- {name: bad-key, user: {client-certificate-data: CERT, client-key-data: aGVsbG8=}}
- {name: legacy, user: {auth-provider: {name: gcp}}}
- {name: bad-exec, user: {exec: {apiVersion: client.authentication.k8s.io/v9, command: x}}}
";

#[test]
fn fc3_a_broken_entry_costs_only_its_contexts() {
    let dir = Dir::new();
    dir.file("config", BROKEN.replace("CERT", &base64(PEM)));
    let kubeconfig = dir.list(&["config"]);
    let prefix = format!("{}:", dir.0.join("config").display());
    let broken = |name: &str| {
        let context = kubeconfig.contexts.iter().find(|c| c.name == name).unwrap();
        let fault = context.broken.clone();
        fault.map(|f| {
            assert_eq!(f.kind, FaultKind::Config);
            f.what.strip_prefix(&prefix).unwrap_or(&f.what).to_owned()
        })
    };
    for good in ["good", "anonymous"] {
        assert_eq!(broken(good), None, "{good}");
    }
    for (name, wanted) in [
        ("no-cluster", "3: context \"no-cluster\" names the cluster \"gone\""),
        ("no-user", "4: context \"no-user\" names the user \"gone\""),
        ("names-none", "5: context \"names-none\" names no cluster"),
        ("bad-ca", "19: cluster \"bad-ca\": certificate-authority-data is not base64"),
        ("bad-ca-2", "19: cluster \"bad-ca\": certificate-authority-data is not base64"),
        ("no-file", "20: cluster \"no-file\": certificate-authority /"),
        ("no-server", "21: cluster \"no-server\": has no server"),
        ("odd-server", "22: cluster \"odd-server\": server \"ftp://h\" is no http or https address"),
        ("no-key", "25: user \"no-key\": has a client-certificate without a client-key"),
        ("bad-key", "26: user \"bad-key\": client-key-data holds no PEM private key"),
        ("legacy", "27: user \"legacy\": uses the auth-provider \"gcp\""),
        ("bad-exec", "28: user \"bad-exec\": exec apiVersion \"client.authentication.k8s.io/v9\" is not known"),
        ("empty", "16: context \"empty\": has no context"),
    ] {
        let found = broken(name).unwrap_or_default();
        assert!(found.starts_with(wanted), "{name}: {found}");
    }
    assert_eq!(kubeconfig.problems.len(), 12, "each said once: {:#?}", dir.wrong(&kubeconfig));
}

#[test]
fn odd_but_good_files_are_read_as_kubectl_reads_them() {
    let dir = Dir::new();
    dir.file("crlf", one("crlf").replace('\n', "\r\n"));
    dir.file("bom", "\u{feff}".to_owned() + &one("bom"));
    dir.file("json", "{\n\t\"contexts\": [\n\t\t{\"name\": \"json\", \"context\": {\"cluster\": \"c\", \"user\": \"\"}}\n\t],\n\t\"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"h:8080\"}}], \"users\": null\n}\n");
    dir.file("two", format!("---\n{}---\n{}", one("first"), one("second")));
    dir.file("quoted", one("x").replace("name: x", "name: !!str 'x: y'").replace("current-context: x", "current-context: \"x: y\""));
    dir.file("many", many(1000));
    let kubeconfig = dir.list(&["crlf", "bom", "json", "two", "quoted", "many"]);
    let names: Vec<&str> = kubeconfig.contexts.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names[..5], ["crlf", "bom", "json", "first", "x: y"]);
    assert_eq!(names.len(), 1005);
    assert_eq!(dir.wrong(&kubeconfig), ["two: holds several documents; only the first counts"]);
    assert!(kubeconfig.contexts.iter().all(|c| c.broken.is_none()));
    assert_eq!(kubeconfig.contexts[2].cluster.server, "http://h:8080");
}

/// So many contexts, each with a cluster and a user of its own and certificates of usual length.
fn many(n: usize) -> String {
    let certificate = base64(&PEM.repeat(10));
    let list = |of: &dyn Fn(usize) -> String| (0..n).map(of).collect::<String>();
    let clusters =
        list(&|i| format!("- name: m{i}\n  cluster:\n    server: https://h{i}\n    certificate-authority-data: {certificate}\n"));
    let users =
        list(&|i| format!("- name: m{i}\n  user:\n    client-certificate-data: {certificate}\n    client-key-data: {}\n", base64(KEY)));
    let contexts = list(&|i| format!("- name: m{i}\n  context:\n    cluster: m{i}\n    user: m{i}\n"));
    format!("apiVersion: v1\nkind: Config\npreferences: {{}}\nclusters:\n{clusters}users:\n{users}contexts:\n{contexts}")
}

#[test]
fn paths_are_relative_to_their_file() {
    let dir = Dir::new();
    dir.file("sub/ca.pem", PEM);
    dir.file("sub/me.crt", PEM);
    dir.file("sub/me.key", KEY);
    dir.file(
        "sub/config",
        "contexts:\n- {name: x, context: {cluster: c, user: u}}\n- {name: y, context: {cluster: c, user: e}}\n- {name: z, context: {cluster: c, user: p}}\n\
         clusters:\n- {name: c, cluster: {server: 'https://h', certificate-authority: ca.pem}}\n\
         users:\n- {name: u, user: {client-certificate: ./me.crt, client-key: me.key, tokenFile: ../token}}\n\
         - {name: e, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/plugin}}}\n\
         - {name: p, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [eks, 7], env: [{name: A, value: b}]}}}\n",
    );
    let kubeconfig = dir.list(&["sub/config"]);
    assert_eq!(dir.wrong(&kubeconfig), Vec::<String>::new());
    let [x, y, z] = kubeconfig.contexts.as_slice() else { panic!() };
    assert_eq!(x.cluster.ca.as_ref().unwrap().current(), PEM.as_bytes());
    assert_eq!(x.user.token_file.as_deref(), Some(dir.0.join("sub/../token").as_path()));
    assert_eq!(y.user.exec.as_ref().unwrap().command, dir.0.join("sub/./bin/plugin").to_string_lossy());
    let exec = z.user.exec.as_ref().unwrap();
    assert_eq!((exec.command.as_str(), exec.args.as_slice()), ("aws", &["eks".to_owned(), "7".to_owned()][..]));
    assert!(kubeconfig.files.contains(&dir.0.join("sub/ca.pem")), "a rotated certificate is noticed");
}

#[test]
fn without_any_kubeconfig_a_pod_uses_its_service_account() {
    let dir = Dir::new();
    dir.file("sa/token", "t");
    dir.file("sa/ca.crt", PEM);
    dir.file("sa/namespace", "web\n");
    let pod = Sources {
        pod: Some(("fd00::1".into(), "443".into())),
        service_account: dir.0.join("sa"),
        home: Some(dir.0.clone()),
        ..Sources::default()
    };
    let kubeconfig = read(&pod);
    let [context] = kubeconfig.contexts.as_slice() else { panic!("{kubeconfig:?}") };
    assert_eq!((context.name.as_str(), context.cluster.server.as_str()), ("in-cluster", "https://[fd00::1]:443"));
    assert_eq!((context.namespace.as_deref(), kubeconfig.current.as_deref()), (Some("web"), Some("in-cluster")));
    assert!(context.broken.is_none() && kubeconfig.problems.is_empty());
    assert!(read(&Sources { pod: None, ..pod.clone() }).contexts.is_empty());
    dir.file(".kube/config", one("mine"));
    assert_eq!(read(&pod).contexts[0].name, "mine", "a kubeconfig goes before");
}

#[test]
fn fingerprints_tell_what_changed_and_what_is_shared() {
    let dir = Dir::new();
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws";
    let text = format!(
        "contexts:\n- {{name: a, context: {{cluster: c, user: u}}}}\n- {{name: b, context: {{cluster: d, user: v}}}}\n- {{name: e, context: {{cluster: d, user: w}}}}\n\
        clusters:\n- {{name: c, cluster: {{server: 'https://h'}}}}\n- {{name: d, cluster: {{server: 'https://H/'}}}}\n\
        users:\n- {{name: u, user: {{{exec}}}}}}}\n- {{name: v, user: {{{exec}}}, as: root}}}}\n- {{name: w, user: {{{exec}, provideClusterInfo: true}}}}}}\n"
    );
    dir.file("config", &text);
    let before = dir.list(&["config"]);
    assert_eq!(dir.wrong(&before), Vec::<String>::new());
    let [a, b, e] = before.contexts.as_slice() else { panic!() };
    assert_eq!(a.credential_fingerprint(), b.credential_fingerprint());
    assert_ne!(a.credential_fingerprint(), e.credential_fingerprint());
    assert_eq!(a.cluster_fingerprint(), b.cluster_fingerprint());
    assert_ne!(a.fingerprint(), b.fingerprint());
    dir.file("config", text.replace("https://H/", "https://other"));
    let after = dir.list(&["config"]);
    assert_eq!(after.contexts[0].fingerprint(), a.fingerprint());
    assert_ne!(after.contexts[1].fingerprint(), b.fingerprint());
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Files are read by whoever reads the kubeconfig, and by nobody else: this is asked while a frame waits.
#[test]
fn where_a_context_leads_is_known_without_another_look_at_the_files() {
    let dir = Dir::new();
    let cluster = "{server: 'https://h', certificate-authority: ca}";
    dir.file("ca", PEM);
    dir.file("config", format!("contexts:\n- {{name: a, context: {{cluster: c}}}}\nclusters:\n- {{name: c, cluster: {cluster}}}\n"));
    let before = dir.list(&["config"]);
    let place = before.contexts[0].cluster_fingerprint();
    dir.file("ca", format!("{PEM}{PEM}"));
    assert_eq!(before.contexts[0].cluster_fingerprint(), place);
    assert_ne!(dir.list(&["config"]).contexts[0].cluster_fingerprint(), place);
}

/// Whoever watches the files compares the lists of two readings.
#[test]
fn the_files_are_told_in_the_same_order_each_time() {
    let dir = Dir::new();
    let clusters: String =
        (0..9).map(|i| format!("- {{name: c{i}, cluster: {{server: 'https://c{i}', certificate-authority: ca{i}}}}}\n")).collect();
    (0..9).for_each(|i| drop(dir.file(&format!("ca{i}"), PEM)));
    dir.file("config", format!("contexts: []\nclusters:\n{clusters}"));
    let first = dir.list(&["config"]).files;
    assert_eq!(first.len(), 10);
    (0..9).for_each(|_| assert_eq!(dir.list(&["config"]).files, first));
}

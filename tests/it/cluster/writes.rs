//! The table of writes that `src/demo/oracle.rs` holds a simulated cluster against: that a real API server without controllers answers them
//! as the table says. `UPDATE=1` with `KCONSOLE_CLUSTER` writes its answers anew; new writes are put into the table with any answer.

use crate::rig::cluster::Cluster;
use crate::rig::source::root;
use kconsole::demo::resource::Resource;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `kubectl proxy`, which speaks HTTP to us, and ends with this.
struct Proxy(Child, String);

impl Proxy {
    fn to(cluster: &Cluster) -> Self {
        let mut kubectl = Command::new("kubectl");
        kubectl.arg("--kubeconfig").arg(cluster.kubeconfig()).args(["--context", "alpha", "proxy", "--port=0"]);
        let mut child = kubectl.stdout(Stdio::piped()).spawn().expect("kubectl starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self(child, address)
    }

    fn request(&self, method: &str, path: &str, content: &str, body: &Value) -> Value {
        let mut curl = Command::new("curl");
        curl.args([
            "-sS",
            "-X",
            method,
            "-H",
            &format!("Content-Type: {content}"),
            "--data-binary",
            "@-",
            &format!("http://{}{path}", self.1),
        ]);
        let mut child = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("curl starts");
        child.stdin.take().unwrap().write_all(body.to_string().as_bytes()).unwrap();
        serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An answer without what is another one each time.
fn plain(mut answer: Value) -> Value {
    let drop = |value: &mut Value, names: &[&str]| {
        names.iter().for_each(|n| value.as_object_mut().into_iter().for_each(|map| drop(map.remove(*n))))
    };
    if answer["kind"] == "Status" {
        drop(&mut answer, &["kind", "apiVersion", "metadata", "status"]);
    } else {
        drop(&mut answer, &["status"]);
        drop(&mut answer["metadata"], &["uid", "resourceVersion", "creationTimestamp"]);
        let entries = answer.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
        entries.into_iter().flatten().for_each(|entry| drop(entry, &["time"]));
    }
    answer
}

/// The same for what is drawn by lot or told in any order.
fn lotless(answer: &Value) -> String {
    let mut answer = answer.clone();
    answer.sort_all_objects();
    if let Some(Value::Array(causes)) = answer.pointer_mut("/details/causes") {
        causes.sort_by_key(Value::to_string);
        answer["message"] = Value::Null;
    }
    // They are in the order of their times, and those of one second in that of their names: a slow machine has another order.
    if let Some(Value::Array(entries)) = answer.pointer_mut("/metadata/managedFields") {
        entries.sort_by_key(Value::to_string);
    }
    let lot = [
        r#"\{\\+"(apiVersion|kind)[^ ]+"#,
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"10\.96\.\d+\.\d+",
        r#""nodePort":3\d{4}"#,
        r#"gen-\w{5}""#,
    ];
    lot.iter().fold(answer.to_string(), |text, pattern| regex::Regex::new(pattern).unwrap().replace_all(&text, "*").into_owned())
}

/// Does the steps of one case and takes away what they made.
fn play(proxy: &Proxy, steps: &[Value]) -> Vec<Value> {
    let (mut base, mut name, mut answers, mut made) = (String::new(), String::new(), Vec::new(), None);
    for step in steps {
        let body = &step["body"];
        if let Some(resource) = Resource::served().into_iter().find(|r| body["kind"] == r.kind.as_str()) {
            let (api, space) = (resource.api_version(), if resource.namespaced { "/namespaces/t" } else { "" });
            base = format!("/{}/{api}{space}/{}", if api.contains('/') { "apis" } else { "api" }, resource.plural);
            name = body["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        }
        let by = format!("?fieldManager={}{}", step["by"].as_str().unwrap(), if step["force"] == true { "&force=true" } else { "" });
        let answer = match step["verb"].as_str().unwrap() {
            "create" => proxy.request("POST", &format!("{base}{by}"), "application/json", body),
            "apply" => proxy.request("PATCH", &format!("{base}/{name}{by}"), "application/apply-patch+yaml", body),
            "strategic" => proxy.request("PATCH", &format!("{base}/{name}{by}"), "application/strategic-merge-patch+json", body),
            verb => proxy.request("PATCH", &format!("{base}/{name}{by}"), &format!("application/{verb}-patch+json"), body),
        };
        if answer["kind"] != "Status" {
            made = Some(format!("{base}/{}", answer["metadata"]["name"].as_str().unwrap()));
        }
        answers.push(plain(answer));
    }
    if let Some(path) = made {
        let unheld = json!({"metadata": {"finalizers": null}});
        proxy.request("PATCH", &path, "application/merge-patch+json", &unheld);
        proxy.request("DELETE", &path, "application/json", &json!({"gracePeriodSeconds": 0, "propagationPolicy": "Background"}));
        if base.ends_with("/namespaces") {
            proxy.request("PUT", &format!("{path}/finalize"), "application/json", &json!({"metadata": {"name": name}, "spec": {}}));
        }
    }
    answers
}

#[test]
fn the_table_of_writes_is_what_a_server_answers() {
    let Some(folder) = std::env::var_os("KCONSOLE_CLUSTER") else { return };
    let mut folder = folder;
    folder.push("-writes");
    let cluster = Cluster::up(Path::new(&folder), &["alpha"], true);
    let proxy = Proxy::to(&cluster);
    proxy.request("POST", "/api/v1/namespaces", "application/json", &json!({"metadata": {"name": "t"}}));
    proxy.request("POST", "/api/v1/namespaces/t/serviceaccounts", "application/json", &json!({"metadata": {"name": "default"}}));
    let path = root().join("tests/fixtures/demo/writes.json");
    let mut cases: Vec<Vec<Value>> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for steps in &mut cases {
        let answers = play(&proxy, steps);
        for (step, answer) in steps.iter_mut().zip(answers) {
            if lotless(&step["answer"]) != lotless(&answer) {
                wrong.push(format!("{} of {}\n  table: {}\n  server: {answer}", step["verb"], step["body"], step["answer"]));
                step["answer"] = answer;
            }
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        let lines: Vec<String> = cases.iter().map(|steps| Value::Array(steps.clone()).to_string()).collect();
        std::fs::write(&path, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
        return;
    }
    assert!(wrong.is_empty(), "UPDATE=1 takes over what the server answers:\n{}", wrong.join("\n"));
}

//! What is edited comes back as it was, and what is wrong with a text is told at its line.

use super::*;
use crate::model::call::Cause;
use proptest::prelude::*;
use serde_json::json;

fn deployment() -> Value {
    json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "u-1", "resourceVersion": "8123", "generation": 4, "creationTimestamp": "2026-11-23T11:01:10Z",
            "labels": { "app.kubernetes.io/name": "web", "on": "yes" }, "selfLink": "/x", "managedFields": [{ "manager": "kubectl" }],
        },
        "spec": {
            "replicas": 5, "odd": { "unknownToUs": [null, {}, []] },
            "template": { "metadata": { "creationTimestamp": null }, "spec": { "containers": [
                { "name": "side", "image": "side:1", "imagePullPolicy": "Always" },
                { "name": "app", "image": "web:1.8.3", "args": ["-v", "0644", "a: b"], "imagePullPolicy": "Always",
                  "ports": [{ "containerPort": 80, "protocol": "TCP" }, { "containerPort": 81, "protocol": "UDP" }], "script": "set -e\n\techo\n" },
            ] } },
        },
        "status": { "replicas": 5 },
    })
}

#[test]
fn what_a_server_keeps_is_hidden_and_put_back() {
    let object = deployment();
    let text = written(&object);
    for hidden in ["uid", "resourceVersion", "generation", "selfLink", "managedFields", "status", "2026-11-23"] {
        assert!(!text.contains(hidden), "{hidden}\n{text}");
    }
    assert!(text.contains("creationTimestamp: null") && text.contains("unknownToUs:"), "what is not the server's own stays\n{text}");
    let edited = read(&text.replace("replicas: 5", "replicas: 8")).unwrap();
    assert_eq!(edited.warnings, []);
    let sent = whole(&edited.value, &object);
    let mut wanted = object;
    wanted["spec"]["replicas"] = json!(8);
    wanted["metadata"].as_object_mut().unwrap().remove("managedFields");
    assert_eq!(sent, wanted);
    let own = whole(&json!({ "metadata": { "resourceVersion": "7" }, "status": {} }), &wanted);
    assert_eq!((&own["metadata"]["resourceVersion"], &own["status"]), (&json!("7"), &json!({})), "what a person wrote stays");
}

/// A text, the line and column of the first error, and what it says.
#[test]
fn what_is_wrong_is_told_at_its_place() {
    #[rustfmt::skip]
    let table = [
        ("", 1, 1, "there is nothing here"),
        ("# a\n\n---\n", 1, 1, "there is nothing here"),
        ("- a\n", 1, 1, "an object is keys and values"),
        ("text\n", 1, 1, "an object is keys and values"),
        ("a: 1\nb: [1\nc: 2\n", 3, 2, "no valid YAML"),
        ("a:\n\tb: 1\n", 2, 2, "a tab indents a line"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "a stands in line 1 already"),
        ("a:\n  - b: 1\n    c: 2\n    b: 3\n", 4, 5, "b stands in line 2 already"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
        ("a: *b\n", 1, 4, "a text that begins with * needs quotes"),
        ("a: b: c\n", 1, 5, "a text that holds a colon"),
        ("a:\n  b: .inf\n", 2, 6, "is no number that JSON has"),
        ("a:\n  ~: 1\n", 2, 3, "~ is no key"), ("a: &a\n  b: *a\n", 2, 6, "a reference to what it stands in"),
        ("a:\n  [1]: 1\n", 2, 3, "a key has to be a text"),
        ("a: 1\n<<<<<<< your lines\nb: 1\n=======\nb: 2\n>>>>>>> x\n", 2, 1, "a conflict"),
    ];
    for (text, line, column, what) in table {
        let flaws = read(text).unwrap_err();
        let first = &flaws.errors[0];
        assert_eq!((first.place, first.what.contains(what)), (Place { line, column }, true), "{text:?}: {first:?}");
    }
    for one in ["---\na: 1\n", "# x\n---\na: 1\n---\n", "a: 1\n...\n", "a: |\n  ---\n  b\n"] {
        assert!(read(one).is_ok(), "{one:?}");
    }
}

#[test]
fn what_is_read_otherwise_than_it_looks_is_told_at_its_line() {
    let text = "a: yes\nvolume:\n  defaultMode: 0644\n  mode: 755\n  quoted: 'yes'\non: 1\nb: !!str 0644\nc: 0644 # octal\nd: |\n  yes\ne:\n- off\n";
    let read = read(text).unwrap();
    let value = json!({ "a": true, "volume": { "defaultMode": 420, "mode": 755, "quoted": "yes" }, "true": 1, "b": "0644", "c": 420, "d": "yes\n", "e": [false] });
    assert_eq!(read.value, value);
    let told: Vec<(u64, u64)> = read.warnings.iter().map(|w| (w.place.line, w.place.column)).collect();
    assert_eq!(told, [(1, 4), (3, 16), (4, 9), (6, 1), (8, 4), (12, 3)], "{:?}", read.warnings);
}

#[test]
fn anchors_and_merges_read_as_the_server_reads_them() {
    let read = read("base: &b {x: 1, z: 0x10}\nc:\n  <<: *b\n  z: 2\nd: *b\ne: &n 0644\nf: *n\n").unwrap();
    assert_eq!(read.value["c"], json!({ "x": 1, "z": 2 }));
    assert_eq!((&read.value["d"], &read.value["e"], &read.value["f"]), (&json!({ "x": 1, "z": 16 }), &json!(420), &json!(420)));
}

#[test]
fn fields_that_a_server_names_are_found() {
    let text = written(&deployment());
    let read = read(&text).unwrap();
    let line = |needle: &str, nth: usize| text.lines().enumerate().filter(|(_, l)| l.contains(needle)).nth(nth).unwrap().0 as u64 + 1;
    #[rustfmt::skip]
    let table = [
        ("spec.replicas", None, line("replicas:", 0)),
        (".spec.replicas", None, line("replicas:", 0)),
        ("spec.template.spec.containers[1].image", None, line("image:", 1)),
        ("spec.template.spec.containers[name=app].image", None, line("image:", 1)),
        (".spec.template.spec.containers[name=\"app\"].image", None, line("image:", 1)),
        ("spec.template.spec.containers[app].image", None, line("image:", 1)),
        ("spec.template.spec.containers[1].ports[containerPort=81,protocol=\"UDP\"].protocol", None, line("protocol:", 1)),
        ("spec.template.spec.containers[1].args[2]", None, line("a: b", 0)),
        ("spec.template.spec.containers[1].args[=\"-v\"]", None, line("- -v", 0)),
        ("metadata.labels[app.kubernetes.io/name]", None, line("app.kubernetes.io", 0)),
        ("metadata.labels.app.kubernetes.io/name", None, line("app.kubernetes.io", 0)),
        ("spec.template.spec.containers.ports.containerPort", Some("number"), line("containerPort: 80", 0)),
        ("spec.template.spec.containers.script", Some("string"), line("script:", 0)),
        // What does not stand there: what it would stand in.
        ("spec.template.spec.containers[1].ports[7].protocol", None, line("ports:", 0)),
        ("spec.template.spec.containers[1].command", None, line("name: app", 0)),
        ("spec.strategy.type", None, line("spec:", 0)),
        ("metadata.labels", None, line("labels:", 0)),
        ("nowhere", None, 1), ("", None, 1), ("[", None, 1), ("..", None, 1), ("spec..replicas", None, line("replicas:", 0)),
    ];
    for (path, sort, line) in table {
        assert_eq!(read.place(path, sort).line, line, "{path}\n{text}");
    }
}

#[test]
fn what_servers_say_becomes_complaints() {
    let strict = "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \"spec.foo\", duplicate field \"spec.replicas\"";
    let go = "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32";
    let merge = "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.bar: field not declared in schema";
    let told = |message: &str, causes: &[Cause]| -> Vec<(String, String, bool)> {
        complaints(message, causes).into_iter().map(|c| (c.path, c.what, c.unknown)).collect()
    };
    let one = |path: &str, what: &str, unknown: bool| (path.to_owned(), what.to_owned(), unknown);
    assert_eq!(told(strict, &[]), [one("spec.foo", "unknown field", true), one("spec.replicas", "it is there twice", false)]);
    assert_eq!(told(go, &[]), [one("spec.replicas", "this should be a whole number, not a text", false)]);
    assert_eq!(complaints(go, &[])[0].sort.as_deref(), Some("string"));
    assert_eq!(told(merge, &[]), [one(".spec.bar", "unknown field", true)]);
    let cause = |field: &str, message: &str| Cause { field: field.into(), message: message.into() };
    let causes =
        [cause("spec.replicas", "Invalid value: -1: must be greater than or equal to 0"), cause("spec.replicas", "Required value")];
    assert_eq!(told("Deployment.apps \"web\" is invalid: [spec.replicas: …]", &causes).len(), 2);
    assert_eq!(told("webhook said no", &[cause("", "no")]), [one("", "webhook said no", false)]);
}

#[test]
fn a_mistyped_field_is_what_its_neighbours_have() {
    let known = deployment();
    let text = written(&known).replacen("imagePullPolicy", "imagePulPolicy", 1).replace("  replicas", "  replica");
    let read = read(&text).unwrap();
    #[rustfmt::skip]
    let table = [
        ("spec.template.spec.containers[0].imagePulPolicy", Some("imagePullPolicy")), ("spec.replica", Some("replicas")), ("spec.zebra", None),
        ("spec.template.spec.containers[0].arg", Some("args")), ("nowhere.replica", None), ("", None),
    ];
    for (path, meant) in table {
        assert_eq!(read.meant(path, &known).as_deref(), meant, "{path}");
    }
}

/// Words that readers of YAML do not agree on.
#[rustfmt::skip]
const ODD: &[&str] = &[
    "yes", "No", "on", "y", "null", "~", "", "0o17", "017", "08", "0x1F", "0b1", "1_000", "1e3", ".5", "5.", ".inf", ".nan", "12:30", "2026-11-23",
    "=", "<<", "a: b", "#", "- a", "---", "...", "!tag", "&a", "*a", "%a", "@a", "a\tb", "\ta", "a\n", "a\nb", "\n", " a\nb", "a\n\n\nb\n\n",
    "<<<<<<< x", "=======\n", "a\n>>>>>>> b\n", "'", "\"", "it's", "100Mi", "\u{85}", "\u{feff}a", "é日", "+1", "-0", "a\rb", "key: |\n  x\n",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => prop::sample::select(ODD).prop_map(str::to_owned), 2 => "[a-c0-9 :#'\"\\\\\n\t_.+-]{0,8}", 1 => any::<String>()]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // No server in Go writes a whole number with a dot.
        prop::num::f64::NORMAL.prop_filter("whole", |f| f.fract() != 0.0 || f.abs() >= 9_007_199_254_740_992.0).prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let map = prop::collection::vec((any_text(), inner.clone()), 0..5);
        prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), map.prop_map(|m| Value::Object(m.into_iter().collect()))]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn an_object_that_nobody_edits_stays_exactly_as_it_is(spec in any_value(), data in prop::collection::vec((any_text(), any_text()), 0..4)) {
        let data: Map<String, Value> = data.into_iter().map(|(k, v)| (k, v.into())).collect();
        let object = json!({ "apiVersion": "v1", "kind": "Odd", "metadata": { "name": "a", "annotations": data }, "spec": spec });
        let text = written(&object);
        let read = read(&text).map_err(|f| TestCaseError::fail(format!("{f:?}\n{text}")))?;
        prop_assert_eq!(&read.value, &object, "{}", text);
        prop_assert_eq!(read.warnings, vec![], "{}", text);
        prop_assert_eq!(written(&read.value), text);
    }

    #[test]
    fn no_text_is_too_odd_to_be_read(text in "[a-c:\\-\\[\\]{}&*!|>'\"#%@ \t\n0~<=]{0,40}", path in "[a-c.=\\[\\]\"0]{0,12}") {
        match read(&text) {
            Ok(read) => drop((read.place(&path, None), read.meant(&path, &read.value))),
            Err(flaws) => prop_assert!(!flaws.errors.is_empty() && flaws.errors.iter().all(|f| f.place.line >= 1 && f.place.column >= 1)),
        }
    }
}

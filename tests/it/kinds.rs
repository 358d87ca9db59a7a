//! Rows against kubectl's own printer, and what becomes of objects that lack fields or have wrong ones.
//!
//! `fixtures/KIND.json` are objects as API servers send them, one a line. `fixtures/KIND.table.json` is what kubectl shows of them, made by
//! `go run ./printer 2026-11-23T12:00:00Z < ../fixtures/KIND.json > ../fixtures/KIND.table.json` in `tests/cluster`. `fixtures/health.txt`
//! is what an engineer on call should think of each; when the test fails it prints what the code thinks. What `kubectl top` shows of metrics is
//! written by hand.

mod facts;

use kconsole::kinds::custom::TableDecoder;
use kconsole::kinds::decode::Change;
use kconsole::kinds::{KINDS, Kind};
use kconsole::model::cell::{Health, Value as Cell};
use kconsole::model::column::{Column, Show, Source};
use kconsole::model::id::{ClusterId, GroupResource, Uid, WatchId};
use kconsole::model::row::{Facts, Row};
use kconsole::model::table::Table;
use kconsole::model::time::Timestamp;
use kconsole::model::want::Want;
use kconsole::model::words::{Dictionary, Words};
use kconsole::model::world::World;
use serde_json::{Value, json};

/// When the fixtures were printed.
const NOW: Timestamp = Timestamp(1_795_435_200);

fn fixture(file: &str) -> String {
    let path = format!("{}/tests/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// What the fixtures of a kind are called; metrics have the plurals of what they are of.
fn called(kind: &Kind) -> String {
    if kind.names.group == "metrics.k8s.io" { kind.names.kind.to_lowercase() } else { kind.names.resource.to_owned() }
}

/// The objects of a kind's fixture; every kind has one.
fn objects(kind: &Kind) -> Vec<Value> {
    let list: Value = serde_json::from_str(&fixture(&format!("{}.json", called(kind)))).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn row(kind: &Kind, object: &Value, words: &mut Dictionary) -> Row {
    kind.row(object.to_string().as_bytes(), words)
}

fn shown(row: &Row, columns: &[Column], words: &Words) -> Vec<String> {
    let table = Table::new(WatchId(1), Want::all(ClusterId(0), GroupResource::new("", "any")), Vec::new(), NOW);
    let cell = |column: &Column| match column.source {
        Source::Joined(joint) => (joint.value)(row, &table, &World::default()).shown(NOW).into_owned(),
        Source::Name => row.name.to_string(),
        Source::Age => Cell::age(row.created).shown(NOW).into_owned(),
        Source::Cell(i) => row.cells[usize::from(i)].value(words).shown(NOW).into_owned(),
        Source::Cluster | Source::Namespace | Source::Health => panic!("no kind has this column of its own"),
    };
    columns.iter().map(cell).collect()
}

fn name_of(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

#[test]
fn rows_are_what_kubectl_prints() {
    assert_eq!(Timestamp::parse("2026-11-23T12:00:00Z"), Some(NOW));
    for kind in KINDS {
        let table: Value = serde_json::from_str(&fixture(&format!("{}.table.json", called(kind)))).unwrap();
        let columns = kind.kubectls_columns();
        let titles: Vec<_> = columns.iter().map(|c| c.title.to_string()).collect();
        assert_eq!(json!(titles), table["columns"], "{}", kind.names.resource);
        let ours = kind.columns().into_iter().filter(|c| !columns.contains(c));
        for column in ours {
            assert!(column.show > Show::Always, "{} {}: plain output is kubectl's", kind.names.resource, column.title);
        }
        assert!(kind.sort.is_none_or(|(title, _)| titles.iter().any(|t| t == title)), "sorted by a column that it has");
        let (objects, rows) = (objects(kind), table["rows"].as_array().unwrap());
        assert_eq!(objects.len(), rows.len());
        for (object, want) in objects.iter().zip(rows) {
            let mut words = Dictionary::default();
            let row = row(kind, object, &mut words);
            assert_eq!(json!(shown(&row, &columns, words.words())), *want, "{} {}", kind.names.resource, name_of(object));
            let path = [&object["metadata"]["namespace"], &object["metadata"]["name"]].map(|t| t.as_str().unwrap_or_default());
            assert_eq!(row.uid, object["metadata"]["uid"].as_str().map_or_else(|| Uid::of_name(path[0], path[1]), Uid::parse));
            assert_eq!(words.words().get(row.namespace), object["metadata"]["namespace"].as_str().unwrap_or_default());
        }
    }
}

#[test]
fn an_event_holds_the_same_row_as_a_list() {
    for kind in KINDS {
        for object in objects(kind) {
            let (mut one, mut two) = (Dictionary::default(), Dictionary::default());
            let row = row(kind, &object, &mut one);
            for (what, upserted) in [("ADDED", true), ("MODIFIED", true), ("DELETED", false)] {
                let line = json!({"type": what, "object": object}).to_string();
                let event = kind.event(line.as_bytes(), &mut two).unwrap();
                assert_eq!(event.version.as_deref(), object["metadata"]["resourceVersion"].as_str());
                match event.change {
                    Change::Upsert(other) if upserted => assert_eq!(other, row),
                    Change::Delete(uid) if !upserted => assert_eq!(uid, row.uid),
                    other => panic!("{what} {}: {other:?}", name_of(&object)),
                }
            }
        }
    }
}

/// Escapes say the same: nothing depends on whether a text could be borrowed.
#[test]
fn escaped_texts_are_read_the_same() {
    fn escaped(value: &Value) -> String {
        let text = |t: &str| format!("\"{}\"", t.encode_utf16().map(|c| format!("\\u{c:04x}")).collect::<String>());
        match value {
            Value::String(t) => text(t),
            Value::Array(items) => format!("[{}]", items.iter().map(escaped).collect::<Vec<_>>().join(",")),
            Value::Object(fields) => {
                format!("{{{}}}", fields.iter().map(|(k, v)| format!("{}:{}", text(k), escaped(v))).collect::<Vec<_>>().join(","))
            }
            other => other.to_string(),
        }
    }
    for kind in KINDS {
        for object in objects(kind) {
            let (mut one, mut two) = (Dictionary::default(), Dictionary::default());
            assert_eq!(kind.row(escaped(&object).as_bytes(), &mut one), row(kind, &object, &mut two), "{}", name_of(&object));
        }
    }
}

/// The JSON pointers of all fields of an object, but for those that name it.
fn fields(value: &Value, at: &str, out: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(k, v)| (format!("{at}/{}", k.replace('~', "~0").replace('/', "~1")), v)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (format!("{at}/{i}"), v)).collect(),
        _ => Vec::new(),
    };
    for (path, child) in children {
        fields(child, &path, out);
        // An item of a list is no field: lists have no holes.
        if value.is_object() && !["/metadata", "/metadata/name", "/metadata/uid", "/metadata/namespace"].contains(&path.as_str()) {
            out.push(path);
        }
    }
}

fn each_field(mut test: impl FnMut(&Kind, &Value, &str)) {
    for kind in KINDS {
        for object in objects(kind) {
            let mut paths = Vec::new();
            fields(&object, "", &mut paths);
            assert!(paths.len() > 3);
            paths.iter().for_each(|path| test(kind, &object, path));
        }
    }
}

fn without(object: &Value, path: &str) -> Value {
    let mut object = object.clone();
    let (parent, field) = path.rsplit_once('/').unwrap();
    let field = field.replace("~1", "/").replace("~0", "~");
    object.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(&field).unwrap();
    object
}

fn with(object: &Value, path: &str, value: Value) -> Value {
    let mut object = object.clone();
    *object.pointer_mut(path).unwrap() = value;
    object
}

#[test]
fn fd1_a_row_survives_the_loss_of_any_field() {
    each_field(|kind, object, path| {
        for less in [without(object, path), with(object, path, Value::Null)] {
            let mut words = Dictionary::default();
            let whole = row(kind, object, &mut words);
            let row = row(kind, &less, &mut words);
            assert!(!matches!(row.facts, Facts::Broken(_)), "{} {path}: {:?}", name_of(object), row.facts);
            assert_eq!((&row.name, row.uid, row.namespace, row.cells.len()), (&whole.name, whole.uid, whole.namespace, whole.cells.len()));
        }
    });
}

/// What may be a number or a text.
const AMOUNTS: &[&str] = &["/spec/minAvailable", "/spec/maxUnavailable"];

#[test]
fn fd2_fd3_a_wrong_type_makes_a_row_that_says_so() {
    let mut broken = std::collections::BTreeMap::new();
    each_field(|kind, object, path| {
        if AMOUNTS.contains(&path) {
            return;
        }
        let wrong = match object.pointer(path).unwrap() {
            Value::String(_) => json!(7),
            Value::Number(n) => json!(n.to_string()),
            Value::Bool(_) => json!("true"),
            Value::Array(_) => json!({"a": 1}),
            Value::Object(_) => json!(7.5),
            Value::Null => return,
        };
        let mut words = Dictionary::default();
        let whole = row(kind, object, &mut words);
        let row = row(kind, &with(object, path, wrong), &mut words);
        assert_eq!((&row.name, row.uid, row.namespace, row.cells.len()), (&whole.name, whole.uid, whole.namespace, whole.cells.len()));
        // A field that is not read may be anything.
        if let Facts::Broken(why) = &row.facts {
            assert!(why.starts_with("cannot be read: invalid type") && row.health == Health::Bad, "{path}: {why}");
            *broken.entry(kind.id()).or_insert(0) += 1;
        } else {
            assert_eq!(row, whole, "{path}");
        }
    });
    assert_eq!(broken.len(), KINDS.len(), "every kind reads something: {broken:?}");
}

#[test]
fn what_is_no_object_is_a_row_too() {
    for kind in KINDS {
        for json in ["null", "7", "{}", "\"x\"", "{\"metadata\":null}", "{", ""] {
            let row = kind.row(json.as_bytes(), &mut Dictionary::default());
            assert_eq!(matches!(row.facts, Facts::Broken(_)), json != "{}", "{json}");
        }
        assert!(kind.event(b"not json", &mut Dictionary::default()).is_err());
        assert!(kind.event(b"{}", &mut Dictionary::default()).is_err());
    }
}

#[test]
fn health_is_as_agreed() {
    let mut all = String::new();
    for kind in KINDS {
        for health in [Health::Ok, Health::Done, Health::Busy, Health::Warn, Health::Bad] {
            let objects = objects(kind);
            let those = objects.iter().filter(|o| row(kind, o, &mut Dictionary::default()).health == health).map(name_of);
            let those: Vec<_> = those.collect();
            if !those.is_empty() {
                all += &format!("{} {health:?}: {}\n", called(kind), those.join(" "));
            }
        }
    }
    assert_eq!(all, fixture("health.txt"), "now:\n{all}");
}

/// A watch as an API server 1.36 sent it: `sendInitialEvents` on a custom resource, then a deletion and a change.
#[test]
fn a_custom_resource_is_watched_through_its_table() {
    let mut decoder = TableDecoder::new(&GroupResource::new("example.com", "widgets"));
    let (mut words, mut told, mut seen) = (Dictionary::default(), Vec::new(), Vec::new());
    let watch = fixture("widgets.watch.jsonl");
    for line in watch.lines() {
        let (columns, event) = decoder.event(line.as_bytes(), &mut words).unwrap();
        told.extend(columns);
        let version = event.version.unwrap();
        seen.push(match event.change {
            Change::Upsert(row) => {
                let line: Value = serde_json::from_str(line).unwrap();
                assert_eq!(row, decoder.row(line["object"]["rows"][0].to_string().as_bytes(), &mut words), "as in a list");
                let cells: Vec<_> = row.cells.iter().map(|c| c.value(words.words()).shown(NOW).into_owned()).collect();
                format!("{version} {}/{} {}", words.words().get(row.namespace), row.name, cells.join("|"))
            }
            Change::Delete(uid) => format!("{version} deleted {uid}"),
            Change::Bookmark { initial_end } => format!("{version} bookmark {initial_end}"),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(
        seen,
        [
            "223 shop/empty <none>|<none>|<none>|<none>|<none>|<none>|<none>",
            "222 shop/full 3|1.5|true|[\"a\",\"b\"]|{\"k\":\"v\"}|326d|w",
            "224 shop/odd <none>|<none>|<none>|t|3.5|<invalid>|<none>",
            "224 bookmark true",
            "225 deleted 17356a62-aff3-41bd-9894-6cd1a878f61a",
            "226 shop/full 3|1.5|true|[\"a\",\"b\"]|{\"k\":\"v\"}|326d|w",
        ]
    );
    let column = |title: &'static str, source, show| Column { title: title.into(), source, show };
    let cells = ["SIZE", "RATIO", "ACTIVE", "TAGS", "MAP", "DUE"].into_iter().zip(0..);
    let mut want = vec![column("NAME", Source::Name, Show::Always)];
    want.extend(cells.map(|(title, i)| column(title, Source::Cell(i), Show::Always)));
    want.extend([column("WIDE", Source::Cell(6), Show::Wide), column("AGE", Source::Age, Show::Always)]);
    assert_eq!(told, [want], "told once");
}

fn decoder(group: &str, resource: &str, definitions: Value) -> TableDecoder {
    let mut decoder = TableDecoder::new(&GroupResource::new(group, resource));
    decoder.head(json!({"kind": "Table", "columnDefinitions": definitions}).to_string().as_bytes()).unwrap();
    decoder
}

#[test]
fn a_definition_of_a_kind_leads_to_its_objects() {
    let definitions = json!([{"name": "Name", "type": "string"}, {"name": "Created At", "type": "date"}]);
    let mut decoder = decoder("apiextensions.k8s.io", "customresourcedefinitions", definitions.clone());
    let mut words = Dictionary::default();
    let json = json!({"cells": ["widgets.example.com", "2026-11-23T15:38:16Z"],
        "object": {"metadata": {"name": "widgets.example.com", "creationTimestamp": "2026-11-23T15:38:16Z"}}});
    let row = decoder.row(json.to_string().as_bytes(), &mut words);
    let Facts::Defines(group, plural) = row.facts else { panic!("{:?}", row.facts) };
    assert_eq!((words.words().get(group), words.words().get(plural), row.cells.len()), ("example.com", "widgets", 0));
    let mut head = |definitions: Value| decoder.head(json!({"columnDefinitions": definitions}).to_string().as_bytes()).unwrap();
    assert_eq!((head(definitions), head(Value::Null)), (None, None), "nothing new");
    let news = head(json!([{"name": "Name", "type": "string"}, {"name": "Created At", "type": "string"}])).unwrap();
    assert_eq!(news[1].source, Source::Cell(0), "only a date ticks");
}

/// The last applied configuration of a Secret holds its values, in whatever else its metadata is wrong.
#[test]
fn secrets_leave_no_value() {
    let definitions = json!([{"name": "Name"}, {"name": "Type"}, {"name": "Data"}, {"name": "Age"}]);
    let decoder = decoder("", "secrets", definitions);
    for labels in [json!({"a": "b"}), json!(7), json!({"a": {"b": "c"}})] {
        let mut words = Dictionary::default();
        let json = json!({"cells": ["db", "Opaque", 1, "5s"], "object": {"metadata": {
            "name": "db", "labels": labels, "deletionTimestamp": "2026-11-23T12:00:00Z",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"password\":\"aHVudGVyMg==\"}}"},
        }}});
        let row = decoder.row(json.to_string().as_bytes(), &mut words);
        assert!(!format!("{row:?} {words:?}").contains("aHVudGVyMg"));
        assert_eq!((&*row.name, row.cells.len()), ("db", 2));
        assert_eq!(row.health, if labels == json!({"a": "b"}) { Health::Busy } else { Health::Bad });
    }
}

#[test]
fn fd6_odd_tables_still_show() {
    let mut words = Dictionary::default();
    let definitions = json!([{"name": "Name"}, {"name": "Name"}, {"name": "Age"}, {"name": "Age"}, {}, {"name": "x", "priority": null}]);
    let mut decoder = decoder("g", "r", definitions);
    let mut cells = |cells: Value| {
        let json = json!({"cells": cells, "object": {"metadata": {"name": "n", "uid": "u"}}});
        let row = decoder.row(json.to_string().as_bytes(), &mut words);
        assert_eq!((&*row.name, row.uid), ("n", Uid::parse("u")));
        let shown: Vec<_> = row.cells.iter().map(|c| c.value(words.words()).shown(NOW).into_owned()).collect();
        (shown.join("|"), matches!(row.facts, Facts::Broken(_)))
    };
    assert_eq!(cells(json!(["n", "other", "1d", "2d", {"a": [1, null]}, [true]])), ("other|2d|{\"a\":[1,null]}|[true]".to_owned(), false));
    assert_eq!(cells(json!(["n", "<none>", "", "", 1e300, 18_446_744_073_709_551_615u64])).0.split('|').next(), Some("<none>"));
    assert_eq!(cells(json!(["n"])), ("<none>|<none>|<none>|<none>".to_owned(), false), "fewer cells than columns");
    assert_eq!(cells(Value::Null), ("<none>|<none>|<none>|<none>".to_owned(), false));
    assert_eq!(cells(json!("n")), ("<none>|<none>|<none>|<none>".to_owned(), true), "no list: says so, and still has its name");
    for json in ["{}", "null", "[]", "7", ""] {
        assert_eq!(decoder.row(json.as_bytes(), &mut words).cells.len(), 4, "{json}");
    }
    assert!(
        decoder.head(b"7").is_err() && decoder.head(b"{\"columnDefinitions\":7}").is_err() && decoder.event(b"{}", &mut words).is_err()
    );
    assert_eq!(decoder.head(b"{\"columnDefinitions\":[]}").unwrap(), Some(Vec::new()));
    assert_eq!(decoder.row(br#"{"cells":["n",1]}"#, &mut words).cells.len(), 0);
    let (_, event) = decoder.event(br#"{"type":"ADDED","object":{"kind":"Table","rows":null}}"#, &mut words).unwrap();
    assert!(matches!(event.change, Change::Unknown));
    let line = br#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}"#;
    let (_, event) = decoder.event(line, &mut words).unwrap();
    assert!(matches!(event.change, Change::Error(status) if status.code == Some(410)));
}

//! What an autoscaler keeps to: fewest and most pods, and the targets of its metrics.

use super::scale::wanted as counted;
use super::{Action, change};
use crate::kinds;
use crate::model::id::ObjectRef;
use crate::model::quantity::quantity;
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, nothing_around};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[Action {
    name: "autoscale",
    help: "Change minimum, maximum and targets of the autoscaler",
    run: |scene, argument| change(scene, &AUTOSCALE, argument),
}];

/// Changes the autoscaler itself, or that of a workload.
pub static AUTOSCALE: Verb = Verb {
    name: "autoscale",
    does: "autoscale with",
    to: &["horizontalpodautoscalers.autoscaling", "deployments.apps", "statefulsets.apps", "replicasets.apps", "replicationcontrollers"],
    on: On::Keeper("autoscaling", "horizontalpodautoscalers", keeper),
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    form,
    plan,
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Stored("the autoscaler goes by it at its next look, every 15 s as a rule"),
    pace: Pace::Together(10),
    undo: Undo::Fields,
    check: Check::Server,
};

/// The fields that are about the autoscaler itself.
const BOUNDS: [&str; 2] = ["min", "max"];

/// The autoscaler of a workload, where a table has it.
fn keeper(world: &World, workload: &ObjectRef) -> Option<ObjectRef> {
    let kind = kinds::find(&workload.kind)?.names.kind;
    let mut tables = world.tables_of(workload.cluster, "autoscaling", "horizontalpodautoscalers");
    tables.find_map(|t| Some(t.object(t.of_uid(t.aside().scaler(&workload.namespace, kind, &workload.name)?)?)))
}

/// A target of a metric.
struct Target {
    /// What people call the metric, as `cpu`; two of one name are told apart.
    name: String,
    /// What it measures, and where: no other one of the autoscaler has that, and the one of another autoscaler that does is the same.
    key: String,
    /// Where it stands.
    path: String,
    /// What it is: a number of per cent, or a quantity.
    value: Value,
}

/// The targets of all metrics of an autoscaler (`autoscaling/v2`).
fn targets(item: &Item) -> Vec<Target> {
    let metrics = item.before.as_ref().and_then(|o| o.pointer("/spec/metrics")?.as_array()).map_or(&[] as &[Value], Vec::as_slice);
    let of = |(at, metric): (usize, &Value)| {
        // The part is called like the type, but for its first letter: Resource, Pods, Object, External, ContainerResource.
        let (part, of) = metric.as_object()?.iter().find(|(key, _)| *key != "type")?;
        let name = of.get("name").or_else(|| of.pointer("/metric/name"))?.as_str()?;
        let beside = of.get("container").or_else(|| of.pointer("/describedObject/name")).and_then(Value::as_str);
        let (field, value) = of.get("target")?.as_object()?.iter().find(|(key, _)| *key != "type")?;
        let path = format!("/spec/metrics/{at}/{part}/target/{field}");
        let (beside, key) = (beside.unwrap_or(part).to_owned(), format!("{path} {name} {}", beside.unwrap_or_default()));
        Some((beside, Target { name: name.to_owned(), key, path, value: value.clone() }))
    };
    let mut all: Vec<(String, Target)> = metrics.iter().enumerate().filter_map(of).collect();
    // Where a name says too little, what it is measured of does, and in the end its place.
    let is_taken = |all: &[(String, Target)], at: usize| {
        let name = |n: usize| all.get(n).map(|(_, target)| target.name.as_str());
        name(at).is_some_and(|own| BOUNDS.contains(&own)) || (0..all.len()).any(|n| n != at && name(n) == name(at))
    };
    for last in [false, true] {
        let taken: Vec<bool> = (0..all.len()).map(|at| is_taken(&all, at)).collect();
        for (at, ((beside, target), _)) in all.iter_mut().zip(taken).enumerate().filter(|(_, (_, taken))| *taken) {
            target.name = if last { format!("{}:{}", target.name, at + 1) } else { format!("{}:{beside}", target.name) };
        }
    }
    all.into_iter().map(|(_, target)| target).collect()
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bounds(item: &Item) -> (i64, i64) {
    (item.number("/spec/minReplicas").unwrap_or(1), item.number("/spec/maxReplicas").unwrap_or_default())
}

/// What they have in common is there; what is different stays where nothing is written.
fn form(items: &[Item], argument: &str) -> Form {
    let Some((first, others)) = items.split_first().filter(|(first, _)| first.before.is_some()) else { return Form::default() };
    let asked: Vec<&str> = argument.split_whitespace().collect();
    let common =
        |of: &dyn Fn(&Item) -> Option<String>| of(first).filter(|v| others.iter().all(|o| of(o).as_ref() == Some(v))).unwrap_or_default();
    let given = |key: &str| asked.iter().find_map(|a| a.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned);
    let bound = |key: &'static str, now: String| Field::new(key, "a number, +3, -3, 2x or 50%", &given(key).unwrap_or(now)).counting();
    let min = bound("min", common(&|i| Some(bounds(i).0.to_string())));
    let max = bound("max", common(&|i| Some(bounds(i).1.to_string())));
    let target = |t: &Target| {
        let now = common(&|i| Some(shown(&targets(i).into_iter().find(|other| other.key == t.key)?.value)));
        let text = given(&t.name).unwrap_or(now);
        let field = if t.value.is_i64() {
            Field::new(t.name.clone(), "per cent of what the pods ask for", &text).counting()
        } else {
            Field::new(t.name.clone(), "an amount, as 500m, 10 or 2Gi", &text)
        };
        field.about(t.key.clone())
    };
    let targets: Vec<Field> = targets(first).iter().map(target).collect();
    Form::of([min, max].into_iter().chain(targets))
}

/// What a field asks for, where something is written.
fn bound(form: &Form, key: &str, now: i64) -> Result<i64, String> {
    let text = form.text(key);
    if text.is_empty() { Ok(now) } else { counted(text, now).map_err(|why| format!("{key}: {why}")) }
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    let now = bounds(item);
    let (min, max) = (bound(form, "min", now.0)?, bound(form, "max", now.1)?);
    if max < min.max(1) {
        return Err(format!("the maximum, {max}, is less than {}", if min > 1 { format!("the minimum, {min}") } else { "1".to_owned() }));
    }
    let mut operations = Vec::new();
    for (path, now, then) in [("/spec/minReplicas", now.0, min), ("/spec/maxReplicas", now.1, max)] {
        operations.extend((now != then).then(|| json!({"op": "add", "path": path, "value": then})));
    }
    for target in targets(item) {
        let then = aimed(&target, form.text(&target.key))?;
        if then != target.value {
            // Metrics have no names that a patch could hold on to.
            operations.push(json!({"op": "test", "path": target.path, "value": target.value}));
            operations.push(json!({"op": "replace", "path": target.path, "value": then}));
        }
    }
    if operations.is_empty() { Err("it keeps to that already".to_owned()) } else { Ok(Plan::of(Write::Ops(operations))) }
}

/// What a metric is to aim at.
fn aimed(target: &Target, text: &str) -> Result<Value, String> {
    let name = &target.name;
    match &target.value {
        now if text.is_empty() || shown(now) == text => Ok(now.clone()),
        Value::Number(_) => match text.trim_end_matches('%').trim().parse::<i32>() {
            Ok(percent) if percent > 0 => Ok(json!(percent)),
            _ => Err(format!("{name}: {text} is no number of per cent above 0")),
        },
        _ if quantity(text).is_some_and(|q| q > 0.0) => Ok(json!(text)),
        _ => Err(format!("{name}: {text} is no amount: write 500m, 10 or 2Gi")),
    }
}

fn notes(item: &Item, form: &Form, _: &World) -> Vec<Note> {
    let now = bounds(item);
    let (min, max) = (bound(form, "min", now.0).unwrap_or(now.0), bound(form, "max", now.1).unwrap_or(now.1));
    let has = item.number("/status/currentReplicas").unwrap_or_default();
    let scales = |part: &str| item.text(&format!("/spec/scaleTargetRef/{part}")).unwrap_or_default();
    let mut notes = vec![Note::info("scales", format!("{} {}, which has {has} now", scales("kind").to_lowercase(), scales("name")))];
    if min > has {
        notes.push(Note::warn("pods", format!("it goes up to {min} at once")));
    }
    if max < has {
        notes.push(Note::warn("pods", format!("it goes down to {max} at once, whatever the load is")));
    }
    if min == 0 {
        notes.push(Note::warn("pods", "with 0 nothing answers while nobody asks; servers take it with the feature HPAScaleToZero only"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::{item, sent};

    /// Metrics may share a name with each other, and with the bounds.
    #[test]
    fn every_field_is_about_one_thing() {
        let external = |kind: &str| json!({"type": "External", "external": {"metric": {"name": "jobs", "selector": {"matchLabels": {"kind": kind}}}, "target": {"type": "Value", "value": "30"}}});
        let of = |part: &str, what: Value| json!({"type": "x", part: what});
        let cpu = |target: u8| json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}});
        let mut inner = cpu(60);
        inner["container"] = json!("app");
        let min = json!({"metric": {"name": "min"}, "target": {"type": "AverageValue", "averageValue": "7"}});
        let mut scaler = scaler();
        scaler.before.as_mut().unwrap()["spec"]["metrics"] =
            json!([of("resource", cpu(70)), of("containerResource", inner), of("pods", min), external("a"), external("b")]);
        let mut form = form(std::slice::from_ref(&scaler), "cpu:app=50 min=3");
        let names: Vec<(&str, &str)> = form.fields.iter().map(|f| (&*f.name, f.line.text())).collect();
        let expected = [("min", "3"), ("max", "8"), ("cpu:resource", "70"), ("cpu:app", "50"), ("min:pods", "7")];
        assert_eq!(names, [&expected[..], &[("jobs:external:4", "30"), ("jobs:external:5", "30")]].concat());
        form.fields.last_mut().unwrap().line.set("40");
        let sent = sent(&AUTOSCALE, &scaler, &form).unwrap();
        let set: Vec<(&str, &Value)> =
            sent.as_array().unwrap().iter().filter(|o| o["op"] != "test").map(|o| (o["path"].as_str().unwrap(), &o["value"])).collect();
        let paths =
            ["/spec/minReplicas", "/spec/metrics/1/containerResource/target/averageUtilization", "/spec/metrics/4/external/target/value"];
        assert_eq!(set, paths.into_iter().zip([&json!(3), &json!(50), &json!("40")]).collect::<Vec<_>>());
    }

    fn scaler() -> Item {
        item(
            ("autoscaling", "horizontalpodautoscalers"),
            json!({"spec": {"minReplicas": 2, "maxReplicas": 8, "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "metrics": [
                {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
                {"type": "Pods", "pods": {"metric": {"name": "requests"}, "target": {"type": "AverageValue", "averageValue": "100"}}}]},
                "status": {"currentReplicas": 4}}),
        )
    }

    fn filled(values: &[(&'static str, &str)]) -> Form {
        let mut form = form(&[scaler()], "");
        for (name, text) in values {
            form.fields.iter_mut().find(|f| f.name == *name).unwrap().line.set(text);
        }
        form
    }

    #[test]
    fn the_form_has_what_there_is_to_change() {
        let written: Vec<(String, String)> =
            form(&[scaler()], "max=12").fields.iter().map(|f| (f.name.to_string(), f.line.text().to_owned())).collect();
        let expected = [("min", "2"), ("max", "12"), ("cpu", "70"), ("requests", "100")];
        assert_eq!(written, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        let mut other = scaler();
        other.before.as_mut().unwrap()["spec"]["maxReplicas"] = json!(9);
        assert_eq!(form(&[scaler(), other], "").text("max"), "", "they have different ones");
        // What is filled in for a metric is not meant for another one in its place.
        let mut other = scaler();
        other.before.as_mut().unwrap()["spec"]["metrics"][0]["resource"]["name"] = json!("memory");
        let mut form = form(&[scaler(), other.clone()], "max=9");
        assert_eq!(form.fields[2].line.text(), "");
        form.fields[2].line.set("60");
        assert_eq!(sent(&AUTOSCALE, &other, &form).unwrap().as_array().unwrap().len(), 1, "the maximum alone");
    }

    #[test]
    fn what_is_filled_in_is_what_is_sent() {
        let test = |path: &str, value: Value| json!({"op": "test", "path": path, "value": value});
        let set = |op: &str, path: &str, value: Value| json!({"op": op, "path": path, "value": value});
        let cpu = "/spec/metrics/0/resource/target/averageUtilization";
        let requests = "/spec/metrics/1/pods/target/averageValue";
        for (values, operations) in [
            (vec![("max", "12")], vec![set("add", "/spec/maxReplicas", json!(12))]),
            (
                vec![("min", "+1"), ("max", "2x")],
                vec![set("add", "/spec/minReplicas", json!(3)), set("add", "/spec/maxReplicas", json!(16))],
            ),
            (vec![("cpu", "60%"), ("max", "")], vec![test(cpu, json!(70)), set("replace", cpu, json!(60))]),
            (vec![("requests", "2k")], vec![test(requests, json!("100")), set("replace", requests, json!("2k"))]),
        ] {
            assert_eq!(sent(&AUTOSCALE, &scaler(), &filled(&values)), Ok(Value::Array(operations)), "{values:?}");
        }
        for (values, why) in [
            (vec![], "already"),
            (vec![("max", "1")], "the maximum, 1, is less than the minimum, 2"),
            (vec![("min", "0"), ("max", "0")], "the maximum, 0, is less than 1"),
            (vec![("min", "few")], "min: few is no number of pods"),
            (vec![("cpu", "0")], "cpu: 0 is no number"),
            (vec![("cpu", "half")], "cpu: half is no number"),
            (vec![("requests", "many")], "requests: many is no amount"),
        ] {
            let told = sent(&AUTOSCALE, &scaler(), &filled(&values)).unwrap_err();
            assert!(told.contains(why), "{values:?}: {told}");
        }
    }

    /// The guard's least number of replicas is about what the workload may come down to.
    #[test]
    fn the_least_that_it_may_come_down_to_is_known_before_it_is_sent() {
        for (values, least) in [
            (vec![("min", "1")], Some(1)),
            (vec![("min", "1"), ("max", "9")], Some(1)),
            (vec![("max", "4")], Some(4)),
            (vec![("cpu", "60")], None),
            (vec![("max", "1")], None),
        ] {
            let mut item = scaler();
            item.plan = Some(plan(&item, &filled(&values)));
            assert_eq!(item.replicas(), least, "{values:?}");
        }
        // Whoever takes the minimum away, or edits it as text, gets 1.
        let mut item = scaler();
        item.plan = Some(Ok(Plan::of(Write::Ops(vec![json!({"op": "remove", "path": "/spec/minReplicas"})]))));
        assert_eq!(item.replicas(), Some(1));
        item.plan = Some(Ok(Plan::of(Write::Replace(String::new()))));
        let mut edited = scaler().before.unwrap();
        edited["spec"]["minReplicas"] = json!(0);
        item.checked = Some(Ok(edited));
        assert_eq!(item.replicas(), Some(0));
    }

    #[test]
    fn what_follows_at_once_is_said() {
        let told = |values: &[(&'static str, &str)]| notes(&scaler(), &filled(values), &World::default()).len();
        assert_eq!((told(&[]), told(&[("min", "5")]), told(&[("max", "3")])), (1, 2, 2));
    }
}

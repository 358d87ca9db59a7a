//! Every verb, from the key to what a demo server has: what the preview showed is what is stored, and nothing else.
#![allow(clippy::result_large_err, reason = "scripts answer a handful of requests")]

use crate::rig::objects::object;
use crate::rig::person::Person;
use crate::rig::robot::Robot;
use crate::rig::writes::failure;
use kconsole::demo::write::How;
use kconsole::model::call::{Call, Failure, Method, Reply};
use kconsole::model::cluster::Tier;
use kconsole::model::fault::FaultKind;
use kconsole::model::msg::Msg;
use kconsole::model::step::Effect;
use serde_json::{Value, json};

const REGISTRY: &str = "registry.shop.example";

/// A pod template with one container, and one that runs before it.
pub fn template(image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "app", "image": format!("{REGISTRY}/{image}"), "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}],
            "initContainers": [{"name": "migrate", "image": format!("{REGISTRY}/checkout-migrate:2.31.0")}],
        },
    })
}

/// A workload called `web`.
pub fn web() -> Value {
    json!({"metadata": {"name": "web"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template("web:1")}})
}

fn stateful() -> Value {
    let mut of = web();
    of["spec"]["serviceName"] = json!("web");
    of
}

fn daemons() -> Value {
    let mut of = web();
    of["spec"].as_object_mut().unwrap().remove("replicas");
    of
}

pub fn cronjob() -> Value {
    let mut template = template("checkout:2.31.0");
    template["spec"]["restartPolicy"] = json!("Never");
    json!({"metadata": {"name": "night", "labels": {"team": "shop"}}, "spec": {"schedule": "0 3 * * *", "suspend": false,
        "jobTemplate": {"metadata": {"labels": {"app": "night"}}, "spec": {"backoffLimit": 2, "template": template}}}})
}

pub fn scaler() -> Value {
    json!({"metadata": {"name": "web-scaler"}, "spec": {"minReplicas": 2, "maxReplicas": 8,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]}})
}

#[tokio::test]
async fn image() {
    let mut person = Person::start("deployments", &[("deployments.apps", web())]).await;
    let before = person.has("deployments.apps", "web");
    person.press("I").sees("checkout-migrate:2.31.0").await.sees("these images it has already").await;
    person.text("registry.shop.example/Web").sees("Web has capital letters").await;
    person.press("ctrl-u").text("registry.shop.example/web:2").previews("web:1 → registry.shop.example/web:2").await;
    person.confirms("deployments.apps", "web").await;
    assert_eq!(person.has("deployments.apps", "web")["spec"]["template"]["spec"]["containers"][0]["image"], "registry.shop.example/web:2");
    // What it had is offered, and undo brings it back.
    person.press("esc I").sees("› registry.shop.example/web:2").await.press("down").sees("› registry.shop.example/web:1").await;
    person.press("esc U").previews("web:2 → registry.shop.example/web:1").await.confirms("deployments.apps", "web").await;
    assert_eq!(person.has("deployments.apps", "web")["spec"], before["spec"]);
}

#[tokio::test]
async fn label_and_annotate() {
    let map = json!({"metadata": {"name": "settings", "labels": {"team": "shop"}}, "data": {"a": "b"}});
    let mut person = Person::start("configmaps", &[("configmaps", map)]).await;
    person.press("/").text("settings").press("enter");
    person.act("label tier=Front team-").confirms("configmaps", "settings").await;
    assert_eq!(person.has("configmaps", "settings")["metadata"]["labels"], json!({"tier": "Front"}));
    person.press("esc").act("label").sees("tier=Front").await.text("a=b=c").sees("the value of a: a valid label must be").await;
    person.press("esc").act("annotate note=\"two words\" example.com/url=https://example.com/?a=b");
    person.confirms("configmaps", "settings").await;
    let annotations = json!({"note": "two words", "example.com/url": "https://example.com/?a=b"});
    assert_eq!(person.has("configmaps", "settings")["metadata"]["annotations"], annotations);
    person.press("esc U").sees("Undo ─ prod-eu").await.sees("annotate  this run").await.sees("label     this run").await;
    person.press("enter").confirms("configmaps", "settings").await;
    assert_eq!(person.has("configmaps", "settings").pointer("/metadata/annotations/note"), None);
}

#[tokio::test]
async fn pause_and_resume() {
    let mut person = Person::start("deployments", &[("deployments.apps", web())]).await;
    person.act("resume").sees("it is not paused").await.press("esc");
    person.act("pause").previews("spec.paused  nothing → true").await.confirms("deployments.apps", "web").await;
    person.press("esc").act("pause").sees("it is paused already").await.press("esc");
    // What is changed meanwhile waits, and says so.
    person.press("I").text("registry.shop.example/web:2").sees("it is paused: nothing is replaced").await.press("esc");
    person.act("resume").previews("spec.paused  true → nothing").await.confirms("deployments.apps", "web").await;
}

#[tokio::test]
async fn suspend_and_trigger() {
    let mut person = Person::start("cronjobs", &[("cronjobs.batch", cronjob())]).await;
    person.act("pause").sees("no jobs begin until it is resumed").await.previews("spec.suspend  false → true").await;
    person.confirms("cronjobs.batch", "night").await.press("esc");
    person.act("trigger").sees("night-manual-").await.sees("its schedule stays so").await;
    person.press("ctrl-u").text("By-Hand").sees("a lowercase RFC 1123 subdomain").await;
    person.press("ctrl-u").text("by-hand").sees("cannot be undone").await.confirms("jobs.batch", "by-hand").await;
    let (job, owner) = (person.has("jobs.batch", "by-hand"), person.has("cronjobs.batch", "night"));
    assert_eq!(job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"], "manual");
    assert_eq!(job["metadata"]["ownerReferences"][0]["uid"], owner["metadata"]["uid"]);
    person.press("esc").act("trigger by-hand").sees("already exists").await.press("esc");
    person.act("resume").sees("a job begins at once").await.confirms("cronjobs.batch", "night").await;
}

#[tokio::test]
async fn rerun() {
    let mut template = template("checkout:2.31.0");
    template["spec"]["restartPolicy"] = json!("Never");
    let job = json!({"metadata": {"name": "once", "labels": {"team": "shop"}}, "spec": {"backoffLimit": 2, "template": template}});
    let mut person = Person::start("jobs", &[("jobs.batch", job)]).await;
    let first = person.has("jobs.batch", "once");
    person.act("rerun again").sees("it has not ended").await.confirms("jobs.batch", "again").await;
    let second = person.has("jobs.batch", "again");
    assert_ne!(first["spec"]["selector"], second["spec"]["selector"], "each has pods of its own");
    assert_eq!(first["spec"]["template"]["spec"], second["spec"]["template"]["spec"]);
    assert_eq!(second["spec"]["template"]["metadata"]["labels"]["batch.kubernetes.io/job-name"], "again");
    assert_eq!(person.names("jobs.batch"), ["again", "once"]);
}

#[tokio::test]
async fn rollback() {
    for (table, id, workload) in [
        ("deployments", "deployments.apps", web()),
        ("statefulsets", "statefulsets.apps", stateful()),
        ("daemonsets", "daemonsets.apps", daemons()),
    ] {
        let mut person = Person::start(table, &[(id, workload)]).await;
        let first = person.has(id, "web")["spec"]["template"].clone();
        // Another image, and a list that is shorter.
        person.other(id, "web", |o| {
            o["spec"]["template"] = template("web:2");
            o["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().unwrap().remove(0);
            o["metadata"]["annotations"]["kubernetes.io/change-cause"] = json!("a new web");
        });
        person.other(id, "web", |o| o["spec"]["template"]["spec"]["containers"][0]["image"] = json!("registry.shop.example/web:3"));
        person.act("rollback").sees("› 2 · ").await.sees("web:2 · a new web").await.previews("web:3 → registry.shop.example/web:2").await;
        person.press("down").sees("› 1 · ").await.previews("web:3 → registry.shop.example/web:1").await.confirms(id, "web").await;
        assert_eq!(person.has(id, "web")["spec"]["template"], first, "{table}");
        person.press("esc").act("rollback 9").sees("it has no revision 9, but 4, 3, 2").await;
        person.press("ctrl-u").text("4").sees("its pods are those of revision 4 already").await;
    }
}

/// A number has no letters: they are keys of the dialog, where the keys are in the field of the revision too.
#[tokio::test]
async fn letters_in_the_dialog_of_a_rollback_are_its_keys() {
    for (tier, keys) in [(Tier::Staging, "y a"), (Tier::Prod, "p r o d - e u enter")] {
        let mut person = Person::start("deployments", &[("deployments.apps", web())]).await;
        let first = person.has("deployments.apps", "web")["spec"]["template"].clone();
        person.other("deployments.apps", "web", |o| o["spec"]["template"] = template("web:2"));
        person.tier(tier).act("rollback").sees("accepted by the server").await.press("x").press(keys);
        person.sees(if tier == Tier::Prod { "type prod-eu to confirm" } else { "of the newest revision" }).await;
        if tier == Tier::Prod {
            person.press("ctrl-u").press(keys).sees("of the newest revision").await;
        }
        assert_eq!(person.has("deployments.apps", "web")["spec"]["template"], first, "{}", person.screen());
    }
}

#[tokio::test]
async fn what_is_paused_is_not_rolled_back_and_what_has_one_revision_cannot_be() {
    let mut person = Person::start("deployments", &[("deployments.apps", web())]).await;
    person.act("rollback").sees("no revision but the present one").await.press("esc");
    person.other("deployments.apps", "web", |o| o["spec"]["paused"] = json!(true));
    person.act("rollback").sees("its rollout is paused: resume it first").await;
}

#[tokio::test]
async fn autoscale() {
    let objects = [("deployments.apps", web()), ("horizontalpodautoscalers.autoscaling", scaler())];
    let id = objects[1].0;
    let mut person = Person::start("horizontalpodautoscalers", &objects).await;
    person.act("autoscale").sees("scales").await.press("tab tab").text("60").previews("averageUtilization  70 → 60").await;
    person.confirms(id, "web-scaler").await.press("esc");
    person.act("autoscale max=1").sees("is less than the minimum, 2").await.press("esc");
    // From what it scales: where tables know it, at once, and else by its table.
    let mut person = Person::start("scaling", &objects).await;
    person.until("the autoscaler is known", |p| p.screen().contains("2–8")).await;
    person.act("autoscale max=12").sees("web-scaler").await.previews("spec.maxReplicas  8 → 12").await.confirms(id, "web-scaler").await;
    // What was asked of the workload is taken back from there, and it is said that it is about another object.
    person
        .press("esc U")
        .sees("HorizontalPodAutoscaler here/web-scaler: spec.maxReplicas: 8 → 12")
        .await
        .sees("go back to a revision")
        .await;
    person.press("enter").previews("spec.maxReplicas  12 → 8").await.confirms(id, "web-scaler").await.press("esc");
    // Where no table shows autoscalers, they are looked for.
    person.act("autoscale max=11").previews("spec.maxReplicas  8 → 11").await.confirms(id, "web-scaler").await;
    person.restarts("deployments").await;
    person.press("U").sees("HorizontalPodAutoscaler here/web-scaler: spec.maxReplicas: 8 → 11").await;
    let mut person = Person::start("deployments", &objects).await;
    person.act("autoscale").sees("if there is one, it is here").await.sees("web-scaler").await;
}

#[tokio::test]
async fn scale_tells_the_room_on_nodes_where_they_are_known() {
    let mut web = web();
    web["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "500m"}});
    let mut person = Person::start("deployments", &[("deployments.apps", web)]).await;
    person.press("S").text("9").sees("n/a: nodes are not known here").await.press("esc");
    let amounts = json!({"cpu": "2", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi"});
    let ready = json!([{"type": "Ready", "status": "True", "reason": "KubeletReady"}]);
    let node = json!({"metadata": {"name": "n-1"}, "status": {"capacity": amounts, "allocatable": amounts, "conditions": ready}});
    person.cluster().with(|sim| sim.create("nodes", node, How::by("kubelet")).expect("a node"));
    person.press(":").text("nodes").press("enter").sees("n-1").await;
    person.press(":").text("pods").press("enter").sees("Running").await;
    person.press(":").text("deployments").press("enter").sees("1/1").await.press("S").text("4");
    person.sees("3 more fit on 1 of 1 nodes now, by what one asks for (cpu 500m)").await;
    person.press("ctrl-u").text("9").sees("5 would wait for").await.confirms("deployments.apps", "web").await;
}

/// FW6: what was to be made is looked for by its name, and never made twice.
#[test]
fn fw6_a_job_whose_answer_is_lost_is_looked_for() {
    for (made, told) in [(true, "✔ eu  here/night  done"), (false, "before the server did it")] {
        let mut night = object("here/night", 90_000);
        night["spec"] = cronjob()["spec"].clone();
        let mut robot = Robot::new(&["eu"], "cronjobs");
        robot.state.world.clusters[0].tier = Tier::Dev;
        robot.list("eu", "cronjobs", std::slice::from_ref(&night));
        let (mut asked, mut job) = (Vec::new(), Value::Null);
        for keys in [":", "t r i g g e r space b y - h a n d enter", "enter"] {
            robot.press(keys);
            loop {
                let effects: Vec<Effect> =
                    robot.effects().into_iter().filter(|e| matches!(e, Effect::Call(..) | Effect::Journal(_))).collect();
                if effects.is_empty() {
                    break;
                }
                for effect in effects {
                    let msg = match effect {
                        Effect::Call(id, call) => {
                            asked.push(format!("{:?} {}", call.method, call.path));
                            let is_dry = call.query.iter().any(|(name, _)| *name == "dryRun");
                            Msg::Answer(id, answer(&call, is_dry, &night, &mut job, made))
                        }
                        Effect::Journal(deed) => Msg::Journalled(deed.id.clone(), Ok(())),
                        _ => continue,
                    };
                    robot.message(msg);
                }
            }
        }
        robot.sees(told);
        let jobs = "/apis/batch/v1/namespaces/here/jobs";
        assert_eq!(asked.iter().filter(|a| **a == format!("Create {jobs}")).count(), 2, "tried once and sent once: {asked:?}");
        assert_eq!(asked.last(), Some(&format!("Get {jobs}/by-hand")));
    }
}

/// What a server says that loses its answer to what is made in earnest; each request gives the job another number.
fn answer(call: &Call, is_dry: bool, night: &Value, job: &mut Value, made: bool) -> Result<Reply, Failure> {
    let reply = |object: Value| Ok(Reply { object, ..Reply::default() });
    match call.method {
        Method::Review => reply(json!({"status": {"allowed": call.body.contains("\"create\"") && call.body.contains("\"jobs\"")}})),
        Method::Get if call.path.ends_with("/night") => reply(night.clone()),
        Method::Get if made => reply(job.clone()),
        Method::Get => Err(failure(FaultKind::Gone, "not found", false)),
        _ => {
            *job = serde_json::from_str(&call.body).unwrap();
            job["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"] = json!(if is_dry { "dry" } else { "wet" });
            if is_dry { reply(job.clone()) } else { Err(failure(FaultKind::Unreachable, "connection reset", true)) }
        }
    }
}

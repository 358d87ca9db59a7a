//! The logs of an object: of a pod, or of all pods that belong to something else; of what is marked; of what is called so in every cluster.

use super::Action;
use super::drill::{cursor, pods};
use crate::model::id::ObjectRef;
use crate::model::motion::{Around, Back};
use crate::model::quantity::span;
use crate::model::step::{Effect, Motion, Only, Prompt, Reject, Save, Scene, Screen, Step, Target, Tee, Workload};

pub(super) const ALL: &[Action] = &[
    Action { name: "logs", help: "The logs of this pod, of all pods of this object, or of the marked rows", run: logs },
    Action { name: "logs-everywhere", help: "This object's logs in every open cluster, by name", run: everywhere },
    Action {
        name: "filter-lines",
        help: "Show only lines that fit: level>=warn, pod:web, .user.id=42, /re/, !not",
        run: |_, _| Ok(vec![Step::Ask(Prompt::Sieve)]),
    },
    Action {
        name: "timeline",
        help: "Tell events and changes between the lines, or no more",
        run: |_, _| Ok(vec![Step::Do(Effect::ReadJournal), Step::Move(Motion::Timeline)]),
    },
    Action { name: "around", help: "How many lines are shown around those that fit", run: around },
    Action { name: "since", help: "Read from further back: since 15m, since 5000 (lines), since all", run: since },
    Action { name: "term", help: "Switch a term of the filter off, or on again; all on", run: term },
    Action {
        name: "handover",
        help: "Write what is wrong, what was done and the marked lines into a file",
        run: |_, _| Ok(vec![Step::HandOver]),
    },
    Action { name: "tee", help: "Keep what is here and what comes in a file: tee FILE, tee json, tee off", run: tee },
    Action { name: "save", help: "Keep the lines that are shown in a file; save json, save all", run: save },
];

fn around(_: &Scene, lines: &str) -> Result<Vec<Step>, Reject> {
    let around = match lines {
        "" | "more" => Around::More,
        "fewer" => Around::Fewer,
        number => Around::Lines(number.parse().map_err(|_| Reject::new(format!("{number}: around takes more, fewer or a number")))?),
    };
    Ok(vec![Step::Move(Motion::Around(around))])
}

fn since(_: &Scene, back: &str) -> Result<Vec<Step>, Reject> {
    let back = match (back, back.parse(), span(back)) {
        ("", ..) => Back::Further,
        ("all", ..) => Back::All,
        (_, Ok(lines), _) => Back::Lines(lines),
        (_, _, Some(seconds)) => Back::Seconds(seconds),
        (other, ..) => return Err(Reject::new(format!("{other}: since takes how long, as 15m, a number of lines, or all"))),
    };
    Ok(vec![Step::Move(Motion::Since(back))])
}

fn term(_: &Scene, number: &str) -> Result<Vec<Step>, Reject> {
    let place = match number {
        "" => None,
        number => match number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) {
            None => return Err(Reject::new(format!("{number}: term takes the number of a term, from 1 on"))),
            place => place,
        },
    };
    Ok(vec![Step::Move(Motion::Term(place))])
}

fn save(_: &Scene, how: &str) -> Result<Vec<Step>, Reject> {
    let mut save = Save { json: false, all: false };
    for word in how.split_whitespace() {
        match word {
            "json" => save.json = true,
            "all" => save.all = true,
            "text" => {}
            other => return Err(Reject::new(format!("{other}: save takes text, json and all"))),
        }
    }
    Ok(vec![Step::Save(save)])
}

fn tee(_: &Scene, how: &str) -> Result<Vec<Step>, Reject> {
    let into = |file: &str| {
        let json = [".jsonl", ".json"].iter().any(|end| file.ends_with(end));
        Tee::Into { file: Some(file.to_owned()), json }
    };
    Ok(vec![Step::Tee(match how.trim() {
        "" | "text" => Tee::Into { file: None, json: false },
        "json" => Tee::Into { file: None, json: true },
        "off" => Tee::Off,
        file => into(file),
    })])
}

fn logs(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    if !scene.marked.is_empty() {
        let of: Result<Vec<Only>, Reject> = scene.marked.iter().map(|object| of_object(object).ok_or_else(|| without(object))).collect();
        return Ok(vec![Step::Open(Screen::Logs(of?))]);
    }
    // Those that are well have nothing to say of it.
    if !scene.sick.is_empty() {
        return Ok(vec![Step::Open(Screen::Logs(scene.sick.iter().cloned().map(Only::Object).collect()))]);
    }
    let target = cursor(scene)?;
    let only = of_object(&target.object).filter(|only| matches!(only, Only::Object(_)));
    let only = only.or_else(|| pods(target)).or_else(|| of_object(&target.object)).ok_or_else(|| without(&target.object))?;
    Ok(vec![Step::Open(Screen::Logs(vec![only]))])
}

fn everywhere(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    let target = cursor(scene)?;
    let workload = of_pod(target).or_else(|| workload(&target.object)).ok_or_else(|| without(&target.object))?;
    Ok(vec![Step::Open(Screen::Logs(vec![Only::Alike(workload)]))])
}

fn without(object: &ObjectRef) -> Reject {
    Reject::new(format!("{} has no pods of its own: it has no logs", object.name))
}

/// The pods of an object of which no more is known than what it is.
fn of_object(object: &ObjectRef) -> Option<Only> {
    match (&*object.kind.resource, &*object.kind.group) {
        ("pods", "") => Some(Only::Object(object.clone())),
        _ => workload(object).map(|workload| Only::Alike(Workload { cluster: Some(object.cluster), ..workload })),
    }
}

/// What an object is, by its name; a pod is what it is, whoever owns it.
pub fn workload(object: &ObjectRef) -> Option<Workload> {
    let kind = match (&*object.kind.resource, &*object.kind.group) {
        ("pods", "") => "Pod",
        ("deployments", "apps") => "Deployment",
        ("statefulsets", "apps") => "StatefulSet",
        ("daemonsets", "apps") => "DaemonSet",
        ("replicasets", "apps") => "ReplicaSet",
        ("jobs", "batch") => "Job",
        ("cronjobs", "batch") => "CronJob",
        _ => return None,
    };
    Some(named(object, kind, &object.name))
}

/// What a pod is one of, by the name of what owns it.
fn of_pod(Target { object, owner, .. }: &Target) -> Option<Workload> {
    if (&*object.kind.resource, &*object.kind.group) != ("pods", "") {
        return None;
    }
    Some(match owner {
        Some((_, kind, name, _)) => named(object, kind, name),
        None => named(object, "Pod", &object.name),
    })
}

/// ReplicaSets and Jobs are made for something that is called like them, but for the end.
fn named(object: &ObjectRef, kind: &str, name: &str) -> Workload {
    let of = |kind: &str, name: &str| Workload { cluster: None, namespace: object.namespace.clone(), kind: kind.into(), name: name.into() };
    match (kind, name.rsplit_once('-')) {
        ("ReplicaSet", Some((deployment, _))) => of("Deployment", deployment),
        ("Job", Some((cron, time))) if time.len() >= 8 && time.bytes().all(|b| b.is_ascii_digit()) => of("CronJob", cron),
        _ => of(kind, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ClusterId, GroupResource, Uid};
    use crate::model::step::Known;

    fn object(group: &str, resource: &str, name: &str) -> ObjectRef {
        let kind = GroupResource::new(group, resource);
        ObjectRef { cluster: ClusterId(1), kind, namespace: "shop".into(), name: name.into(), uid: Uid::parse(name) }
    }

    fn opened(steps: Result<Vec<Step>, Reject>) -> Result<Vec<Only>, String> {
        match steps {
            Ok(steps) => match steps.as_slice() {
                [Step::Open(Screen::Logs(of))] => Ok(of.clone()),
                other => panic!("{other:?}"),
            },
            Err(Reject(why)) => Err(why.into_owned()),
        }
    }

    #[test]
    fn a_pod_is_followed_alone_and_everything_else_by_its_pods() {
        let pod = object("", "pods", "web-1");
        let scene =
            |object: &ObjectRef, facts| Scene { cursor: Some(Target { object: object.clone(), facts, owner: None }), ..Scene::default() };
        assert_eq!(opened(logs(&scene(&pod, Known::Node("n".into())), "")), Ok(vec![Only::Object(pod.clone())]));
        let web = object("apps", "deployments", "web");
        assert_eq!(opened(logs(&scene(&web, Known::Pods("a=b".into())), "")), Ok(vec![Only::SelectedBy(web.clone(), "a=b".into())]));
        let here = Workload { cluster: Some(ClusterId(1)), ..workload(&web).unwrap() };
        assert_eq!(opened(logs(&scene(&web, Known::None), "")), Ok(vec![Only::Alike(here.clone())]));
        let marked = Scene { marked: vec![pod.clone(), web.clone()], ..Scene::default() };
        assert_eq!(opened(logs(&marked, "")), Ok(vec![Only::Object(pod), Only::Alike(here)]));
        let map = object("", "configmaps", "c");
        assert_eq!(opened(logs(&scene(&map, Known::None), "")), Err("c has no pods of its own: it has no logs".to_owned()));
    }

    #[test]
    fn since_is_how_long_ago_or_so_many_lines() {
        let is = |text| since(&Scene::default(), text).ok().map(|steps| steps == [Step::Move(Motion::Since(Back::Lines(15)))]);
        assert_eq!([is("15"), is("15m"), is("yesterday"), is("-3")], [Some(true), Some(false), None, None]);
        for (text, back) in [("", Back::Further), ("all", Back::All), ("1h30m", Back::Seconds(5_400)), ("5000", Back::Lines(5_000))] {
            assert!(matches!(since(&Scene::default(), text).as_deref(), Ok([Step::Move(Motion::Since(is))]) if *is == back), "{text}");
        }
    }

    #[test]
    fn in_other_clusters_it_is_what_is_called_so() {
        let pod = object("", "pods", "web-6d5f-x2x9q");
        for (owner, is) in [
            (Some(("ReplicaSet", "web-6d5f")), ("Deployment", "web")),
            (Some(("StatefulSet", "web-6d5f")), ("StatefulSet", "web-6d5f")),
            (Some(("Job", "backup-29400120")), ("CronJob", "backup")),
            (Some(("Job", "import-2024")), ("Job", "import-2024")),
            (None, ("Pod", "web-6d5f-x2x9q")),
        ] {
            let owner = owner.map(|(kind, name)| ("v1".into(), kind.into(), name.into(), Uid::parse("o")));
            let scene = Scene { cursor: Some(Target { object: pod.clone(), facts: Known::None, owner }), ..Scene::default() };
            let (kind, name) = (is.0.into(), is.1.into());
            let workload = Workload { cluster: None, namespace: "shop".into(), kind, name };
            assert_eq!(opened(everywhere(&scene, "")), Ok(vec![Only::Alike(workload)]));
        }
    }
}

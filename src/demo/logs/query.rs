//! Which lines a request for a log asks for, and the words in which it is refused: `LogLocation` of the API server's
//! `pkg/registry/core/pod/strategy.go` and `validateContainerLogStatus` of the kubelet.

use super::{Run, Source, Stream, spec};
use crate::demo::json::{Millis, instant, list, text};
use crate::demo::status::{Answer, Refusal};
use serde_json::{Value, json};

/// `PodLogOptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Empty where the pod has one only.
    pub container: String,
    /// True to wait for what comes.
    pub follow: bool,
    /// True for the run before.
    pub previous: bool,
    /// True for an instant before each line.
    pub timestamps: bool,
    /// How many lines, from the end.
    pub tail: Option<usize>,
    /// Seconds back from now.
    pub since_seconds: Option<i64>,
    /// The oldest instant.
    pub since: Option<Millis>,
    /// How many bytes at most.
    pub limit: Option<usize>,
    /// Only what was written there.
    pub stream: Option<Stream>,
}

impl Query {
    /// Reads the parameters of a request for the log of the pod of this name.
    ///
    /// # Errors
    /// As a server words them: a number that is none, or out of its range.
    pub fn read(pod: &str, parameters: &str) -> Answer<Self> {
        let mut query = Self::default();
        let (mut causes, mut tail) = (Vec::new(), None);
        for (key, value) in form_urlencoded::parse(parameters.as_bytes()) {
            match &*key {
                "container" => query.container = value.into_owned(),
                "follow" => query.follow = flag(&value),
                "previous" => query.previous = flag(&value),
                "timestamps" => query.timestamps = flag(&value),
                "tailLines" => tail = Some(number(&value)?),
                "sinceSeconds" => query.since_seconds = Some(number(&value)?),
                "sinceTime" => query.since = Some(instant(&value).ok_or_else(|| no_time(&value))?),
                "limitBytes" => match number(&value)? {
                    n if n < 1 => causes.push(("limitBytes", format!("Invalid value: {n}: must be greater than 0"))),
                    n => query.limit = usize::try_from(n).ok(),
                },
                "stream" => query.stream = stream(&value, &mut causes),
                _ => {}
            }
        }
        match tail {
            Some(n) if n < 0 => causes.insert(0, ("tailLines", format!("Invalid value: {n}: must be greater than or equal to 0"))),
            Some(_) if query.stream.is_some() => {
                causes.push(("", "Forbidden: `tailLines` and specific `stream` are mutually exclusive for now".to_owned()));
            }
            n => query.tail = n.and_then(|n| usize::try_from(n).ok()),
        }
        match query.since_seconds {
            Some(_) if query.since.is_some() => {
                causes.push(("", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified".to_owned()));
            }
            Some(n) if n < 1 => causes.push(("sinceSeconds", format!("Invalid value: {n}: must be greater than 0"))),
            _ => {}
        }
        if causes.is_empty() { Ok(query) } else { Err(invalid(pod, &causes)) }
    }
}

/// True as Go's conversion of parameters has it: anything but `0` and `false`.
pub(in crate::demo) fn flag(value: &str) -> bool {
    value != "0" && !value.eq_ignore_ascii_case("false")
}

fn number(value: &str) -> Answer<i64> {
    value.parse().map_err(|_| Refusal::bad_request(format!("strconv.ParseInt: parsing {value:?}: invalid syntax")))
}

fn no_time(value: &str) -> Refusal {
    Refusal::bad_request(format!("parsing time {value:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {value:?} as \"2006\""))
}

fn stream(value: &str, causes: &mut Vec<(&'static str, String)>) -> Option<Stream> {
    match value {
        "Stdout" => return Some(Stream::Stdout),
        "Stderr" => return Some(Stream::Stderr),
        "All" | "" => {}
        _ => causes.push(("stream", format!(r#"Unsupported value: {value:?}: supported values: "All", "Stderr", "Stdout""#))),
    }
    None
}

fn invalid(pod: &str, causes: &[(&str, String)]) -> Refusal {
    let told: Vec<String> =
        causes.iter().map(|(field, what)| if field.is_empty() { what.clone() } else { format!("{field}: {what}") }).collect();
    let all = if told.len() == 1 { told.concat() } else { format!("[{}]", told.join(", ")) };
    let reason = |what: &str| match what.split(':').next() {
        Some("Forbidden") => "FieldValueForbidden",
        Some("Unsupported value") => "FieldValueNotSupported",
        _ => "FieldValueInvalid",
    };
    let causes: Vec<Value> = causes.iter().map(|(field, what)| json!({"reason": reason(what), "message": what, "field": field})).collect();
    let mut refusal = Refusal::new(422, "Invalid", format!("PodLogOptions {pod:?} is invalid: {all}"));
    refusal.details = json!({"name": pod, "kind": "PodLogOptions", "causes": causes});
    refusal
}

/// The container that a request is about: the one it names, or the pod's only one.
///
/// # Errors
/// As a server words them: there are several, or there is none of this name.
pub fn container(pod: &Value, asked: &str) -> Answer<String> {
    let name = text(pod, "/metadata/name").unwrap_or_default();
    if !asked.is_empty() {
        let known = spec(pod, asked).is_some();
        return if known {
            Ok(asked.to_owned())
        } else {
            Err(Refusal::bad_request(format!("container {asked} is not valid for pod {name}")))
        };
    }
    match list(pod, "/spec/containers") {
        [one] => Ok(text(one, "/name").unwrap_or_default().to_owned()),
        [] => Err(Refusal::bad_request(format!("a container name must be specified for pod {name}"))),
        _ => {
            let places = ["/spec/initContainers", "/spec/containers", "/spec/ephemeralContainers"];
            let all: Vec<&str> = places.iter().flat_map(|p| list(pod, p)).filter_map(|c| text(c, "/name")).collect();
            let all = all.join(" ");
            Err(Refusal::bad_request(format!("a container name must be specified for pod {name}, choose one of: [{all}]")))
        }
    }
}

/// The status of a container.
pub(in crate::demo) fn status<'p>(pod: &'p Value, container: &str) -> Option<&'p Value> {
    let kinds = ["/status/containerStatuses", "/status/initContainerStatuses", "/status/ephemeralContainerStatuses"];
    kinds.iter().flat_map(|k| list(pod, k)).find(|c| text(c, "/name") == Some(container))
}

/// What a log request comes to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The log; none where the pod has no node yet, whose log is empty.
    pub source: Option<Source>,
    /// The container.
    pub container: String,
    /// The oldest instant that is asked for.
    pub from: Millis,
    /// When it was asked.
    pub now: Millis,
    /// What was asked.
    pub query: Query,
}

/// What a request for a log of a pod comes to: `seed` is the cluster's, and nothing older than `kept` is there any more.
///
/// # Errors
/// As a server words them: no such container, or no run of it to tell of.
pub fn plan(seed: u64, pod: &Value, query: Query, now: Millis, kept: Millis) -> Answer<Plan> {
    let container = container(pod, &query.container)?;
    let from = query.since_seconds.map(|s| now.saturating_sub(s.saturating_mul(1000))).or(query.since).unwrap_or(kept).max(kept);
    let source = match text(pod, "/spec/nodeName") {
        None | Some("") => None,
        Some(_) => Some(Source::new(seed, pod, &container, run(pod, &container, query.previous)?, kept)),
    };
    Ok(Plan { source, container, from, now, query })
}

fn run(pod: &Value, container: &str, previous: bool) -> Answer<Run> {
    let name = text(pod, "/metadata/name").unwrap_or_default();
    let refuse = |what: &str| Refusal::bad_request(format!("container {container:?} in pod {name:?} {what}"));
    let status = status(pod, container).ok_or_else(|| refuse("is not available"))?;
    let last = status.get("lastState").and_then(Run::of);
    if previous {
        return last.ok_or_else(|| Refusal::bad_request(format!("previous terminated container {container:?} in pod {name:?} not found")));
    }
    let state = status.get("state").and_then(Run::of);
    state.or(last).ok_or_else(|| match text(status, "/state/waiting/reason") {
        Some("ErrImagePull") => refuse("is waiting to start: image can't be pulled"),
        Some("ImagePullBackOff") => refuse("is waiting to start: trying and failing to pull image"),
        Some(reason) => refuse(&format!("is waiting to start: {reason}")),
        None => refuse("is waiting to start - no logs yet"),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    const T: Millis = 1_763_900_000_000;

    fn read(query: &str) -> Answer<Query> {
        Query::read("web-x", query)
    }

    #[test]
    fn parameters_are_read_as_go_reads_them() {
        let got = read("follow=true&previous=0&timestamps=&tailLines=3&sinceSeconds=60&limitBytes=9&container=a&pretty=true").unwrap();
        let want = Query {
            container: "a".into(),
            follow: true,
            timestamps: true,
            tail: Some(3),
            since_seconds: Some(60),
            limit: Some(9),
            ..Query::default()
        };
        assert_eq!(got, want);
        assert_eq!(read("sinceTime=2026-11-23T14:02:01Z").unwrap().since, instant("2026-11-23T14:02:01Z"));
    }

    #[test]
    fn what_is_out_of_range_is_refused_in_the_real_words() {
        for (query, code, words) in [
            ("tailLines=-1", 422, r#"PodLogOptions "web-x" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0"#),
            ("limitBytes=0", 422, r#"PodLogOptions "web-x" is invalid: limitBytes: Invalid value: 0: must be greater than 0"#),
            ("sinceSeconds=0", 422, r#"PodLogOptions "web-x" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0"#),
            ("tailLines=x", 400, r#"strconv.ParseInt: parsing "x": invalid syntax"#),
        ] {
            let refusal = read(query).unwrap_err();
            assert_eq!((refusal.code, refusal.message.as_str()), (code, words), "{query}");
        }
    }

    fn pod(statuses: Value) -> Value {
        json!({"metadata": {"name": "web-x"}, "spec": {"nodeName": "n", "containers": [{"name": "app"}, {"name": "sidecar"}]},
            "status": {"containerStatuses": statuses}})
    }

    #[test]
    fn containers_without_a_log_are_refused_in_the_real_words() {
        let over = json!({"terminated": {"exitCode": 1, "startedAt": "2026-11-23T14:02:01Z", "finishedAt": "2026-11-23T14:02:09Z"}});
        let waits = |reason: &str| json!([{"name": "app", "state": {"waiting": {"reason": reason}}}]);
        let running = json!([{"name": "app", "state": {"running": {"startedAt": "2026-11-23T14:02:11Z"}}}]);
        let crashed = json!([{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": over}]);
        for (statuses, query, words) in [
            (running.clone(), "", "a container name must be specified for pod web-x, choose one of: [app sidecar]"),
            (running.clone(), "container=x", "container x is not valid for pod web-x"),
            (running.clone(), "container=sidecar", r#"container "sidecar" in pod "web-x" is not available"#),
            (running.clone(), "container=app&previous=true", r#"previous terminated container "app" in pod "web-x" not found"#),
            (waits("ContainerCreating"), "container=app", r#"container "app" in pod "web-x" is waiting to start: ContainerCreating"#),
            (
                waits("ImagePullBackOff"),
                "container=app",
                r#"container "app" in pod "web-x" is waiting to start: trying and failing to pull image"#,
            ),
            (waits("ErrImagePull"), "container=app", r#"container "app" in pod "web-x" is waiting to start: image can't be pulled"#),
        ] {
            let refusal = plan(1, &pod(statuses), read(query).unwrap(), T, 0).unwrap_err();
            assert_eq!((refusal.code, refusal.message.as_str()), (400, words), "{query}");
        }
        for query in ["container=app", "container=app&previous=true"] {
            let plan = plan(1, &pod(crashed.clone()), read(query).unwrap(), T, 0).unwrap();
            assert_eq!(plan.source.unwrap().run().end.as_ref().unwrap().code, 1);
        }
        assert!(plan(1, &pod(running), read("container=app").unwrap(), T, 0).is_ok());
    }
}

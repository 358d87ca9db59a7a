//! The forwards that are kept by name, in a file of our own that may also be written by hand:
//!
//! ```yaml
//! forwards:
//!   shop:
//!     context: staging
//!     namespace: shop
//!     object: services/checkout
//!     port: http
//!     local: 8080
//! ```

use super::kept::Format;
use super::state::State;
use crate::actions::forward::FORWARD;
use crate::model::call::{Call, CallId, Failure, Method, Reply};
use crate::model::forward::{Kept, Port, Saved};
use crate::model::id::{GroupResource, ObjectRef, Uid};
use crate::model::problem::Problem;
use crate::model::step::{Effect, Notice};
use crate::model::world::Found;
use crate::model::yaml::{self, Node, Report};
use crate::safety::item::Given;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;

/// How they are read and written.
pub(super) const FORMAT: Format<Kept> = Format { load, text };

/// The keys of the file, and those of a forward.
const KEYS: [&str; 1] = ["forwards"];
const FORWARD_KEYS: [&str; 5] = ["context", "namespace", "object", "port", "local"];

/// The file, as it is written.
#[derive(serde::Serialize)]
struct File<'a> {
    forwards: BTreeMap<&'a str, Entry<'a>>,
}

/// A forward, as it is written.
#[derive(serde::Serialize)]
struct Entry<'a> {
    context: &'a str,
    namespace: &'a str,
    object: String,
    port: String,
    local: u16,
}

fn text(kept: &Kept) -> io::Result<String> {
    let forwards = kept.iter().map(|(name, saved)| {
        let Saved { context, kind, namespace, name: object, port, local } = saved;
        (name.as_str(), Entry { context, namespace, object: format!("{kind}/{object}"), port: port.to_string(), local: *local })
    });
    serde_yaml::to_string(&File { forwards: forwards.collect() }).map_err(io::Error::other)
}

/// Reads the text of a file.
fn load(file: &str, text: &str) -> (Kept, Vec<Problem>) {
    let root = match yaml::read(file, text) {
        Ok(root) => root,
        Err(problem) => return (Kept::new(), vec![problem]),
    };
    let (mut kept, mut report) = (Kept::new(), Report::new(file));
    for (key, node) in report.keys(&root, "the file of forwards") {
        if key.text == "forwards" {
            for (name, node) in report.keys(node, "forwards") {
                kept.extend(saved(node, &mut report).map(|saved| (name.text.clone(), saved)));
            }
        } else {
            report.unknown(key.line, "key", &key.text, KEYS);
        }
    }
    (kept, report.problems())
}

/// A forward; `None` where it makes no sense.
fn saved(node: &Node, report: &mut Report<'_>) -> Option<Saved> {
    let (mut context, mut namespace, mut object, mut port, mut local) = (None, None, None, None, None);
    for (key, node) in report.keys(node, "a forward") {
        let text = |report: &mut Report<'_>| report.text(node, &key.text);
        match key.text.as_str() {
            "context" => context = text(report),
            "namespace" => namespace = text(report),
            "object" => object = text(report).and_then(|text| self::object(&text)),
            "port" => port = text(report).and_then(|text| Port::parse(&text)),
            "local" => local = text(report).and_then(|text| text.parse::<u16>().ok().filter(|local| *local > 0)),
            other => report.unknown(key.line, "key", other, FORWARD_KEYS),
        }
    }
    let found = context.zip(namespace).zip(object).zip(port).zip(local);
    if found.is_none() {
        let wanted = "a forward has a context, a namespace, an object as services/web or deployments.apps/web, a port by name or number and a local port";
        report.add(node.line, wanted);
    }
    let ((((context, namespace), (kind, name)), port), local) = found?;
    Some(Saved { context, kind, namespace: namespace.into(), name, port, local })
}

/// Reads `deployments.apps/web`, of what a forward may lead to.
fn object(text: &str) -> Option<(GroupResource, Box<str>)> {
    let (kind, name) = text.split_once('/')?;
    let (resource, group) = kind.split_once('.').unwrap_or((kind, ""));
    let kind = GroupResource::new(group, resource);
    (FORWARD.applies_to(&kind) && !name.is_empty()).then(|| (kind, name.into()))
}

impl State {
    /// Opens the dialog of a forward that is kept, once its object was read: it may be another one by now.
    pub(super) fn reopen(&mut self, name: &str) {
        let Some(saved) = self.world.kept.get(name) else { return };
        let Some(cluster) = self.world.clusters.iter().find(|c| c.context == saved.context) else {
            let why = format!("{name} is for context {}, which no kubeconfig has any more", saved.context);
            return self.say(Notice::warn(why));
        };
        let (id, is_open) = (cluster.id, cluster.open);
        match self.world.resource(id, &saved.kind) {
            Found::Kind(resource) => {
                let path = format!("{}/{}", resource.path(Some(&saved.namespace)), saved.name);
                let call = Call { cluster: id, method: Method::Get, path, query: Vec::new(), body: String::new() };
                self.changes.last += 1;
                let asked = CallId(self.changes.last);
                self.changes.reopened.insert(asked, (id, name.to_owned()));
                self.effects.push(Effect::Call(asked, call));
            }
            Found::NotYet | Found::Missing => {
                if !is_open {
                    self.connect(id);
                }
                self.say(Notice::warn(format!("it is not known yet what is there: open {name} again in a moment")).of(id));
            }
        }
    }

    /// The object of a forward that is kept was read. False where it is an answer to something else.
    pub(super) fn reopened(&mut self, id: CallId, answer: &Result<Reply, Failure>) -> bool {
        let Some((cluster, name)) = self.changes.reopened.remove(&id) else { return false };
        let (Some(saved), false) = (self.world.kept.get(&name), self.is_changing()) else { return true };
        match answer {
            Ok(reply) => {
                let uid = Uid::parse(reply.object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default());
                let (kind, namespace) = (saved.kind.clone(), saved.namespace.clone());
                let target = ObjectRef { cluster, kind, namespace, name: saved.name.clone(), uid };
                let asked = format!("{}:{}", saved.local, saved.port);
                self.changes.open = self.begin_change(&FORWARD, vec![(target, Given::Nothing)], &asked);
                self.pump();
            }
            Err(failure) => self.say(Notice::warn(format!("{name}: {}", failure.fault)).of(cluster)),
        }
        self.dirty = true;
        true
    }

    /// A forward is kept under this name from now on, or no more.
    pub(super) fn keep_forward(&mut self, name: &str, saved: Option<&Saved>) {
        let told = match saved {
            Some(saved) => {
                self.world.kept.insert(name.to_owned(), saved.clone());
                format!("kept as {name} for later runs, in which enter opens it again")
            }
            None => {
                self.world.kept.remove(name);
                format!("{name} is not kept any more")
            }
        };
        self.say(Notice::info(told));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forwards() -> impl Strategy<Value = Saved> {
        let kind = prop::sample::select(vec![("", "pods"), ("", "services"), ("apps", "deployments"), ("batch", "jobs")]);
        let port = prop_oneof![(1..=u16::MAX).prop_map(Port::Number), "[a-z][a-z0-9-]{0,8}".prop_map(|name| Port::Name(name.into()))];
        ("[a-z:#'\"@/ -]{1,9}", kind, "[a-z~0-9]{1,6}", "[a-z0-9.-]{1,9}", port, 1..=u16::MAX).prop_map(
            |(context, (group, resource), namespace, name, port, local)| Saved {
                context,
                kind: GroupResource::new(group, resource),
                namespace: namespace.into(),
                name: name.into(),
                port,
                local,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(kept in prop::collection::btree_map("[a-z~0-9:-]{1,6}", forwards(), 0..4)) {
            let (read, problems) = load("f", &text(&kept).unwrap());
            prop_assert_eq!(problems, []);
            prop_assert_eq!(read, kept);
        }
    }

    #[test]
    fn a_mistake_costs_its_forward_and_has_a_line() {
        let good = "{context: c, namespace: shop, object: services/web, port: http, local: 8080}";
        for (bad, line, told) in [
            (good.replace("services", "secrets"), 3, "an object as services/web"),
            (good.replace("services/", ""), 3, "an object as services/web"),
            (good.replace("http", "'0'"), 3, "a port by name or number"),
            (good.replace("8080", "80800"), 3, "a local port"),
            (good.replace("8080", "0"), 3, "a local port"),
            (good.replace("context: c, ", ""), 3, "a forward has a context"),
            (good.replace("local: 8080", "local: 8080, lcal: 1"), 3, "unknown key lcal; did you mean local?"),
            ("[]".to_owned(), 3, "a forward should be keys and values, not a list"),
        ] {
            let (kept, problems) = load("forwards.yaml", &format!("forwards:\n  good: {good}\n  bad: {bad}\n"));
            assert!(kept.contains_key("good"), "{bad}");
            let told_all: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert!(problems.iter().all(|p| p.line == line) && told_all.iter().any(|t| t.contains(told)), "{bad}: {told_all:?}");
        }
        assert_eq!(load("f", "forwrds: {}").1[0].to_string(), "f:1: unknown key forwrds; did you mean forwards?");
    }
}

//! The requests about one object: reading it and what is beside it, trying a plan, carrying it out.

use super::{Given, Item};
use crate::model::call::{Call, Method};
use crate::model::catalog::Resource;
use crate::safety::verb::{Around, EVICTION, PORTS, Plan, Verb, Write};
use serde_json::{Value, json};

impl Item {
    /// The request that reads the object; what is changed through a subresource is read there.
    pub fn read(&self, verb: &Verb) -> Call {
        let scaled = verb.right.1 == "scale" || matches!(self.given, Given::Edits("scale", _));
        self.call(Method::Get, if scaled { "scale" } else { "" }, String::new())
    }

    /// The request that reads back what a lost answer was about: the object, or what was to be made from it.
    pub fn read_back(&self, verb: &Verb) -> Call {
        let read = self.read(verb);
        match self.made() {
            Some((kind, name)) => Call { path: format!("{}/{name}", kind.path(Some(self.namespace()))), ..read },
            None => read,
        }
    }

    /// The request that reads a list beside the object, where its cluster serves it.
    pub fn read_beside(&self, around: &Around, resource: &Resource) -> Call {
        let by = if around.selector.starts_with("spec.") || around.selector.starts_with("metadata.") {
            "fieldSelector"
        } else {
            "labelSelector"
        };
        let selector = (!around.selector.is_empty()).then(|| (by, around.selector.clone()));
        let is_namespace = *self.target.kind.resource == *"namespaces" && self.target.kind.group.is_empty();
        let namespace = if is_namespace { &self.target.name } else { &self.target.namespace };
        Call {
            cluster: self.target.cluster,
            method: Method::Get,
            path: resource.path(Some(&**namespace).filter(|n| !n.is_empty())),
            query: selector.into_iter().collect(),
            body: String::new(),
        }
    }

    /// The request that carries a plan out, or only has the server try it. Every one names the very object that was shown: by the
    /// resourceVersion that was read, or by the uid.
    pub fn request(&self, plan: &Plan, dry: bool) -> Call {
        let version = self.version().unwrap_or_default();
        let (method, body) = match &plan.write {
            Write::Merge(patch) => (Method::Merge, pinned(patch, version).to_string()),
            Write::Strategic(patch) => (Method::Strategic, pinned(patch, version).to_string()),
            Write::Ops(ops) => {
                let pin = json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version});
                (Method::Json, Value::Array([vec![pin], ops.clone()].concat()).to_string())
            }
            Write::Replace(text) => (Method::ReplaceYaml, text.clone()),
            Write::Apply { wished, .. } => (Method::Apply, self.pinned_whole(wished).to_string()),
            // An eviction has the options of a deletion in it, and says there too that it is only tried.
            Write::Create(object) if plan.subresource == EVICTION => {
                let mut eviction = object.as_object().cloned().unwrap_or_default();
                let options = eviction.remove("deleteOptions").unwrap_or_default();
                eviction.insert("deleteOptions".to_owned(), self.only_this(&options, dry));
                (Method::Create, Value::Object(eviction).to_string())
            }
            Write::Create(object) => (Method::Create, object.to_string()),
            // Where there are options in the body, a server reads none in the query, `dryRun` neither.
            Write::Delete(options) => (Method::Delete, self.only_this(options, dry).to_string()),
            Write::Connect(options) if plan.subresource == PORTS => (Method::Forward, options.to_string()),
            Write::Connect(options) => (Method::Connect, options.to_string()),
            Write::Copy(options) => (Method::Copy, options.to_string()),
        };
        let mut call = match &plan.creates {
            Some(resource) => Call { path: resource.path(Some(self.namespace())), ..self.call(method, "", body) },
            None => self.call(method, plan.subresource, body),
        };
        if !matches!(method, Method::Delete | Method::Connect | Method::Forward | Method::Copy) {
            call.query.push(("fieldValidation", "Strict".to_owned()));
        }
        if matches!(plan.write, Write::Apply { force: true, .. }) {
            call.query.push(("force", "true".to_owned()));
        }
        if dry {
            call.query.push(("dryRun", "All".to_owned()));
        }
        call
    }

    /// Options of a deletion that hold for this very object, whatever has its name by then.
    fn only_this(&self, options: &Value, dry: bool) -> Value {
        let mut options = options.as_object().cloned().unwrap_or_default();
        options.insert("preconditions".to_owned(), json!({"uid": self.text("/metadata/uid")}));
        if dry {
            options.insert("dryRun".to_owned(), json!(["All"]));
        }
        Value::Object(options)
    }

    fn call(&self, method: Method, subresource: &str, body: String) -> Call {
        let path = format!("{}/{}", self.resource.path(Some(&self.target.namespace)), self.target.name);
        let path = if subresource.is_empty() { path } else { format!("{path}/{subresource}") };
        Call { cluster: self.target.cluster, method, path, query: Vec::new(), body }
    }
}

/// A patch that holds for one state of an object only.
pub(super) fn pinned(patch: &Value, version: &str) -> Value {
    let mut patch = patch.clone();
    if let Some(map) = patch.as_object_mut() {
        let metadata = map.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("resourceVersion".to_owned(), json!(version));
        }
    }
    patch
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::kinds;
    use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
    use crate::model::time::Timestamp;

    /// A server that does not read that something is only tried does it: a deletion and an eviction say so in their bodies, all others in the query.
    #[test]
    fn what_is_only_tried_says_so_where_a_server_looks() {
        let kind = GroupResource::new("", "pods");
        let resource = kinds::find(&kind).unwrap().resource();
        let target = ObjectRef { cluster: ClusterId(0), kind, namespace: "shop".into(), name: "web".into(), uid: Uid::parse("u") };
        let mut item = Item::new(target, resource.clone(), Given::Nothing, Timestamp(0));
        item.before = Some(json!({"metadata": {"uid": "u", "resourceVersion": "7"}}));
        let made = Plan { creates: Some(resource), ..Plan::of(Write::Create(json!({}))) };
        for (plan, place) in [
            (Plan::of(Write::Delete(json!({"propagationPolicy": "Background"}))), "/dryRun"),
            (Plan::to(EVICTION, Write::Create(json!({"kind": "Eviction"}))), "/deleteOptions/dryRun"),
            (Plan::of(Write::Merge(json!({}))), ""),
            (Plan::of(Write::Strategic(json!({}))), ""),
            (Plan::of(Write::Ops(Vec::new())), ""),
            (Plan::of(Write::Replace("{}".to_owned())), ""),
            (made, ""),
        ] {
            for dry in [true, false] {
                let call = item.request(&plan, dry);
                let body: Value = serde_json::from_str(&call.body).unwrap();
                let in_query = call.query.iter().any(|(name, value)| *name == "dryRun" && value == "All");
                let in_body = body.pointer(place).is_some_and(|told| *told == json!(["All"]));
                assert_eq!(if place.is_empty() { in_query } else { in_body }, dry, "{plan:?}");
                assert!(dry || !in_query, "{plan:?}");
            }
        }
    }
}

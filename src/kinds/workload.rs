//! What the kinds that run pods from a template have in common: the template's containers, the selector of the pods, and how many of
//! them there are.

use super::object::{Condition, Meta, Pairs, Str, condition, each, has, or_default, text, time};
use super::resources::{self, Resources};
use crate::model::cell::{Text, Value};
use crate::model::facts::{Amounts, WorkloadFacts};
use crate::model::selector;
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// `spec`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Spec<'a> {
    pub(super) replicas: Option<u32>,
    pub(super) paused: Option<bool>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) selector: Selector<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) template: Template<'a>,
}

/// `status`, as those kinds have it that count replicas.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Status<'a> {
    pub(super) observed_generation: Option<i64>,
    pub(super) replicas: Option<u32>,
    pub(super) updated_replicas: Option<u32>,
    pub(super) ready_replicas: Option<u32>,
    pub(super) available_replicas: Option<u32>,
    #[serde(borrow)]
    pub(super) conditions: Option<Vec<Condition<'a>>>,
}

impl Spec<'_> {
    /// Pods that are wanted. The API's default is 1.
    pub(super) fn wanted(&self) -> u32 {
        self.replicas.unwrap_or(1)
    }

    /// What health judges by. Kinds that count otherwise put their own numbers in.
    pub(super) fn facts(&self, meta: &Meta<'_>, status: &Status<'_>, words: &mut Dictionary) -> WorkloadFacts {
        let progressing = condition(&status.conditions, "Progressing");
        let failure = condition(&status.conditions, "ReplicaFailure").filter(|_| has(&status.conditions, "ReplicaFailure", "True"));
        WorkloadFacts {
            selector: self.selector.keep(),
            wanted: self.wanted(),
            replicas: status.replicas.unwrap_or_default(),
            ready: status.ready_replicas.unwrap_or_default(),
            updated: status.updated_replicas.unwrap_or_default(),
            available: status.available_replicas.unwrap_or_default(),
            generation: meta.generation.unwrap_or_default(),
            observed: status.observed_generation >= meta.generation,
            first: meta.revision.0 == Some(1) || meta.generation == Some(1),
            paused: self.paused == Some(true),
            requests: self.template.requests(),
            image: words.sym(self.template.image()),
            progressing: progressing.map(|c| Box::new(c.keep(words))),
            progressed: progressing.and_then(|c| time(&c.last_update_time)),
            failure: failure.map(|c| Box::new(c.keep(words))),
        }
    }
}

/// `spec.template`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Template<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    spec: PodSpec<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodSpec<'a> {
    #[serde(borrow)]
    node_selector: Option<Pairs<'a>>,
    #[serde(borrow)]
    containers: Option<Vec<Container<'a>>>,
    #[serde(borrow, deserialize_with = "or_default")]
    resources: Resources<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    image: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    resources: Resources<'a>,
}

impl Template<'_> {
    /// What one pod asks for; init containers, which rarely ask for more than those that follow, are not read.
    pub(super) fn requests(&self) -> Amounts {
        resources::of_pod(&self.spec.resources, each(&self.spec.containers).map(|c| &c.resources), std::iter::empty()).0
    }

    /// The image of the first container.
    pub(super) fn image(&self) -> &str {
        each(&self.spec.containers).next().and_then(|c| text(&c.image)).unwrap_or_default()
    }

    /// CONTAINERS.
    pub(super) fn containers(&self) -> Value<'_> {
        joined(each(&self.spec.containers).map(|c| &c.name))
    }

    /// NODE SELECTOR.
    pub(super) fn node_selector(&self) -> Value<'static> {
        self.spec.node_selector.as_ref().map_or(Value::None, Pairs::value)
    }

    /// IMAGES.
    pub(super) fn images(&self) -> Value<'_> {
        joined(each(&self.spec.containers).map(|c| &c.image))
    }
}

/// The texts with commas between them; most templates have one.
fn joined<'o, 'a: 'o>(texts: impl Iterator<Item = &'o Option<Str<'a>>>) -> Value<'o> {
    let texts: Vec<&str> = texts.map(|t| text(t).unwrap_or_default()).collect();
    Value::Text(if let [one] = *texts { Cow::Borrowed(one) } else { Cow::Owned(texts.join(",")) })
}

/// `spec.selector` (`metav1.LabelSelector`).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Selector<'a> {
    #[serde(borrow)]
    match_labels: Option<Pairs<'a>>,
    #[serde(borrow)]
    match_expressions: Option<Vec<Expression<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Expression<'a> {
    #[serde(borrow)]
    key: Option<Str<'a>>,
    #[serde(borrow)]
    operator: Option<Str<'a>>,
    #[serde(borrow)]
    values: Option<Vec<Str<'a>>>,
}

impl Selector<'_> {
    /// The selector as `kubectl get -l` takes it and as kubectl prints it: sorted by key. `None` if it selects nothing that could be
    /// written down: it is empty, which API servers refuse, or has an operator that this version does not know.
    pub(super) fn text(&self) -> Option<String> {
        let labels = self.match_labels.iter().flat_map(|l| &l.0).map(|(k, v)| Some((&**k, format!("{}={}", &**k, &**v))));
        let expressions = each(&self.match_expressions).map(|e| Some((text(&e.key)?, e.text()?)));
        selector::joined(labels.chain(expressions)).filter(|text| !text.is_empty())
    }

    /// The selector to find pods by.
    pub(super) fn keep(&self) -> Option<Text> {
        self.text().map(|t| Text::Own(t.into()))
    }

    /// SELECTOR.
    pub(super) fn value(&self) -> Value<'static> {
        self.text().map_or(Value::None, |t| Value::Text(Cow::Owned(t)))
    }
}

impl Expression<'_> {
    fn text(&self) -> Option<String> {
        selector::expression(text(&self.key)?, text(&self.operator)?, each(&self.values).map(|v| &**v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_that_cannot_be_written_down_is_none() {
        let text = |json: &str| serde_json::from_str::<Selector<'_>>(json).unwrap().text();
        assert_eq!(text("{}"), None);
        assert_eq!(text(r#"{"matchLabels":{},"matchExpressions":null}"#), None);
        assert_eq!(text(r#"{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"n","operator":"Gt","values":["3"]}]}"#), None);
        assert_eq!(text(r#"{"matchLabels":{"b":"","a":"x"}}"#).as_deref(), Some("a=x,b="));
        let key = r#"{"matchExpressions":[{"key":"b","operator":"NotIn","values":["z","y"]},{"key":"a","operator":"DoesNotExist"}]}"#;
        assert_eq!(text(key).as_deref(), Some("!a,b notin (y,z)"));
    }
}

//! What the kinds that run pods from a template have in common: the template's containers and the selector of the pods.

use super::object::{Pairs, Str, each, or_default, text};
use crate::model::cell::{Text, Value};
use crate::model::row::Facts;
use serde::Deserialize;
use std::borrow::Cow;

/// `spec`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Spec<'a> {
    pub(super) replicas: Option<u32>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) selector: Selector<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) template: Template<'a>,
}

/// `spec.template`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Template<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    spec: PodSpec<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodSpec<'a> {
    #[serde(borrow)]
    containers: Option<Vec<Container<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    image: Option<Str<'a>>,
}

impl Template<'_> {
    /// CONTAINERS.
    pub(super) fn containers(&self) -> Value<'_> {
        joined(each(&self.spec.containers).map(|c| &c.name))
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
    fn text(&self) -> Option<String> {
        let labels = self.match_labels.iter().flat_map(|l| &l.0).map(|(k, v)| Some((&**k, format!("{}={}", &**k, &**v))));
        let expressions = each(&self.match_expressions).map(|e| Some((text(&e.key)?, e.text()?)));
        let mut all: Vec<(&str, String)> = labels.chain(expressions).collect::<Option<_>>()?;
        all.sort_by_key(|(key, _)| *key);
        let all: Vec<String> = all.into_iter().map(|(_, requirement)| requirement).collect();
        (!all.is_empty()).then(|| all.join(","))
    }

    /// SELECTOR.
    pub(super) fn value(&self) -> Value<'static> {
        self.text().map_or(Value::None, |t| Value::Text(Cow::Owned(t)))
    }

    /// Where its pods are.
    pub(super) fn facts(&self) -> Facts {
        self.text().map_or(Facts::None, |t| Facts::Pods(Text::Own(t.into())))
    }
}

impl Expression<'_> {
    fn text(&self) -> Option<String> {
        let key = text(&self.key)?;
        let values = || {
            let mut values: Vec<&str> = each(&self.values).map(|v| &**v).collect();
            values.sort_unstable();
            values.join(",")
        };
        match text(&self.operator)? {
            "In" => Some(format!("{key} in ({})", values())),
            "NotIn" => Some(format!("{key} notin ({})", values())),
            "Exists" => Some(key.to_owned()),
            "DoesNotExist" => Some(format!("!{key}")),
            _ => None,
        }
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

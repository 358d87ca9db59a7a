//! Label selectors, as `kubectl get -l` takes them and as workloads carry them in their [facts](super::facts::Facts::selector).

use serde_json::Value;

/// A label selector: every requirement must hold. The empty one fits everything, as in kubectl.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

impl Selector {
    /// Reads a selector such as `app=web,tier in (a,b),!x,y!=z,key`. The error says which requirement cannot be read, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        split(text)?.into_iter().map(requirement).collect::<Result<_, _>>().map(Self)
    }

    /// True where an object fits whose labels `label` looks up.
    ///
    /// As Kubernetes documents it, `!=` and `notin` also hold for an object without the key; `in`, `=`, `>` and `<` do not.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let number = |value: Option<&str>| value.and_then(|v| v.parse::<i64>().ok());
        self.0.iter().all(|Requirement { key, test }| {
            let value = label(key);
            match test {
                Test::In(values) => value.is_some_and(|v| values.iter().any(|w| w == v)),
                Test::NotIn(values) => value.is_none_or(|v| values.iter().all(|w| w != v)),
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::Above(n) => number(value).is_some_and(|v| v > *n),
                Test::Below(n) => number(value).is_some_and(|v| v < *n),
            }
        })
    }
}

/// A LabelSelector of an object as lists take it, its requirements by their keys, as kubectl prints it; empty where it fits everything. `None`
/// where it has an operator that this version does not know.
pub fn written(selector: &Value) -> Option<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let labels = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    let labels = labels.map(|(key, value)| Some((key.as_str(), format!("{key}={}", text(Some(value))))));
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten().map(|e| {
        let values = e.get("values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let key = e.get("key")?.as_str()?;
        Some((key, expression(key, e.get("operator")?.as_str()?, values)?))
    });
    joined(labels.chain(expressions))
}

/// Requirements, each with its key, in the order of the keys; nothing where one is not known.
pub fn joined<'a>(requirements: impl Iterator<Item = Option<(&'a str, String)>>) -> Option<String> {
    let mut all: Vec<(&str, String)> = requirements.collect::<Option<_>>()?;
    all.sort_by_key(|(key, _)| *key);
    Some(all.into_iter().map(|(_, requirement)| requirement).collect::<Vec<_>>().join(","))
}

/// One of `matchExpressions`; nothing where its operator is not known.
pub fn expression<'a>(key: &str, operator: &str, values: impl Iterator<Item = &'a str>) -> Option<String> {
    let values = || {
        let mut values: Vec<&str> = values.collect();
        values.sort_unstable();
        values.join(",")
    };
    match operator {
        "In" => Some(format!("{key} in ({})", values())),
        "NotIn" => Some(format!("{key} notin ({})", values())),
        "Exists" => Some(key.to_owned()),
        "DoesNotExist" => Some(format!("!{key}")),
        _ => None,
    }
}

/// The requirements: what stands between commas outside of parentheses.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut open, mut nested) = (0, false);
    let outside_comma = |c| {
        open += i32::from(c == '(') - i32::from(c == ')');
        nested |= !(0..=1).contains(&open);
        c == ',' && open == 0
    };
    let parts = text.split(outside_comma).map(str::trim).collect();
    if open != 0 || nested { Err(format!("the parentheses of {text:?} do not pair")) } else { Ok(parts) }
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let value = |v: &str| vec![v.trim().to_owned()];
    let number = |v: &str| v.trim().parse().map_err(|_| format!("{:?} in {text:?} is not a whole number", v.trim()));
    let (key, test) = if let Some(key) = text.strip_prefix('!') {
        (key, Test::Missing)
    } else if let Some((key, v)) = text.split_once("!=") {
        (key, Test::NotIn(value(v)))
    } else if let Some((key, v)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (key, Test::In(value(v)))
    } else if let Some((key, v)) = text.split_once('>') {
        (key, Test::Above(number(v)?))
    } else if let Some((key, v)) = text.split_once('<') {
        (key, Test::Below(number(v)?))
    } else if let Some((head, list)) = text.split_once('(') {
        set(text, head, list)?
    } else {
        (text, Test::Exists)
    };
    let odd = |value: &&String| !value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if let Test::In(values) | Test::NotIn(values) = &test
        && let Some(odd) = values.iter().find(odd)
    {
        return Err(format!("{odd:?} in {text:?} is no value of a label"));
    }
    let key = key.trim();
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)) {
        return Err(if text.is_empty() { "a requirement is empty".to_owned() } else { format!("{text:?} has no valid label key") });
    }
    Ok(Requirement { key: key.to_owned(), test })
}

/// `KEY in (A, B)` and `KEY notin (A, B)`.
fn set<'a>(text: &str, head: &'a str, list: &str) -> Result<(&'a str, Test), String> {
    let explain = || format!("{text:?} is neither `KEY in (A,B)` nor `KEY notin (A,B)`");
    let list = list.trim_end().strip_suffix(')').ok_or_else(explain)?;
    let values = list.split(',').map(|v| v.trim().to_owned()).collect();
    let (key, word) = head.trim().rsplit_once(char::is_whitespace).ok_or_else(explain)?;
    match word {
        "in" => Ok((key, Test::In(values))),
        "notin" => Ok((key, Test::NotIn(values))),
        _ => Err(explain()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requirements_hold_as_kubernetes_documents_them() {
        let labels = [("app", "web"), ("tier", "a"), ("example.org/team", "x"), ("weight", "7"), ("empty", "")];
        let label = |key: &str| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
        for (selector, fits) in [
            ("", true),
            ("app=web", true),
            ("app==web", true),
            ("app=api", false),
            ("app!=api", true),
            ("app!=web", false),
            ("none!=web", true),
            ("none=web", false),
            ("tier in (a,b)", true),
            ("tier in ( b , c )", false),
            ("none in (a)", false),
            ("tier notin (b,c)", true),
            ("tier notin (a)", false),
            ("none notin (a)", true),
            ("app", true),
            ("none", false),
            ("!app", false),
            ("!none", true),
            ("example.org/team=x", true),
            ("weight>6", true),
            ("weight<7", false),
            ("none>1", false),
            ("empty=", true),
            ("app=web,tier in (a,b),!none,y!=z,weight", true),
            ("app=web, tier in (b)", false),
            ("tier in (a,b),app=web", true),
        ] {
            assert_eq!(Selector::parse(selector).unwrap().matches(label), fits, "{selector}");
        }
    }

    #[test]
    fn a_selector_is_written_as_lists_take_it() {
        let of = json!({"matchLabels": {"team": "shop", "app": "web"}, "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["b", "a"]}, {"key": "x", "operator": "NotIn", "values": ["c"]},
            {"key": "y", "operator": "Exists"}, {"key": "z", "operator": "DoesNotExist"}]});
        assert_eq!(written(&of).as_deref(), Some("app=web,team=shop,tier in (a,b),x notin (c),y,!z"));
        assert_eq!(written(&json!({})).as_deref(), Some(""));
        assert_eq!(written(&json!({"matchExpressions": [{"key": "n", "operator": "Gt", "values": ["3"]}]})), None);
    }

    #[test]
    fn what_cannot_be_read_is_explained() {
        for (selector, why) in [
            ("tier in (a", "do not pair"),
            ("tier in a)", "do not pair"),
            ("tier at (a)", "neither"),
            ("=web", "no valid label key"),
            ("app=web=api", "no value of a label"),
            ("app in (a b)", "no value of a label"),
            ("app=web,", "is empty"),
            ("a b", "no valid label key"),
            ("weight>x", "not a whole number"),
        ] {
            let said = Selector::parse(selector).unwrap_err();
            assert!(said.contains(why), "{selector}: {said}");
        }
    }
}

//! The parts that every object has, borrowed from its JSON.

use crate::model::cell::{Text, Value};
use crate::model::facts::{self, Truth};
use crate::model::id::{Uid, Version};
use crate::model::row::{Going, Owner};
use crate::model::time::Timestamp;
use crate::model::words::{Dictionary, Sym};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// A string of the JSON: borrowed unless it has escapes. (Serde borrows a `Cow` only where it stands alone, not inside an `Option`.)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Str<'a>(pub Cow<'a, str>);

impl Deref for Str<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Owned(v.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

/// The text of a field that may be missing.
pub fn text<'o>(field: &'o Option<Str<'_>>) -> Option<&'o str> {
    field.as_deref()
}

/// Texts with commas between them; nothing for none.
pub fn listed<'o>(texts: impl IntoIterator<Item = &'o str>) -> Value<'o> {
    let texts: Vec<&str> = texts.into_iter().collect();
    match *texts {
        [] => Value::None,
        [one] => Value::Text(Cow::Borrowed(one)),
        _ => Value::Text(Cow::Owned(texts.join(","))),
    }
}

/// The value, or empty where there is none: what kubectl prints where it does not say `<none>`.
pub fn or_empty(value: Value<'_>) -> Value<'_> {
    if value == Value::None { Value::Text(Cow::Borrowed("")) } else { value }
}

/// The text of a field as a word, the empty one where it is missing.
pub fn word(field: &Option<Str<'_>>, words: &mut Dictionary) -> Sym {
    words.sym(text(field).unwrap_or_default())
}

/// The text of a field as it is, empty where it is missing: what kubectl prints where it does not say `<none>`.
pub fn plain<'o>(field: &'o Option<Str<'_>>) -> Value<'o> {
    Value::Text(Cow::Borrowed(text(field).unwrap_or_default()))
}

/// The text of a field, or these words where it is missing.
pub fn or<'o>(field: &'o Option<Str<'_>>, words: &'static str) -> Value<'o> {
    Value::Text(Cow::Borrowed(text(field).unwrap_or(words)))
}

/// The text of a field, if there is any: Kubernetes means the same by empty and by missing.
pub fn filled<'o>(field: &'o Option<Str<'_>>) -> Option<&'o str> {
    text(field).filter(|t| !t.is_empty())
}

/// Reads a part of an object that may be missing (with `#[serde(default)]`) or null: both mean all its fields are missing.
pub fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The items of a list that may be missing or null.
pub fn each<T>(list: &Option<Vec<T>>) -> impl DoubleEndedIterator<Item = &T> {
    list.as_deref().unwrap_or_default().iter()
}

/// A map of strings, as labels and selectors are, in the order of the JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs<'a>(pub Vec<(Str<'a>, Str<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some((key, value)) = map.next_entry::<Str<'de>, Option<Str<'de>>>()? {
                    pairs.push((key, value.unwrap_or_default()));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Reading)
    }
}

impl Pairs<'_> {
    /// The pairs as kubectl prints them: `a=b,c=d`, sorted by key; nothing for none.
    pub fn value(&self) -> Value<'static> {
        let mut pairs: Vec<(&str, &str)> = self.0.iter().map(|(k, v)| (&**k, &**v)).collect();
        pairs.sort_unstable();
        let pairs: Vec<String> = pairs.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        if pairs.is_empty() { Value::None } else { Value::Text(Cow::Owned(pairs.join(","))) }
    }

    /// The pairs as a label selector; none for none, which would select everything.
    pub fn selector(&self) -> Option<Text> {
        if let Value::Text(pairs) = self.value() { Some(Text::Own(pairs.into())) } else { None }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| &**k == key).map(|(_, v)| &**v)
    }
}

/// An `IntOrString`: a number, or a share as `50%`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Amount<'a> {
    Number(i64),
    Text(Str<'a>),
}

impl Amount<'_> {
    /// As kubectl prints it.
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Number(n) => Value::Count(*n),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Amount<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Amount<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a string")
            }
            fn visit_i64<E>(self, n: i64) -> Result<Amount<'de>, E> {
                Ok(Amount::Number(n))
            }
            fn visit_u64<E>(self, n: u64) -> Result<Amount<'de>, E> {
                Ok(Amount::Number(n.try_into().unwrap_or(i64::MAX)))
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Amount<'de>, E> {
                Ok(Amount::Text(Str(Cow::Borrowed(v))))
            }
            fn visit_str<E>(self, v: &str) -> Result<Amount<'de>, E> {
                Ok(Amount::Text(Str(Cow::Owned(v.to_owned()))))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A reference to another object, as far as kinds need one.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Reference<'a> {
    #[serde(borrow)]
    pub kind: Option<Str<'a>>,
    #[serde(borrow)]
    pub namespace: Option<Str<'a>>,
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    pub uid: Option<Str<'a>>,
}

impl Reference<'_> {
    /// Namespace and name as words.
    pub fn path(&self, words: &mut Dictionary) -> (Sym, Sym) {
        (word(&self.namespace, words), word(&self.name, words))
    }

    /// `NAMESPACE/NAME`, as kubectl prints it.
    pub fn shown(&self) -> Value<'static> {
        Value::Text(Cow::Owned(format!("{}/{}", text(&self.namespace).unwrap_or_default(), text(&self.name).unwrap_or_default())))
    }
}

/// Of all annotations the number of a rollout, `deployment.kubernetes.io/revision`; the others are passed over.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision(pub Option<u32>);

impl Revision {
    /// REVISION.
    pub fn value(self) -> Value<'static> {
        self.0.map_or(Value::None, |n| Value::Count(n.into()))
    }
}

impl<'de> Deserialize<'de> for Revision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Revision;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("annotations")
            }
            fn visit_unit<E>(self) -> Result<Revision, E> {
                Ok(Revision(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Revision, A::Error> {
                let mut revision = Revision(None);
                while let Some(key) = map.next_key::<Str<'de>>()? {
                    if &*key == "deployment.kubernetes.io/revision" {
                        revision = Revision(map.next_value::<Option<Str<'de>>>()?.and_then(|v| v.parse().ok()));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(revision)
            }
        }
        deserializer.deserialize_any(Reading)
    }
}

/// `metadata`. Annotations are not read but for one number: `last-applied-configuration` holds the values of Secrets.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Meta<'a> {
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    pub namespace: Option<Str<'a>>,
    #[serde(borrow)]
    pub uid: Option<Str<'a>>,
    #[serde(borrow)]
    pub resource_version: Option<Str<'a>>,
    pub generation: Option<i64>,
    #[serde(borrow)]
    pub creation_timestamp: Option<Str<'a>>,
    #[serde(borrow)]
    pub deletion_timestamp: Option<Str<'a>>,
    #[serde(borrow)]
    pub finalizers: Option<Vec<Str<'a>>>,
    #[serde(borrow)]
    pub labels: Option<Pairs<'a>>,
    #[serde(rename = "annotations")]
    pub revision: Revision,
    #[serde(borrow)]
    pub owner_references: Option<Vec<OwnerReference<'a>>>,
}

/// One of `metadata.ownerReferences`.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct OwnerReference<'a> {
    #[serde(borrow)]
    pub api_version: Option<Str<'a>>,
    #[serde(borrow)]
    pub kind: Option<Str<'a>>,
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    pub uid: Option<Str<'a>>,
    pub controller: Option<bool>,
}

/// One of `status.conditions`.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Condition<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Str<'a>>,
    #[serde(borrow)]
    pub status: Option<Str<'a>>,
    #[serde(borrow)]
    pub reason: Option<Str<'a>>,
    #[serde(borrow)]
    pub message: Option<Str<'a>>,
    #[serde(borrow)]
    pub last_transition_time: Option<Str<'a>>,
    #[serde(borrow)]
    pub last_update_time: Option<Str<'a>>,
}

impl Condition<'_> {
    /// The condition as rows keep it.
    pub fn keep(&self, words: &mut Dictionary) -> facts::Condition {
        facts::Condition {
            kind: words.sym(text(&self.kind).unwrap_or_default()),
            status: match text(&self.status) {
                Some("True") => Truth::True,
                Some("False") => Truth::False,
                _ => Truth::Unknown,
            },
            reason: words.sym(text(&self.reason).unwrap_or_default()),
            message: text(&self.message).unwrap_or_default().into(),
            since: time(&self.last_transition_time),
        }
    }
}

/// The condition of a type.
pub fn condition<'o, 'a>(conditions: &'o Option<Vec<Condition<'a>>>, kind: &str) -> Option<&'o Condition<'a>> {
    each(conditions).find(|c| text(&c.kind) == Some(kind))
}

/// True where there is a condition of this type and its status is this word: `True`, `False` or `Unknown`.
pub fn has(conditions: &Option<Vec<Condition<'_>>>, kind: &str, status: &str) -> bool {
    condition(conditions, kind).is_some_and(|c| text(&c.status) == Some(status))
}

impl Meta<'_> {
    /// The uid, or what stands in for it.
    pub fn uid(&self) -> Uid {
        self.uid
            .as_deref()
            .filter(|u| !u.is_empty())
            .map_or_else(|| Uid::of_name(text(&self.namespace).unwrap_or_default(), text(&self.name).unwrap_or_default()), Uid::parse)
    }

    /// The resourceVersion, to compare.
    pub fn version(&self) -> Version {
        Version::parse(text(&self.resource_version).unwrap_or_default())
    }

    /// When it was created.
    pub fn created(&self) -> Option<Timestamp> {
        time(&self.creation_timestamp)
    }

    /// What it waits for, where it is to be deleted.
    pub fn going(&self, words: &mut Dictionary) -> Option<Box<Going>> {
        let at = time(&self.deletion_timestamp)?;
        Some(Box::new(Going { at, finalizers: each(&self.finalizers).map(|f| words.sym(f)).collect() }))
    }

    /// The labels as words.
    pub fn labels(&self, words: &mut Dictionary) -> Box<[(Sym, Sym)]> {
        self.labels.as_ref().map(|l| l.0.iter().map(|(k, v)| (words.sym(k), words.sym(v))).collect()).unwrap_or_default()
    }

    /// The controller, or else the first owner.
    pub fn owner(&self, words: &mut Dictionary) -> Option<Box<Owner>> {
        let owners = || each(&self.owner_references);
        let owner = owners().find(|o| o.controller == Some(true)).or_else(|| owners().next())?;
        let mut word = |field: &Option<Str<'_>>| words.sym(text(field).unwrap_or_default());
        Some(Box::new(Owner {
            api: word(&owner.api_version),
            kind: word(&owner.kind),
            name: word(&owner.name),
            uid: Uid::parse(text(&owner.uid).unwrap_or_default()),
        }))
    }
}

/// An instant that may be missing.
pub fn time(field: &Option<Str<'_>>) -> Option<Timestamp> {
    Timestamp::parse(text(field)?)
}

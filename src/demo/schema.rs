//! What the API says of its own types: fields, the keys by which lists are merged, what is served as OpenAPI.
//!
//! `openapi.json.gz` holds the schemas of the served kinds, taken from the OpenAPI v3 documents of a Kubernetes 1.36 API server by
//! `tests/it/cluster/schema.rs`, which also checks that they still agree. Copyright The Kubernetes Authors, Apache License 2.0.
//! Defaults and rules of validation stand in no schema: see [`super::defaults`] and [`super::validate`].

mod amount;
pub mod decode;

use super::resource::Resource;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Number, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::sync::OnceLock;

static PACKED: &[u8] = include_bytes!("openapi.json.gz");

/// Where references within an OpenAPI document lead.
const REFERENCES: &str = "#/components/schemas/";

/// A type, or a field of that type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Schema {
    #[serde(rename = "type")]
    sort: String,
    format: String,
    properties: BTreeMap<String, Schema>,
    items: Option<Box<Schema>>,
    additional_properties: Option<Additional>,
    all_of: Vec<Schema>,
    #[serde(rename = "$ref")]
    reference: String,
    /// What a missing field stands for. `{}` for a field that is a struct in Go and therefore never missing.
    pub default: Value,
    /// Fields that may not be missing.
    pub required: Vec<String>,
    /// The values allowed, where they are few.
    #[serde(rename = "enum")]
    pub allowed: Vec<Value>,
    /// The least number allowed.
    pub minimum: Option<Number>,
    /// The greatest number allowed.
    pub maximum: Option<Number>,
    /// True where null is a value.
    pub nullable: bool,
    #[serde(rename = "x-kubernetes-list-type")]
    list_type: String,
    #[serde(rename = "x-kubernetes-list-map-keys")]
    list_map_keys: Vec<String>,
    #[serde(rename = "x-kubernetes-map-type")]
    map_type: String,
    #[serde(rename = "x-kubernetes-patch-merge-key")]
    patch_merge_key: Option<String>,
    #[serde(rename = "x-kubernetes-patch-strategy")]
    patch_strategy: String,
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    preserve_unknown_fields: bool,
    #[serde(rename = "x-kubernetes-int-or-string")]
    int_or_string: bool,
    #[serde(rename = "x-kubernetes-embedded-resource")]
    embedded_resource: bool,
    #[serde(rename = "x-kubernetes-group-version-kind")]
    kinds: Vec<Kind>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Additional {
    Any(bool),
    Of(Box<Schema>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
struct Kind {
    group: String,
    version: String,
    kind: String,
}

/// What values of a type look like.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'s> {
    /// An object with these fields and no others.
    Struct(&'s BTreeMap<String, Schema>),
    /// An object whose keys are data.
    Map(&'s Schema),
    /// A list.
    List(&'s Schema),
    /// Text.
    Text,
    /// An instant (`Time`, `MicroTime`).
    Time,
    /// A whole number of so many bits.
    Whole(u8),
    /// Any number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A quantity as `100m`, also written as a number.
    Quantity,
    /// A number or a percentage.
    IntOrString,
    /// Anything.
    Any,
}

/// How the items of a list are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items<'s> {
    /// Not at all: the list is one value.
    Atomic,
    /// By their value.
    Set,
    /// By these fields.
    Map(&'s [String]),
}

impl Schema {
    /// The schema of a kind; none where nothing is known of its fields.
    pub fn of(resource: &Resource) -> Option<&Self> {
        if resource.custom { resource.schema.as_deref() } else { Self::find(&resource.group, &resource.version, &resource.kind) }
    }

    /// The schema of a built-in kind, also of kinds that only requests have, such as `Eviction`.
    pub fn find(group: &str, version: &str, kind: &str) -> Option<&'static Self> {
        let key = Kind { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() };
        by_kind().get(&key).copied()
    }

    /// The schema that a definition of a custom kind gives (`openAPIV3Schema`), with what every object has.
    pub fn custom(given: &Value) -> Self {
        let mut schema = Self::deserialize(given).unwrap_or_default();
        schema.embedded_resource = true;
        schema.complete();
        schema
    }

    /// A resource within a custom one has kind, apiVersion and metadata without saying so.
    fn complete(&mut self) {
        if self.embedded_resource {
            let text = || Self { sort: "string".into(), ..Self::default() };
            self.properties.insert("apiVersion".into(), text());
            self.properties.insert("kind".into(), text());
            let reference = format!("{REFERENCES}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
            self.properties.insert("metadata".into(), Self { reference, ..Self::default() });
        }
        self.properties.values_mut().for_each(Self::complete);
        self.items.iter_mut().for_each(|s| s.complete());
        if let Some(Additional::Of(of)) = &mut self.additional_properties {
            of.complete();
        }
    }

    /// The name of the type that this refers to, as Go prints it (`v1.Container`); empty where it is written out in place.
    pub fn type_name(&self) -> &str {
        let name = self.target();
        let dot = name.rmatch_indices('.').nth(1).map_or(0, |(i, _)| i + 1);
        name.get(dot..).unwrap_or_default()
    }

    fn target(&self) -> &str {
        let reference = self.all_of.first().map_or(&self.reference, |s| &s.reference);
        reference.strip_prefix(REFERENCES).unwrap_or_default()
    }

    fn resolved(&self) -> &Self {
        types().get(self.target()).unwrap_or(self)
    }

    /// What values look like.
    pub fn shape(&self) -> Shape<'_> {
        if self.int_or_string || self.target().ends_with(".IntOrString") {
            return Shape::IntOrString;
        }
        if self.target().ends_with(".Quantity") {
            return Shape::Quantity;
        }
        let of = self.resolved();
        match (of.sort.as_str(), of.format.as_str(), &of.additional_properties, &of.items) {
            ("array", _, _, Some(items)) => Shape::List(items),
            (_, _, Some(Additional::Of(item)), _) => Shape::Map(item),
            ("string", "date-time", ..) => Shape::Time,
            ("string", ..) => Shape::Text,
            ("integer", "int32", ..) => Shape::Whole(32),
            ("integer", ..) => Shape::Whole(64),
            ("number", ..) => Shape::Number,
            ("boolean", ..) => Shape::Bool,
            _ if of.properties.is_empty() => Shape::Any,
            _ => Shape::Struct(&of.properties),
        }
    }

    /// The field of an object, or what the values of a map are.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self.shape() {
            Shape::Struct(fields) => fields.get(name),
            Shape::Map(item) => Some(item),
            _ => None,
        }
    }

    /// What the items of a list are.
    pub fn item(&self) -> Option<&Self> {
        if let Shape::List(item) = self.shape() { Some(item) } else { None }
    }

    /// How items are told apart.
    pub fn items(&self) -> Items<'_> {
        match self.list_type.as_str() {
            "set" => Items::Set,
            "map" => Items::Map(&self.list_map_keys),
            _ => Items::Atomic,
        }
    }

    /// True for an object that is one value: its fields have no owners of their own.
    pub fn is_atomic_map(&self) -> bool {
        self.map_type == "atomic" || self.resolved().map_type == "atomic"
    }

    /// The field that names the items of a list in a strategic merge patch.
    pub fn merge_key(&self) -> Option<&str> {
        self.patch_merge_key.as_deref().filter(|_| self.has_strategy("merge"))
    }

    /// True where a strategic merge patch treats the field so: `merge`, `replace`, `retainKeys`.
    pub fn has_strategy(&self, strategy: &str) -> bool {
        self.patch_strategy.split(',').any(|s| s == strategy)
    }

    /// True for a struct in Go, not a pointer to one: it is there even where nobody wrote it.
    pub fn is_always(&self) -> bool {
        self.default.as_object().is_some_and(serde_json::Map::is_empty)
    }

    /// True where fields that the schema does not know are kept.
    pub fn keeps_unknown(&self) -> bool {
        self.preserve_unknown_fields || matches!(self.resolved().additional_properties, Some(Additional::Any(true)))
    }

    /// Fields that may not be missing, also of a type referred to.
    pub fn required(&self) -> &[String] {
        &self.resolved().required
    }

    fn references<'s>(&'s self, into: &mut Vec<&'s str>) {
        into.extend(Some(self.target()).filter(|t| !t.is_empty()));
        self.properties.values().for_each(|s| s.references(into));
        self.items.iter().for_each(|s| s.references(into));
        if let Some(Additional::Of(of)) = &self.additional_properties {
            of.references(into);
        }
    }
}

/// `components.schemas` of the OpenAPI document of a group's version.
pub fn components(group: &str, version: &str) -> BTreeMap<&'static str, &'static RawValue> {
    let kinds = by_kind().iter().filter(|(k, _)| k.group == group && k.version == version).map(|(k, _)| k.kind.as_str());
    let with = |names: &[&'static str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let mut names = with(&["meta.v1.Status", "meta.v1.DeleteOptions", "meta.v1.Patch", "meta.v1.APIResourceList"]);
    // What the subresources take.
    if ["", "apps"].contains(&group) {
        names.extend(with(&["autoscaling.v1.Scale"]));
    }
    if group.is_empty() {
        names.extend(with(&["policy.v1.Eviction", "authentication.v1.TokenRequest"]));
    }
    let kinds: BTreeSet<&str> = kinds.collect();
    let is_root = |name: &str, schema: &Schema| {
        let own = schema.kinds.iter().any(|k| k.group == group && k.version == version && kinds.contains(k.kind.as_str()));
        own || names.iter().any(|n| name.strip_suffix(n.as_str()).is_some_and(|rest| rest.ends_with('.')))
    };
    let mut left: Vec<&str> = types().iter().filter(|(name, schema)| is_root(name, schema)).map(|(name, _)| name.as_str()).collect();
    let mut found = BTreeMap::new();
    while let Some(name) = left.pop() {
        let Some((name, raw)) = documents().get_key_value(name) else { continue };
        if found.insert(*name, *raw).is_none() {
            types().get(*name).into_iter().for_each(|s| s.references(&mut left));
        }
    }
    found
}

fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut text = String::new();
        // What the compiler embedded was checked by a test.
        let _ = flate2::read::GzDecoder::new(PACKED).read_to_string(&mut text);
        text
    })
}

fn documents() -> &'static BTreeMap<&'static str, &'static RawValue> {
    static DOCUMENTS: OnceLock<BTreeMap<&'static str, &'static RawValue>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| serde_json::from_str(text()).unwrap_or_default())
}

fn types() -> &'static HashMap<String, Schema> {
    static TYPES: OnceLock<HashMap<String, Schema>> = OnceLock::new();
    TYPES.get_or_init(|| serde_json::from_str(text()).unwrap_or_default())
}

fn by_kind() -> &'static HashMap<Kind, &'static Schema> {
    static KINDS: OnceLock<HashMap<Kind, &'static Schema>> = OnceLock::new();
    KINDS.get_or_init(|| types().values().flat_map(|s| s.kinds.iter().map(move |k| (k.clone(), s))).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    fn at(kind: &str, path: &str) -> &'static Schema {
        let resource = Resource::served().into_iter().find(|r| r.kind == kind).unwrap();
        let root = Schema::find(&resource.group, &resource.version, kind).unwrap();
        path.split('.').fold(root, |s, step| if step == "-" { s.item().unwrap() } else { s.field(step).unwrap() })
    }

    #[test]
    fn every_served_kind_has_a_schema_whose_references_lead_somewhere() {
        for resource in Resource::served() {
            assert!(matches!(Schema::of(&resource).unwrap().shape(), Shape::Struct(_)), "{resource:?}");
            let all = components(&resource.group, &resource.version);
            for name in all.keys() {
                let mut references = Vec::new();
                types()[*name].references(&mut references);
                references.iter().for_each(|r| assert!(all.contains_key(r), "{r}"));
            }
        }
        assert!(components("apps", "v1").contains_key("io.k8s.api.autoscaling.v1.Scale"));
        assert!(!components("apps", "v1").contains_key("io.k8s.api.core.v1.Node"));
    }

    #[test]
    fn types_have_the_shapes_that_go_gives_them() {
        assert!(matches!(at("Deployment", "spec.replicas").shape(), Shape::Whole(32)));
        assert!(matches!(at("Pod", "spec.containers.-.resources.limits.cpu").shape(), Shape::Quantity));
        assert!(matches!(at("Service", "spec.ports.-.targetPort").shape(), Shape::IntOrString));
        assert!(matches!(at("Pod", "metadata.creationTimestamp").shape(), Shape::Time));
        assert!(matches!(at("ConfigMap", "data").shape(), Shape::Map(_)));
        assert!(at("Deployment", "spec.selector").is_atomic_map());
        assert!(at("Deployment", "spec.strategy").is_always() && !at("Deployment", "spec.selector").is_always());
        assert_eq!(at("Pod", "spec.containers").merge_key(), Some("name"));
        assert!(at("Pod", "spec.volumes").has_strategy("retainKeys"));
        assert_eq!(at("Pod", "spec.containers.-").type_name(), "v1.Container");
        assert_eq!(at("Pod", "spec.containers.-.ports").items(), Items::Map(&["containerPort".into(), "protocol".into()]));
        assert_eq!(at("Pod", "spec.tolerations").items(), Items::Atomic);
    }
}

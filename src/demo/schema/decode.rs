//! Reading objects as an API server's decoder does: fields that nobody knows, fields that are there twice, values of the wrong type, each in
//! the words of Go. What a value may be beyond its type is for [`crate::demo::validate`].

use super::{Schema, Shape, amount};
use crate::demo::resource::Resource;
use crate::demo::status::{Answer, Refusal};
use crate::model::quantity::quantity;
use base64::Engine;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::fmt;

/// What becomes of fields that are unknown or there twice: the parameter `fieldValidation`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// They are dropped.
    Ignore,
    /// They are dropped, and the client is told.
    #[default]
    Warn,
    /// The request is refused.
    Strict,
}

/// Whose words a value of a wrong type is told in.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// The decoder of JSON.
    #[default]
    Decoder,
    /// The converter between maps and structs, through which a strategic merge patch goes.
    Converter,
}

/// What a check of an object against its schema found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// As `unknown field "spec.foo"`.
    pub unknown: Vec<String>,
    /// The first value of a wrong type, as Go words it.
    pub wrong: Option<String>,
}

/// Reads an object of a kind from JSON and drops the fields that it does not have. Gives the object, and the warnings to send with the answer.
///
/// # Errors
/// 400 where it is no JSON or a value has the wrong type, and where fields are unknown or there twice and that is asked to be refused.
pub fn decode(resource: &Resource, body: &[u8], validation: FieldValidation) -> Answer<(Value, Vec<String>)> {
    let (mut value, mut strange) = parse(body).map_err(|e| unreadable(resource, body, &e))?;
    let found = check(resource, &value, Words::Decoder);
    if let Some(wrong) = found.wrong {
        return Err(refuse(resource, &wrong));
    }
    strange.extend(found.unknown);
    if validation == FieldValidation::Strict && !strange.is_empty() {
        return Err(refuse(resource, &format!("strict decoding error: {}", strange.join(", "))));
    }
    prune(resource, &mut value);
    Ok((value, if validation == FieldValidation::Warn { strange } else { Vec::new() }))
}

fn unreadable(resource: &Resource, body: &[u8], error: &serde_json::Error) -> Refusal {
    let start: String = String::from_utf8_lossy(body).chars().take(30).collect();
    let why = format!("couldn't get version/kind; json parse error: {} ({start:?} ...)", json_error(error));
    Refusal::bad_request(format!("the object provided is unrecognized (must be of type {}): {why}", resource.kind))
}

/// As Go says that something is no JSON.
pub fn json_error(error: &serde_json::Error) -> String {
    if error.is_eof() { "unexpected end of JSON input".into() } else { format!("invalid character at column {}", error.column()) }
}

fn refuse(resource: &Resource, why: &str) -> Refusal {
    let Resource { kind, version, .. } = resource;
    Refusal::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
}

/// Holds an object against the schema of its kind. Types of custom kinds are not checked here: there they are a matter of validation.
pub fn check(resource: &Resource, value: &Value, words: Words) -> Findings {
    let Some(schema) = Schema::of(resource) else { return Findings::default() };
    let mut walk = Walk { owner: resource.kind.clone(), loose: resource.custom, words, ..Walk::default() };
    walk.value(schema, value);
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Findings,
    /// As `spec.containers[0]`.
    place: String,
    /// The same without the steps into lists and maps.
    fields: String,
    /// The type in whose field this is.
    owner: String,
    loose: bool,
    words: Words,
}

impl Walk {
    fn value(&mut self, schema: &Schema, value: &Value) {
        match (schema.shape(), value) {
            (_, Value::Null) | (Shape::Any, _) => {}
            (Shape::Struct(fields), Value::Object(map)) => self.object(schema, fields, map),
            (Shape::Map(item), Value::Object(map)) => {
                for (key, value) in map {
                    self.step(&format!(".{key}"), "", |walk| walk.value(item, value));
                }
            }
            (Shape::List(item), Value::Array(items)) => {
                for (i, value) in items.iter().enumerate() {
                    self.step(&format!("[{i}]"), "", |walk| walk.value(item, value));
                }
            }
            _ => self.scalar(schema, value),
        }
    }

    fn step(&mut self, place: &str, field: &str, then: impl FnOnce(&mut Self)) {
        let (before, fields) = (self.place.len(), self.fields.len());
        self.place.push_str(if before == 0 { place.trim_start_matches('.') } else { place });
        if !field.is_empty() {
            self.fields.push_str(if fields == 0 { "" } else { "." });
            self.fields.push_str(field);
        }
        then(self);
        self.place.truncate(before);
        self.fields.truncate(fields);
    }

    fn object(&mut self, schema: &Schema, fields: &BTreeMap<String, Schema>, map: &Map<String, Value>) {
        let name = schema.type_name().rsplit('.').next().filter(|n| !n.is_empty()).map(str::to_owned);
        let owner = name.map(|name| std::mem::replace(&mut self.owner, name));
        for (key, value) in map {
            match fields.get(key) {
                Some(field) => self.step(&format!(".{key}"), key, |walk| walk.value(field, value)),
                None if schema.keeps_unknown() => {}
                None => {
                    let dot = if self.place.is_empty() { "" } else { "." };
                    self.found.unknown.push(format!("unknown field \"{}{dot}{key}\"", self.place));
                }
            }
        }
        self.owner = owner.unwrap_or_else(|| std::mem::take(&mut self.owner));
    }

    fn scalar(&mut self, schema: &Schema, value: &Value) {
        if self.loose || self.found.wrong.is_some() {
            return;
        }
        let shape = schema.shape();
        let fits = match (shape, value) {
            (Shape::Text, Value::String(text)) => return self.found.wrong = not_base64(schema, text),
            (Shape::Bool, Value::Bool(_)) | (Shape::Number, Value::Number(_)) | (Shape::IntOrString, Value::String(_)) => true,
            (Shape::Whole(bits), Value::Number(n)) => fits(n, bits),
            (Shape::IntOrString, Value::Number(n)) => fits(n, 32),
            (Shape::Quantity, Value::Number(_)) => true,
            (Shape::Quantity, Value::String(text)) => text.is_empty() || quantity(text).is_some(),
            (Shape::Time, Value::String(text)) => crate::demo::json::instant(text).is_some(),
            _ => false,
        };
        if !fits {
            self.found.wrong = Some(match (shape, value) {
                (Shape::Quantity, _) => NO_QUANTITY.into(),
                (Shape::Time, Value::String(text)) => no_time(text),
                _ if self.words == Words::Converter => converted(schema, value),
                _ => {
                    let (sort, kind) = (sort(shape, value), go(schema));
                    format!("json: cannot unmarshal {sort} into Go struct field {}.{} of type {kind}", self.owner, self.fields)
                }
            });
        }
    }
}

/// What the converter says of a value of a wrong type.
fn converted(schema: &Schema, value: &Value) -> String {
    let shape = schema.shape();
    let given = match value {
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::Array(_) => "slice",
        _ => "map",
    };
    match shape {
        Shape::IntOrString => format!("json: cannot unmarshal {} into Go value of type int32", sort(shape, value)),
        Shape::List(_) => format!("cannot restore slice from {given}"),
        Shape::Map(_) => format!("cannot restore map from {given}"),
        Shape::Struct(_) => format!("cannot restore struct from: {given}"),
        Shape::Text if !value.is_string() => format!("cannot convert {given} to string"),
        Shape::Whole(_) if given == "float64" => format!("cannot convert float64 to {}", go(schema)),
        _ => format!("unrecognized type: {}", go(schema)),
    }
}

/// What is said of a quantity that is none.
pub const NO_QUANTITY: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

fn no_time(text: &str) -> String {
    format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\"")
}

fn not_base64(schema: &Schema, text: &str) -> Option<String> {
    if schema.format != "byte" {
        return None;
    }
    let at = match base64::engine::general_purpose::STANDARD.decode(text).err()? {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol { offset: at, .. } => at,
        _ => text.len(),
    };
    Some(format!("illegal base64 data at input byte {at}"))
}

fn fits(number: &Number, bits: u8) -> bool {
    number.as_i64().is_some_and(|n| bits == 64 || i32::try_from(n).is_ok())
}

/// The kind of a value, as Go's decoder names it.
fn sort(shape: Shape<'_>, value: &Value) -> String {
    match value {
        Value::Number(n) if matches!(shape, Shape::Whole(_) | Shape::IntOrString) => format!("number {n}"),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Bool(_) => "bool".into(),
        Value::Array(_) => "array".into(),
        Value::Object(_) => "object".into(),
        Value::Null => "null".into(),
    }
}

/// The type, as Go prints it.
pub fn go(schema: &Schema) -> String {
    match schema.shape() {
        Shape::Struct(_) | Shape::Quantity | Shape::Time => schema.type_name().to_owned(),
        Shape::Map(item) => format!("map[string]{}", go(item)),
        Shape::List(item) => format!("[]{}", go(item)),
        Shape::Text if schema.format == "byte" => "[]uint8".into(),
        Shape::Text => "string".into(),
        Shape::Whole(64) => "int64".into(),
        Shape::Whole(_) | Shape::IntOrString => "int32".into(),
        Shape::Number => "float64".into(),
        Shape::Bool => "bool".into(),
        Shape::Any => "interface {}".into(),
    }
}

/// Gives an object the form that a server stores: without fields that its kind does not have, and for built-in kinds without null and without
/// empty lists and maps that may be missing; quantities in one form.
pub fn prune(resource: &Resource, value: &mut Value) {
    if let Some(schema) = Schema::of(resource) {
        clean(schema, value, !resource.custom);
    }
}

fn clean(schema: &Schema, value: &mut Value, go: bool) {
    match (schema.shape(), value) {
        (Shape::Struct(fields), Value::Object(map)) => {
            let kept = |name: &String, value: &Value| match fields.get(name) {
                None => schema.keeps_unknown(),
                Some(_) if !go => true,
                Some(field) => !(value.is_null() || is_empty(field, value)) || schema.required().contains(name),
            };
            map.retain(|name, value| kept(name, value));
            map.iter_mut().for_each(|(name, value)| fields.get(name).into_iter().for_each(|f| clean(f, value, go)));
        }
        (Shape::Map(item), Value::Object(map)) => map.values_mut().for_each(|v| clean(item, v, go)),
        (Shape::List(item), Value::Array(items)) => items.iter_mut().for_each(|v| clean(item, v, go)),
        (Shape::Quantity, value) if go => amount::canonical(value),
        _ => {}
    }
}

/// True for an empty list or map.
fn is_empty(schema: &Schema, value: &Value) -> bool {
    match (schema.shape(), value) {
        (Shape::Map(_), Value::Object(map)) => map.is_empty(),
        (Shape::List(_), Value::Array(items)) => items.is_empty(),
        _ => false,
    }
}

/// Reads JSON, and names the fields that are there twice: the last one counts.
fn parse(body: &[u8]) -> serde_json::Result<(Value, Vec<String>)> {
    let mut twice = Vec::new();
    let mut from = serde_json::Deserializer::from_slice(body);
    let value = Reader { place: String::new(), twice: &mut twice }.deserialize(&mut from)?;
    from.end()?;
    Ok((value, twice))
}

struct Reader<'a> {
    place: String,
    twice: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(Reader { place: format!("{}[{}]", self.place, items.len()), twice: self.twice })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = from.next_key::<String>()? {
            let place = if self.place.is_empty() { key.clone() } else { format!("{}.{key}", self.place) };
            if map.contains_key(&key) {
                self.twice.push(format!("duplicate field {place:?}"));
            }
            let value = from.next_value_seed(Reader { place, twice: self.twice })?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use serde_json::json;

    const DEPLOYMENT: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","foo":1,"labels":{"a":"b"}},"spec":{"replicas":1,
        "replicas":2,"foo":3,"template":{"spec":{"containers":[{"name":"x","image":"y","bar":1,"ports":[{"containerPort":80,"x":1}]}],
        "volumes":[{"name":"q","emptyDir":{"z":1}}]}}}}"#;

    fn deployments() -> Resource {
        Resource::served().into_iter().find(|r| r.plural == "deployments").unwrap()
    }

    #[test]
    fn strange_fields_are_told_as_the_server_tells_them() {
        let told = [
            "duplicate field \"spec.replicas\"",
            "unknown field \"metadata.foo\"",
            "unknown field \"spec.foo\"",
            "unknown field \"spec.template.spec.containers[0].bar\"",
            "unknown field \"spec.template.spec.containers[0].ports[0].x\"",
            "unknown field \"spec.template.spec.volumes[0].emptyDir.z\"",
        ];
        let (value, warnings) = decode(&deployments(), DEPLOYMENT.as_bytes(), FieldValidation::Warn).unwrap();
        assert_eq!(warnings, told);
        assert_eq!(value["spec"]["template"]["spec"]["volumes"], json!([{"name": "q", "emptyDir": {}}]));
        assert_eq!(value["spec"]["replicas"], 2);
        let refused = decode(&deployments(), DEPLOYMENT.as_bytes(), FieldValidation::Strict).unwrap_err();
        let strict = "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: ";
        assert_eq!((refused.code, refused.message), (400, format!("{strict}{}", told.join(", "))));
    }

    /// As a 1.36 server answered.
    #[test]
    fn wrong_types_are_told_as_go_tells_them() {
        let field = "into Go struct field";
        for (from, to, why) in [
            (
                "\"replicas\":2",
                "\"replicas\":\"x\"",
                format!("json: cannot unmarshal string {field} DeploymentSpec.spec.replicas of type int32"),
            ),
            (
                "\"replicas\":2",
                "\"replicas\":2.5",
                format!("json: cannot unmarshal number 2.5 {field} DeploymentSpec.spec.replicas of type int32"),
            ),
            (
                "\"replicas\":2",
                "\"replicas\":99999999999",
                format!("json: cannot unmarshal number 99999999999 {field} DeploymentSpec.spec.replicas of type int32"),
            ),
            (
                "\"image\":\"y\"",
                "\"image\":3",
                format!("json: cannot unmarshal number {field} Container.spec.template.spec.containers.image of type string"),
            ),
            (
                ":80",
                ":\"80\"",
                format!(
                    "json: cannot unmarshal string {field} ContainerPort.spec.template.spec.containers.ports.containerPort of type int32"
                ),
            ),
            ("{\"a\":\"b\"}", "{\"a\":3}", format!("json: cannot unmarshal number {field} ObjectMeta.metadata.labels of type string")),
            (
                "\"containers\":[",
                "\"containers\":[3,",
                format!("json: cannot unmarshal number {field} PodSpec.spec.template.spec.containers of type v1.Container"),
            ),
            ("{\"z\":1}", "{\"sizeLimit\":\"abc\"}", NO_QUANTITY.to_owned()),
            ("\"foo\":1", "\"creationTimestamp\":\"yesterday\"", no_time("yesterday")),
            (
                "\"foo\":3",
                "\"strategy\":{\"rollingUpdate\":{\"maxSurge\":true}}",
                format!("json: cannot unmarshal bool {field} RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32"),
            ),
            ("\"foo\":3", "\"paused\":\"yes\"", format!("json: cannot unmarshal string {field} DeploymentSpec.spec.paused of type bool")),
        ] {
            assert!(DEPLOYMENT.contains(from), "{from}");
            let refused = decode(&deployments(), DEPLOYMENT.replace(from, to).as_bytes(), FieldValidation::Ignore).unwrap_err();
            assert_eq!(refused.message, format!("Deployment in version \"v1\" cannot be handled as a Deployment: {why}"));
        }
    }

    #[test]
    fn custom_kinds_lose_what_their_schema_does_not_know() {
        let given = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
            "size": {"type": "integer"}, "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}});
        let schema = std::sync::Arc::new(Schema::custom(&given));
        let resource = Resource { custom: true, schema: Some(schema), ..deployments() };
        let body = json!({"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "a"}, "spec": {"size": "x", "y": 1, "free": {"z": 1}}});
        let (value, warnings) = decode(&resource, body.to_string().as_bytes(), FieldValidation::Warn).unwrap();
        assert_eq!(value["spec"], json!({"size": "x", "free": {"z": 1}}));
        assert_eq!(warnings, ["unknown field \"spec.y\""]);
    }
}

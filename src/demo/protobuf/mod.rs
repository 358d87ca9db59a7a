//! Bodies in Kubernetes' protobuf form, which kubectl sends where it knows a type: read as the JSON that it would have sent instead, zeros
//! left out where Go's encoder leaves them out, and null always. Answers are never in this form. Custom kinds have none.

mod table;
mod wire;

use super::status::{Answer, Refusal};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Number, Value, json};
use table::{Base, Field, Form, Message, TABLE};
use wire::{Malformed, Reader, Wire};

/// The `Content-Type`.
pub const CONTENT: &str = "application/vnd.kubernetes.protobuf";

/// What every body in this form begins with.
const MAGIC: &[u8] = b"k8s\0";

/// How deep messages may stand in each other: as deep as `serde_json` reads.
const DEPTH: u32 = 128;

/// `runtime.Unknown`: what a body says of itself, and the object.
#[derive(Debug, Default)]
struct Envelope<'b> {
    api_version: String,
    kind: String,
    raw: &'b [u8],
}

/// The object in a body.
///
/// # Errors
/// 400 where the body is not in this form; 415 where it is of a kind that has none.
pub fn decode(body: &[u8]) -> Answer<Value> {
    let envelope = Envelope::read(body).map_err(|why| {
        let why = format!("the object provided is unrecognized (must be of type Object): {why}");
        Refusal::bad_request(why)
    })?;
    let Envelope { api_version, kind, raw } = &envelope;
    let Some(message) = TABLE.kind(api_version, kind) else {
        let why = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml";
        return Err(Refusal::new(415, "UnsupportedMediaType", why));
    };
    let fields = read(message, raw, 0).map_err(|why| {
        let version = api_version.rsplit('/').next().unwrap_or_default();
        Refusal::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
    })?;
    let mut object = json!({"kind": kind, "apiVersion": api_version});
    if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
        object.extend(fields);
    }
    Ok(object)
}

impl<'b> Envelope<'b> {
    fn read(body: &'b [u8]) -> Result<Self, String> {
        let message = body.strip_prefix(MAGIC);
        let message = message.ok_or("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")?;
        let mut envelope = Self::default();
        envelope.fill(message).map_err(|why| why.to_string())?;
        if envelope.kind.is_empty() {
            return Err("Object 'Kind' is missing".to_owned());
        }
        Ok(envelope)
    }

    fn fill(&mut self, message: &'b [u8]) -> Result<(), Malformed> {
        let (mut outer, mut types) = (Reader(message), Reader(&[]));
        while let Some((number, wire)) = outer.field()? {
            match (number, wire) {
                (1, Wire::Bytes(bytes)) => types = Reader(bytes),
                (2, Wire::Bytes(bytes)) => self.raw = bytes,
                _ => {}
            }
        }
        while let Some((number, wire)) = types.field()? {
            match (number, wire) {
                (1, Wire::Bytes(text)) => self.api_version = String::from_utf8_lossy(text).into_owned(),
                (2, Wire::Bytes(text)) => self.kind = String::from_utf8_lossy(text).into_owned(),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A message, as JSON.
fn read(message: &Message, bytes: &[u8], depth: u32) -> Result<Value, Malformed> {
    if depth > DEPTH {
        return Err(Malformed::Deep);
    }
    let mut values = vec![Value::Null; message.fields.len()];
    let mut reader = Reader(bytes);
    while let Some((number, wire)) = reader.field()? {
        // A field that is not known is from a newer client.
        let known = message.fields.iter().zip(&mut values).find(|(field, _)| field.number == number);
        if let Some((field, value)) = known {
            put(field, value, wire, depth)?;
        }
    }
    let mut values = message.fields.iter().zip(values);
    if message.is_either {
        let first = values.next().map_or(Ok(Value::Null), |(field, value)| filled(field, value, depth))?;
        return Ok(values.map(|(_, value)| value).rfind(|v| !is_zero(v)).unwrap_or(first));
    }
    let mut object = Map::new();
    for (field, value) in values {
        match (field.name, filled(field, value, depth)?) {
            (_, Value::Null) => {}
            ("", Value::Object(fields)) => object.extend(fields),
            (name, value) => {
                object.insert(name.to_owned(), value);
            }
        }
    }
    Ok(Value::Object(object))
}

/// Adds what the wire has to what a field has so far.
fn put(field: &Field, to: &mut Value, wire: Wire<'_>, depth: u32) -> Result<(), Malformed> {
    match (field.form, wire) {
        (Form::List, wire) => {
            if to.is_null() {
                *to = json!([]);
            }
            let Some(items) = to.as_array_mut() else { return Ok(()) };
            match (field.base, wire) {
                (Base::Bool | Base::Int, Wire::Bytes(bytes)) => packed(bytes, |r| r.varint().map(Wire::Varint), field, items),
                (Base::Float, Wire::Bytes(bytes)) => packed(bytes, |r| r.fixed().map(Wire::Fixed), field, items),
                _ => {
                    items.push(value(field, wire, depth)?);
                    Ok(())
                }
            }
        }
        (Form::Map, Wire::Bytes(entry)) => {
            let (mut key, mut content, mut reader) = (String::new(), None, Reader(entry));
            while let Some((number, wire)) = reader.field()? {
                match (number, wire) {
                    (1, Wire::Bytes(text)) => key = String::from_utf8_lossy(text).into_owned(),
                    (2, wire) => content = Some(value(field, wire, depth)?),
                    _ => {}
                }
            }
            let content = content.map_or_else(|| zero(field.base, depth), Ok)?;
            if to.is_null() {
                *to = json!({});
            }
            if let Some(entries) = to.as_object_mut() {
                entries.insert(key, content);
            }
            Ok(())
        }
        (_, wire) => {
            *to = value(field, wire, depth)?;
            Ok(())
        }
    }
}

/// Adds numbers that stand together.
fn packed<'b>(
    bytes: &'b [u8],
    next: impl Fn(&mut Reader<'b>) -> Result<Wire<'b>, Malformed>,
    field: &Field,
    to: &mut Vec<Value>,
) -> Result<(), Malformed> {
    let mut reader = Reader(bytes);
    while !reader.0.is_empty() {
        to.push(value(field, next(&mut reader)?, 0)?);
    }
    Ok(())
}

/// One value.
fn value(field: &Field, wire: Wire<'_>, depth: u32) -> Result<Value, Malformed> {
    Ok(match (field.base, wire) {
        (Base::Bool, Wire::Varint(number)) => Value::Bool(number != 0),
        (Base::Int, Wire::Varint(number)) => Value::from(number.cast_signed()),
        (Base::Float, Wire::Fixed(bits)) => float(f64::from_bits(bits)),
        (Base::Text, Wire::Bytes(text)) => Value::String(String::from_utf8_lossy(text).into_owned()),
        (Base::Bytes, Wire::Bytes(bytes)) => Value::String(BASE64_STANDARD.encode(bytes)),
        (Base::Json, Wire::Bytes([])) => Value::Null,
        (Base::Json, Wire::Bytes(text)) => serde_json::from_slice(text).map_err(|_| Malformed::Json(field.name.to_owned()))?,
        (Base::Quantity, Wire::Bytes(bytes)) => quantity(bytes)?,
        (Base::Time, Wire::Bytes(bytes)) => time(bytes, |seconds, _| jiff::Timestamp::from_second(seconds).ok().map(|t| t.to_string()))?,
        (Base::MicroTime, Wire::Bytes(bytes)) => {
            time(bytes, |seconds, nanos| jiff::Timestamp::new(seconds, nanos).ok().map(|t| format!("{t:.6}")))?
        }
        (Base::Message(place), Wire::Bytes(bytes)) => TABLE.message(place).map_or(Ok(Value::Null), |m| read(m, bytes, depth + 1))?,
        _ => return Err(Malformed::Field(field.name.to_owned())),
    })
}

/// Whole numbers without a point, as Go writes them.
fn float(number: f64) -> Value {
    let whole = format!("{number:.0}").parse::<i64>().ok().filter(|_| number.fract() == 0.0);
    whole.map(Value::from).or_else(|| Number::from_f64(number).map(Value::Number)).unwrap_or_default()
}

fn quantity(bytes: &[u8]) -> Result<Value, Malformed> {
    let (mut reader, mut text) = (Reader(bytes), &b"0"[..]);
    while let Some((number, wire)) = reader.field()? {
        if let (1, Wire::Bytes(bytes @ [_, ..])) = (number, wire) {
            text = bytes;
        }
    }
    Ok(Value::String(String::from_utf8_lossy(text).into_owned()))
}

/// An instant from its seconds and nanoseconds; null where there is none.
fn time(bytes: &[u8], write: impl Fn(i64, i32) -> Option<String>) -> Result<Value, Malformed> {
    let (mut reader, mut seconds, mut nanos) = (Reader(bytes), 0, 0);
    while let Some((number, wire)) = reader.field()? {
        match (number, wire) {
            (1, Wire::Varint(number)) => seconds = number.cast_signed(),
            (2, Wire::Varint(number)) => nanos = i32::try_from(number.cast_signed()).unwrap_or_default(),
            _ => {}
        }
    }
    Ok(if bytes.is_empty() { Value::Null } else { write(seconds, nanos).map_or(Value::Null, Value::String) })
}

/// The value that a field has in JSON; null where it is left out.
fn filled(field: &Field, value: Value, depth: u32) -> Result<Value, Malformed> {
    Ok(match field.form {
        Form::Plain if value.is_null() => zero(field.base, depth)?,
        Form::NonZero if is_zero(&value) => Value::Null,
        _ => value,
    })
}

/// What a value is that nobody has set.
fn zero(base: Base, depth: u32) -> Result<Value, Malformed> {
    Ok(match base {
        Base::Bool => json!(false),
        Base::Int | Base::Float => json!(0),
        Base::Text => json!(""),
        Base::Quantity => json!("0"),
        Base::Bytes | Base::Time | Base::MicroTime | Base::Json => Value::Null,
        Base::Message(place) => TABLE.message(place).map_or(Ok(Value::Null), |m| read(m, &[], depth + 1))?,
    })
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests;

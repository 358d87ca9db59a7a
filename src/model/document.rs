//! One object as YAML lines that know their parts, so that a screen can colour, fold and search them.
//!
//! The text reads back to the same values in YAML 1.1 and 1.2 alike. What Secrets hold is masked by [`mask`], before anything is emitted.
//! Nothing here reads YAML.

use serde_json::{Map, Value};

/// One line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The blanks and hyphens before the rest.
    pub lead: String,
    /// The key as it is written, without its colon; empty where there is none.
    pub key: String,
    /// The value as it is written; empty where it follows in the next lines.
    pub value: String,
    /// What sort of value it is.
    pub sort: Sort,
}

/// What sort of value stands in a line.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A text, or a line of one.
    Text,
    /// A number.
    Number,
    /// `true`, `false`, `null`, or an empty list or map.
    Word,
    /// None: lines that are deeper follow.
    Parent,
    /// What the person should know and the object does not say: no part of the YAML.
    Note,
}

impl Line {
    /// The line as it is written.
    pub fn text(&self) -> String {
        let colon = match (self.key.is_empty(), self.value.is_empty()) {
            (true, _) => "",
            (false, true) => ":",
            (false, false) => ": ",
        };
        format!("{}{}{colon}{}", self.lead, self.key, self.value)
    }
}

/// The lines of an object: `apiVersion`, `kind`, `metadata` first and `status` last as kubectl's readers expect, everything else in the order of
/// the server. `managed` shows `metadata.managedFields`, which is one note otherwise.
pub fn lines(object: &Value, managed: bool) -> Vec<Line> {
    let mut out = Vec::new();
    let Some(map) = object.as_object().filter(|m| !m.is_empty()) else {
        emit(object, String::new(), 0, &mut out);
        return out;
    };
    let rank = |key: &str| match key {
        "apiVersion" => 0,
        "kind" => 1,
        "metadata" => 2,
        "status" => 4,
        _ => 3,
    };
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by_key(|(key, _)| rank(key));
    for (key, value) in entries {
        let folded = if managed || key != "metadata" { None } else { value.get("managedFields").and_then(Value::as_array) };
        let Some(fields) = folded else {
            pair(key, value, String::new(), 0, &mut out);
            continue;
        };
        let rest: Map<String, Value> =
            value.as_object().into_iter().flatten().filter(|(k, _)| *k != "managedFields").map(|(k, v)| (k.clone(), v.clone())).collect();
        out.push(Line { lead: String::new(), key: "metadata".to_owned(), value: String::new(), sort: Sort::Parent });
        let entries = if fields.len() == 1 { "entry" } else { "entries" };
        let note = format!("… {} {entries} (m unfolds)", fields.len());
        for (key, value) in &rest {
            pair(key, value, blanks(2), 2, &mut out);
        }
        out.push(Line { lead: blanks(2), key: "managedFields".to_owned(), value: note, sort: Sort::Note });
    }
    out
}

/// The lines as a text: notes are left out.
pub fn text(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines.iter().filter(|l| l.sort != Sort::Note) {
        out.push_str(&line.text());
        out.push('\n');
    }
    out
}

/// The annotation with a copy of what `kubectl apply` sent last: it says nothing that other fields do not say, and may hold values of a Secret.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Hides what a Secret holds: its values, and the copy of them that `kubectl apply` leaves in an annotation. How long each is stays visible.
pub fn mask(secret: &mut Value) {
    for (field, length) in [("data", decoded as fn(&str) -> usize), ("stringData", str::len)] {
        if let Some(values) = secret.get_mut(field) {
            mask_all(values, length);
        }
    }
    let annotations = secret.get_mut("metadata").and_then(|m| m.get_mut("annotations"));
    if let Some(applied) = annotations.and_then(|a| a.get_mut(LAST_APPLIED)) {
        mask_all(applied, str::len);
    }
}

/// The same for a single value of `data`.
pub fn masked(value: &Value) -> Value {
    let mut hidden = value.clone();
    mask_all(&mut hidden, decoded);
    hidden
}

fn mask_all(value: &mut Value, length: fn(&str) -> usize) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|v| mask_all(v, length)),
        Value::Array(list) => list.iter_mut().for_each(|v| mask_all(v, length)),
        Value::Null => {}
        Value::String(text) => *value = Value::String(format!("••••• ({} bytes)", length(text))),
        Value::Bool(_) | Value::Number(_) => *value = Value::String("•••••".to_owned()),
    }
}

/// The bytes that base64 text stands for.
fn decoded(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

fn blanks(n: usize) -> String {
    " ".repeat(n)
}

/// A value whose first line begins with `lead`; what follows stands at `indent`.
fn emit(value: &Value, lead: String, indent: usize, out: &mut Vec<Line>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut lead = Some(lead);
            for (key, value) in map {
                pair(key, value, lead.take().unwrap_or_else(|| blanks(indent)), indent, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let mut lead = Some(lead);
            for item in list {
                emit(item, lead.take().unwrap_or_else(|| blanks(indent)) + "- ", indent + 2, out);
            }
        }
        _ => scalar(lead, String::new(), value, indent, out),
    }
}

fn pair(key: &str, value: &Value, lead: String, indent: usize, out: &mut Vec<Line>) {
    let key = written(key);
    let deeper = match value {
        Value::Object(map) if !map.is_empty() => indent + 2,
        // As kubectl has it, a list stands as deep as its key.
        Value::Array(list) if !list.is_empty() => indent,
        _ => return scalar(lead, key, value, indent + 2, out),
    };
    out.push(Line { lead, key, value: String::new(), sort: Sort::Parent });
    emit(value, blanks(deeper), deeper, out);
}

/// A value on one line, or a text of several lines as a block that stands at `indent`.
fn scalar(lead: String, key: String, value: &Value, indent: usize, out: &mut Vec<Line>) {
    let (value, sort) = match value {
        Value::Null => ("null".to_owned(), Sort::Word),
        Value::Bool(b) => (b.to_string(), Sort::Word),
        Value::Array(_) => ("[]".to_owned(), Sort::Word),
        Value::Object(_) => ("{}".to_owned(), Sort::Word),
        Value::Number(n) => (number(n), Sort::Number),
        Value::String(text) if is_block(text) => return block(lead, key, text, indent.max(2), out),
        Value::String(text) => (written(text), Sort::Text),
    };
    out.push(Line { lead, key, value, sort });
}

/// A number; one with an exponent gets the dot and the sign that YAML 1.1 asks for.
fn number(number: &serde_json::Number) -> String {
    let text = number.to_string();
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

/// Whether a text is written as a literal block: several lines, nothing that a reader could not see or that would need an indentation indicator.
fn is_block(text: &str) -> bool {
    let first = text.chars().next();
    let plain = |c: char| c == '\n' || c == '\t' || is_printable(c);
    let blank = |line: &str| !line.is_empty() && line.trim_start_matches([' ', '\t']).is_empty();
    text.contains('\n') && !matches!(first, None | Some(' ' | '\t' | '\n')) && text.chars().all(plain) && !text.split('\n').any(blank)
}

fn block(lead: String, key: String, text: &str, indent: usize, out: &mut Vec<Line>) {
    let (mark, body) = match text.strip_suffix('\n') {
        None => ("|-", text),
        Some(body) if body.ends_with('\n') => ("|+", body),
        Some(body) => ("|", body),
    };
    out.push(Line { lead, key, value: mark.to_owned(), sort: Sort::Word });
    for line in body.split('\n') {
        let lead = if line.is_empty() { String::new() } else { blanks(indent) };
        out.push(Line { lead, key: String::new(), value: line.to_owned(), sort: Sort::Text });
    }
}

/// A text as a scalar of one line: bare where every reader takes it for just this text, else in quotes.
fn written(text: &str) -> String {
    if is_bare(text) {
        return text.to_owned();
    }
    if text.chars().all(is_printable) && text.contains(['"', '\\']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => out.push_str(&format!("\\u{:04X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Characters that stand for themselves in YAML and are seen on a screen.
fn is_printable(c: char) -> bool {
    let mut one = [0; 4];
    matches!(super::text::visible(c.encode_utf8(&mut one)), std::borrow::Cow::Borrowed(_)) && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn is_bare(text: &str) -> bool {
    let mut chars = text.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else { return false };
    let starts = match first {
        '-' => second.is_some_and(|c| c != ' ' && c != '-') || text.starts_with("--") && !text.starts_with("---"),
        ' ' | '?' | ':' | ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
        _ => !text.starts_with("..."),
    };
    let ends = !text.ends_with([' ', ':']);
    starts && ends && !text.contains(": ") && !text.contains(" #") && text.chars().all(is_printable) && !is_other(text)
}

/// Words that YAML 1.1 or 1.2 reads as something else than a text: nulls, truths, numbers, dates, merge and value keys.
fn is_other(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    if ["~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", "."].contains(&word.as_str()) {
        return true;
    }
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(&word).replace(['_', ','], "");
    let starts = |c: char| c.is_ascii_digit() || c == '.' || c == '+' || c == '-';
    let sexagesimal = || unsigned.contains(':') && unsigned.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '.');
    let based = || ["0x", "0o", "0b"].iter().any(|p| unsigned.starts_with(p)) && unsigned.chars().skip(2).all(|c| c.is_ascii_hexdigit());
    let infinite = || [".inf", ".nan"].contains(&unsigned.as_str());
    unsigned.parse::<f64>().is_ok() || (unsigned.starts_with(starts) && (based() || infinite() || sexagesimal() || is_date(&word)))
}

/// `2026-11-23`, with or without a time behind it.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits =
        |part: Option<&str>, most: usize| part.is_some_and(|p| (1..=most).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
    digits(parts.next(), 4) && digits(parts.next(), 2) && parts.next().is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        let options = serde_saphyr::options! { legacy_octal_numbers: true };
        serde_saphyr::from_str_with_options(text, options).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    fn written_whole(value: &Value) -> String {
        text(&lines(value, true))
    }

    /// Texts that a reader could take for something else.
    #[rustfmt::skip]
    const ODD: &[&str] = &[
        "yes", "No", "on", "off", "y", "null", "~", "", "0o17", "017", "0x1F", "0b1", "1_000", "1e3", "1E-3", ".5", "5.", ".inf",
        "-.INF", ".nan", "inf", "NaN", "12:30:45", "2026-11-23", "2026-11-23T14:02:01Z", "=", "<<", " a", "a ", "a: b", "a:", ":",
        "a #b", "#", "- a", "-", "--flag", "---", "...", "--- a", "? x", "!tag", "&a", "*a", "%a", "@a", "`a", "[a]", "{a}", "a\tb",
        "\ta", "a\n", "a\nb", "a\n\n", "\n", "\na", "a\n b\n", "a\n \nb", "a \nb", "a\n\tb\n", "a\n\n\nb\n\n", "# a\nb", "- a\n- b",
        "a\rb", "a\r\nb", "'", "\"", "\\", "it's", "{\"a\": \"b\"}", "10.0.0.1", "100Mi", "::1", "\u{85}", "\u{feff}a", "\u{2028}",
        "é日", "🚀", "1,000", "+1", "0", "-0", "0.0", "a: |", "key: 'v'",
    ];

    fn any_text() -> impl Strategy<Value = String> {
        let word = prop::sample::select(ODD);
        prop_oneof![3 => word.prop_map(str::to_owned), 2 => "[a-c0-9 :#'\"\\\\\n\t_.+-]{0,8}", 1 => any::<String>()]
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            prop::num::f64::NORMAL.prop_map(Value::from),
            any_text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let map = prop::collection::vec((any_text(), inner.clone()), 0..5);
            prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), map.prop_map(|m| Value::Object(m.into_iter().collect()))]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn what_is_written_reads_back(value in any_json()) {
            let text = written_whole(&value);
            prop_assert_eq!(read(&text), value, "{}", text);
        }

        #[test]
        fn texts_read_back(value in prop::collection::vec(any_text(), 1..5)) {
            let value = json!({ "a": value, "b": { "c": value } });
            let text = written_whole(&value);
            prop_assert_eq!(read(&text), value, "{}", text);
        }
    }

    #[test]
    fn an_object_looks_as_kubectl_has_it() {
        let object = json!({
            "kind": "Pod", "status": { "phase": "Running" }, "apiVersion": "v1",
            "metadata": { "name": "web", "resourceVersion": "12", "managedFields": [{ "manager": "a" }, {}] },
            "spec": { "containers": [{ "name": "app", "args": ["--port=80", "-v", "*"], "env": [] }], "note": "a\nb\n", "when": "2026-11-23T14:02:01Z" },
        });
        let folded = lines(&object, false);
        let shown: Vec<String> = folded.iter().map(Line::text).collect();
        let wanted = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  resourceVersion: \"12\"\n  managedFields: … 2 entries (m unfolds)\nspec:\n  containers:\n  - name: app\n    args:\n    - --port=80\n    - -v\n    - \"*\"\n    env: []\n  note: |\n    a\n    b\n  when: \"2026-11-23T14:02:01Z\"\nstatus:\n  phase: Running";
        assert_eq!(shown.join("\n"), wanted);
        assert!(
            !text(&folded).contains("managedFields") && text(&lines(&object, true)).contains("  managedFields:\n  - manager: a\n  - {}\n")
        );
    }

    #[test]
    fn a_secret_says_only_how_long_its_values_are() {
        let mut secret = json!({
            "kind": "Secret", "data": { "password": "aHVudGVyMg==", "n": 5 }, "stringData": { "token": "hunter2" },
            "metadata": { "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{hunter2}", "team": "shop" } },
        });
        mask(&mut secret);
        let text = written_whole(&secret);
        assert!(!text.contains("hunter2") && !text.contains("aHVu") && !text.contains('5') && text.contains("team: shop"), "{text}");
        assert_eq!(text.matches("••••• (7 bytes)").count(), 2, "{text}");
    }
}

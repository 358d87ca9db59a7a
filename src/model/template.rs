//! The address of a link, as the config writes it: text with placeholders that an object fills.
//!
//! Who may write objects chooses their names and labels, and a link is followed with one key. So what an object says is only ever data within
//! the path, the query or the fragment: scheme and host stand in the config, every value is percent-encoded, and no value is a step
//! (`..`) of a path. `{cluster}` and `{context}` are the person's own words and may be one label of a host's name.

use super::nearest::hint;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The placeholders without a key of their own; `{label:KEY}` is the other.
const PLAIN: [(&str, Field); 6] = [
    ("cluster", Field::Cluster),
    ("context", Field::Context),
    ("namespace", Field::Namespace),
    ("name", Field::Name),
    ("kind", Field::Kind),
    ("uid", Field::Uid),
];

/// All but what RFC 3986 calls unreserved.
const DATA: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// What people call the cluster.
    Cluster,
    /// The name of its context.
    Context,
    /// The namespace.
    Namespace,
    /// The name.
    Name,
    /// The kind as objects have it, such as `Deployment`.
    Kind,
    /// The uid.
    Uid,
    /// The value of a label.
    Label(Box<str>),
}

/// A part of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    /// Within the path or behind it.
    Data(Field),
    /// Within the name of the host.
    Host(Field),
}

/// An address to be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Box<[Part]>);

impl Template {
    /// Reads an address.
    ///
    /// # Errors
    /// What in it makes no sense, or would let an object choose where it leads.
    pub fn parse(text: &str) -> Result<Self, String> {
        // Browsers read \ as / and drop white space, so that neither means what one sees.
        if let Some(odd) = text.chars().find(|c| c.is_whitespace() || c.is_control() || *c == '\\') {
            return Err(format!("{odd:?} has no place in an address"));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (inside, after) = behind.split_once('}').ok_or("a { has no }; one that is meant is written %7B")?;
            parts.push(Part::Text(before.into()));
            parts.push(Part::Data(field(inside)?));
            rest = after;
        }
        parts.push(Part::Text(rest.into()));
        host(&mut parts)?;
        Ok(Self(parts.into()))
    }

    /// The address with the values that `value` looks up.
    ///
    /// # Errors
    /// Why it cannot be filled.
    pub fn fill(&self, value: impl Fn(&Field) -> Option<String>) -> Result<String, String> {
        let mut out = String::new();
        for part in &self.0 {
            let (Part::Data(field) | Part::Host(field)) = part else {
                if let Part::Text(text) = part {
                    out.push_str(text);
                }
                continue;
            };
            let value = value(field).filter(|v| !v.is_empty()).ok_or_else(|| format!("it has no {}", written(field)))?;
            match part {
                Part::Host(_) if !is_label(&value) => return Err(format!("{value} cannot be a part of a host's name")),
                _ if value.bytes().all(|b| b == b'.') => return Err(format!("its {} is {value}", written(field))),
                _ => out.extend(utf8_percent_encode(&value, DATA)),
            }
        }
        Ok(out)
    }
}

fn field(inside: &str) -> Result<Field, String> {
    if let Some(key) = inside.strip_prefix("label:").filter(|k| !k.is_empty()) {
        return Ok(Field::Label(key.into()));
    }
    let found = PLAIN.iter().find(|(name, _)| *name == inside).map(|(_, field)| field.clone());
    found.ok_or_else(|| {
        format!("unknown placeholder {{{inside}}}{}", hint(inside, PLAIN.map(|(name, _)| name).into_iter().chain(["label:app"])))
    })
}

/// As a person would say it.
fn written(field: &Field) -> String {
    match field {
        Field::Label(key) => format!("label {key}"),
        other => PLAIN.iter().find(|(_, f)| f == other).map_or("", |(name, _)| name).to_owned(),
    }
}

/// Finds scheme and host, which the text itself has to say; the host's placeholders become [`Part::Host`].
fn host(parts: &mut [Part]) -> Result<(), String> {
    let (scheme, rest) = match parts.first() {
        Some(Part::Text(text)) => text.split_once(':').unwrap_or_default(),
        _ => Default::default(),
    };
    let letters = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(letters) {
        return Err("an address begins with its scheme, such as https://".to_owned());
    }
    let web = ["http", "https"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    let Some(rest) = rest.strip_prefix("//") else {
        return if web { Err(format!("{scheme}: needs a host: {scheme}://HOST/")) } else { Ok(()) };
    };
    let begins = scheme.len() + "://".len();
    let mut named = !rest.is_empty();
    if web && rest.starts_with(['/', '?', '#']) {
        return Err("the host is missing".to_owned());
    }
    for (i, part) in parts.iter_mut().enumerate() {
        match part {
            Part::Text(text) if text.get(if i == 0 { begins } else { 0 }..).is_some_and(|t| t.contains(['/', '?', '#'])) => return Ok(()),
            Part::Text(_) | Part::Host(_) => {}
            Part::Data(field @ (Field::Cluster | Field::Context)) => {
                named = true;
                *part = Part::Host(field.clone());
            }
            Part::Data(field) => {
                return Err(format!("{{{}}} cannot choose the host; only {{cluster}} and {{context}} may be in its name", braced(field)));
            }
        }
    }
    if web && !named { Err("the host is missing".to_owned()) } else { Ok(()) }
}

/// As it stands between braces.
fn braced(field: &Field) -> String {
    if let Field::Label(key) = field { format!("label:{key}") } else { written(field) }
}

/// One label of a host's name, so that it cannot be the end of another's.
fn is_label(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(template: &str, value: &str) -> Result<String, String> {
        Template::parse(template).unwrap().fill(|_| Some(value.to_owned()))
    }

    #[test]
    fn addresses_are_filled() {
        for (template, value, want) in [
            ("https://x.example/a", "v", "https://x.example/a"),
            ("https://x.example/{namespace}/{name}?u={uid}#{kind}", "v", "https://x.example/v/v?u=v#v"),
            ("https://x.example/{label:app.kubernetes.io/name}", "a b/c?d", "https://x.example/a%20b%2Fc%3Fd"),
            ("https://x.example/{name}", "ä&=+#%", "https://x.example/%C3%A4%26%3D%2B%23%25"),
            ("http://argo.{cluster}.example:8080/{cluster}", "prod-eu", "http://argo.prod-eu.example:8080/prod-eu"),
            ("https://{cluster}", "dev", "https://dev"),
            ("https://x?q={name}", "a.b", "https://x?q=a.b"),
            ("slack://channel?id={label:team}", "a:b", "slack://channel?id=a%3Ab"),
            ("mailto:{label:owner}", "x@y?cc=z", "mailto:x%40y%3Fcc%3Dz"),
        ] {
            assert_eq!(filled(template, value), Ok(want.to_owned()), "{template}");
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        let template = Template::parse("https://x/{namespace}/{label:app}").unwrap();
        assert_eq!(template.fill(|_| None), Err("it has no namespace".into()));
        assert_eq!(template.fill(|f| (*f == Field::Namespace).then(|| "shop".into())), Err("it has no label app".into()));
        assert_eq!(template.fill(|_| Some(String::new())), Err("it has no namespace".into()));
    }

    #[test]
    fn no_address_is_read_that_an_object_could_lead_astray() {
        for (template, why) in [
            ("", "begins with its scheme"),
            ("x.example/{name}", "begins with its scheme"),
            ("{name}://x/", "begins with its scheme"),
            ("{label:x}", "begins with its scheme"),
            ("ht{name}tps://x/", "begins with its scheme"),
            ("1https://x/", "begins with its scheme"),
            ("https:{name}", "needs a host"),
            ("HTTPS:/{name}", "needs a host"),
            ("https://{name}/", "{name} cannot choose the host"),
            ("https://x{name}", "{name} cannot choose the host"),
            ("https://x.example:{label:port}/", "{label:port} cannot choose the host"),
            ("https://{namespace}@x.example/", "{namespace} cannot choose the host"),
            ("slack://{uid}", "{uid} cannot choose the host"),
            // Browsers skip slashes there and take what follows for the host.
            ("https:///{name}", "the host is missing"),
            ("https://", "the host is missing"),
            ("https://?{name}", "the host is missing"),
            (r"https://x\{name}", "no place in an address"),
            ("https://x\t/{name}", "no place in an address"),
            ("https://x/ {name}", "no place in an address"),
            ("https://x/{name", "has no }"),
            ("https://x/{nmae}", "unknown placeholder {nmae}; did you mean name?"),
            ("https://x/{label:}", "unknown placeholder {label:}"),
            ("https://x/{}", "unknown placeholder {}"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert!(error.contains(why), "{template}: {error}");
        }
    }

    #[test]
    fn no_value_is_a_step_of_a_path_or_another_host() {
        for value in [".", "..", "..."] {
            assert_eq!(filled("https://x/a/{name}", value), Err(format!("its name is {value}")));
        }
        assert_eq!(filled("https://x/a/{name}", "../b"), Ok("https://x/a/..%2Fb".into()));
        for value in ["evil.example", "evil.example/", "x@y", "a:1", "ä", "arn:aws:eks:eu:1:cluster/x", "."] {
            assert!(filled("https://{cluster}.example/", value).is_err(), "{value}");
        }
    }

    proptest! {
        /// The threat: whatever an object says, the link leads to the scheme, the host and the path that the config names.
        #[test]
        fn an_object_never_chooses_where_a_link_leads(value in "(\\PC|[/:@?#\\\\.%&=\\x00-\\x20\\x7f]){1,12}") {
            let Ok(url) = filled("https://grafana.example:3000/d/{name}/x?ns={namespace}&l={label:app}#{uid}", &value) else {
                prop_assert!(value.bytes().all(|b| b == b'.'));
                return Ok(());
            };
            let uri: http::Uri = url.parse().unwrap();
            prop_assert_eq!(uri.scheme_str(), Some("https"));
            prop_assert_eq!(uri.authority().map(http::uri::Authority::as_str), Some("grafana.example:3000"));
            let path: Vec<&str> = uri.path().split('/').collect();
            prop_assert_eq!(path.len(), 4, "{}", url);
            prop_assert_eq!(percent_encoding::percent_decode_str(path[2]).decode_utf8().unwrap(), value.as_str());
            let query: Vec<(String, String)> = form_urlencoded::parse(uri.query().unwrap().as_bytes()).into_owned().collect();
            prop_assert_eq!(query, [("ns".to_owned(), value.clone()), ("l".to_owned(), value)]);
            prop_assert!(url.bytes().all(|b| b.is_ascii_graphic()), "{}", url);
        }
    }
}

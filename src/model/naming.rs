//! Names, labels and annotations by Kubernetes' own rules: what is wrong with a text, in the words of `util/validation` of apimachinery.

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
                     alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end \
                         with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                         '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_PART: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
                         'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with \
                     an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
                     '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or \
                          'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

fn is_label(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = text.bytes().next().is_some_and(plain) && text.bytes().next_back().is_some_and(plain);
    ends && text.bytes().all(|b| plain(b) || b == b'-')
}

fn is_word(text: &str) -> bool {
    let ends = |b: u8| b.is_ascii_alphanumeric();
    let all = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    all && text.bytes().next().is_some_and(ends) && text.bytes().next_back().is_some_and(ends)
}

/// The complaint about a text of more than so many bytes.
pub fn too_long(text: &str, most: usize) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} characters"))
}

/// What is wrong with a label of RFC 1123, as the names of namespaces and containers are.
pub fn label(text: &str) -> Vec<String> {
    let why = if text.split('.').all(is_label) { "must not contain dots" } else { LABEL };
    too_long(text, 63).into_iter().chain((!is_label(text)).then(|| why.to_owned())).collect()
}

/// What is wrong with a subdomain of RFC 1123, as most names are.
pub fn subdomain(text: &str) -> Vec<String> {
    too_long(text, 253).into_iter().chain((!text.split('.').all(is_label)).then(|| SUBDOMAIN.to_owned())).collect()
}

/// What is wrong with a key of labels or annotations, the name of a resource, a finalizer.
pub fn qualified(text: &str) -> Vec<String> {
    let (prefix, name) = match text.split('/').collect::<Vec<_>>().as_slice() {
        [name] => (None, *name),
        [prefix, name] => (Some(*prefix), *name),
        _ => {
            let rest = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {NAME_PART} {rest}")];
        }
    };
    let mut wrong = match prefix {
        None => Vec::new(),
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => subdomain(prefix).iter().map(|why| format!("prefix part {why}")).collect(),
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".into());
    } else {
        wrong.extend(too_long(name, 63).map(|why| format!("name part {why}")));
        wrong.extend((!is_word(name)).then(|| format!("name part {NAME_PART}")));
    }
    wrong
}

/// What is wrong with the value of a label.
pub fn label_value(text: &str) -> Vec<String> {
    too_long(text, 63).into_iter().chain((!text.is_empty() && !is_word(text)).then(|| VALUE.to_owned())).collect()
}

/// What is wrong with a key of a ConfigMap or Secret: it may become the name of a file, and must lead nowhere else.
pub fn config_key(text: &str) -> Vec<String> {
    let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let leads_away = match text {
        "." | ".." => Some(format!("must not be '{text}'")),
        _ => text.starts_with("..").then(|| "must not start with '..'".to_owned()),
    };
    too_long(text, 253).into_iter().chain((!fits).then(|| CONFIG_KEY.to_owned())).chain(leads_away).collect()
}

/// The first complaint for people, to whom an example says more than an expression.
pub fn told(wrong: &[String]) -> Option<String> {
    wrong.first().map(|why| why.split_once(", regex used").map_or(why.clone(), |(why, _)| format!("{why})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_config_map_is_a_name_of_a_file() {
        for (key, why) in [
            ("tls.crt", None),
            ("_a-B.9", None),
            (".hidden", None),
            ("a..b", None),
            ("", Some("a valid config key")),
            ("a/b", Some("a valid config key")),
            ("größe", Some("a valid config key")),
            (".", Some("must not be '.'")),
            ("..", Some("must not be '..'")),
            ("..data", Some("must not start with '..'")),
        ] {
            let told = told(&config_key(key));
            assert_eq!(told.is_some(), why.is_some(), "{key}: {told:?}");
            assert!(told.unwrap_or_default().starts_with(why.unwrap_or_default()), "{key}");
        }
        assert_eq!(config_key(&"a".repeat(253)), Vec::<String>::new());
        assert_eq!(config_key(&"a".repeat(254)), ["must be no more than 253 characters"]);
    }
}

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

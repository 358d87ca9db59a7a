//! References to container images, `registry/path:tag@digest`, by the grammar of `distribution/reference`: what every kubelet reads them by.

/// What is wrong with a reference, in a sentence without its end; nothing where a kubelet can read it.
pub fn problem(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("no image is named".to_owned());
    }
    if text.contains(char::is_whitespace) {
        return Some("there is a blank in it".to_owned());
    }
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
    let (name, tag) = tagged(rest);
    of_name(name).or_else(|| tag.and_then(of_tag)).or_else(|| digest.and_then(of_digest))
}

/// True where neither a tag nor a digest says which one is meant: `latest` is.
pub fn is_open(text: &str) -> bool {
    !text.contains('@') && tagged(text).1.is_none()
}

/// The last part of the path with tag and digest, for where there is little room: `checkout:1.8.2`.
pub fn short(text: &str) -> &str {
    text.rsplit_once('/').map_or(text, |(_, last)| last)
}

/// Name and tag: the tag follows the last colon that is behind the last slash.
fn tagged(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (text, None),
    }
}

fn of_tag(tag: &str) -> Option<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if tag.is_empty() {
        return Some("nothing follows the colon: a tag is missing".to_owned());
    }
    if tag.len() > 128 {
        return Some("the tag is longer than 128 characters".to_owned());
    }
    let fits = tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-');
    (!fits).then(|| format!("the tag {tag} may hold letters, digits, _ . and -, and begins with neither . nor -"))
}

fn of_digest(digest: &str) -> Option<String> {
    let Some((algorithm, hex)) = digest.split_once(':') else { return Some("the digest has no algorithm: sha256:…".to_owned()) };
    let wanted = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return Some(format!("digests are made by sha256, sha384 or sha512, not by {algorithm}")),
    };
    let fits = hex.len() == wanted && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (!fits).then(|| format!("a digest by {algorithm} has {wanted} digits of 0-9 and a-f, this one has {}", hex.len()))
}

/// Where it is kept and under which path.
fn of_name(name: &str) -> Option<String> {
    let is_registry = |part: &str| part.contains(['.', ':']) || part == "localhost" || part.contains(|c: char| c.is_ascii_uppercase());
    let (registry, path) = match name.split_once('/') {
        Some((first, path)) if is_registry(first) => (Some(first), path),
        _ => (None, name),
    };
    if registry.is_none() && path.len() == 64 && path.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Some("that is the ID of an image on one machine, not its name".to_owned());
    }
    let long = (name.len() > 255).then(|| "the name is longer than 255 characters".to_owned());
    registry.and_then(of_registry).or_else(|| path.split('/').find_map(of_part)).or(long)
}

fn of_registry(registry: &str) -> Option<String> {
    let (host, port) = match registry.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (registry, None),
    };
    let plain = |label: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(inside) && !label.starts_with('-') && !label.ends_with('-')
    };
    let v6 = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).is_some_and(|h| h.chars().all(|c| c.is_ascii_hexdigit() || c == ':'));
    if !v6 && !host.split('.').all(plain) {
        return Some(format!("{host} is no host name of a registry"));
    }
    let is_port = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    port.filter(|p| !is_port(p)).map(|port| format!("{port} is no port of a registry"))
}

/// One part of the path: words of lower case and digits, between them a dot, one or two underscores, or dashes.
fn of_part(part: &str) -> Option<String> {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if part.is_empty() {
        return Some("a part of the path is empty: a slash is at its end, or two follow one another".to_owned());
    }
    if part.contains(|c: char| c.is_ascii_uppercase()) {
        return Some(format!("{part} has capital letters: only the tag may have them"));
    }
    if let Some(odd) = part.chars().find(|c| !word(*c) && !['.', '_', '-'].contains(c)) {
        return Some(format!("{part} has {odd} in it: a path is of lower case letters, digits, . _ and -"));
    }
    let joins =
        part.split(word).filter(|join| !join.is_empty()).all(|join| matches!(join, "." | "_" | "__") || join.bytes().all(|b| b == b'-'));
    let ends = part.starts_with(word) && part.ends_with(word);
    (!joins || !ends).then(|| format!("{part} begins or ends with . _ or -, or has several of them in a row"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubelet_reads_these() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for text in [
            "web",
            "web:1.2",
            "Registry.Example/web",
            "localhost/web",
            "localhost:5000/team/web:V1.2_x-y",
            "registry.shop.example/checkout:1.8.2",
            "a__b/c--d/e.f_g",
            "[fe80::1]:5000/web",
            &format!("web@{digest}"),
            &format!("registry.example:5000/team/web:1.2@{digest}"),
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = format!("{}:1", "a/".repeat(130) + "a");
        for (text, why) in [
            ("", "no image"),
            ("web 1", "blank"),
            ("web:", "tag is missing"),
            ("web:.1", "the tag .1"),
            ("web:1/2:x y", "blank"),
            ("Web:1", "Web has capital letters"),
            ("team/Web", "Web has capital letters"),
            ("team//web", "is empty"),
            ("team/web/", "is empty"),
            ("/web", "is empty"),
            ("https://registry.example/web", "is no port"),
            ("-bad.example/web", "no host name"),
            ("registry.example:50x/web", "50x is no port"),
            ("web_", "begins or ends"),
            ("a..b", "in a row"),
            ("a___b", "in a row"),
            ("wéb", "has é in it"),
            ("web@sha256:abc", "64 digits"),
            ("web@md5:abc", "not by md5"),
            ("web@abc", "no algorithm"),
            (&"0a".repeat(32), "the ID of an image"),
            (&long, "longer than 255"),
            (&format!("web:{}", "a".repeat(129)), "longer than 128"),
        ] {
            let told = problem(text);
            assert!(told.as_deref().is_some_and(|told| told.contains(why)), "{text}: {told:?}");
        }
    }

    #[test]
    fn what_has_neither_tag_nor_digest_is_open() {
        for (text, open) in [("web", true), ("localhost:5000/web", true), ("web:1", false), ("web@sha256:1", false)] {
            assert_eq!(is_open(text), open, "{text}");
        }
        assert_eq!(short("registry.example:5000/team/web:1"), "web:1");
    }
}

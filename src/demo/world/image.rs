//! Images and where they come from: which there are, and what containerd says of one that is not.

use super::World;
use crate::demo::store::mix;

/// Images of Docker Hub that people try things with, and the newest version that counts as published.
const PUBLIC: &[(&str, u32, u32)] = &[
    ("alpine", 3, 24),
    ("bash", 5, 4),
    ("busybox", 1, 38),
    ("caddy", 2, 12),
    ("centos", 9, 9),
    ("debian", 14, 9),
    ("golang", 1, 28),
    ("haproxy", 3, 5),
    ("hello-world", 1, 1),
    ("httpd", 2, 4),
    ("mariadb", 12, 9),
    ("memcached", 1, 7),
    ("mongo", 9, 9),
    ("mysql", 10, 9),
    ("nginx", 1, 31),
    ("node", 26, 30),
    ("perl", 5, 44),
    ("php", 8, 6),
    ("postgres", 19, 9),
    ("python", 3, 15),
    ("rabbitmq", 5, 9),
    ("redis", 9, 9),
    ("ruby", 4, 9),
    ("tomcat", 11, 9),
    ("traefik", 4, 9),
    ("ubuntu", 26, 10),
];

/// Tags without a number that most repositories have.
const NAMED: &[&str] =
    &["latest", "stable", "mainline", "main", "master", "edge", "alpine", "slim", "bookworm", "trixie", "jammy", "noble", "glibc", "musl"];

/// A reference taken apart, as containerd completes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `docker.io/library/nginx`.
    pub repository: String,
    /// `1.29`; empty where there is a digest.
    pub tag: String,
    /// `sha256:..`, or empty.
    pub digest: String,
}

impl Reference {
    /// Reads what a container says as its image.
    ///
    /// # Errors
    /// As kubelet says it of what is no reference.
    pub fn parse(image: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            Err(format!("Failed to apply default image tag {image:?}: couldn't parse image name {image:?}: invalid reference format{why}"))
        };
        let (name, digest) = image.split_once('@').unwrap_or((image, ""));
        let (path, tag) = match name.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (name, ""),
        };
        let (host, rest) = path.split_once('/').filter(|(h, _)| h.contains(['.', ':']) || *h == "localhost").unwrap_or(("docker.io", path));
        let library = if host == "docker.io" && !rest.contains('/') { "library/" } else { "" };
        if rest.chars().any(|c| c.is_ascii_uppercase()) {
            return wrong(&format!(": repository name ({library}{rest}) must be lowercase"));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_./".contains(c);
        let tagged = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if rest.is_empty() || !rest.chars().all(plain) || rest.contains("//") || !tag.chars().all(tagged) || name.ends_with(':') {
            return wrong("");
        }
        let tag = if tag.is_empty() && digest.is_empty() { "latest" } else { tag };
        Ok(Self { repository: format!("{host}/{library}{rest}"), tag: tag.to_owned(), digest: digest.to_owned() })
    }

    /// The whole reference, as containerd names it.
    pub fn whole(&self) -> String {
        if self.digest.is_empty() { format!("{}:{}", self.repository, self.tag) } else { format!("{}@{}", self.repository, self.digest) }
    }

    /// The image by its content: what `imageID` says.
    pub fn id(&self) -> String {
        if !self.digest.is_empty() {
            return self.whole();
        }
        let seed = hash(&self.whole());
        let parts: Vec<String> = (0..4).map(|i| format!("{:016x}", mix(seed ^ i))).collect();
        format!("{}@sha256:{}", self.repository, parts.concat())
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        4_000_000 + mix(hash(&self.repository)) % 180_000_000 + mix(hash(&self.tag)) % 900_000
    }
}

/// A number that follows from a text.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| mix(h ^ u64::from(b)))
}

impl World {
    /// The image, or why it cannot be had, as containerd says it.
    pub fn pull(&self, reference: &Reference) -> Result<u64, String> {
        let whole = reference.whole();
        if self.exists(reference) {
            return Ok(reference.size());
        }
        let failed = format!("failed to pull and unpack image {whole:?}: failed to resolve reference {whole:?}");
        let hub = reference.repository.strip_prefix("docker.io/library/");
        if hub.is_some_and(|name| !PUBLIC.iter().any(|(n, ..)| *n == name)) {
            let denied = "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: \
                          authorization failed";
            return Err(format!("rpc error: code = Unknown desc = {failed}: {denied}"));
        }
        Err(format!("rpc error: code = NotFound desc = {failed}: {whole}: not found"))
    }

    /// Our own images are listed; of others, a version that could be one is one.
    fn exists(&self, reference: &Reference) -> bool {
        if !reference.digest.is_empty() {
            return true;
        }
        if let Some(tags) = self.images.get(&reference.repository) {
            return tags.contains(&reference.tag);
        }
        // A private registry has what was put there, which is listed.
        let host = reference.repository.split('/').next().unwrap_or_default();
        if self.images.keys().any(|known| known.split('/').next() == Some(host) && host.contains("registry.")) {
            return host == "registry.k8s.io" && plausible(&reference.tag, u32::MAX, u32::MAX);
        }
        let newest = match reference.repository.strip_prefix("docker.io/library/") {
            Some(name) => PUBLIC.iter().find(|(n, ..)| *n == name).map(|(_, major, minor)| (*major, *minor)),
            None => Some((u32::MAX, u32::MAX)),
        };
        newest.is_some_and(|(major, minor)| plausible(&reference.tag, major, minor))
    }
}

/// True for a tag that looks like a version up to the newest, or is a name that is usual.
fn plausible(tag: &str, major: u32, minor: u32) -> bool {
    let (head, _) = tag.split_once('-').unwrap_or((tag, ""));
    if NAMED.contains(&head) {
        return true;
    }
    let number = head.strip_prefix('v').unwrap_or(head);
    let parts: Option<Vec<u32>> = number.split('.').map(|p| p.parse().ok()).collect();
    match parts.as_deref() {
        Some([a]) => *a <= major,
        Some([a, b, rest @ ..]) => (*a, *b) <= (major, minor) && rest.len() <= 2,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_completed_as_containerd_does() {
        for (image, whole) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.29", "docker.io/library/nginx:1.29"),
            ("grafana/loki:3.1", "docker.io/grafana/loki:3.1"),
            ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
            ("localhost:5000/a", "localhost:5000/a:latest"),
            ("a@sha256:00", "docker.io/library/a@sha256:00"),
        ] {
            assert_eq!(Reference::parse(image).unwrap().whole(), whole);
        }
        for (image, why) in
            [("Nginx", "(library/Nginx) must be lowercase"), ("a b", "invalid reference format"), ("", "invalid"), ("a:", "invalid")]
        {
            assert!(Reference::parse(image).unwrap_err().contains(why), "{image}");
        }
    }

    #[test]
    fn what_there_is_can_be_had_and_what_not_is_explained() {
        let mut world = World::new("a", 1);
        world.images.insert("registry.shop.example/web".into(), ["1.0".to_owned()].into());
        let pull = |image: &str| world.pull(&Reference::parse(image).unwrap());
        for image in ["nginx", "nginx:1.29.1-alpine", "redis:7", "registry.shop.example/web:1.0", "quay.io/a/b:v1.2.3", "x@sha256:1"] {
            assert!(pull(image).is_ok(), "{image}");
        }
        for (image, why) in [
            (
                "nginx:1.161",
                r#"rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:1.161": failed to resolve reference "docker.io/library/nginx:1.161": docker.io/library/nginx:1.161: not found"#,
            ),
            ("nginx:nope", "not found"),
            ("registry.shop.example/web:1.1", "web:1.1: not found"),
            ("registry.shop.example/other:1.0", "not found"),
            ("nignx", "pull access denied, repository does not exist or may require authorization"),
        ] {
            assert!(
                pull(image).unwrap_err().ends_with(why) || pull(image).unwrap_err().contains("access denied"),
                "{image}: {:?}",
                pull(image)
            );
        }
    }
}

//! The kinds that a cluster serves, as its discovery tells.

use super::id::GroupResource;

/// A kind as one API server serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Group and plural.
    pub id: GroupResource,
    /// The version that the server prefers.
    pub version: Box<str>,
    /// The kind in an object, as `Deployment`.
    pub kind: Box<str>,
    /// The singular, lower-case name; may be empty.
    pub singular: Box<str>,
    /// As `deploy`.
    pub short_names: Box<[Box<str>]>,
    /// As `all`.
    pub categories: Box<[Box<str>]>,
    /// True where objects live in namespaces.
    pub namespaced: bool,
    /// True where it can be listed.
    pub list: bool,
    /// True where it can be watched.
    pub watch: bool,
}

impl Resource {
    /// True where `name` means this kind, as kubectl takes names: plural, singular, short name, kind, or any of these with the group
    /// (`deploy`, `deployments.apps`, `deployments.v1.apps`).
    pub fn answers_to(&self, name: &str) -> bool {
        let (word, rest) = name.split_once('.').unwrap_or((name, ""));
        let group_fits = rest.is_empty()
            || rest == &*self.id.group
            || rest.strip_prefix(&*self.version).is_some_and(|r| r.strip_prefix('.').unwrap_or(r) == &*self.id.group);
        let is = |known: &str| known.eq_ignore_ascii_case(word);
        group_fits && (is(&self.id.resource) || is(&self.singular) || is(&self.kind) || self.short_names.iter().any(|s| is(s)))
    }

    /// `apps/v1`, or `v1` in the core group.
    pub fn api_version(&self) -> String {
        if self.id.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.id.group, self.version) }
    }

    /// The path of its objects on the server, in one namespace or in all.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.id.group.is_empty() { "/api" } else { "/apis" };
        let scope = namespace.filter(|_| self.namespaced).map_or_else(String::new, |n| format!("namespaces/{n}/"));
        format!("{root}/{}/{scope}{}", self.api_version(), self.id.resource)
    }
}

/// All kinds of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// In the server's order: the core group first.
    pub resources: Vec<Resource>,
    /// Groups whose server did not answer, such as a metrics server that is down.
    pub stale_groups: Vec<Box<str>>,
}

impl Catalog {
    /// The kind that a name means. Where several groups use the name, the server's order decides, as in kubectl.
    pub fn find(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|r| r.answers_to(name))
    }

    /// The kind of this group and plural.
    pub fn get(&self, id: &GroupResource) -> Option<&Resource> {
        self.resources.iter().find(|r| r.id == *id)
    }
}

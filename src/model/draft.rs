//! Texts that a person writes: what each is about, and what is kept of it until it is stored.

use super::id::{ClusterId, GroupResource, ObjectRef, Uid};

/// What a text is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// An object, or something new.
    pub object: ObjectRef,
    /// Not all of it, but the value of this key of a ConfigMap or Secret; empty for a new key that has no name yet.
    pub key: Option<String>,
}

/// In place of a kind, for what is no object yet.
const NEW: &str = "new";

impl Subject {
    /// Something new that begins with a template of this name. It is no object yet, but has a name that its text is kept by.
    pub fn of_new(cluster: ClusterId, namespace: &str, name: &str) -> Self {
        let (kind, uid) = (GroupResource::new("", NEW), Uid::of_name(namespace, name));
        Self::whole(ObjectRef { cluster, kind, namespace: namespace.into(), name: name.into(), uid })
    }

    /// True for something new.
    pub fn is_new(&self) -> bool {
        self.object.kind == GroupResource::new("", NEW)
    }

    /// The whole of an object.
    pub fn whole(object: ObjectRef) -> Self {
        Self { object, key: None }
    }

    /// A value of one.
    pub fn value(object: ObjectRef, key: &str) -> Self {
        Self { object, key: Some(key.to_owned()) }
    }
}

/// A text that was written and is not stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it is about.
    pub subject: Subject,
    /// What it was made from, as the server had it; `None` where the server had nothing of the kind.
    pub base: Option<String>,
    /// The text.
    pub text: String,
}

impl Draft {
    /// Nothing was written, or all of it was taken back.
    pub fn is_idle(&self) -> bool {
        self.text == self.base.as_deref().unwrap_or_default()
    }

    /// It holds what a Secret does, or may: it is kept in memory only.
    pub fn is_secret(&self) -> bool {
        self.subject.object.is_secret() || (self.subject.is_new() && names_secret(&self.text))
    }
}

/// True where a text, however it is laid out and whether it can be read or not, says that something in it is a Secret.
fn names_secret(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect();
    ["kind:Secret", "stringData:"].iter().any(|word| plain.contains(word))
}

/// Without the texts: they may hold what a Secret does.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("subject", &self.subject).field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_text_that_names_a_secret_is_one() {
        let new = Subject::of_new(ClusterId(0), "shop", "service");
        let old = ObjectRef { kind: GroupResource::new("", "configmaps"), ..new.object.clone() };
        for (text, is_secret) in [
            ("kind: Secret\n", true),
            ("kind: Service\n---\n{apiVersion: v1, kind: 'Secret'}\n", true),
            ("{\"kind\":\"Secret\"}", true),
            ("kind:\n  Secret\n\tbroken", true),
            ("stringData: {password: hunter2}", true),
            ("kind: ConfigMap\ndata: {secret: kind}\n", false),
            ("", false),
        ] {
            let of = |subject: Subject| Draft { subject, base: None, text: text.to_owned() }.is_secret();
            assert_eq!((of(new.clone()), of(Subject::whole(old.clone()))), (is_secret, false), "{text}");
        }
    }
}

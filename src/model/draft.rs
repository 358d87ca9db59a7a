//! Texts that a person writes: what each is about, and what is kept of it until it is stored.

use super::id::ObjectRef;

/// What a text is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// An object.
    pub object: ObjectRef,
    /// Not all of it, but the value of this key of a ConfigMap or Secret; empty for a new key that has no name yet.
    pub key: Option<String>,
}

impl Subject {
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
}

/// Without the texts: they may hold what a Secret does.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("subject", &self.subject).field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

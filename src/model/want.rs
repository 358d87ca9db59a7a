//! What ought to be watched. Views say it, the session makes it so: nobody starts or stops a watch by hand.

use super::id::{ClusterId, GroupResource};

/// The field selector of warnings.
const WARNINGS: &str = "type=Warning";

/// Something of a cluster to be kept live.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Want {
    /// The cluster.
    pub cluster: ClusterId,
    /// The kind.
    pub kind: GroupResource,
    /// One namespace, or all of them.
    pub namespace: Option<Box<str>>,
    /// Which objects, and in what form.
    pub of: Of,
}

/// Which objects of a kind are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// Rows of all of them.
    All,
    /// Rows of those that the server selects.
    Selected {
        /// A label selector as kubectl's `-l`; empty for none.
        labels: Box<str>,
        /// A field selector; empty for none.
        fields: Box<str>,
    },
    /// One object of this name, whole, as raw JSON.
    Whole(Box<str>),
}

impl Want {
    /// Rows of all objects of a kind in a cluster.
    pub fn all(cluster: ClusterId, kind: GroupResource) -> Self {
        Self { cluster, kind, namespace: None, of: Of::All }
    }

    /// Rows of the warnings of a cluster: events that are about something wrong.
    pub fn warnings(cluster: ClusterId) -> Self {
        let of = Of::Selected { labels: "".into(), fields: WARNINGS.into() };
        Self { cluster, kind: GroupResource::new("", "events"), namespace: None, of }
    }

    /// True for [`Want::warnings`], in whatever namespace.
    pub fn is_warnings(&self) -> bool {
        matches!(&self.of, Of::Selected { labels, fields } if labels.is_empty() && &**fields == WARNINGS)
    }

    /// True when whoever wants `self` is served by what runs for `wider`, though it may have to leave rows out.
    pub fn within(&self, wider: &Self) -> bool {
        let rows = |of: &Of| !matches!(of, Of::Whole(_));
        self == wider
            || (self.cluster == wider.cluster
                && self.kind == wider.kind
                && wider.of == Of::All
                && rows(&self.of)
                && (wider.namespace.is_none() || wider.namespace == self.namespace))
    }
}

//! A table that follows the cursor of another pane: of its rows it shows those that belong to what that is on. The watches stay as they
//! are, so nothing is asked of a server, and all rows are back at once.

use super::TableView;
use crate::model::id::GroupResource;
use crate::model::step::{Known, Only, Pick, Target};

impl TableView {
    /// Shows only what belongs to this, or all again.
    pub(super) fn narrow(&mut self, pick: Option<&Pick>) {
        let followed = self.kind.as_ref().zip(pick).and_then(|(kind, pick)| part(kind, pick));
        if followed != self.followed {
            self.followed = followed;
            self.reorder();
        }
    }

    /// Which part of its kind it shows.
    pub(super) fn only(&self) -> &Only {
        self.followed.as_ref().unwrap_or(&self.of.only)
    }
}

/// The part of a kind that belongs to something; `None` where they have nothing to do with each other, or are of a kind.
fn part(kind: &GroupResource, pick: &Pick) -> Option<Only> {
    let Target { object, facts, .. } = match pick {
        Pick::Cluster(cluster) => return Some(Only::Cluster(*cluster)),
        Pick::Object(target) => &**target,
    };
    let of = object.clone();
    match (&*kind.resource, facts, &*object.kind.resource) {
        _ if *kind == object.kind => None,
        ("events", ..) => Some(Only::About(of)),
        ("pods", Known::Pods(selector), _) => Some(Only::SelectedBy(of, selector.clone())),
        ("pods", _, "nodes") => Some(Only::OnNode(of)),
        ("pods" | "deployments", _, "namespaces") => Some(Only::Namespace(of.cluster, of.name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ClusterId, ObjectRef, Uid};

    #[test]
    fn what_belongs_to_what() {
        let kind = |resource: &str| GroupResource::new(if resource == "deployments" { "apps" } else { "" }, resource);
        let object = |resource: &str| ObjectRef {
            cluster: ClusterId(1),
            kind: kind(resource),
            namespace: "shop".into(),
            name: "x".into(),
            uid: Uid::parse("x"),
        };
        let of = |resource: &str, facts: Known| Pick::Object(Box::new(Target { object: object(resource), facts, owner: None }));
        let selector = || Known::Pods("app=x".into());
        for (pane, pick, want) in [
            ("pods", of("nodes", Known::None), Some(Only::OnNode(object("nodes")))),
            ("events", of("nodes", Known::None), Some(Only::About(object("nodes")))),
            ("pods", of("deployments", selector()), Some(Only::SelectedBy(object("deployments"), "app=x".into()))),
            ("events", of("deployments", selector()), Some(Only::About(object("deployments")))),
            ("events", of("pods", Known::Node("n".into())), Some(Only::About(object("pods")))),
            ("pods", of("pods", Known::None), None),
            ("nodes", of("deployments", selector()), None),
            ("nodes", Pick::Cluster(ClusterId(1)), Some(Only::Cluster(ClusterId(1)))),
        ] {
            assert_eq!(part(&kind(pane), &pick), want, "{pane} of {pick:?}");
        }
    }
}

//! One cluster, as far as we know it.

use super::catalog::Catalog;
use super::fault::{Fault, FaultKind};
use super::id::{ClusterId, Session, Uid};
use super::msg::{Link, Server, Traffic};
use super::time::Timestamp;

/// How much a cluster matters, from its entry in the config.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// To try things.
    Dev,
    /// Like production, but not it.
    Staging,
    /// Protected.
    Prod,
    /// Nobody said; counts as protected.
    #[default]
    Unset,
}

/// A context of the kubeconfig and what is known of the cluster behind it.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// For this run.
    pub id: ClusterId,
    /// The context's name, as in the kubeconfig.
    pub context: String,
    /// The kubeconfig that has it.
    pub file: String,
    /// What people call it, and type to confirm: the alias, else the shortest tail of the context's name that no other has.
    pub name: String,
    /// The key that focuses it: 1 to 9.
    pub digit: Option<u8>,
    /// The group it belongs to.
    pub group: Option<String>,
    /// How much it matters.
    pub tier: Tier,
    /// A colour of its own, as the config names it.
    pub colour: Option<String>,
    /// Nothing may be changed here.
    pub readonly: bool,
    /// Until when that is lifted.
    pub unlocked: Option<Timestamp>,
    /// The context's own namespace; `default` where it names none.
    pub namespace: String,
    /// The address of the server.
    pub server: String,
    /// Contexts with the same place reach the same cluster: server and certificate authority agree. `None` where nobody can tell.
    pub place: Option<u64>,
    /// True once somebody opened it.
    pub open: bool,
    /// Which opening it is, or was last.
    pub session: Session,
    /// The connection, and since when it is as it is.
    pub link: Link,
    /// See `link`.
    pub since: Timestamp,
    /// When the connection is tried again.
    pub retry_at: Option<Timestamp>,
    /// What the server says of itself.
    pub about: Server,
    /// Who we are there.
    pub user: Option<String>,
    /// The uid of kube-system.
    pub identity: Option<Uid>,
    /// The kinds it serves; `None` until discovery has answered.
    pub catalog: Option<Catalog>,
    /// Counted since it was opened.
    pub traffic: Traffic,
    /// Why the kubeconfig's entry cannot be used at all.
    pub broken: Option<Fault>,
}

impl Cluster {
    /// A cluster of which nothing is known but its context, and that nobody has opened.
    pub fn new(id: ClusterId, context: &str) -> Self {
        Self {
            id,
            context: context.to_owned(),
            file: String::new(),
            name: context.to_owned(),
            digit: None,
            group: None,
            tier: Tier::default(),
            colour: None,
            readonly: false,
            unlocked: None,
            namespace: "default".to_owned(),
            server: String::new(),
            place: None,
            open: false,
            session: Session::default(),
            link: Link::Closed,
            since: Timestamp(0),
            retry_at: None,
            about: Server::default(),
            user: None,
            identity: None,
            catalog: None,
            traffic: Traffic::default(),
            broken: None,
        }
    }

    /// Writes are asked for by name here.
    pub fn is_protected(&self) -> bool {
        matches!(self.tier, Tier::Prod | Tier::Unset)
    }

    /// True while somebody has lifted that it is read-only.
    pub fn is_unlocked(&self, now: Timestamp) -> bool {
        self.unlocked.is_some_and(|until| now < until)
    }

    /// Nobody gets in before a person logs in.
    pub fn needs_login(&self) -> bool {
        matches!(&self.link, Link::Down { why, .. } if matches!(why.kind, FaultKind::Login(_)))
    }

    /// The fault that keeps it down.
    pub fn fault(&self) -> Option<&Fault> {
        match &self.link {
            Link::Down { why, .. } => Some(why),
            _ => self.broken.as_ref(),
        }
    }
}

/// The shortest tail of each context's name that no other context shares, cut at `/`, `:`, `_` or `@` and never at a hyphen:
/// `arn:aws:eks:eu-west-1:123:cluster/prod-eu` is `prod-eu`, `gke_shop_europe-west4_prod` is `prod`.
pub fn short_names(contexts: &[String]) -> Vec<String> {
    let tails = |name: &str| -> Vec<String> {
        let cuts = name.char_indices().filter(|(_, c)| matches!(c, '/' | ':' | '_' | '@')).map(|(i, c)| i + c.len_utf8());
        let mut tails: Vec<String> = cuts.chain([0]).filter_map(|i| name.get(i..)).filter(|t| !t.is_empty()).map(str::to_owned).collect();
        tails.sort_by_key(String::len);
        tails
    };
    let all: Vec<Vec<String>> = contexts.iter().map(|c| tails(c)).collect();
    let unique = |tail: &String, mine: usize| all.iter().enumerate().all(|(i, theirs)| i == mine || !theirs.contains(tail));
    let pick = |(i, tails): (usize, &Vec<String>)| tails.iter().find(|t| unique(t, i)).or(tails.last()).cloned().unwrap_or_default();
    all.iter().enumerate().map(pick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_shortest_unique_tails() {
        let names = |contexts: &[&str]| short_names(&contexts.iter().map(|&c| c.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            names(&["arn:aws:eks:eu-west-1:123:cluster/prod-eu", "gke_shop_europe-west4_prod", "kind-kind"]),
            ["prod-eu", "prod", "kind-kind"]
        );
        assert_eq!(names(&["gke_a_west_prod", "gke_b_west_prod", "gke_b_east_prod"]), ["a_west_prod", "b_west_prod", "east_prod"]);
        assert_eq!(names(&["admin@prod", "viewer@prod", "prod"]), ["admin@prod", "viewer@prod", "prod"]);
        assert_eq!(names(&["ends/", ""]), ["ends/", ""]);
    }
}

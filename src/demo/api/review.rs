//! Reviews: who somebody is, and what somebody may do. They are answered and never stored.

use super::body::object;
use super::identity;
use super::request::{Asked, Review};
use crate::demo::cluster::{Cluster, User};
use crate::demo::json::{list, or_set, set, text};
use crate::demo::rbac::{self, Attributes};
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use serde_json::{Value, json};

/// Answers a review. What somebody asks about himself is told to everybody, as the role `system:basic-user` has it.
///
/// # Errors
/// 403 where somebody may not ask about others.
pub(super) fn answer(cluster: &Cluster, sim: &Sim, about: &Review, asked: &Asked, body: &[u8]) -> Answer<Value> {
    let (user, Review { group, plural, namespace }) = (&asked.user, about);
    if !plural.starts_with("self") {
        let wanted = Attributes { verb: asked.verb, group, resource: plural, namespace, ..Attributes::default() };
        rbac::check(&sim.store, user, &wanted)?;
    }
    let mut review = object(&asked.content, body)?;
    or_set(&mut review, "/metadata", json!({}));
    let status = match plural.as_str() {
        "selfsubjectreviews" => json!({"userInfo": info(user)}),
        "selfsubjectaccessreviews" => access(sim, user, &review),
        "subjectaccessreviews" | "localsubjectaccessreviews" => {
            let groups: Vec<&str> = list(&review, "/spec/groups").iter().filter_map(Value::as_str).collect();
            let other = User::new(text(&review, "/spec/user").unwrap_or_default(), &groups);
            access(sim, &other, &review)
        }
        "tokenreviews" => identity::review(cluster, &review),
        "selfsubjectrulesreviews" => rules(sim, user, &review),
        _ => return Err(Refusal::no_such_path()),
    };
    set(&mut review, "/status", status);
    Ok(review)
}

fn info(user: &User) -> Value {
    json!({"username": user.name, "groups": user.groups})
}

fn access(sim: &Sim, user: &User, review: &Value) -> Value {
    let of = |place: &'static str| text(review, place).unwrap_or_default();
    let wanted = if review.pointer("/spec/nonResourceAttributes").is_some() {
        Attributes { verb: of("/spec/nonResourceAttributes/verb"), path: of("/spec/nonResourceAttributes/path"), ..Attributes::default() }
    } else {
        Attributes {
            verb: of("/spec/resourceAttributes/verb"),
            group: of("/spec/resourceAttributes/group"),
            resource: of("/spec/resourceAttributes/resource"),
            subresource: of("/spec/resourceAttributes/subresource"),
            namespace: of("/spec/resourceAttributes/namespace"),
            name: of("/spec/resourceAttributes/name"),
            path: "",
        }
    };
    let allowed = rbac::allows(&sim.store, user, &wanted);
    if allowed { json!({"allowed": true, "reason": "RBAC: allowed"}) } else { json!({"allowed": false}) }
}

fn rules(sim: &Sim, user: &User, review: &Value) -> Value {
    let namespace = text(review, "/spec/namespace").unwrap_or_default();
    let mut all = rbac::rules(&sim.store, user, namespace);
    if user.groups.iter().any(|g| g == "system:masters") {
        all.push(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        all.push(json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
    }
    let (paths, resources): (Vec<Value>, Vec<Value>) = all.into_iter().partition(|r| r.get("nonResourceURLs").is_some());
    json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
}

//! Who may do what: RBAC over the roles and bindings in the store, as the authoriser of a real server evaluates them.

use super::cluster::User;
use super::json::{list, text};
use super::status::{Answer, Refusal};
use super::store::Store;
use serde_json::{Value, json};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes<'a> {
    /// As `get`.
    pub verb: &'a str,
    /// The API group.
    pub group: &'a str,
    /// The plural.
    pub resource: &'a str,
    /// As `status`, or empty.
    pub subresource: &'a str,
    /// The namespace, or empty for all.
    pub namespace: &'a str,
    /// The name, or empty for many.
    pub name: &'a str,
    /// A path that is no resource's; then everything else but the verb is empty.
    pub path: &'a str,
}

/// True where a rule of somebody allows it.
pub fn allows(store: &Store, user: &User, wanted: &Attributes<'_>) -> bool {
    user.groups.iter().any(|g| g == "system:masters") || rules(store, user, wanted.namespace).iter().any(|rule| fits(rule, wanted))
}

/// Refuses what is not allowed.
///
/// # Errors
/// 403 in the server's words.
pub fn check(store: &Store, user: &User, wanted: &Attributes<'_>) -> Answer<()> {
    if allows(store, user, wanted) {
        return Ok(());
    }
    let Attributes { verb, group, resource, subresource, namespace, name, .. } = wanted;
    let id = if group.is_empty() { (*resource).to_owned() } else { format!("{resource}.{group}") };
    let whole = if subresource.is_empty() { (*resource).to_owned() } else { format!("{resource}/{subresource}") };
    let named = if name.is_empty() { String::new() } else { format!(" {name:?}") };
    let scope = if namespace.is_empty() { "at the cluster scope".to_owned() } else { format!("in the namespace {namespace:?}") };
    let user = &user.name;
    let message = format!("{id}{named} is forbidden: User {user:?} cannot {verb} resource {whole:?} in API group {group:?} {scope}");
    let mut refusal = Refusal::new(403, "Forbidden", message);
    refusal.details = json!({"kind": resource});
    for (key, value) in [("/name", name), ("/group", group)] {
        if !value.is_empty() {
            super::json::set(&mut refusal.details, key, *value);
        }
    }
    Err(refusal)
}

/// The rules that hold for somebody in a namespace (empty: for the whole cluster).
pub fn rules(store: &Store, user: &User, namespace: &str) -> Vec<Value> {
    let cluster = store.list("clusterrolebindings.rbac.authorization.k8s.io", "");
    let bound = cluster.filter_map(|b| role(store, &b.value(), user, ""));
    let mut rules: Vec<Value> = bound.flatten().collect();
    if !namespace.is_empty() {
        let local = store.list("rolebindings.rbac.authorization.k8s.io", namespace);
        rules.extend(local.filter_map(|b| role(store, &b.value(), user, namespace)).flatten());
    }
    rules
}

/// The rules of the role that a binding gives to somebody.
fn role(store: &Store, binding: &Value, user: &User, namespace: &str) -> Option<Vec<Value>> {
    if !list(binding, "/subjects").iter().any(|subject| is(subject, user)) {
        return None;
    }
    let name = text(binding, "/roleRef/name")?;
    let role = match text(binding, "/roleRef/kind")? {
        "ClusterRole" => store.get("clusterroles.rbac.authorization.k8s.io", "", name)?,
        _ => store.get("roles.rbac.authorization.k8s.io", namespace, name)?,
    };
    Some(list(&role.value(), "/rules").to_vec())
}

fn is(subject: &Value, user: &User) -> bool {
    let name = text(subject, "/name").unwrap_or_default();
    match text(subject, "/kind") {
        Some("User") => name == user.name,
        Some("Group") => user.groups.iter().any(|g| g == name),
        Some("ServiceAccount") => {
            let namespace = text(subject, "/namespace").unwrap_or_default();
            user.name == format!("system:serviceaccount:{namespace}:{name}")
        }
        _ => false,
    }
}

fn fits(rule: &Value, wanted: &Attributes<'_>) -> bool {
    let has = |place: &str, word: &str| list(rule, place).iter().any(|w| w == "*" || w == word);
    if !has("/verbs", wanted.verb) {
        return false;
    }
    if !wanted.path.is_empty() {
        let covers = |pattern: &str| pattern == wanted.path || pattern.strip_suffix('*').is_some_and(|stem| wanted.path.starts_with(stem));
        return list(rule, "/nonResourceURLs").iter().filter_map(Value::as_str).any(covers);
    }
    let whole = match wanted.subresource {
        "" => wanted.resource.to_owned(),
        part => format!("{}/{part}", wanted.resource),
    };
    let any_of = format!("*/{}", wanted.subresource);
    let resource = has("/resources", &whole) || !wanted.subresource.is_empty() && has("/resources", &any_of);
    let names = list(rule, "/resourceNames");
    resource && has("/apiGroups", wanted.group) && (names.is_empty() || names.iter().any(|n| n == wanted.name))
}

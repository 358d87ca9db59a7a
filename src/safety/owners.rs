//! Who else has a say in an object, and would put back what is changed by hand.

use super::item::Item;
use super::verb::Note;
use serde_json::Value;

/// Marks that GitOps controllers leave on what they keep: where, key, and who. From the documentation of Argo CD, Flux and Helm.
const MARKS: [(&str, &str, &str); 6] = [
    ("annotations", "argocd.argoproj.io/tracking-id", "Argo CD"),
    ("labels", "argocd.argoproj.io/instance", "Argo CD"),
    ("labels", "kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("labels", "helm.toolkit.fluxcd.io/name", "Flux"),
    ("annotations", "meta.helm.sh/release-name", "Helm"),
    ("annotations", "fleet.cattle.io/bundle-id", "Fleet"),
];

/// Who keeps an object as it is: its controller among other objects, and a GitOps controller.
pub fn notes(item: &Item) -> Vec<Note> {
    let removed = item.is_removed();
    let Some(metadata) = item.before.as_ref().and_then(|o| o.get("metadata")) else { return Vec::new() };
    let owners = metadata.get("ownerReferences").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let controller = owners.iter().find(|o| o.get("controller").and_then(Value::as_bool) == Some(true)).and_then(|o| {
        let again = if removed { "makes another one in its place" } else { "may put back what is changed here" };
        let part = |key: &str| o.get(key).and_then(Value::as_str).unwrap_or_default();
        Some(Note::warn("owner", format!("{} {} keeps it: it {again}", part("kind").to_lowercase(), part("name"))))
    });
    let mark = MARKS.iter().find_map(|(place, key, who)| {
        let value = metadata.get(place)?.get(key)?.as_str()?;
        let again = match (*who, removed) {
            ("Helm", _) => "its next upgrade may put it back",
            (_, true) => "it makes it anew at its next sync",
            (_, false) => "it puts back what Git says at its next sync",
        };
        Some(Note::warn("GitOps", format!("{who} keeps it ({value}): {again}")))
    });
    controller.into_iter().chain(mark).collect()
}

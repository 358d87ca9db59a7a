//! Something new, from a template.
//!
//! **To add a template**: a file in `new/` and a word in [`TEMPLATES`]. The word `NAMESPACE` in it stands for the namespace that is looked at.

use super::{Action, apply};
use crate::model::nearest::hint;
use crate::model::step::{New, Reject, Scene, Screen, Step};

pub(super) const ALL: &[Action] =
    &[Action { name: "new", help: "Begin something new: NAME [@CLUSTER], from a template", run: |scene, words| new(scene, words) }];

/// What something new can begin with: name, what it is, text.
pub const TEMPLATES: &[(&str, &str, &str)] = &[
    ("deployment", "a deployment with probes, limits and a disruption budget", include_str!("new/deployment.yaml")),
    ("cronjob", "a cronjob that runs one at a time, gives up and cleans up", include_str!("new/cronjob.yaml")),
    ("autoscaler", "an autoscaler by CPU that is slow to scale down", include_str!("new/autoscaler.yaml")),
    ("service", "a service and an ingress to it, with TLS", include_str!("new/service.yaml")),
    ("namespace", "a namespace with quota, limits and who may work in it", include_str!("new/namespace.yaml")),
];

fn new(scene: &Scene, words: &str) -> Result<Vec<Step>, Reject> {
    let (name, cluster) = apply::placed(scene, words);
    if name.is_empty() {
        return Ok(vec![Step::Open(Screen::Templates)]);
    }
    let names = || TEMPLATES.iter().map(|(name, ..)| *name);
    match TEMPLATES.iter().find(|(known, ..)| *known == name) {
        Some((name, _, text)) => Ok(vec![Step::New(New { name, text, cluster })]),
        None => {
            let there_are = names().collect::<Vec<_>>().join(", ");
            Err(Reject::new(format!("there is no template {name}{}; there are {there_are}", hint(name, names()))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::documents;
    use crate::model::step::Which;

    #[test]
    fn a_template_is_chosen_by_its_name() {
        let of = |words: &str| new(&Scene::default(), words);
        assert_eq!(of(" "), Ok(vec![Step::Open(Screen::Templates)]));
        let chosen = of("cronjob @eu").unwrap();
        let wanted = Some(Which::Called("eu".to_owned()));
        assert!(matches!(chosen.as_slice(), [Step::New(New { name: "cronjob", cluster, .. })] if *cluster == wanted), "{chosen:?}");
        assert!(of("cronjb").unwrap_err().0.contains("did you mean cronjob?; there are deployment"));
    }

    /// Servers try them in `it::apply`; here is what every template has.
    #[test]
    fn every_template_reads_well_and_says_where_it_goes() {
        for (name, help, text) in TEMPLATES {
            assert!((8..70).contains(&help.len()), "{name}");
            let all = documents(text).unwrap_or_else(|flaws| panic!("{name}: {flaws:?}"));
            for manifest in &all {
                assert_eq!(manifest.warnings, [], "{name}");
                let placed = if manifest.value["kind"] == "Namespace" { "/metadata/name" } else { "/metadata/namespace" };
                let is_new = *name == "namespace";
                assert!(is_new || manifest.value.pointer(placed).is_some_and(|n| n == "NAMESPACE"), "{name}: {placed}");
            }
            assert!(text.lines().filter(|l| l.trim_start().starts_with('#')).count() >= 5, "{name} is commented");
            assert!(text.lines().all(|l| l.chars().count() <= 100), "{name} fits a screen");
        }
    }
}

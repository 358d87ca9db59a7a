//! Which clusters and namespaces are looked at, and their connections.

use super::Action;
use crate::model::step::{Effect, Reject, Scene, Step};

pub(super) const ALL: &[Action] = &[
    Action { name: "focus", help: "Look at the cluster of this digit only; again for all", run: focus },
    Action { name: "focus-all", help: "Look at all open clusters", run: |_, _| Ok(vec![Step::Focus(None)]) },
    Action { name: "toggle-cluster", help: "Open this cluster, or close it", run: toggle },
    Action { name: "retry", help: "Log in, or try again what waits for its next try", run: retry },
    Action { name: "namespace", help: "Look at one namespace only, or at all", run: namespace },
];

fn focus(scene: &Scene, digit: &str) -> Result<Vec<Step>, Reject> {
    let digit: u8 = digit.parse().map_err(|_| Reject::new("focus takes a digit from 1 to 9"))?;
    let (_, cluster) = scene
        .digits
        .iter()
        .find(|(d, _)| *d == digit)
        .ok_or_else(|| Reject::new(format!("no cluster has the key {digit}; C lists them")))?;
    Ok(vec![Step::Focus((scene.focus != Some(*cluster)).then_some(*cluster))])
}

/// Without leaving the screen, and without looking at this cluster only.
fn toggle(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    let cluster = scene.cluster.ok_or_else(|| Reject::new("there is no cluster under the cursor; C lists them"))?;
    Ok(vec![Step::Do(if scene.cluster_open { Effect::Disconnect(cluster) } else { Effect::Connect(cluster) })])
}

/// Logs in where a login is needed, one cluster at a time since a person has to answer; retries everything else at once.
fn retry(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    let here = scene.cluster.or(scene.focus).or(scene.cursor.as_ref().map(|c| c.object.cluster));
    let login = |only_here: bool| scene.troubled.iter().find(|(c, login)| *login && (!only_here || Some(*c) == here)).map(|(c, _)| *c);
    if let Some(cluster) = login(true).or_else(|| login(false)) {
        return Ok(vec![Step::Do(Effect::Login(cluster))]);
    }
    let troubled = scene.troubled.iter().map(|(c, _)| Step::Do(Effect::Retry(*c)));
    let steps: Vec<Step> = troubled.chain(here.map(|c| Step::Do(Effect::Retry(c))).filter(|_| scene.troubled.is_empty())).collect();
    if steps.is_empty() { Err(Reject::new("no cluster is waiting for anything")) } else { Ok(steps) }
}

fn namespace(_: &Scene, name: &str) -> Result<Vec<Step>, Reject> {
    match name {
        "" => Err(Reject::new("namespace takes a name, or all")),
        "all" => Ok(vec![Step::Namespaces(Vec::new())]),
        names => Ok(vec![Step::Namespaces(names.split(',').map(Into::into).collect())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::ClusterId;

    #[test]
    fn one_key_opens_what_is_closed_and_closes_what_is_open() {
        let scene = |cluster_open| Scene { cluster: Some(ClusterId(4)), cluster_open, ..Scene::default() };
        assert_eq!(toggle(&scene(false), ""), Ok(vec![Step::Do(Effect::Connect(ClusterId(4)))]));
        assert_eq!(toggle(&scene(true), ""), Ok(vec![Step::Do(Effect::Disconnect(ClusterId(4)))]));
        assert!(toggle(&Scene::default(), "").is_err());
    }
}

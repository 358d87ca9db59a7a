//! What is to be applied: files and texts become a change, and something new begins as a text.

use super::state::State;
use crate::actions::apply::APPLY;
use crate::model::apply::{Apply, New, Source, Sources};
use crate::model::cluster::Cluster;
use crate::model::draft::Subject;
use crate::model::id::ClusterId;
use crate::model::problem::Problem;
use crate::model::step::{Effect, Notice, Screen, Step, Which};
use crate::safety::bundle;
use crate::safety::item::Item;

/// In a template, for the namespace that is looked at.
const NAMESPACE: &str = "NAMESPACE";

impl State {
    /// Has files read that are to be applied.
    pub(super) fn apply(&mut self, asked: Apply) {
        match self.one_cluster(asked.cluster.as_ref()) {
            Ok(cluster) if cluster.catalog.is_none() => self.say(Notice::warn(format!("apply: {}", bundle::unknown(cluster)))),
            Ok(cluster) => {
                let id = cluster.id;
                self.effects.push(Effect::ReadManifests(id, asked.path));
            }
            Err(why) => self.say(Notice::warn(format!("apply: {why}"))),
        }
    }

    /// They were read: opens the dialog, or says what is wrong with them.
    pub(super) fn apply_read(&mut self, id: ClusterId, read: Result<Sources, String>) {
        let Sources { texts, folders } = match read {
            Ok(sources) => sources,
            Err(why) => return self.say(Notice::warn(format!("nothing is applied: {why}")).of(id)),
        };
        match self.bundle(id, &texts) {
            Ok(_) if self.is_changing() => self.say(Notice::warn("not applied: another change is asked about; close it and try again")),
            Ok(items) => self.ask_about(&APPLY, items, folders),
            Err(wrong) => self.tell_wrong(wrong),
        }
    }

    /// Nothing is sent of files of which any has something wrong.
    fn tell_wrong(&mut self, wrong: Vec<Problem>) {
        match wrong.as_slice() {
            [one] => self.say(Notice::warn(format!("nothing is applied: {one}"))),
            _ => self.steps(vec![Step::Open(Screen::Problems("Nothing is applied".to_owned(), wrong))]),
        }
    }

    /// What texts are to make of a cluster.
    pub(super) fn bundle(&self, id: ClusterId, sources: &[Source]) -> Result<Vec<Item>, Vec<Problem>> {
        let Some(cluster) = self.world.cluster(id) else { return Ok(Vec::new()) };
        bundle::read(&self.world, cluster, sources)
    }

    /// Begins something new as a text.
    pub(super) fn begin_new(&mut self, asked: New) {
        let New { name, text, cluster } = asked;
        let found = self.one_cluster(cluster.as_ref()).map(|cluster| {
            // Where several are looked at, the person writes which.
            let namespace = self.world.namespace_in(cluster).unwrap_or(&cluster.namespace).to_owned();
            (cluster.id, namespace)
        });
        match found {
            Ok((cluster, namespace)) => {
                let text = text.replace(NAMESPACE, &namespace);
                self.steps(vec![Step::Open(Screen::New(Subject::of_new(cluster, &namespace, name), text))]);
            }
            Err(why) => self.say(Notice::warn(format!("new: {why}"))),
        }
    }

    /// The cluster that is meant, or the only one that is open.
    fn one_cluster(&self, asked: Option<&Which>) -> Result<&Cluster, String> {
        if let Some(which) = asked {
            let cluster = self.named(which)?;
            return if cluster.open { Ok(cluster) } else { Err(format!("{} is not open: :ctx {} opens it", cluster.name, cluster.name)) };
        }
        let open: Vec<&Cluster> = self.world.open().collect();
        match open.as_slice() {
            [] => Err("no cluster is open".to_owned()),
            [one] => Ok(one),
            all => Err(format!("{} are open: press one's digit first, or end the line with @CLUSTER", all.len())),
        }
    }
}

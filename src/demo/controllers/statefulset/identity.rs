//! What a pod of a StatefulSet is by its number: its name, labels, host name, and the claims of its own.

use super::{COMPONENT, Set};
use crate::demo::controllers::history::{LABEL, Revision};
use crate::demo::controllers::own::{self, MANAGER};
use crate::demo::json::{escape, list, remove, set, text};
use crate::demo::sim::Sim;
use crate::demo::status::Answer;
use crate::demo::store::{Key, Object};
use crate::demo::write::How;
use serde_json::{Value, json};

const CLAIMS: &str = "persistentvolumeclaims";

impl Set {
    pub(super) fn pod(&self, name: &str, number: i64, revision: &Revision) -> Value {
        let mut pod = own::pod(&revision.template, &self.value);
        remove(&mut pod, "/metadata/generateName");
        set(&mut pod, "/metadata/name", name);
        let labels = [("statefulset.kubernetes.io/pod-name", name), ("apps.kubernetes.io/pod-index", &number.to_string()), (LABEL, &revision.name)];
        for (label, value) in labels {
            set(&mut pod, &format!("/metadata/labels/{}", escape(label)), value);
        }
        set(&mut pod, "/spec/hostname", name);
        if let Some(service) = text(&self.value, "/spec/serviceName").filter(|s| !s.is_empty()) {
            set(&mut pod, "/spec/subdomain", service);
        }
        let mut volumes: Vec<Value> = Vec::new();
        for template in list(&self.value, "/spec/volumeClaimTemplates") {
            let of = text(template, "/metadata/name").unwrap_or_default();
            volumes.push(json!({"name": of, "persistentVolumeClaim": {"claimName": format!("{of}-{name}")}}));
        }
        if !volumes.is_empty() {
            let others = list(&pod, "/spec/volumes").iter().filter(|v| volumes.iter().all(|c| c.get("name") != v.get("name"))).cloned();
            let all: Vec<Value> = others.collect();
            volumes.extend(all);
            set(&mut pod, "/spec/volumes", volumes);
        }
        pod
    }

    /// Makes the claims of a pod that are not there: a pod that comes again finds its own.
    pub(super) fn make_claims(&self, sim: &mut Sim, pod: &str) -> Answer<()> {
        let namespace = text(&self.value, "/metadata/namespace").unwrap_or_default();
        for template in list(&self.value, "/spec/volumeClaimTemplates") {
            let name = format!("{}-{pod}", text(template, "/metadata/name").unwrap_or_default());
            if sim.store.get(CLAIMS, namespace, &name).is_some() {
                continue;
            }
            let mut claim = json!({"metadata": {"name": name, "namespace": namespace}});
            let labels = self.value.pointer("/spec/selector/matchLabels").or_else(|| template.pointer("/metadata/labels"));
            labels.into_iter().for_each(|l| set(&mut claim, "/metadata/labels", l.clone()));
            template.pointer("/metadata/annotations").into_iter().for_each(|a| set(&mut claim, "/metadata/annotations", a.clone()));
            set(&mut claim, "/spec", template.pointer("/spec").cloned().unwrap_or_default());
            if self.retention("whenDeleted") == "Delete" {
                set(&mut claim, "/metadata/ownerReferences", json!([own::reference(&self.value)]));
            }
            let what = format!("Claim {name}");
            match sim.create(CLAIMS, claim, How::by(MANAGER)) {
                Ok(_) => {
                    let told = format!("Create {what} Pod {pod} in StatefulSet {} success", self.name());
                    sim.event(COMPONENT, &self.value, "Normal", "SuccessfulCreate", &told);
                }
                Err(why) => {
                    let told = format!("Create {what} for Pod {pod} in StatefulSet {} failed error: {}", self.name(), why.message);
                    sim.event(COMPONENT, &self.value, "Warning", "FailedCreate", &told);
                    return Err(why);
                }
            }
        }
        Ok(())
    }

    /// Where claims go with the pods that are scaled away, makes the pod their owner.
    pub(super) fn disown_claims(&self, sim: &mut Sim, pod: &Object) {
        if self.retention("whenScaled") != "Delete" {
            return;
        }
        let mut owner = own::reference(&pod.value());
        remove(&mut owner, "/controller");
        for template in list(&self.value, "/spec/volumeClaimTemplates") {
            let name = format!("{}-{}", text(template, "/metadata/name").unwrap_or_default(), pod.key.name);
            let owner = owner.clone();
            // A claim that is gone needs no owner.
            drop(sim.update(CLAIMS, &Key::new(&pod.key.namespace, &name), How::by(MANAGER), |claim| {
                set(claim, "/metadata/ownerReferences", json!([owner]));
                Ok(())
            }));
        }
    }

    fn retention(&self, when: &str) -> &str {
        let policy = self.value.pointer("/spec/persistentVolumeClaimRetentionPolicy");
        policy.and_then(|p| p.get(when)?.as_str()).unwrap_or("Retain")
    }
}

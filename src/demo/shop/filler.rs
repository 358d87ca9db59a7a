//! Pods beside those of the shop, as many and as big as a benchmark wants: written out as text, changed the same way, and left alone by
//! every controller. They have no machine behind them; deleted, they are gone at once.

use crate::demo::json::{Millis, stamp};
use crate::demo::sim::Sim;
use crate::demo::store::{Change, Key, Object, mix};
use crate::demo::write::How;
use bytes::Bytes;
use serde_json::json;
use std::fmt::Write;

/// Namespaces that they are spread over.
const NAMESPACES: usize = 20;
const PREFIX: &str = "load-";
/// What their names begin with.
const NAME: &str = "filler-";

/// What is known of these pods: how often each was changed.
#[derive(Clone, Debug, Default)]
pub struct Filler {
    changed: Vec<u32>,
    bytes: usize,
    born: Millis,
    nodes: Vec<(String, String)>,
    /// What makes a pod as big as it is to be.
    padding: String,
    drawn: u64,
}

/// True for a change that no controller needs to look at.
pub fn is(change: &Change) -> bool {
    let is_filler = |key: &Key| key.namespace.starts_with(PREFIX) && key.name.starts_with(NAME);
    &*change.kind == "pods" && change.object().is_some_and(|o| is_filler(&o.key))
}

/// Adds so many pods of about so many bytes each.
pub fn filler(sim: &mut Sim, pods: usize, pod_bytes: usize) {
    for i in 0..NAMESPACES.min(pods) {
        let namespace = json!({"metadata": {"name": namespace(i)}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
        drop(sim.create("namespaces", namespace, How::by("load")));
    }
    let machines = sim.world.ledger.machines.iter().map(|(name, m)| (name.to_string(), m.address.clone()));
    let mut filler =
        Filler { changed: vec![0; pods], bytes: pod_bytes, born: sim.store.now, nodes: machines.collect(), ..Filler::default() };
    if filler.nodes.is_empty() {
        filler.nodes.push(("node-0".to_owned(), "10.1.0.10".to_owned()));
    }
    filler.padding = padding(pod_bytes.saturating_sub(filler.write(0, 1).json.len()));
    for i in 0..pods {
        let pod = filler.write(i, sim.store.version() + 1);
        sim.store.put_encoded("pods", pod);
    }
    sim.world.filler = filler;
}

/// Changes so many of them, as pods change: a restart, no longer ready, ready again.
pub fn churn(sim: &mut Sim, changes: usize) {
    let mut filler = std::mem::take(&mut sim.world.filler);
    let pods = filler.changed.len();
    for _ in 0..changes.min(changes * pods) {
        filler.drawn += 1;
        let i = (mix(sim.world.seed ^ filler.drawn) % pods as u64) as usize;
        if sim.store.table("pods").is_none_or(|t| t.get(&key(i)).is_none()) {
            continue;
        }
        if let Some(n) = filler.changed.get_mut(i) {
            *n += 1;
        }
        let pod = filler.write(i, sim.store.version() + 1);
        sim.store.put_encoded("pods", pod);
    }
    sim.world.filler = filler;
}

fn namespace(i: usize) -> String {
    format!("{PREFIX}{:02}", i % NAMESPACES)
}

fn key(i: usize) -> Key {
    Key::new(&namespace(i), &format!("{NAME}{i:06}"))
}

/// Variables as programs have them, this many bytes of them.
fn padding(bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 100);
    let mut n = 0;
    while out.len() < bytes {
        let _ = write!(out, r#",{{"name":"SERVICE_{n:03}_ENDPOINT","value":"http://service-{n:03}.load.svc.cluster.local:8080/api/v1"}}"#);
        n += 1;
    }
    out
}

impl Filler {
    /// The pod of this number, as it is after all its changes.
    fn write(&self, i: usize, version: u64) -> Object {
        let changes = self.changed.get(i).copied().unwrap_or_default();
        let (restarts, ready) = (changes / 3, changes % 3 != 1);
        let (key, uid) = (key(i), uid(i));
        let born = stamp(self.born - (mix(i as u64) % 86_400_000) as Millis);
        let (node, host) = self.nodes.get(i % self.nodes.len().max(1)).map_or(("", ""), |(n, h)| (n, h));
        let ip = format!("10.200.{}.{}", i / 250 % 256, i % 250 + 2);
        let status = if ready { "True" } else { "False" };
        let (namespace, name, padding) = (&key.namespace, &key.name, &self.padding);
        let mut json = String::with_capacity(self.bytes + 512);
        // Writing to a String cannot fail.
        let _ = write!(
            json,
            r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{name}","namespace":"{namespace}","uid":"{uid}","resourceVersion":"{version}","generation":1,"creationTimestamp":"{born}","labels":{{"app":"filler","shard":"{shard}"}},"annotations":{{"load.shop.example/changes":"{changes}"}}}},"spec":{{"containers":[{{"name":"main","image":"registry.k8s.io/pause:3.10","env":[{{"name":"SHARD","value":"{shard}"}}{padding}],"resources":{{"requests":{{"cpu":"1m","memory":"1Mi"}}}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}}],"restartPolicy":"Always","terminationGracePeriodSeconds":0,"dnsPolicy":"ClusterFirst","nodeName":"{node}","securityContext":{{}},"schedulerName":"default-scheduler","enableServiceLinks":true}},"status":{{"observedGeneration":1,"phase":"Running","conditions":[{{"type":"Initialized","status":"True","lastProbeTime":null,"lastTransitionTime":"{born}"}},{{"type":"Ready","status":"{status}","lastProbeTime":null,"lastTransitionTime":"{born}"}},{{"type":"ContainersReady","status":"{status}","lastProbeTime":null,"lastTransitionTime":"{born}"}},{{"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":"{born}"}}],"hostIP":"{host}","hostIPs":[{{"ip":"{host}"}}],"podIP":"{ip}","podIPs":[{{"ip":"{ip}"}}],"startTime":"{born}","containerStatuses":[{{"name":"main","state":{{"running":{{"startedAt":"{born}"}}}},"lastState":{{}},"ready":{ready},"restartCount":{restarts},"image":"registry.k8s.io/pause:3.10","imageID":"registry.k8s.io/pause@sha256:{uid}","containerID":"containerd://{uid}","started":true}}],"qosClass":"Burstable"}}}}"#,
            shard = i % 16,
        );
        let labels: Box<[(Box<str>, Box<str>)]> =
            Box::new([("app".into(), "filler".into()), ("shard".into(), (i % 16).to_string().into())]);
        // In the order of the selectable fields of pods.
        let fields: Box<[Box<str>]> =
            Box::new([node.into(), "Running".into(), "Always".into(), "default-scheduler".into(), "".into(), ip.into(), "".into()]);
        Object::written(key, uid.into(), version, labels, fields, Bytes::from(json))
    }
}

fn uid(i: usize) -> String {
    let (a, b) = (mix(i as u64 | 1 << 40), mix(i as u64 | 1 << 41));
    format!("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff, b >> 48 & 0xfff, b & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::json::{int, text};
    use crate::demo::resource::Resource;

    #[test]
    fn what_is_written_out_says_the_same_as_what_would_be_encoded() {
        let mut sim = Sim::new("a", 1, 1_790_000_000_000);
        filler(&mut sim, 100, 7_500);
        churn(&mut sim, 300);
        let now = sim.store.now;
        sim.advance(now);
        let pods = Resource::served().into_iter().find(|r| r.plural == "pods").unwrap();
        let mut restarts = 0;
        for pod in sim.store.list("pods", "") {
            let encoded = Object::encode(&pods, &pod.value());
            assert_eq!(format!("{encoded:?}"), format!("{:?}", Object::encode(&pods, &pod.value())));
            assert_eq!((&pod.json, &pod.fields, &pod.labels, pod.typed), (&encoded.json, &encoded.fields, &encoded.labels, encoded.typed));
            assert_eq!((&pod.uid, pod.version, &pod.key), (&encoded.uid, encoded.version, &encoded.key));
            assert!((7_400..7_800).contains(&pod.json.len()), "{}", pod.json.len());
            restarts += int(&pod.value(), "/status/containerStatuses/0/restartCount").unwrap();
            assert!(text(&pod.value(), "/metadata/uid").is_some_and(|u| u.len() == 36));
        }
        assert!(sim.store.table("pods").unwrap().len() == 100 && restarts > 50);
    }
}

//! What is asked of each machine, kept as sums so that placing a pod does not mean to look at all others. The scheduler writes it.

use crate::demo::json::{entries, is_true, list, text};
use crate::demo::store::Key;
use crate::model::quantity::quantity;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a pod asks for, or what a machine has: thousandths of a core, and bytes.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Thousandths of a core.
    pub cpu: i64,
    /// Bytes of memory.
    pub memory: i64,
}

/// A pod that counts.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// Its uid.
    pub uid: Box<str>,
    /// Its machine.
    pub node: Box<str>,
    /// What it asks for.
    pub ask: Ask,
    /// The uid of its owner; empty where there is none.
    pub owner: Box<str>,
    /// `spec.priority`.
    pub priority: i64,
}

/// A pod for which others were driven out, and that waits until they have gone.
#[derive(Clone, Debug)]
struct Nominee {
    node: Box<str>,
    ask: Ask,
    priority: i64,
}

/// A machine as the scheduler sees it.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// `spec.taints`.
    pub taints: Vec<Value>,
    /// True where no new pod goes.
    pub cordoned: bool,
    /// `status.allocatable`.
    pub has: Ask,
    /// How many pods it takes.
    pub room: usize,
    /// Its internal address.
    pub address: String,
    /// The first two numbers of the addresses of its pods.
    pub network: String,
    /// How many addresses it has given out.
    pub drawn: usize,
}

/// What the pods of a machine come to.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// What they ask for.
    pub ask: Ask,
    /// The pods.
    pub pods: BTreeSet<Key>,
    /// How many of each owner.
    pub owners: HashMap<Box<str>, usize>,
}

/// The books of a scheduler.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The machines, by name.
    pub machines: BTreeMap<Box<str>, Machine>,
    /// Pods that found no place.
    pub waiting: BTreeSet<Key>,
    sums: HashMap<Box<str>, Sum>,
    pods: HashMap<Key, Placed>,
    /// How many of the pods that count have which priority.
    priorities: BTreeMap<i64, usize>,
    nominees: BTreeMap<Key, Nominee>,
}

impl Ask {
    /// What a list of resources (`requests`, `allocatable`) comes to.
    pub fn of(resources: Option<&Value>) -> Self {
        let number = |key: &str| resources.and_then(|r| r.get(key)?.as_str()).and_then(quantity).unwrap_or_default();
        Self { cpu: (number("cpu") * 1000.0).ceil() as i64, memory: number("memory").ceil() as i64 }
    }

    /// What a pod asks for: its containers together, or the greediest init container if that is more. Init containers that go on
    /// running count with the containers (`PodRequests` of `k8s.io/component-helpers/resource`).
    pub fn pod(pod: &Value) -> Self {
        let (mut sum, mut most) = (Self::default(), Self::default());
        for container in list(pod, "/spec/initContainers") {
            let ask = Self::of(container.pointer("/resources/requests"));
            if text(container, "/restartPolicy") == Some("Always") {
                sum = sum.plus(ask);
                most = most.max(sum);
            } else {
                most = most.max(sum.plus(ask));
            }
        }
        let whole = list(pod, "/spec/containers").iter().fold(sum, |sum, c| sum.plus(Self::of(c.pointer("/resources/requests"))));
        whole.max(most).plus(Self::of(pod.pointer("/spec/overhead")))
    }

    /// Both. What people write may be more than a number holds: then it is as much as that.
    pub fn plus(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_add(other.cpu), memory: self.memory.saturating_add(other.memory) }
    }

    fn minus(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(other.cpu), memory: self.memory.saturating_sub(other.memory) }
    }

    fn max(self, other: Self) -> Self {
        Self { cpu: self.cpu.max(other.cpu), memory: self.memory.max(other.memory) }
    }
}

impl Sum {
    /// Counts a pod too.
    pub fn add(&mut self, key: &Key, pod: &Placed) {
        self.ask = self.ask.plus(pod.ask);
        self.pods.insert(key.clone());
        *self.owners.entry(pod.owner.clone()).or_default() += 1;
    }

    /// Counts a pod no longer.
    pub fn take(&mut self, key: &Key, pod: &Placed) {
        self.ask = self.ask.minus(pod.ask);
        self.pods.remove(key);
        decrease(&mut self.owners, &pod.owner);
    }
}

fn decrease(counts: &mut HashMap<Box<str>, usize>, key: &str) {
    if let Some(n) = counts.get_mut(key) {
        *n -= 1;
        if *n == 0 {
            counts.remove(key);
        }
    }
}

impl Ledger {
    /// Counts a pod on its machine; one that is counted elsewhere or was another before no longer counts there.
    pub fn count(&mut self, key: &Key, pod: Placed) {
        self.forget(key);
        self.sums.entry(pod.node.clone()).or_default().add(key, &pod);
        *self.priorities.entry(pod.priority).or_default() += 1;
        self.pods.insert(key.clone(), pod);
    }

    /// Counts a pod no longer. True where it did count.
    pub fn forget(&mut self, key: &Key) -> bool {
        self.waiting.remove(key);
        self.nominees.remove(key);
        let Some(pod) = self.pods.remove(key) else { return false };
        if let Some(sum) = self.sums.get_mut(&pod.node) {
            sum.take(key, &pod);
        }
        if let Some(n) = self.priorities.get_mut(&pod.priority) {
            *n -= 1;
            if *n == 0 {
                self.priorities.remove(&pod.priority);
            }
        }
        true
    }

    /// True where this very pod counts on this machine.
    pub fn has(&self, key: &Key, uid: &str, node: &str) -> bool {
        self.pods.get(key).is_some_and(|p| *p.uid == *uid && *p.node == *node)
    }

    /// A pod that counts.
    pub fn placed(&self, key: &Key) -> Option<&Placed> {
        self.pods.get(key)
    }

    /// The least priority of those that count.
    pub fn least(&self) -> Option<i64> {
        self.priorities.first_key_value().map(|(priority, _)| *priority)
    }

    /// Keeps what a pod asks for on a machine free for it.
    pub fn nominate(&mut self, key: &Key, node: &str, ask: Ask, priority: i64) {
        self.nominees.insert(key.clone(), Nominee { node: node.into(), ask, priority });
    }

    /// Keeps nothing free for a pod.
    pub fn renounce(&mut self, key: &Key) {
        self.nominees.remove(key);
    }

    /// What is kept free on a machine for others than this pod, as far as they matter no less.
    pub fn kept(&self, node: &str, pod: &Key, priority: i64) -> Ask {
        let others = self.nominees.iter().filter(|(key, n)| *n.node == *node && n.priority >= priority && *key != pod);
        others.fold(Ask::default(), |sum, (_, n)| sum.plus(n.ask))
    }

    /// What the pods of a machine come to.
    pub fn sum(&self, node: &str) -> Option<&Sum> {
        self.sums.get(node)
    }

    /// How many pods of an owner count anywhere.
    pub fn owned(&self, owner: &str) -> usize {
        self.sums.values().filter_map(|s| s.owners.get(owner)).sum()
    }

    /// Takes a machine as its object says it is.
    pub fn machine(&mut self, name: &str, node: &Value) {
        let machine = self.machines.entry(name.into()).or_default();
        machine.labels =
            entries(node, "/metadata/labels").map(|(k, v)| (k.to_owned(), v.as_str().unwrap_or_default().to_owned())).collect();
        machine.taints = list(node, "/spec/taints").to_vec();
        machine.cordoned = is_true(node, "/spec/unschedulable");
        machine.has = Ask::of(node.pointer("/status/allocatable"));
        machine.room = text(node, "/status/allocatable/pods").and_then(|p| p.parse().ok()).unwrap_or(110);
        let internal = list(node, "/status/addresses").iter().find(|a| text(a, "/type") == Some("InternalIP"));
        machine.address = internal.and_then(|a| text(a, "/address")).unwrap_or_default().to_owned();
        let range = text(node, "/spec/podCIDR").unwrap_or("10.244.0.0/16");
        machine.network = range.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    }

    /// The next address for a pod of a machine.
    pub fn address(&mut self, node: &str) -> String {
        let Some(machine) = self.machines.get_mut(node) else { return "10.244.0.2".to_owned() };
        machine.drawn += 1;
        let n = machine.drawn;
        format!("{}.{}.{}", machine.network, n / 250 % 256, n % 250 + 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_pod_asks_for_its_containers_or_its_greediest_start() {
        let ask = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu, "memory": "1Mi"}}});
        let pod = json!({"spec": {"containers": [ask("100m"), ask("200m")]}});
        assert_eq!(Ask::pod(&pod), Ask { cpu: 300, memory: 2 << 20 });
        let pod = json!({"spec": {"initContainers": [ask("1")], "containers": [ask("100m"), ask("200m")]}});
        assert_eq!(Ask::pod(&pod), Ask { cpu: 1000, memory: 2 << 20 });
        let sidecar = json!({"restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}});
        let pod = json!({"spec": {"initContainers": [sidecar], "containers": [ask("100m")]}});
        assert_eq!(Ask::pod(&pod), Ask { cpu: 150, memory: 1 << 20 });
    }

    proptest! {
        /// Sums are what the pods that stand come to, whatever came, moved and went.
        #[test]
        fn sums_are_those_of_the_pods_that_stand(steps in prop::collection::vec((0u8..6, 0u8..3, 0i64..9, prop::bool::ANY), 0..60)) {
            let mut ledger = Ledger::default();
            let mut stand: BTreeMap<u8, (u8, i64)> = BTreeMap::new();
            for (pod, node, cpu, goes) in steps {
                let key = Key::new("a", &pod.to_string());
                if goes {
                    prop_assert_eq!(ledger.forget(&key), stand.remove(&pod).is_some());
                } else {
                    let placed = Placed { owner: "owner".into(), node: node.to_string().into(), ask: Ask { cpu, memory: 1 }, ..Placed::default() };
                    ledger.count(&key, placed);
                    stand.insert(pod, (node, cpu));
                }
            }
            for node in 0..3u8 {
                let here: Vec<_> = stand.values().filter(|(n, _)| *n == node).collect();
                let sum = ledger.sum(&node.to_string()).cloned().unwrap_or_default();
                prop_assert_eq!(sum.ask, Ask { cpu: here.iter().map(|(_, c)| c).sum(), memory: here.len() as i64 });
                prop_assert_eq!(ledger.least().is_some(), !stand.is_empty());
                prop_assert_eq!((sum.pods.len(), sum.owners.get("owner").copied().unwrap_or_default()), (here.len(), here.len()));
            }
        }
    }
}

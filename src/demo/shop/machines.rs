//! The machines of a cluster, as a cloud provider would have made them.

use super::variant::Variant;
use crate::demo::controllers::condition::put_node;
use crate::demo::controllers::nodes::WELL;
use crate::demo::sim::Sim;
use crate::demo::store::mix;
use crate::demo::write::How;
use serde_json::{Value, json};

/// What every machine runs.
const VERSION: &str = "v1.36.3";

/// Makes so many machines, spread over three zones.
pub(super) fn make(sim: &mut Sim, variant: &Variant, nodes: usize) {
    for i in 0..nodes {
        let zone = ["a", "b", "c"].get(i % 3).copied().unwrap_or("a");
        let name = format!("{}-{zone}{}", sim.world.name, i / 3 + 1);
        let mut node = node(sim.world.seed, variant, &name, zone, i);
        for (sort, words) in WELL {
            put_node(&mut node, sim.store.now, sim.store.now, sort, words);
        }
        drop(sim.create("nodes", node, How::by("kubelet")));
    }
    let now = sim.store.now;
    sim.advance(now);
}

fn node(seed: u64, variant: &Variant, name: &str, zone: &str, i: usize) -> Value {
    let (sort, cpu, memory) = variant.machine;
    let chance = mix(seed ^ i as u64);
    let capacity = |cpu: String, memory: i64| json!({"cpu": cpu, "ephemeral-storage": "104845292Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": format!("{memory}Ki"), "pods": "110"});
    let bytes = memory << 20;
    let region = variant.region;
    json!({
        "metadata": {
            "name": name,
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": sort,
                "node.shop.example/pool": if i % 4 == 3 { "memory" } else { "general" },
                "topology.kubernetes.io/region": region,
                "topology.kubernetes.io/zone": format!("{region}{zone}"),
            },
            "annotations": {"node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true"},
        },
        "spec": {
            "podCIDR": format!("10.{}.0.0/16", 64 + i % 190),
            "podCIDRs": [format!("10.{}.0.0/16", 64 + i % 190)],
            "providerID": format!("provider:///{region}{zone}/i-{:016x}", chance),
        },
        "status": {
            "capacity": capacity(cpu.to_string(), bytes - 700_000),
            "allocatable": capacity(format!("{}m", cpu * 1000 - 90), bytes - 1_700_000),
            "addresses": [
                {"type": "InternalIP", "address": format!("10.{}.{}.{}", i % 3 + 1, i / 200, 10 + i % 200)},
                {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": format!("{:016x}{:016x}", mix(chance), mix(chance ^ 1)),
                "systemUUID": format!("{:016x}{:016x}", mix(chance ^ 2), mix(chance ^ 3)),
                "bootID": format!("{:016x}{:016x}", mix(chance ^ 4), mix(chance ^ 5)),
                "kernelVersion": "6.12.48",
                "osImage": "Debian GNU/Linux 13 (trixie)",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": VERSION,
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    })
}

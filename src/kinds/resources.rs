//! What containers ask for and may take at most: `resources` of a container, and the sum for a pod as the scheduler counts it.

use super::object::{Str, or_default, text};
use crate::model::facts::Amounts;
use crate::model::quantity::quantity;
use serde::Deserialize;

/// `resources` of a container or a pod.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Resources<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    requests: Quantities<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    limits: Quantities<'a>,
}

/// The quantities that are read of a resource list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Quantities<'a> {
    #[serde(borrow)]
    cpu: Option<Str<'a>>,
    #[serde(borrow)]
    memory: Option<Str<'a>>,
    #[serde(borrow)]
    pods: Option<Str<'a>>,
}

impl Resources<'_> {
    /// What may be taken at most.
    pub(super) fn limits(&self) -> Amounts {
        self.limits.amounts()
    }
}

impl Quantities<'_> {
    /// The amounts. What cannot be read counts as not said.
    pub(super) fn amounts(&self) -> Amounts {
        let read = |field: &Option<Str<'_>>| text(field).and_then(quantity).unwrap_or_default().max(0.0);
        // Rounded up, as the API server rounds; casts of floats saturate.
        Amounts { cpu: (read(&self.cpu) * 1_000.0).ceil() as u32, memory: read(&self.memory).ceil() as u64 }
    }

    /// How many pods.
    pub(super) fn pods(&self) -> u32 {
        text(&self.pods).and_then(quantity).unwrap_or_default().max(0.0) as u32
    }
}

/// What a pod asks for and may take: `k8s.io/component-helpers/resource.PodRequests` and `PodLimits`. Init containers run one after the other,
/// beside the sidecars that were started before them; `init` tells which are sidecars.
pub(super) fn of_pod<'o, 'a: 'o>(
    whole: &Resources<'a>,
    containers: impl Iterator<Item = &'o Resources<'a>>,
    init: impl Iterator<Item = (&'o Resources<'a>, bool)>,
) -> (Amounts, Amounts) {
    let (mut requests, mut limits, mut unlimited) = (Amounts::default(), Amounts::default(), Amounts { cpu: 1, memory: 1 });
    for resources in containers {
        let (asks, most) = (resources.requests.amounts(), resources.limits.amounts());
        // A limit without a request is one too.
        requests = requests + Amounts { cpu: or(asks.cpu, most.cpu), memory: or(asks.memory, most.memory) };
        limits = limits + most;
        unlimited = Amounts { cpu: unlimited.cpu.min(most.cpu), memory: unlimited.memory.min(most.memory) };
    }
    let (mut sidecars, mut peak) = (Amounts::default(), Amounts::default());
    for (resources, is_sidecar) in init {
        let now = sidecars + resources.requests.amounts();
        peak = Amounts { cpu: peak.cpu.max(now.cpu), memory: peak.memory.max(now.memory) };
        if is_sidecar {
            sidecars = now;
        }
    }
    requests = requests + sidecars;
    let own = whole.requests.amounts();
    let requests = Amounts { cpu: or(own.cpu, requests.cpu.max(peak.cpu)), memory: or(own.memory, requests.memory.max(peak.memory)) };
    let own = whole.limits.amounts();
    let limits = Amounts {
        cpu: or(own.cpu, if unlimited.cpu == 0 { 0 } else { limits.cpu }),
        memory: or(own.memory, if unlimited.memory == 0 { 0 } else { limits.memory }),
    };
    (requests, limits)
}

/// The first that is not zero.
fn or<T: Default + PartialEq>(first: T, second: T) -> T {
    if first == T::default() { second } else { first }
}

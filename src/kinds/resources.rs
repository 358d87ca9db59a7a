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
        sum(std::iter::once(self))
    }

    /// How many pods.
    pub(super) fn pods(&self) -> u32 {
        text(&self.pods).and_then(quantity).unwrap_or_default().max(0.0) as u32
    }
}

/// What these are together, rounded up once, as API server and `kubectl top` do.
pub(super) fn sum<'o, 'a: 'o>(all: impl Iterator<Item = &'o Quantities<'a>>) -> Amounts {
    let read = |field: &Option<Str<'_>>| text(field).and_then(quantity).unwrap_or_default().max(0.0);
    let (mut nano, mut bytes) = (0u64, 0u64);
    for quantities in all {
        // Nothing is finer than a billionth, and what a float has beyond that is its error; casts of floats saturate.
        nano = nano.saturating_add((read(&quantities.cpu) * 1e9).round() as u64);
        bytes = bytes.saturating_add(read(&quantities.memory).ceil() as u64);
    }
    Amounts { cpu: u32::try_from(nano.div_ceil(1_000_000)).unwrap_or(u32::MAX), memory: bytes }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amounts(cpu: &str) -> u32 {
        let json = format!("{{\"cpu\":\"{cpu}\"}}");
        serde_json::from_str::<Quantities<'_>>(&json).unwrap().amounts().cpu
    }

    #[test]
    fn thousandths_of_a_core_are_what_is_written() {
        (0..5_000).for_each(|n| assert_eq!(amounts(&format!("{n}m")), n));
        assert_eq!([amounts("1n"), amounts("1000001n"), amounts("0.1"), amounts("2")], [1, 2, 100, 2_000]);
    }

    proptest! {
        /// The sum of containers is rounded once, and not container by container.
        #[test]
        fn nanocores_are_added_before_they_are_rounded(parts in prop::collection::vec(0u64..3_000_000_000, 0..6)) {
            let json: Vec<String> = parts.iter().map(|n| format!("{{\"cpu\":\"{n}n\"}}")).collect();
            let read: Vec<Quantities<'_>> = json.iter().map(|j| serde_json::from_str(j).unwrap()).collect();
            prop_assert_eq!(u64::from(sum(read.iter()).cpu), parts.iter().sum::<u64>().div_ceil(1_000_000));
        }
    }
}

//! What a kind knows of an object beside its columns: small typed values that health judges by, actions go by and joined columns show.
//!
//! Only what is out of the ordinary is boxed: most pods are well, and a pod that is well costs a few words.

mod pod;

pub use pod::{ContainerTrouble, Ended, PodFacts, PodTrouble};

use super::cell::Text;
use super::id::{GroupResource, Uid};
pub use super::quantity::Amounts;
use super::time::Timestamp;
use super::words::{Sym, Words};

/// What a kind knows of an object. Each is of the API's kind of that name.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Facts {
    /// Nothing.
    #[default]
    None,
    /// A pod.
    Pod(Box<PodFacts>),
    /// What keeps a number of pods: Deployment, ReplicaSet, StatefulSet, DaemonSet.
    Workload(Box<WorkloadFacts>),
    /// A Job.
    Job(Box<JobFacts>),
    /// A CronJob.
    CronJob(Box<CronJobFacts>),
    /// A Node.
    Node(Box<NodeFacts>),
    /// A Service.
    Service(Box<ServiceFacts>),
    /// An EndpointSlice.
    Endpoints(Box<EndpointsFacts>),
    /// An Ingress.
    Ingress(Box<IngressFacts>),
    /// A HorizontalPodAutoscaler.
    Autoscaler(Box<AutoscalerFacts>),
    /// A PodDisruptionBudget.
    Budget(Box<BudgetFacts>),
    /// A PersistentVolumeClaim.
    Claim(Box<ClaimFacts>),
    /// A PersistentVolume.
    Volume(Box<VolumeFacts>),
    /// A ResourceQuota.
    Quota(Box<QuotaFacts>),
    /// A Namespace that cannot go, and why.
    Namespace(Box<Condition>),
    /// An APIService.
    ApiService(Box<ApiServiceFacts>),
    /// An event: what it is about, and how often.
    Event(Box<EventFacts>),
    /// PodMetrics and NodeMetrics: what is in use.
    Usage(Amounts),
    /// A definition of a kind: the kind it defines, as group and plural.
    Defines(Sym, Sym),
    /// The server sent something that cannot be read; why.
    Broken(Box<str>),
}

impl Facts {
    /// The label selector of its pods, as `kubectl get -l` takes it.
    pub fn selector(&self) -> Option<&Text> {
        match self {
            Self::Workload(w) => w.selector.as_ref(),
            Self::Job(j) => j.selector.as_ref(),
            Self::Service(s) => s.selector.as_ref(),
            Self::Budget(b) => b.selector.as_ref(),
            _ => None,
        }
    }

    /// The node that a pod runs on; the empty word for none.
    pub fn node(&self) -> Sym {
        if let Self::Pod(pod) = self { pod.node } else { Sym::EMPTY }
    }

    /// Bytes held beside the row, about: texts that only sick objects have are counted, the rest by its size.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Pod(pod) => size_of_val(&**pod) + size_of_val(&*pod.claims) + pod.trouble.as_ref().map_or(0, |t| t.bytes()),
            Self::Workload(w) => {
                size_of_val(&**w) + w.progressing.iter().chain(&w.failure).map(|c| size_of_val(&**c) + c.message.len()).sum::<usize>()
            }
            Self::Node(n) => size_of_val(&**n) + size_of_val(&*n.pressures) + size_of_val(&*n.taints),
            Self::Endpoints(e) => size_of_val(&**e) + size_of_val(&*e.pods),
            Self::Event(e) => size_of_val(&**e),
            _ => 0,
        }
    }

    /// The kind that a definition defines.
    pub fn defines(&self, words: &Words) -> Option<GroupResource> {
        if let Self::Defines(group, plural) = self { Some(GroupResource::new(words.get(*group), words.get(*plural))) } else { None }
    }
}

/// The status of a condition.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Truth {
    True,
    False,
    #[default]
    Unknown,
}

/// One of `status.conditions`, where it tells of something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// `type`.
    pub kind: Sym,
    /// `status`.
    pub status: Truth,
    /// `reason`.
    pub reason: Sym,
    /// `message`: the server's own words.
    pub message: Box<str>,
    /// `lastTransitionTime`.
    pub since: Option<Timestamp>,
}

/// What keeps a number of pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkloadFacts {
    /// Of its pods; `None` where it cannot be written down.
    pub selector: Option<Text>,
    /// Pods that it should have.
    pub wanted: u32,
    /// Pods that it has, of any revision.
    pub replicas: u32,
    /// Of these, ready ones.
    pub ready: u32,
    /// Of these, those of the newest revision.
    pub updated: u32,
    /// Of these, those that have been ready long enough.
    pub available: u32,
    /// `metadata.generation`: counts changes of the spec.
    pub generation: i64,
    /// The status is about the newest spec (`observedGeneration`).
    pub observed: bool,
    /// It has had one revision only: there is none to go back to.
    pub first: bool,
    /// A rollout waits for somebody: `spec.paused`, an update strategy `OnDelete`, or a partition.
    pub paused: bool,
    /// What one pod asks for.
    pub requests: Amounts,
    /// Images of its containers, the first ones.
    pub image: Sym,
    /// The condition Progressing.
    pub progressing: Option<Box<Condition>>,
    /// When a rollout last got further, as Progressing has it (`lastUpdateTime`): its status is True from one rollout to the next.
    pub progressed: Option<Timestamp>,
    /// The condition ReplicaFailure, where it is True: pods are refused.
    pub failure: Option<Box<Condition>>,
}

impl WorkloadFacts {
    /// Everything runs as the newest spec wants it, and nothing else is left.
    pub fn is_settled(&self) -> bool {
        self.observed && self.updated == self.wanted && self.replicas == self.wanted && self.ready == self.wanted
    }
}

/// A Job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFacts {
    /// Of its pods.
    pub selector: Option<Text>,
    /// Pods that run.
    pub active: u32,
    /// Pods that ended well.
    pub succeeded: u32,
    /// Pods that failed.
    pub failed: u32,
    /// It is suspended.
    pub suspended: bool,
    /// The condition Complete is True.
    pub complete: bool,
    /// The condition Failed, where it is True.
    pub failure: Option<Box<Condition>>,
}

/// A CronJob.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CronJobFacts {
    /// `spec.schedule`.
    pub schedule: Box<str>,
    /// `spec.timeZone`; the API server's own, UTC as a rule, where it is empty.
    pub zone: Sym,
    /// It is suspended.
    pub suspended: bool,
    /// Jobs that run.
    pub active: u32,
    /// `spec.startingDeadlineSeconds`.
    pub deadline: Option<i64>,
    /// `status.lastScheduleTime`.
    pub scheduled: Option<Timestamp>,
    /// `status.lastSuccessfulTime`.
    pub succeeded: Option<Timestamp>,
}

/// A Node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeFacts {
    /// The condition Ready; `None` before its kubelet has said anything.
    pub ready: Option<Condition>,
    /// Pressures and other conditions that are True and should not be.
    pub pressures: Box<[Condition]>,
    /// `spec.unschedulable`.
    pub cordoned: bool,
    /// Since when (`timeAdded` of its taint), where that is told.
    pub cordoned_since: Option<Timestamp>,
    /// What it offers to pods.
    pub allocatable: Amounts,
    /// How many pods it takes.
    pub pods: u32,
    /// `kubeletVersion`.
    pub version: Sym,
    /// The label `topology.kubernetes.io/zone`.
    pub zone: Sym,
    /// Key, value and effect of taints that keep pods off (`NoSchedule`, `NoExecute`).
    pub taints: Box<[[Sym; 3]]>,
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceFacts {
    /// Of its pods; `None` where somebody else names its endpoints, or it is a name only.
    pub selector: Option<Text>,
    /// `spec.type` is ExternalName.
    pub external: bool,
    /// It has no address of its own: clients ask for those of its pods.
    pub headless: bool,
}

/// An EndpointSlice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointsFacts {
    /// The Service it belongs to (label `kubernetes.io/service-name`).
    pub service: Sym,
    /// Endpoints that are ready; those that say nothing are.
    pub ready: u32,
    /// Endpoints that are not ready and not on their way out.
    pub unready: u32,
    /// The pods behind them (`targetRef`).
    pub pods: Box<[Uid]>,
    /// It is as it was made (`metadata.generation` is 1).
    pub untouched: bool,
}

/// An Ingress.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngressFacts {
    /// Names of the Services it leads to.
    pub services: Box<[Sym]>,
}

/// A HorizontalPodAutoscaler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AutoscalerFacts {
    /// Kind of what it scales, as `Deployment`.
    pub target_kind: Sym,
    /// Name of what it scales.
    pub target: Sym,
    /// `minReplicas`, 1 where it is not set.
    pub min: u32,
    /// `maxReplicas`.
    pub max: u32,
    /// `currentReplicas`.
    pub current: u32,
    /// `desiredReplicas`.
    pub desired: u32,
    /// Of its metrics, the one that asks for most.
    pub metric: Option<Metric>,
    /// The condition ScalingLimited, where it is True.
    pub limited: Option<Box<Condition>>,
    /// The condition ScalingActive, where it is False: it is blind; or AbleToScale, where that is False.
    pub blind: Option<Box<Condition>>,
}

/// What an autoscaler goes by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metric {
    /// As `cpu`.
    pub name: Sym,
    /// What it is now: per cent where `percent`, else thousandths; `None` where nobody knows.
    pub current: Option<i64>,
    /// What it should be.
    pub target: i64,
    /// Both are per cent of the request.
    pub percent: bool,
}

impl Metric {
    /// It is further above its target than another, which may be a metric of anything else; one that nobody knows is above none.
    pub fn is_above(&self, other: &Self) -> bool {
        let share = |metric: &Self, target: i64| metric.current.map(|now| i128::from(now) * i128::from(target));
        share(self, other.target) > share(other, self.target)
    }
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BudgetFacts {
    /// Of its pods.
    pub selector: Option<Text>,
    /// `disruptionsAllowed`.
    pub allowed: u32,
    /// `currentHealthy`.
    pub healthy: u32,
    /// `desiredHealthy`.
    pub desired: u32,
    /// `expectedPods`.
    pub expected: u32,
    /// When DisruptionAllowed became what it is.
    pub since: Option<Timestamp>,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimFacts {
    /// `status.phase`.
    pub phase: Sym,
    /// The volume it is bound to.
    pub volume: Sym,
    /// Its storage class.
    pub class: Sym,
}

/// A PersistentVolume.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VolumeFacts {
    /// `status.phase`.
    pub phase: Sym,
    /// `status.message`.
    pub message: Box<str>,
    /// Namespace and name of the claim it is bound to; both empty for none.
    pub claim: (Sym, Sym),
}

/// A ResourceQuota.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuotaFacts {
    /// What it limits.
    pub items: Box<[QuotaItem]>,
}

/// One resource of a quota; amounts in thousandths, since CPU is counted so.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaItem {
    /// As `requests.cpu`.
    pub resource: Sym,
    /// `status.used`.
    pub used: i64,
    /// `status.hard`.
    pub hard: i64,
}

/// An APIService.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiServiceFacts {
    /// Namespace and name of the Service that answers for it; both empty where the API server itself does.
    pub service: (Sym, Sym),
    /// The condition Available, where it is not True.
    pub unavailable: Option<Box<Condition>>,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFacts {
    /// `involvedObject.kind`.
    pub kind: Sym,
    /// `involvedObject.name`.
    pub name: Text,
    /// `involvedObject.uid`.
    pub uid: Uid,
    /// `involvedObject.fieldPath`: which container, as `spec.containers{app}`.
    pub field: Sym,
    /// Its type is Warning.
    pub warning: bool,
    /// `reason`.
    pub reason: Sym,
    /// How often it was seen.
    pub count: u32,
    /// When it was first seen.
    pub first: Option<Timestamp>,
    /// When it was last seen.
    pub last: Option<Timestamp>,
}

//! What is known of a pod. Most pods are well, and what is not well with the others is boxed.

use super::{Amounts, Condition};
use crate::model::time::Timestamp;
use crate::model::words::Sym;

/// A pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodFacts {
    /// The node it runs on; empty before it is scheduled.
    pub node: Sym,
    /// What its containers ask for together, the larger of init and running ones, as the scheduler counts.
    pub requests: Amounts,
    /// What its containers may take together; zero where one of them has no limit.
    pub limits: Amounts,
    /// The condition Ready is True.
    pub ready: bool,
    /// It has run to its end: the phase is Succeeded or Failed.
    pub ended: bool,
    /// A container that is not an init container has no readiness probe.
    pub unprobed: bool,
    /// When it became ready, or not ready.
    pub ready_since: Option<Timestamp>,
    /// Restarts of all its containers.
    pub restarts: u32,
    /// Names of its PersistentVolumeClaims.
    pub claims: Box<[Sym]>,
    /// What is not as it should be, or was not.
    pub trouble: Option<Box<PodTrouble>>,
}

/// What is not as it should be with a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodTrouble {
    /// The condition PodScheduled, where it is False.
    pub unscheduled: Option<Condition>,
    /// `status.nominatedNodeName` is set: others are driven out to make room for it.
    pub nominated: bool,
    /// `status.reason`, of pods that were evicted, lost or refused.
    pub reason: Sym,
    /// `status.message`.
    pub message: Box<str>,
    /// Containers that wait, are not ready, failed or were restarted.
    pub containers: Box<[ContainerTrouble]>,
}

impl PodTrouble {
    pub(super) fn bytes(&self) -> usize {
        let texts = self.containers.iter().map(|c| c.message.len() + c.ended.as_ref().map_or(0, |e| e.message.len()));
        size_of_val(self) + self.message.len() + size_of_val(&*self.containers) + texts.sum::<usize>()
    }
}

/// A container that waits, is not ready, has failed or was restarted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerTrouble {
    /// Its name.
    pub name: Sym,
    /// Its image, as the pod asks for it.
    pub image: Sym,
    /// It is an init container.
    pub init: bool,
    /// It runs, ready or not.
    pub running: bool,
    /// Since when it runs.
    pub since: Option<Timestamp>,
    /// It runs and has passed its startup probe, where it has one.
    pub started: bool,
    /// Bytes of memory that it may take; zero for no limit of its own.
    pub memory: u64,
    /// It is ready.
    pub ready: bool,
    /// How often it was restarted.
    pub restarts: u32,
    /// Why it waits: `state.waiting.reason`; empty where it does not.
    pub waiting: Sym,
    /// `state.waiting.message`.
    pub message: Box<str>,
    /// How it ended, now or the last time.
    pub ended: Option<Ended>,
}

/// How a container ended (`ContainerStateTerminated`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ended {
    /// `exitCode`.
    pub code: i32,
    /// `reason`, as `OOMKilled`.
    pub reason: Sym,
    /// `message`: the end of its log, where it asked for that.
    pub message: Box<str>,
    /// `finishedAt`.
    pub at: Option<Timestamp>,
}

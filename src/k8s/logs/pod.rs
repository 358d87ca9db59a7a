//! The part of a pod that says what there is to read.

use crate::model::log::Stamp;
use crate::model::time::Timestamp;
use serde::Deserialize;

/// A pod.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pod {
    metadata: Metadata,
    status: PodStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    uid: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodStatus {
    init_container_statuses: Option<Vec<Status>>,
    container_statuses: Option<Vec<Status>>,
    ephemeral_container_statuses: Option<Vec<Status>>,
}

/// What a kubelet says of a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) name: String,
    #[serde(rename = "containerID")]
    container_id: Option<String>,
    restart_count: Option<u32>,
    state: Option<State>,
    last_state: Option<State>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    running: Option<Running>,
    waiting: Option<Waiting>,
    terminated: Option<Terminated>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Running {
    started_at: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Waiting {
    reason: Option<String>,
    message: Option<String>,
}

/// How a container ended.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Terminated {
    exit_code: i32,
    reason: Option<String>,
    finished_at: Option<String>,
    #[serde(rename = "containerID")]
    container_id: Option<String>,
}

/// What every container waits for at first.
const BEGINNINGS: &[&str] = &["", "ContainerCreating", "PodInitializing"];

impl Pod {
    pub(super) fn uid(&self) -> &str {
        &self.metadata.uid
    }

    pub(super) fn containers(self) -> impl Iterator<Item = Status> {
        let PodStatus { init_container_statuses, container_statuses, ephemeral_container_statuses } = self.status;
        [init_container_statuses, container_statuses, ephemeral_container_statuses].into_iter().flatten().flatten()
    }
}

impl Status {
    /// The container that is read when the server is asked for this one's log.
    pub(super) fn id(&self) -> Option<&str> {
        self.container_id.as_deref().filter(|id| !id.is_empty())
    }

    pub(super) fn restarts(&self) -> u32 {
        self.restart_count.unwrap_or_default()
    }

    /// When it began, if it runs.
    pub(super) fn started(&self) -> Option<Stamp> {
        stamp(self.state.as_ref()?.running.as_ref()?.started_at.as_deref())
    }

    /// How this container ended, if it did.
    pub(super) fn ended(&self, id: &str) -> Option<&Terminated> {
        let ends = [&self.state, &self.last_state].into_iter().flatten().filter_map(|state| state.terminated.as_ref());
        ends.into_iter().find(|t| t.container_id.as_deref().is_none_or(|c| c == id))
    }

    /// How the one before it ended.
    pub(super) fn last_end(&self) -> Option<&Terminated> {
        self.last_state.as_ref()?.terminated.as_ref()
    }

    /// Why it does not run, where that is something to tell.
    pub(super) fn waits(&self) -> Option<String> {
        let Waiting { reason, message } = self.state.as_ref()?.waiting.as_ref()?;
        let reason = reason.as_deref().filter(|reason| !BEGINNINGS.contains(reason))?;
        let message = message.as_deref().filter(|m| !m.is_empty()).map(|m| format!(": {m}")).unwrap_or_default();
        Some(format!("waits, {reason}{message}"))
    }
}

impl Terminated {
    /// In words.
    pub(super) fn told(&self) -> String {
        match self.reason.as_deref() {
            None | Some("" | "Error" | "Completed") => format!("exit {}", self.exit_code),
            Some(reason) => format!("exit {}, {reason}", self.exit_code),
        }
    }

    /// When.
    pub(super) fn at(&self) -> Option<Stamp> {
        stamp(self.finished_at.as_deref())
    }
}

fn stamp(text: Option<&str>) -> Option<Stamp> {
    Timestamp::parse(text?).map(Stamp::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kubelet_says_is_put_into_words() {
        let pod = r#"{"metadata":{"uid":"u"},"status":{"initContainerStatuses":null,"containerStatuses":[
            {"name":"app","containerID":"c2","restartCount":3,"state":{"running":{"startedAt":"2026-11-27T16:00:00Z"}},
             "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","containerID":"c1","finishedAt":"2026-11-27T15:59:58Z"}}},
            {"name":"side","containerID":"","state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}},
            {"name":"new","state":{"waiting":{"reason":"ContainerCreating"}}}]}}"#;
        let pod: Pod = serde_json::from_str(pod).unwrap();
        let [app, side, new] = <[Status; 3]>::try_from(pod.containers().collect::<Vec<_>>()).unwrap();
        assert_eq!((app.id(), app.restarts()), (Some("c2"), 3));
        assert_eq!(app.ended("c1").map(Terminated::told).as_deref(), Some("exit 137, OOMKilled"));
        assert!(app.ended("c2").is_none() && app.started() > app.last_end().and_then(Terminated::at));
        assert_eq!((side.id(), side.waits().as_deref()), (None, Some("waits, ImagePullBackOff: no such image")));
        assert_eq!(new.waits(), None);
    }
}

//! A credential that has run out: the cluster is well, and nobody gets in.

use super::{Incident, ServerFault, nothing};

pub(super) const INCIDENT: Incident = Incident {
    name: "expired-credential",
    about: "the credential for prod-us has run out: it answers 401 until you log in again",
    cluster: "prod-us",
    since: 0,
    hint: "prod-us: the credential has run out; C shows the clusters, ctrl-r logs in again",
    fault: Some(ServerFault::Expired),
    begin: nothing,
    healed: |_| false,
    after: nothing,
};

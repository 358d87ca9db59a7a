//! A login that has run out: the cluster is well, and nobody gets in.

use super::{Incident, Server, nothing};
use crate::demo::login;

pub(super) const INCIDENT: Incident = Incident {
    name: "expired-credential",
    about: "the login to staging has expired",
    told: "staging: the login has expired. {retry} logs in",
    cluster: "staging",
    lasts: 0,
    begin: nothing,
    server: Server::Forgets,
    over: |scene| login::is_in(&scene.folder.join("staging")),
};

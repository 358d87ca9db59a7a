//! An API server that goes away and comes back: what runs behind it runs on.

use super::{Incident, Server, nothing};

pub(super) const INCIDENT: Incident = Incident {
    name: "api-down",
    about: "the API server of prod-us goes away and comes back",
    told: "prod-us: its API server is away, its rows stay. {clusters} shows since when",
    cluster: "prod-us",
    lasts: 0,
    begin: nothing,
    server: Server::Leaves,
    over: |_| false,
};

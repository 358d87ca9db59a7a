//! Somebody has changed prod by hand, and it is no longer what was tested.

use super::{Incident, Server, BY_HAND, MINUTE, change, know};
use crate::demo::json::set;
use crate::demo::sim::Sim;

pub(super) const INCIDENT: Incident = Incident {
    name: "drift",
    about: "somebody has changed pricing in prod by hand, so that staging tests something else",
    told: "prod-eu: pricing is not what staging tests. {goto}deploy shows it, {image} mends it",
    cluster: "prod-eu",
    lasts: 50 * MINUTE,
    begin,
    server: Server::Well,
    over: |scene| scene.images("prod-eu", "shop", "pricing") == scene.images("staging", "shop", "pricing"),
};

/// Somebody goes back to an old image without telling.
fn begin(sim: &mut Sim) {
    let image = "registry.shop.example/pricing:2.1.9-hotfix";
    know(sim, image);
    change(sim, "deployments.apps", "shop", "pricing", BY_HAND, |deployment| {
        set(deployment, "/spec/template/spec/containers/0/image", image);
        set(deployment, "/spec/replicas", 2);
    });
}

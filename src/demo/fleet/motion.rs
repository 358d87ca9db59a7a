//! What goes on in a fleet beside the life of its clusters: changes for a benchmark, and a server that is not always there.

use crate::demo::cluster::Cluster;
use crate::demo::fault::{Fault, Faults};
use crate::demo::json::set;
use crate::demo::shop::filler;
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::write::How;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{interval, sleep};

/// How often pods are changed.
const TICK: Duration = Duration::from_millis(50);
/// So long it is there, and so long away.
const THERE: Duration = Duration::from_secs(140);
const AWAY: Duration = Duration::from_secs(40);

/// Changes pods, so many in a second: those beside the shop's, or where there are none, an annotation of the shop's own.
pub(super) async fn churn(cluster: Arc<Cluster>, changes: u32, of_filler: bool) {
    let mut ticks = interval(TICK);
    let (mut due, mut done) = (0.0, 0);
    loop {
        ticks.tick().await;
        due += f64::from(changes) * TICK.as_secs_f64();
        let now = due as usize - done;
        done += now;
        let first = done - now;
        cluster.with(|sim| if of_filler { filler::churn(sim, now) } else { touch(sim, first, now) });
    }
}

/// Changes so many pods, one after the other, so that nothing else follows from it.
fn touch(sim: &mut Sim, first: usize, count: usize) {
    let pods: Vec<Key> = sim.store.list("pods", "").map(|pod| pod.key.clone()).collect();
    for (i, pod) in pods.iter().cycle().skip(first % pods.len().max(1)).take(count).enumerate() {
        let change = |pod: &mut Value| {
            set(pod, "/metadata/annotations/demo~1change", (first + i).to_string());
            Ok(())
        };
        // One that has gone meanwhile need not change.
        drop(sim.update("pods", pod, How::by("demo"), change));
    }
}

/// A link to a shop by the sea: it goes away for a while every now and then.
pub(super) async fn come_and_go(faults: Arc<Faults>) {
    loop {
        sleep(THERE).await;
        faults.order(Fault::Refuse);
        sleep(AWAY).await;
        faults.lift();
    }
}

//! What one metric of an autoscaler says: how much its pods use of what they ask for, and how many pods that makes.

use crate::demo::controllers::own::{self, fits};
use crate::demo::json::{int, list, text};
use crate::demo::load::Meter;
use crate::demo::quota::written;
use crate::demo::sim::Sim;
use crate::model::quantity::quantity;
use serde_json::{Value, json};
use std::sync::Arc;

/// Within this part of the target nothing is done (`--horizontal-pod-autoscaler-tolerance`).
const TOLERANCE: f64 = 0.1;

/// What a metric says.
pub(super) struct Measured {
    /// What it is called in reasons.
    pub(super) name: String,
    /// How many pods it asks for.
    pub(super) wanted: i64,
    /// Its line in `status.currentMetrics`.
    pub(super) shown: Value,
}

/// Measures one metric of the pods of a target.
///
/// # Errors
/// Why that cannot be done, as the controller words it.
pub(super) fn measure(sim: &Sim, target: &Value, metric: &Value, current: i64) -> Result<Measured, String> {
    let of = match text(metric, "/type") {
        Some("Resource") => metric.pointer("/resource"),
        Some("ContainerResource") => metric.pointer("/containerResource"),
        _ => None,
    };
    let of = of.ok_or_else(|| format!("unable to get metric: {} metrics are not served", text(metric, "/type").unwrap_or("unknown")))?;
    let name = text(of, "/name").unwrap_or("cpu");
    let pods = Pods::of(sim, target, name);
    let failed = |why: String| format!("failed to get {name} utilization: {why}");
    if pods.used.is_empty() {
        return Err(failed(format!("unable to get metrics for resource {name}: no metrics returned from resource metrics API")));
    }
    let average = pods.used.iter().sum::<i64>() / pods.used.len() as i64;
    let value = written(average, if name == "memory" { "Ki" } else { "" });
    if let Some(goal) = int(of, "/target/averageUtilization") {
        let asked = pods.asked(name).map_err(failed)?;
        let percent = pods.used.iter().sum::<i64>() * 100 / asked.max(1);
        let shown =
            json!({"type": "Resource", "resource": {"name": name, "current": {"averageValue": value, "averageUtilization": percent}}});
        let wanted = pods.wanted(percent as f64 / goal.max(1) as f64, current);
        return Ok(Measured { name: format!("{name} resource utilization (percentage of request)"), wanted, shown });
    }
    let goal = text(of, "/target/averageValue")
        .and_then(quantity)
        .ok_or("invalid resource metric source: neither an average utilization target nor an average value (or usage) target was set")?;
    let ratio = average as f64 / (goal * 1_000.0).max(1.0);
    let shown = json!({"type": "Resource", "resource": {"name": name, "current": {"averageValue": value}}});
    Ok(Measured { name: format!("{name} resource"), wanted: pods.wanted(ratio, current), shown })
}

/// The pods of a target.
struct Pods {
    /// Those that are ready and have been measured.
    ready: Vec<Arc<Value>>,
    /// What they use: thousandths of a processor, or of a byte.
    used: Vec<i64>,
    /// How many are not ready, or not measured yet.
    waiting: usize,
}

impl Pods {
    fn of(sim: &Sim, target: &Value, resource: &str) -> Self {
        let namespace = text(target, "/metadata/namespace").unwrap_or_default();
        let selector = own::selector(target, "/spec/selector");
        let all = sim.store.list("pods", namespace).filter(|p| selector.as_ref().is_some_and(|s| fits(s, p)) && p.view().is_active());
        let mut pods = Self { ready: Vec::new(), used: Vec::new(), waiting: 0 };
        let mut meter = Meter::default();
        for pod in all {
            let used = meter.usage(sim, pod).filter(|_| pod.view().ready.is_some());
            match used.map(|u| if resource == "memory" { u.memory_bytes.saturating_mul(1_000) } else { u.cpu_milli }) {
                Some(used) => {
                    pods.ready.push(pod.value());
                    pods.used.push(used);
                }
                None => pods.waiting += 1,
            }
        }
        pods
    }

    /// What the measured pods ask for.
    fn asked(&self, resource: &str) -> Result<i64, String> {
        let mut sum = 0.0;
        for pod in &self.ready {
            for container in list(pod, "/spec/containers") {
                let asked = container.pointer("/resources/requests").and_then(|r| quantity(r.get(resource)?.as_str()?));
                let name = text(container, "/name").unwrap_or_default();
                sum += asked.ok_or_else(|| {
                    format!("missing request for {resource} in container {name} of Pod {}", text(pod, "/metadata/name").unwrap_or_default())
                })?;
            }
        }
        Ok((sum * 1_000.0).round() as i64)
    }

    /// How many pods bring this part of the target to one. Pods that are only coming up are taken to use nothing when more are asked for.
    fn wanted(&self, ratio: f64, current: i64) -> i64 {
        let near = |ratio: f64| (ratio - 1.0).abs() <= TOLERANCE;
        let count = self.ready.len() as f64;
        if near(ratio) {
            return current;
        }
        if ratio < 1.0 || self.waiting == 0 {
            return (ratio * count).ceil() as i64;
        }
        let all = count + self.waiting as f64;
        let eased = ratio * count / all;
        if eased <= 1.0 || near(eased) { current } else { ((eased * all).ceil() as i64).max(current) }
    }
}

//! The rules about autoscalers, budgets and quotas.

use super::objects::{gone, object, pod, unready, with};
use super::rig::{at, plays};
use serde_json::{Value, json};

fn scaler(current: i64, condition: Value) -> Value {
    let resource = |what: Value| json!([{"type": "Resource", "resource": with(json!({"name": "cpu"}), what)}]);
    let metrics = resource(json!({"target": {"type": "Utilization", "averageUtilization": 80}}));
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    let status = json!({
        "currentReplicas": 10, "desiredReplicas": 10, "conditions": [condition],
        "currentMetrics": resource(json!({"current": {"averageUtilization": current}})),
    });
    object(
        "HorizontalPodAutoscaler",
        "web",
        json!({"spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 10, "metrics": metrics}, "status": status}),
    )
}

fn condition(kind: &str, status: &str, reason: &str, message: &str, since: i64) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": at(since)})
}

#[test]
fn an_autoscaler_at_its_maximum_is_told_while_there_is_more_load() {
    let limited = |reason, since| {
        condition("ScalingLimited", "True", reason, "the desired replica count is more than the maximum replica count", since)
    };
    let says = "warning horizontalpodautoscalers/web: at its maximum of 10, cpu 97% of 80% \
                | the desired replica count is more than the maximum replica count <horizontalpodautoscalers/web>";
    let calm = scaler(60, limited("TooManyReplicas", -10));
    plays("autoscaler-limited", &[scaler(97, limited("TooManyReplicas", -10))], &[(0, &[]), (49, &[]), (50, &[says])], &[calm]);
    let few = scaler(97, limited("TooFewReplicas", -3_000));
    let fixed = with(scaler(97, limited("TooManyReplicas", -3_000)), json!({"spec": {"minReplicas": 10}}));
    plays("autoscaler-limited", &[few], &[(0, &[])], &[fixed]);
}

#[test]
fn an_autoscaler_goes_by_the_metric_that_asks_for_most() {
    let limited = condition("ScalingLimited", "True", "TooManyReplicas", "too many", -60);
    let mut both = scaler(40, limited);
    let memory = |what: Value| json!({"type": "Resource", "resource": with(json!({"name": "memory"}), what)});
    let metrics = both["spec"]["metrics"].as_array_mut().unwrap();
    metrics.push(memory(json!({"target": {"type": "Utilization", "averageUtilization": 50}})));
    let current = both["status"]["currentMetrics"].as_array_mut().unwrap();
    current.push(memory(json!({"current": {"averageUtilization": 75}})));
    let mut calm = both.clone();
    calm["status"]["currentMetrics"][1]["resource"]["current"]["averageUtilization"] = json!(50);
    let says = "warning horizontalpodautoscalers/web: at its maximum of 10, memory 75% of 50% | too many <horizontalpodautoscalers/web>";
    plays("autoscaler-limited", &[both], &[(0, &[says])], &[calm]);
}

#[test]
fn an_autoscaler_without_metrics_is_told_in_the_servers_words() {
    let missing =
        "the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container app";
    let blind = |why, since| scaler(0, condition("ScalingActive", "False", "FailedGetResourceMetric", why, since));
    let says = format!(
        "warning horizontalpodautoscalers/web: has no metrics to go by: FailedGetResourceMetric | {missing} <horizontalpodautoscalers/web>"
    );
    let sees = scaler(50, condition("ScalingActive", "True", "ValidMetricFound", "", 0));
    plays("autoscaler-blind", &[blind(missing, 0)], &[(59, &[]), (60, &[&says])], std::slice::from_ref(&sees));
    let down =
        "unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)";
    let says = format!(
        "warning horizontalpodautoscalers/web: has no metrics to go by: FailedGetResourceMetric | {down} <server v1beta1.metrics.k8s.io>"
    );
    plays("autoscaler-blind", &[blind(down, -60)], &[(0, &[&says])], std::slice::from_ref(&sees));
    let lost = "the HPA controller was unable to get the target's current scale: deployments.apps \"web\" not found";
    let says = format!(
        "warning horizontalpodautoscalers/web: cannot scale Deployment web: FailedGetScale | {lost} <horizontalpodautoscalers/web>"
    );
    plays("autoscaler-blind", &[scaler(0, condition("AbleToScale", "False", "FailedGetScale", lost, -60))], &[(0, &[&says])], &[sees]);
    let off =
        condition("ScalingActive", "False", "ScalingDisabled", "scaling is disabled since the replica count of the target is zero", -600);
    plays("autoscaler-blind", &[scaler(0, off)], &[(0, &[]), (600, &[])], &[]);
}

fn budget(healthy: u32, desired: u32, expected: u32, since: i64) -> Value {
    let allowed = healthy.saturating_sub(desired);
    let (word, reason) = if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let status = json!({
        "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected, "disruptionsAllowed": allowed,
        "conditions": [condition("DisruptionAllowed", word, reason, "", since)],
    });
    object("PodDisruptionBudget", "web", json!({"spec": {"minAvailable": desired}, "status": status}))
}

#[test]
fn a_budget_that_allows_nothing_is_told_as_what_it_is() {
    let says = "warning poddisruptionbudgets/web: allows no disruption: 2 of 3 pods healthy, 2 needed <poddisruptionbudgets/web>";
    plays("no-disruption", &[budget(2, 2, 3, 0)], &[(599, &[]), (600, &[says])], &[budget(3, 2, 3, 600)]);
    let says =
        "info poddisruptionbudgets/web: allows no disruption by what it says: 3 of 3 pods healthy, 3 needed <poddisruptionbudgets/web>";
    plays("no-disruption", &[budget(3, 3, 3, 0)], &[(0, &[says])], &[budget(3, 2, 3, 600)]);
    plays("no-disruption", &[budget(0, 0, 0, -9_000)], &[(0, &[]), (900, &[])], &[]);
    // What is wrong with its pods is why.
    let sick = pod("web-1", json!({"status": unready(0, json!({}))}));
    let own = with(budget(2, 2, 3, 0), json!({"spec": {"selector": {"matchLabels": {"app": "web"}}}}));
    let says = "warning poddisruptionbudgets/web: allows no disruption: 2 of 3 pods healthy, 2 needed <deployments/web>";
    plays("no-disruption", &[sick, own], &[(600, &[says])], &[budget(3, 2, 3, 600)]);
}

#[test]
fn a_quota_is_told_resource_by_resource() {
    let quota = |cpu, balancers| {
        let hard = json!({"requests.cpu": "10", "requests.memory": "20Gi", "services.loadbalancers": "1", "count/secrets": "0"});
        let used = json!({"requests.cpu": cpu, "requests.memory": "17Gi", "services.loadbalancers": balancers, "count/secrets": "0"});
        object("ResourceQuota", "team", json!({"status": {"hard": hard, "used": used}}))
    };
    let says = "warning resourcequotas/team: 90% of requests.cpu is used | requests.cpu: 9/10 <quota shop>";
    plays("quota-full", &[quota("9", "0")], &[(0, &[says])], &[quota("8999m", "0")]);
    let says = "info resourcequotas/team: 100% of services.loadbalancers is used | services.loadbalancers: 1/1 <quota shop>";
    plays("quota-full", &[quota("8999m", "1")], &[(0, &[says])], &[gone(&quota("1", "1"))]);
}

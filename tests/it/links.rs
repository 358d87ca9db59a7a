//! The links of an object: which there are, how one is chosen, and that no object decides where they lead.

use crate::rig::objects::pod;
use crate::rig::robot::Robot;
use crate::robot::look;
use kconsole::app::config::Config;
use kconsole::model::step::Effect;
use serde_json::json;

const LINKS: &str = "links:
- {name: Grafana, match: '*prod-eu', kind: po, url: 'https://grafana.example.com/eu?pod={name}&ns={namespace}'}
- {name: Grafana, kind: Pod, url: 'https://grafana.example.com/{cluster}?pod={name}'}
- {name: Argo CD, kind: pods, url: 'https://argocd.example.com/{label:argo}/{kind}/{uid}'}
- {name: runbook, kind: deployments, url: 'https://wiki.example.com/{label:app}'}
- {name: anything, match: '*eu', url: 'https://{cluster}.example.com/{context}/{kind}/{name}'}
";

fn two(links: &str) -> Robot {
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/cart", 60)]), ("prod-us", vec![pod("shop/web", 60)])]);
    let (config, problems) = Config::load("config.yaml", links).unwrap();
    assert_eq!(problems, []);
    robot.state.config = config;
    robot
}

/// What was opened and copied.
fn done(robot: &mut Robot) -> Vec<String> {
    let told = |effect| match effect {
        Effect::Open(url) => Some(url),
        Effect::Copy(text) => Some(format!("copied {text}")),
        _ => None,
    };
    robot.effects().into_iter().filter_map(told).collect()
}

#[test]
fn an_object_has_the_links_of_its_cluster_and_kind() {
    let mut robot = two(LINKS);
    robot.press("u").sees("Links ─ 3").sees("https://grafana.example.com/eu?pod=cart&ns=shop").sees("it has no label argo").misses("wiki");
    look("links", &mut robot);
    robot.press("enter").misses("Links ─");
    assert_eq!(done(&mut robot), ["https://grafana.example.com/eu?pod=cart&ns=shop"]);
    robot.press("u j enter").sees("Argo CD: it has no label argo");
    robot.press("u G c").sees("Links ─ 3").press("enter");
    assert_eq!(
        done(&mut robot),
        ["copied https://prod-eu.example.com/ctx%2Fprod-eu/Pod/cart", "https://prod-eu.example.com/ctx%2Fprod-eu/Pod/cart"]
    );
    robot.press("j u").sees("Links ─ 2").press("esc").sees("Pods ─ 2");
    robot.press(":").text("links Grafana").press("enter");
    assert_eq!(done(&mut robot), ["https://grafana.example.com/prod-us?pod=web"]);
}

#[test]
fn the_only_link_opens_at_once_and_where_there_is_none_that_is_said() {
    let mut robot = two("links: [{name: x, url: 'https://x.example.com/{label:app}'}]");
    robot.press("u").misses("Links ─");
    assert_eq!(done(&mut robot), ["https://x.example.com/cart"]);
    robot.press("d u");
    assert_eq!(done(&mut robot), ["https://x.example.com/cart"], "a document has the links of its object");
    let mut robot = two("");
    robot.press("u").sees("no link of the config is for pods");
    robot.press(":").text("links x").press("enter").sees("no link called x is for pods");
    robot.delete("prod-eu", "pods", &["cart"]).press("u").sees("cart is gone");
    assert_eq!(done(&mut robot), Vec::<String>::new());
}

/// Names and labels are what whoever may write objects made them.
#[test]
fn an_object_cannot_lead_a_link_astray() {
    let mut robot = two("links: [{name: x, url: 'https://x.example.com/{namespace}/{name}?l={label:app}#{kind}'}]");
    for evil in [
        "//evil.example",
        "@evil.example/",
        "\\evil",
        "javascript:alert(1)",
        "a?b#c&d=e",
        "a\r\nb\tc",
        "../../admin",
        "$(id);`id`",
        "\u{202e}x",
    ] {
        let mut object = pod("shop/zz", 5);
        object["metadata"]["name"] = json!(evil);
        object["metadata"]["namespace"] = json!(evil);
        object["metadata"]["labels"]["app"] = json!(evil);
        robot.deliver("prod-us", "pods", &[object]).press("g u j u j u");
        let opened = done(&mut robot);
        assert_eq!(opened.len(), 3, "{evil}: {opened:?}");
        for url in &opened {
            let rest = url.strip_prefix("https://x.example.com/").unwrap_or_else(|| panic!("{url}"));
            let marks: String = rest.chars().filter(|c| !c.is_ascii_alphanumeric() && !"%-._~".contains(*c)).collect();
            assert_eq!(marks, "/?=#", "{url}");
        }
    }
    let mut object = pod("shop/zz", 5);
    object["metadata"]["namespace"] = json!("..");
    robot.deliver("prod-us", "pods", &[object]).press("g u").sees("its namespace is ..");
}

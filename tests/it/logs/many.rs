//! Many pods at once.

use super::{Rig, ms, s};
use kconsole::model::log::From;
use tokio::time::Instant;

/// FL6: five hundred pods are all followed within five seconds, with no more than twenty requests under way, and with a tenth of them going and coming
/// nothing is lost.
#[tokio::test(start_paused = true)]
async fn fl6_five_hundred_pods_with_churn() {
    let mut rig = Rig::new();
    rig.kubelet.with().latency = ms(20);
    let began = Instant::now();
    for pod in 0..500 {
        let name = format!("web-{pod}");
        let uid = rig.kubelet.pod(&name, &["app"]);
        rig.kubelet.write(&name, "app", "0");
        rig.follow(&name, uid, From::Last(10));
    }
    while rig.heard() < 500 {
        rig.run(ms(20)).await;
        assert!(began.elapsed() < s(5), "only {} pods are followed", rig.heard());
    }
    assert!(rig.kubelet.with().opening.1 <= 20, "{} requests at once", rig.kubelet.with().opening.1);
    for n in 1..40 {
        for pod in (0..500).filter(|pod| !(1..10).contains(pod) || n <= pod * 4) {
            rig.kubelet.write(&format!("web-{pod}"), "app", n.to_string());
        }
        if n % 4 == 0 {
            let (old, new) = (format!("web-{}", n / 4), format!("new-{n}"));
            rig.kubelet.delete(&old);
            rig.look(&old);
            let uid = rig.kubelet.pod(&new, &["app"]);
            (0..5).for_each(|n| rig.kubelet.write(&new, "app", n.to_string()));
            rig.follow(&new, uid, From::Start);
        }
        rig.run(ms(100)).await;
    }
    rig.run(s(2)).await;
    for pod in 0..500 {
        let all = if (1..10).contains(&pod) { pod * 4 + 1 } else { 40 };
        rig.all_came(&format!("web-{pod}"), "app", all);
    }
    (1..10).for_each(|n| rig.all_came(&format!("new-{}", n * 4), "app", 5));
    rig.in_order();
}

/// FL5, FL6: a rolling update of twenty pods: each new one is read from its first byte, each old one to its last.
#[tokio::test(start_paused = true)]
async fn fl6_a_rolling_update_of_twenty_pods() {
    let mut rig = Rig::new();
    for pod in 0..20 {
        let uid = rig.kubelet.pod(&format!("old-{pod}"), &["app"]);
        rig.follow(&format!("old-{pod}"), uid, From::Last(10));
    }
    rig.run(s(1)).await;
    for step in 0..20 {
        let new = format!("new-{step}");
        let uid = rig.kubelet.pod(&new, &["app"]);
        rig.kubelet.write(&new, "app", "0");
        rig.run(ms(300)).await;
        rig.follow(&new, uid, From::Start);
        for pod in step..20 {
            rig.kubelet.write(&format!("old-{pod}"), "app", step.to_string());
        }
        rig.run(ms(200)).await;
        rig.kubelet.delete(&format!("old-{step}"));
        rig.look(&format!("old-{step}"));
        rig.run(ms(200)).await;
    }
    rig.run(s(5)).await;
    for pod in 0..20 {
        rig.all_came(&format!("new-{pod}"), "app", 1);
        rig.all_came(&format!("old-{pod}"), "app", pod + 1);
        assert_eq!(rig.marks(&format!("old-{pod}")), ["pod deleted"]);
        assert_eq!(rig.marks(&format!("new-{pod}")), ["joined"]);
    }
}

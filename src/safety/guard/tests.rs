//! The guard: tables of what it says, and what holds for all rules.

use super::*;
use crate::model::glob::Glob;
use crate::model::id::{ClusterId, Uid};
use proptest::prelude::*;

fn cluster(tier: Tier) -> Cluster {
    let known = Cluster::new(ClusterId(0), "arn:aws:eks:eu:1:cluster/prod-eu");
    Cluster { name: "prod-eu".to_owned(), group: Some("production".to_owned()), tier, open: true, ..known }
}

const NOON: Timestamp = Timestamp(1_795_780_800); // 2026-11-27T12:00:00Z, a Friday

fn asked<'a>(cluster: &'a Cluster, kind: &'a GroupResource, verb: &'a str) -> Asked<'a> {
    let removal = verb == "delete";
    Asked { cluster, namespace: "shop", kind, name: "web", verb, removal, objects: 1, replicas: Some(3), now: NOON, utc_offset: 0 }
}

fn deployments() -> GroupResource {
    GroupResource::new("apps", "deployments")
}

fn said<T>(value: T) -> Option<Said<T>> {
    Some(Said { value, text: "it".to_owned() })
}

fn glob(text: &str) -> Glob {
    Glob::parse(text).unwrap()
}

fn rule(place: &str, verdict: Verdict) -> Rule {
    Rule { place: place.to_owned(), verdict: Some(verdict), ..Rule::default() }
}

fn guard(rules: Vec<Rule>) -> Guard {
    Guard { rules, ..Guard::default() }
}

#[test]
fn without_rules_the_tier_decides() {
    for (tier, verb, demand, rule, step) in [
        (Tier::Dev, "restart", Demand::Enter, "tier dev", "enter"),
        (Tier::Dev, "delete", Demand::Yes, "tier dev", "y"),
        (Tier::Staging, "restart", Demand::TwoKeys, "tier staging", "two keys"),
        (Tier::Staging, "delete", Demand::TwoKeys, "tier staging", "two keys"),
        (Tier::Prod, "restart", Demand::Name, "tier prod", "type the cluster's name"),
        (Tier::Unset, "shell", Demand::Name, "no tier", "type the cluster's name"),
    ] {
        let cluster = cluster(tier);
        let ruling = Guard::default().rule(&asked(&cluster, &deployments(), verb));
        assert_eq!((ruling.demand, ruling.rule.as_str(), ruling.step()), (demand, rule, step), "{tier:?} {verb}");
        assert!(!ruling.reason && !ruling.why.is_empty());
    }
}

#[test]
fn read_only_is_lifted_for_a_while_but_not_by_everything() {
    let kind = deployments();
    let until = |s: i64| Some(Timestamp(NOON.0 + s));
    for (readonly, everywhere, unlocked, tier, step) in [
        (true, false, None, Tier::Prod, "unlock"),
        (true, false, None, Tier::Dev, "unlock"),
        (true, false, until(1), Tier::Prod, "two keys"),
        (true, false, until(0), Tier::Prod, "unlock"),
        (true, true, until(900), Tier::Prod, "refused"),
        (false, true, None, Tier::Dev, "refused"),
        // What is not read-only is not made looser by having been.
        (false, false, until(900), Tier::Prod, "type the cluster's name"),
        (false, false, until(900), Tier::Dev, "enter"),
    ] {
        let cluster = Cluster { readonly, unlocked, ..cluster(tier) };
        let guard = Guard { readonly: everywhere, ..Guard::default() };
        let ruling = guard.rule(&asked(&cluster, &kind, "restart"));
        assert_eq!(ruling.step(), step, "{readonly} {everywhere} {unlocked:?} {tier:?}");
    }
    // What is refused anyway is not worth unlocking for.
    let cluster = Cluster { readonly: true, ..cluster(Tier::Prod) };
    let refusing = guard(vec![rule("c:1", Verdict::Refuse)]);
    let ruling = refusing.rule(&asked(&cluster, &kind, "restart"));
    assert_eq!((ruling.step(), ruling.rule.as_str()), ("refused", "c:1"));
    // Nor does a rule lift it.
    let allowing = guard(vec![rule("c:1", Verdict::Allow)]);
    assert_eq!(allowing.rule(&asked(&cluster, &kind, "restart")).step(), "unlock");
}

#[test]
fn a_rule_is_about_what_it_says() {
    let kind = deployments();
    let cluster = Cluster { identity: Some(Uid::parse("a")), ..cluster(Tier::Prod) };
    let asked = asked(&cluster, &kind, "restart");
    let none = || Rule { place: "c:1".to_owned(), ..Rule::default() };
    for (rule, fits) in [
        (none(), true),
        (Rule { cluster: said(glob("prod-*")), ..none() }, true),
        (Rule { cluster: said(glob("arn:*")), ..none() }, true),
        (Rule { cluster: said(glob("prod-us")), ..none() }, false),
        (Rule { identity: said(Uid::parse("a")), ..none() }, true),
        (Rule { identity: said(Uid::parse("b")), ..none() }, false),
        (Rule { tier: said(vec![Tier::Dev, Tier::Prod]), ..none() }, true),
        (Rule { tier: said(vec![Tier::Unset]), ..none() }, false),
        (Rule { group: said(glob("prod*")), ..none() }, true),
        (Rule { group: said(glob("testing")), ..none() }, false),
        (Rule { namespace: said(vec![glob("kube-*"), glob("shop")]), ..none() }, true),
        (Rule { namespace: said(vec![glob("kube-*")]), ..none() }, false),
        (Rule { kind: said(vec![deployments()]), ..none() }, true),
        (Rule { kind: said(vec![GroupResource::new("", "deployments")]), ..none() }, false),
        (Rule { verb: said(vec!["restart".to_owned()]), ..none() }, true),
        (Rule { verb: said(vec!["scale".to_owned()]), ..none() }, false),
        (Rule { verb: said(vec!["restart".to_owned()]), tier: said(vec![Tier::Dev]), ..none() }, false),
    ] {
        assert_eq!(rule.fits(&asked) == Fit::Yes, fits, "{rule:?}");
    }
    // The namespace itself is in what a rule for it is about; a node is in none.
    let of_shop = Rule { namespace: said(vec![glob("shop")]), ..none() };
    let (namespaces, nodes) = (GroupResource::new("", "namespaces"), GroupResource::new("", "nodes"));
    assert_eq!(of_shop.fits(&Asked { kind: &namespaces, namespace: "", name: "shop", ..asked.clone() }), Fit::Yes);
    assert_eq!(of_shop.fits(&Asked { kind: &nodes, namespace: "", name: "shop", ..asked.clone() }), Fit::No);
}

#[test]
fn limits_refuse_what_goes_beyond() {
    let kind = deployments();
    let cluster = cluster(Tier::Dev);
    let limited = guard(vec![
        Rule { place: "c:1".to_owned(), at_most: Some(5), ..Rule::default() },
        Rule { place: "c:2".to_owned(), scale_at_least: Some(2), reason: Some(true), ..Rule::default() },
        Rule { place: "c:3".to_owned(), hours: Some(vec![Window::parse("Mon-Fri 09:00-17:00").unwrap()]), ..Rule::default() },
    ]);
    let night = Timestamp(NOON.0 + 8 * 3_600);
    for (verb, objects, replicas, now, refused_by) in [
        ("scale", 5, Some(2), NOON, None),
        ("restart", 5, None, NOON, None),
        ("restart", 6, None, NOON, Some("c:1")),
        ("scale", 1, Some(1), NOON, Some("c:2")),
        ("scale", 1, None, NOON, Some("c:2")),
        ("restart", 1, None, night, Some("c:3")),
    ] {
        let ruling = limited.rule(&Asked { objects, replicas, now, ..asked(&cluster, &kind, verb) });
        let refused = (ruling.demand == Demand::Refused).then_some(ruling.rule.as_str());
        assert_eq!(refused, refused_by, "{verb} {objects} {replicas:?}: {}", ruling.why);
        assert_eq!(ruling.reason, refused_by.is_none());
    }
    let ruling = limited.rule(&Asked { now: night, utc_offset: 3_600, ..asked(&cluster, &kind, "restart") });
    assert_eq!(ruling.why, "changes may be made Mon-Fri 09:00-17:00 UTC+01:00; it is Fri 21:00 UTC+01:00");
}

fn verdicts() -> impl Strategy<Value = Option<Verdict>> {
    prop::option::weighted(0.7, prop::sample::select(Verdict::ALL.to_vec()))
}

fn rules() -> impl Strategy<Value = Rule> {
    let about = (
        prop::option::weighted(0.4, prop::sample::select(vec!["prod-*", "*", "other"])),
        prop::option::weighted(0.3, prop::sample::select(vec!["a", "b"])),
        prop::option::weighted(0.4, prop::collection::vec(prop::sample::select(vec!["restart", "scale", "delete"]), 1..3)),
        prop::option::weighted(0.3, prop::sample::select(vec![Tier::Dev, Tier::Prod])),
    );
    let hours = prop::option::weighted(0.2, prop::sample::select(vec!["Mon-Fri 09:00-17:00", "Sat 00:00-24:00"]));
    let limits = (prop::option::weighted(0.3, 0usize..4), prop::option::weighted(0.3, 0i64..5), hours);
    (about, verdicts(), prop::option::weighted(0.3, any::<bool>()), limits).prop_map(
        |((cluster, uid, verb, tier), verdict, reason, limits)| {
            let (at_most, scale_at_least, hours) = limits;
            Rule {
                place: "c:1".to_owned(),
                cluster: cluster.and_then(|c| said(glob(c))),
                identity: uid.and_then(|u| said(Uid::parse(u))),
                verb: verb.and_then(|v| said(v.into_iter().map(str::to_owned).collect())),
                tier: tier.and_then(|t| said(vec![t])),
                verdict,
                reason,
                at_most,
                scale_at_least,
                hours: hours.map(|h| vec![Window::parse(h).unwrap()]),
                ..Rule::default()
            }
        },
    )
}

/// Everything that is asked, as far as the rules above can tell it apart.
#[derive(Clone, Debug)]
struct Question {
    tier: Tier,
    identity: Option<&'static str>,
    readonly: bool,
    unlocked: bool,
    verb: &'static str,
    objects: usize,
    replicas: Option<i64>,
}

impl Question {
    fn put(&self, guard: &Guard) -> Ruling {
        let unlocked = self.unlocked.then_some(Timestamp(NOON.0 + 60));
        let cluster = Cluster { identity: self.identity.map(Uid::parse), readonly: self.readonly, unlocked, ..cluster(self.tier) };
        let kind = deployments();
        guard.rule(&Asked { objects: self.objects, replicas: self.replicas, ..asked(&cluster, &kind, self.verb) })
    }
}

fn questions() -> impl Strategy<Value = Question> {
    let tiers = prop::sample::select(vec![Tier::Dev, Tier::Staging, Tier::Prod, Tier::Unset]);
    let verbs = prop::sample::select(vec!["restart", "scale", "delete"]);
    let identity = prop::sample::select(vec![None, Some("a"), Some("b")]);
    (tiers, identity, any::<(bool, bool)>(), verbs, 1usize..5, prop::option::of(0i64..6)).prop_map(
        |(tier, identity, (readonly, unlocked), verb, objects, replicas)| Question {
            tier,
            identity,
            readonly,
            unlocked,
            verb,
            objects,
            replicas,
        },
    )
}

proptest! {
    #[test]
    fn what_is_broken_or_read_only_refuses_everything(rules in prop::collection::vec(rules(), 0..4), question in questions()) {
        for closed in [
            Guard { broken: Some("c:1: no".to_owned()), rules: rules.clone(), ..Guard::default() },
            Guard { readonly: true, rules: rules.clone(), ..Guard::default() },
        ] {
            let ruling = question.put(&closed);
            prop_assert_eq!(ruling.demand, Demand::Refused);
            prop_assert_eq!(ruling.step(), "refused");
        }
        let locked = Question { readonly: true, unlocked: false, ..question };
        prop_assert_eq!(locked.put(&guard(rules)).demand, Demand::Refused);
    }

    /// What a rule says that refuses is nowhere looser than what was said without it, wherever it stands.
    #[test]
    fn adding_a_rule_that_refuses_never_loosens(
        rules in prop::collection::vec(rules(), 0..5), added in rules(), at in any::<prop::sample::Index>(), question in questions()
    ) {
        let before = question.put(&guard(rules.clone()));
        let mut more = rules.clone();
        more.insert(at.index(rules.len() + 1), Rule { verdict: Some(Verdict::Refuse), reason: None, at_most: None, scale_at_least: None, hours: None, ..added });
        let after = question.put(&guard(more));
        prop_assert!(after.demand >= before.demand, "{before:?} became {after:?}");
        prop_assert!(after.reason >= before.reason || after.demand == Demand::Refused);
    }

    /// As with clusters: of two that say something about a matter, the first decides it; what does not fit decides nothing.
    #[test]
    fn the_first_that_fits_decides_each_matter(rules in prop::collection::vec(rules(), 0..5), question in questions()) {
        let question = Question { identity: question.identity.or(Some("a")), readonly: false, ..question };
        let cluster = Cluster { identity: question.identity.map(Uid::parse), ..cluster(question.tier) };
        let kind = deployments();
        let asked = Asked { objects: question.objects, replicas: question.replicas, ..asked(&cluster, &kind, question.verb) };
        let fitting: Vec<&Rule> = rules.iter().filter(|r| r.fits(&asked) == Fit::Yes).collect();
        let one = Rule {
            place: "c:1".to_owned(),
            verdict: fitting.iter().find_map(|r| r.verdict),
            reason: fitting.iter().find_map(|r| r.reason),
            at_most: fitting.iter().find_map(|r| r.at_most),
            scale_at_least: fitting.iter().find_map(|r| r.scale_at_least),
            hours: fitting.iter().find_map(|r| r.hours.clone()),
            ..Rule::default()
        };
        let (all, one) = (question.put(&guard(rules)), question.put(&guard(vec![one])));
        prop_assert_eq!((all.demand, all.reason), (one.demand, one.reason));
    }

    /// Before a cluster has said who it is, nothing is allowed that would not be of whichever it turns out to be.
    #[test]
    fn what_is_not_known_is_taken_for_the_worst(rules in prop::collection::vec(rules(), 0..5), question in questions()) {
        let guard = guard(rules);
        let unknown = Question { identity: None, ..question.clone() }.put(&guard);
        for identity in [Some("a"), Some("b"), Some("c")] {
            let known = Question { identity, ..question.clone() }.put(&guard);
            prop_assert!(unknown.demand >= known.demand && (unknown.reason >= known.reason || unknown.demand == Demand::Refused));
        }
    }
}

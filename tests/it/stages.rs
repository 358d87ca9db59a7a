//! The table of verbs against the stages of the path, made from the verbs themselves: README.md has it, and `changes_walk` holds every verb to it.

use kconsole::actions::VERBS;
use kconsole::kinds::{self, KINDS};
use kconsole::model::cluster::{Cluster, Tier};
use kconsole::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
use kconsole::model::time::Timestamp;
use kconsole::safety::guard::{Asked, Guard};
use kconsole::safety::item::{Given, Item};
use kconsole::safety::verb::{Check, Follow, Keeps, On, Pace, Undo, Verb};
use std::collections::BTreeSet;

/// The stages, as they stand over the columns. Reading the object, the preview and the journal are the same for all and have none.
pub const STAGES: [&str; 9] =
    ["Verb", "Rights", "Read beside it", "Dry run", "Confirm (dev, staging, prod)", "Sent", "After a conflict", "Followed", "Undo"];

/// A line for each verb.
pub fn rows() -> impl Iterator<Item = [String; 9]> {
    VERBS.iter().map(|verb| {
        [
            format!("`{}`", verb.name),
            rights(verb),
            beside(verb),
            match verb.check {
                Check::Server => "by the server".to_owned(),
                Check::None(why) => format!("none: {why}"),
            },
            confirm(verb),
            match verb.pace {
                Pace::OneByOne => "one after the other, until the first failure".to_owned(),
                Pace::Together(most) => format!("{most} at a time"),
                Pace::ByTurns(most) => format!("namespaces and definitions first, {most} at a time, until a failure"),
                Pace::WithAll(most) => format!("one after the other, what goes along {most} at a time"),
            },
            match verb.keeps {
                Keeps::Everything => "not sent again".to_owned(),
                Keeps::Shown => "again, where what was shown is as it was".to_owned(),
                Keeps::Trying(every) => format!("the same; what a budget refuses every {every} s"),
            },
            match verb.follow {
                Follow::Rollout => "until as many pods as wanted run it".to_owned(),
                Follow::Gone => "until it is gone".to_owned(),
                Follow::Stored(why) => format!("not: {why}"),
                Follow::Ended => "until it ends".to_owned(),
            },
            match verb.undo {
                Undo::Fields => "the fields as they were".to_owned(),
                Undo::No(why) => format!("none: {why}"),
            },
        ]
    })
}

fn rights(verb: &Verb) -> String {
    let (does, subresource) = verb.right;
    match verb.on {
        On::New(_, plural) => format!("`{does}` {plural}"),
        On::Keeper(_, plural, _) => format!("`{does}` {plural}"),
        On::Behind(_, plural) => format!("`{does}` {plural}/{subresource}"),
        On::Itself if subresource.is_empty() => format!("`{does}`"),
        On::Itself => format!("`{does}` its {subresource}"),
    }
}

/// Some object of a kind.
fn item(kind: &kinds::Kind) -> Item {
    let resource = kind.resource();
    let namespace = if resource.namespaced { "shop" } else { "" };
    let target =
        ObjectRef { cluster: ClusterId(0), kind: kind.id(), namespace: namespace.into(), name: "web".into(), uid: Uid::parse("web") };
    Item::new(target, resource, Given::Nothing, Timestamp(0))
}

/// The kinds that tell who else has a say, and what goes along.
fn beside(verb: &Verb) -> String {
    let of = KINDS.iter().filter(|kind| verb.applies_to(&kind.id()));
    let all: BTreeSet<&str> = of.flat_map(|kind| (verb.around)(&item(kind))).map(|around| around.kind.1).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.into_iter().collect::<Vec<_>>().join(", ") }
}

/// What it takes where no rule says anything else.
fn confirm(verb: &Verb) -> String {
    let kind = GroupResource::new("", "pods");
    let step = |tier| {
        let cluster = Cluster { tier, ..Cluster::new(ClusterId(0), "eu") };
        let asked = Asked {
            cluster: &cluster,
            namespace: "shop",
            kind: &kind,
            name: "web",
            verb: verb.name,
            removal: verb.removes,
            objects: 1,
            replicas: None,
            now: Timestamp(0),
            utc_offset: 0,
        };
        Guard::default().rule(&asked).step()
    };
    [Tier::Dev, Tier::Staging, Tier::Prod].map(step).join(", ")
}

/// What cannot apply says why, in words that stand in a sentence.
#[test]
fn what_a_verb_leaves_out_has_a_reason() {
    for verb in VERBS {
        let follow = if let Follow::Stored(why) = verb.follow { Some(why) } else { None };
        let undo = if let Undo::No(why) = verb.undo { Some(why) } else { None };
        let check = if let Check::None(why) = verb.check { Some(why) } else { None };
        for why in [follow, undo, check].into_iter().flatten() {
            assert!(why.split(' ').count() > 3 && !why.ends_with('.'), "{}: {why}", verb.name);
        }
        assert!(!verb.right.0.is_empty() && !verb.to.is_empty(), "{}", verb.name);
    }
}

//! Rules are tried on a small world: a table of objects in, findings out, as the clock goes on, and nothing left once they are cured.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
#![allow(clippy::cloned_ref_to_slice_refs, reason = "lists of objects are played, also those of one")]

use crate as lib;

mod calm;
mod deltas;
mod jobs;
mod nodes;
mod objects;
mod rig;
mod room;
mod rules;
mod scale;
mod server;
mod storage;
mod traffic;

#[test]
fn depths_are_known_of_rules_that_there_are() {
    let is_rule = |name: &&str| super::RULES.iter().any(|r| r.name == *name);
    assert_eq!(crate::model::finding::ranked().filter(|name| !is_rule(name)).collect::<Vec<_>>(), [] as [&str; 0]);
}

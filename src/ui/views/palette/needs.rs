//! The rights that an entry needs: which of them clusters have denied, and which nobody has asked about.

use crate::model::id::ObjectRef;
use crate::model::msg::Link;
use crate::model::right::{Right, Said};
use crate::model::world::World;
use crate::safety::verb::Verb;

/// Of more objects than this nothing is asked beforehand.
const MOST: usize = 20;

/// The right that is needed for each object.
#[derive(Debug)]
pub(super) struct Needs(Vec<Right>);

impl Needs {
    /// What a verb needs for these objects; nothing where it is not known yet what it would be done to.
    pub(super) fn of(verb: &Verb, targets: &[ObjectRef], world: &World) -> Option<Self> {
        let right = |target: &ObjectRef| {
            let target = verb.target_of(target, world)?;
            let right = verb.right_to(&target);
            Some(Right { namespace: verb.makes_in(&target, world).unwrap_or(right.namespace), ..right })
        };
        let rights: Vec<Right> = targets.iter().take(MOST + 1).map(right).collect::<Option<_>>()?;
        (rights.len() <= MOST).then_some(Self(rights))
    }

    /// Which right is missing, where it is for every object: what may be done to one of several is not grey.
    pub(super) fn missing(&self, world: &World) -> Option<String> {
        let denied: Option<Vec<String>> = self.0.iter().map(|right| denied(right, world)).collect();
        denied?.into_iter().next()
    }

    /// The rights that have to be asked for to know that.
    pub(super) fn unasked(&self, world: &World) -> impl Iterator<Item = Right> {
        let due = |right: &Right| {
            let is_up = world.cluster(right.cluster).is_some_and(|c| matches!(c.link, Link::Up { .. }));
            let all = for_all(right);
            match world.rights.of(&all, world.now) {
                _ if !is_up => None,
                None => Some(all),
                // A role may name single objects.
                Some(Said::No(_)) if !right.name.is_empty() && world.rights.of(right, world.now).is_none() => Some(right.clone()),
                Some(_) => None,
            }
        };
        self.0.iter().filter_map(due)
    }
}

/// The same right to every object of the namespace: asked once for all of them.
fn for_all(right: &Right) -> Right {
    Right { name: "".into(), ..right.clone() }
}

/// That we have it not, neither for all objects nor for this one.
fn denied(right: &Right, world: &World) -> Option<String> {
    let no = |right: &Right| match world.rights.of(right, world.now) {
        Some(Said::No(why)) => Some(why.clone()),
        _ => None,
    };
    no(&for_all(right)).and_then(|_| no(right))
}

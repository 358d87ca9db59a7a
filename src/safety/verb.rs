//! What is special about one way to change an object. The path itself is the same for all: [`super::change`].

use super::form::Form;
use super::item::Item;
use crate::model::catalog::Resource;
use crate::model::cell::Health;
use crate::model::id::{GroupResource, ObjectRef};
use crate::model::right::Right;
use crate::model::world::World;
use serde_json::Value;

/// A way to change an object.
#[derive(Debug)]
pub struct Verb {
    /// Its name, as keymaps, the guard's rules and the journal have it.
    pub name: &'static str,
    /// What one does, for people: `scale`, `roll back`.
    pub does: &'static str,
    /// The kinds that it applies to.
    pub to: &'static [&'static str],
    /// What is written to.
    pub on: On,
    /// What RBAC has to allow there: the verb and the subresource.
    pub right: (&'static str, &'static str),
    /// Something goes away.
    pub removes: bool,
    /// What else is read before anything is asked: what stands around the object.
    pub around: fn(&Item) -> Vec<Around>,
    /// What a person fills in, given the objects as they are and the argument that came with the key.
    pub form: fn(&[Item], &str) -> Form,
    /// The request, for an object as it is and the form as it is filled in; or why there is none.
    pub plan: fn(&Item, &Form) -> Result<Plan, String>,
    /// What a person should know of it, most important first.
    pub notes: fn(&Item, &Form, &World) -> Vec<Note>,
    /// What a conflict means.
    pub keeps: Keeps,
    /// When it has taken effect.
    pub follow: Follow,
    /// How several objects are taken.
    pub pace: Pace,
    /// Whether it can be taken back.
    pub undo: Undo,
    /// Whether the server can try it first.
    pub check: Check,
}

/// What a verb writes to.
#[derive(Clone, Copy, Debug)]
pub enum On {
    /// The object itself.
    Itself,
    /// Something new of this kind, by group and plural, that is made from it.
    New(&'static str, &'static str),
    /// Whatever of this kind stands behind it, by group and plural.
    Behind(&'static str, &'static str),
    /// The object of this kind that has the say over it, by group and plural; and how the tables tell which one that is.
    Keeper(&'static str, &'static str, fn(&World, &ObjectRef) -> Option<ObjectRef>),
}

/// A list that is read beside an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    /// The kind, by group and plural.
    pub kind: (&'static str, &'static str),
    /// A label selector, or a field selector where it begins with `spec.` or `metadata.`; empty for all of the object's namespace, which is
    /// the namespace itself where the object is one.
    pub selector: String,
}

/// A request that changes an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What is sent.
    pub write: Write,
    /// The subresource that it is sent to; empty for the object itself.
    pub subresource: &'static str,
    /// Where something is created instead: this kind, in the object's namespace.
    pub creates: Option<Resource>,
    /// What is done to other objects along with it, once it is done itself.
    pub along: Vec<Along>,
}

/// What is done to another object along with a change: a drain evicts the pods of its node.
#[derive(Clone, Debug, PartialEq)]
pub struct Along {
    /// Which one.
    pub target: ObjectRef,
    /// Its kind.
    pub resource: Resource,
    /// The object, as it was read.
    pub before: Value,
    /// What is done to it.
    pub verb: &'static Verb,
}

/// The subresource through which pods are asked to go, where disruption budgets allow it.
pub const EVICTION: &str = "eviction";

/// The subresource through which ports of pods are reached.
pub const PORTS: &str = "portforward";

/// What is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// A merge patch (RFC 7386).
    Merge(Value),
    /// A strategic merge patch.
    Strategic(Value),
    /// A JSON patch (RFC 6902).
    Ops(Vec<Value>),
    /// The whole object with what a person wrote in it, sent as YAML. It is written as JSON, which is a part of YAML: what is a text stays one,
    /// however it looks, in every version of YAML that a server reads.
    Replace(String),
    /// What somebody wishes of the object, by server-side apply, whether it is there or not.
    Apply {
        /// What.
        wished: Value,
        /// What others own is taken over.
        force: bool,
    },
    /// Something new, as JSON.
    Create(Value),
    /// DELETE with these options.
    Delete(Value),
    /// A stream both ways with these options.
    Connect(Value),
    /// Files that are copied, into a container or out of it: a [`Transfer`](crate::model::transfer::Transfer).
    Copy(Value),
}

impl Plan {
    /// A write to the object itself.
    pub fn of(write: Write) -> Self {
        Self { write, subresource: "", creates: None, along: Vec::new() }
    }

    /// A write to a subresource of it.
    pub fn to(subresource: &'static str, write: Write) -> Self {
        Self { subresource, ..Self::of(write) }
    }

    /// The object goes away by it.
    pub fn removes(&self) -> bool {
        matches!(self.write, Write::Delete(_)) || self.subresource == EVICTION
    }
}

/// Something that a person should know before confirming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// In a word, as `HPA`.
    pub about: String,
    /// What.
    pub text: String,
    /// How much it matters.
    pub health: Health,
}

impl Note {
    /// Something good to know.
    pub fn info(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self { about: about.into(), text: text.into(), health: Health::Ok }
    }

    /// Something that may make the change another one than was meant.
    pub fn warn(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self { health: Health::Warn, ..Self::info(about, text) }
    }
}

/// What it means that the server does not take a change now: a conflict (409), or that a disruption budget is against it (429).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Somebody changed the object: what was written was written for another state of it.
    Everything,
    /// It goes on where the fields that were shown are as they were: a status that moves is nobody's conflict.
    Shown,
    /// The same; and what a disruption budget refuses is tried again every so many seconds until it may be.
    Trying(i64),
}

/// When a change has taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// When as many pods as wanted run what is wanted.
    Rollout,
    /// When the object is gone.
    Gone,
    /// At once, for this reason.
    Stored(&'static str),
    /// When what was opened has ended: that is the answer.
    Ended,
}

/// How several objects are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One after the other: the next once the one before has taken effect. The first failure ends it.
    OneByOne,
    /// So many requests at a time.
    Together(usize),
    /// Turn after turn, so many requests at a time. The first failure of a turn ends it.
    ByTurns(usize),
    /// One after the other, each with what is done along with it, of which there are so many requests at a time. The first failure ends it.
    WithAll(usize),
}

/// Whether a change can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// By giving the fields that were changed the values back that they had.
    Fields,
    /// It cannot, for this reason, which the preview says.
    No(&'static str),
}

/// Whether the server can try a change without doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// `dryRun=All`.
    Server,
    /// It cannot, for this reason.
    None(&'static str),
}

/// Nothing is read beside the object.
pub fn nothing_around(_: &Item) -> Vec<Around> {
    Vec::new()
}

/// Nothing is filled in.
pub fn no_form(_: &[Item], _: &str) -> Form {
    Form::default()
}

/// Nothing special has to be known.
pub fn no_notes(_: &Item, _: &Form, _: &World) -> Vec<Note> {
    Vec::new()
}

impl PartialEq for Verb {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Verb {
    /// True where it applies to objects of a kind. Kinds stand as `deployments.apps`, and `*` for all.
    pub fn applies_to(&self, kind: &GroupResource) -> bool {
        let name = kind.to_string();
        self.to.iter().any(|k| *k == "*" || *k == name)
    }

    /// True where it opens something in a container, or to a port of it: no field of the object is changed, and a person may end it at any time.
    pub fn opens(&self) -> bool {
        matches!(self.right.1, "exec" | "attach" | PORTS)
    }

    /// What it is really done to, for an object that it is asked for; nothing where that is not known.
    pub fn target_of(&self, object: &ObjectRef, world: &World) -> Option<ObjectRef> {
        match self.on {
            On::Keeper(group, resource, keeper) if object.kind != GroupResource::new(group, resource) => keeper(world, object),
            _ => Some(object.clone()),
        }
    }

    /// The namespace of what is made from an object that has none itself: where its context works.
    pub fn makes_in(&self, target: &ObjectRef, world: &World) -> Option<Box<str>> {
        let makes = matches!(self.on, On::New(..)) && target.namespace.is_empty();
        makes.then(|| world.cluster(target.cluster).map(|c| c.namespace.as_str().into())).flatten()
    }

    /// The right that it takes to do it to an object.
    pub fn right_to(&self, target: &ObjectRef) -> Right {
        let (does, subresource) = self.right;
        let kind = self.writes_to(&target.kind);
        // What is made has no name yet that a right could be about.
        let name = if kind == target.kind { target.name.clone() } else { "".into() };
        Right { cluster: target.cluster, does, kind, subresource, namespace: target.namespace.clone(), name }
    }

    /// The kind that is written to, for an object of this kind.
    pub fn writes_to(&self, kind: &GroupResource) -> GroupResource {
        match self.on {
            On::New(group, resource) | On::Behind(group, resource) => GroupResource::new(group, resource),
            On::Itself | On::Keeper(..) => kind.clone(),
        }
    }
}

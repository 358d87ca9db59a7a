//! How each kind looks: one file a kind, from JSON to a row.
//!
//! **To add a kind**: copy a file such as [`namespace`], say what the fields are called ([`Project::Object`]), what the columns are
//! ([`Project::COLUMNS`], title and value on one line) and how it does ([`Project::health`]); then add its word to `kinds!` below and
//! examples to `tests/fixtures` (the head of `tests/it/kinds.rs` says how). Nothing else changes: tables, filters, `get` and help
//! follow, and `UPDATE=1 cargo test --test it readme` puts it into the README. Where `enter` leads is said by its facts and in `actions::drill`.
//!
//! What has no file here is shown by [`custom`] through the columns that the API server itself offers.
//!
//! Decoding borrows from the bytes that came over the wire and keeps only what columns, health and actions need. Every field is
//! optional: a server may send less than we know, and a projection cannot fail on that.

pub mod custom;
pub mod decode;
pub mod known;
pub mod object;
mod resources;
pub mod room;
mod scaling;
mod usage;
mod workload;

use crate::model::catalog::Resource;
use crate::model::cell::{Health, Keep, Value};
use crate::model::column::{Column, Joint, Show, Source};
use crate::model::id::GroupResource;
use crate::model::row::{Facts, Row};
use crate::model::table::Table;
use crate::model::words::Dictionary;
use decode::Event;
use object::Meta;
use serde::Deserialize;
use std::borrow::Cow;

/// Declares the modules of the kinds and lists them.
macro_rules! kinds {
    ($($file:ident :: $kind:ident),* $(,)?) => {
        $(pub mod $file;)*
        /// Every kind that has a file here.
        pub static KINDS: &[Kind] = &[$(Kind::of::<$file::$kind>()),*];
    };
}

kinds! {
    pod::Pods, node::Nodes, namespace::Namespaces, deployment::Deployments, replicaset::ReplicaSets, event::Events,
    statefulset::StatefulSets, daemonset::DaemonSets, job::Jobs, cronjob::CronJobs, service::Services, endpointslice::EndpointSlices,
    ingress::Ingresses, horizontalpodautoscaler::HorizontalPodAutoscalers, poddisruptionbudget::PodDisruptionBudgets,
    persistentvolumeclaim::PersistentVolumeClaims, persistentvolume::PersistentVolumes, resourcequota::ResourceQuotas,
    limitrange::LimitRanges, serviceaccount::ServiceAccounts, apiservice::ApiServices,
    pod_metrics::PodMetrics, node_metrics::NodeMetrics,
}

/// What a kind is called.
#[derive(Debug)]
pub struct Names {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version that the projection was written for.
    pub version: &'static str,
    /// The plural.
    pub resource: &'static str,
    /// The kind in an object.
    pub kind: &'static str,
    /// The singular.
    pub singular: &'static str,
    /// As `po`.
    pub short_names: &'static [&'static str],
    /// True where objects live in namespaces.
    pub namespaced: bool,
}

/// A kind: its names and what becomes of its JSON.
pub trait Project: 'static {
    /// The fields that are read, borrowed from the JSON.
    type Object<'a>: Deserialize<'a> + HasMeta<'a>;
    /// What it is called.
    const NAMES: Names;
    /// Its columns after NAMESPACE, in kubectl's order.
    const COLUMNS: &'static [Own<Self>];
    /// How it does.
    fn health(_object: &Self::Object<'_>) -> Health {
        Health::Ok
    }
    /// What drilling and actions need beside the columns.
    fn facts(_object: &Self::Object<'_>, _words: &mut Dictionary) -> Facts {
        Facts::None
    }
    /// The title of the column to sort by at first, and whether downwards; the name if it is `None`.
    const SORT: Option<(&'static str, bool)> = None;
}

/// Has `metadata`, as every object has.
pub trait HasMeta<'a> {
    /// The metadata among the fields.
    fn meta(&self) -> &Meta<'a>;
}

/// A column of a kind: title and value are one thing.
pub struct Own<K: Project + ?Sized> {
    title: &'static str,
    show: Show,
    /// kubectl has no such column.
    ours: bool,
    value: Where<K>,
}

/// How a column comes by its value: from the object while it is decoded, or from what every row has.
enum Where<K: Project + ?Sized> {
    Decoded(Keep, Read<K>),
    Row(Source),
}

/// Reads a value from an object.
pub type Read<K> = for<'o, 'a> fn(&'o <K as Project>::Object<'a>) -> Value<'o>;

/// A column whose texts have few values.
pub const fn col<K: Project>(title: &'static str, value: Read<K>) -> Own<K> {
    Own { title, show: Show::Always, ours: false, value: Where::Decoded(Keep::Shared, value) }
}

/// The column of the name.
pub const fn name<K: Project>() -> Own<K> {
    Own { title: "NAME", show: Show::Always, ours: false, value: Where::Row(Source::Name) }
}

/// The column of the age.
pub const fn age<K: Project>() -> Own<K> {
    Own { title: "AGE", show: Show::Always, ours: false, value: Where::Row(Source::Age) }
}

/// A column whose values are made when they are looked at; those that other rows tell are shown where there is room.
pub const fn joined<K: Project>(title: &'static str, joint: &'static Joint) -> Own<K> {
    let ours = !joint.reads.is_empty();
    Own { title, show: if ours { Show::Spare } else { Show::Always }, ours, value: Where::Row(Source::Joined(joint)) }
}

/// A column shown where wide output is asked for.
pub const fn wide<K: Project>(title: &'static str, value: Read<K>) -> Own<K> {
    Own { title, show: Show::Wide, ours: false, value: Where::Decoded(Keep::Shared, value) }
}

/// A column shown on the screen and in wide output.
pub const fn screen<K: Project>(title: &'static str, value: Read<K>) -> Own<K> {
    Own { title, show: Show::Screen, ours: false, value: Where::Decoded(Keep::Shared, value) }
}

/// A column shown on the screen where there is room for it.
pub const fn spare<K: Project>(title: &'static str, value: Read<K>) -> Own<K> {
    Own { title, show: Show::Spare, ours: false, value: Where::Decoded(Keep::Shared, value) }
}

/// A column whose texts differ from row to row: they stay out of the dictionary.
pub const fn own<K: Project>(column: Own<K>) -> Own<K> {
    let value = match column.value {
        Where::Decoded(_, read) => Where::Decoded(Keep::Own, read),
        Where::Row(source) => Where::Row(source),
    };
    Own { value, title: column.title, show: column.show, ours: column.ours }
}

/// A column of our own, which kubectl does not have: only on the screen and in wide output, so that plain output stays kubectl's.
pub const fn ours<K: Project>(column: Own<K>) -> Own<K> {
    Own { ours: true, title: column.title, show: column.show, value: column.value }
}

/// A kind, its types erased.
pub struct Kind {
    /// What it is called.
    pub names: &'static Names,
    /// The column to sort by at first, and whether downwards.
    pub sort: Option<(&'static str, bool)>,
    columns: fn(all: bool) -> Vec<Column>,
    row: fn(&[u8], &mut Dictionary) -> Row,
    event: for<'a> fn(&'a [u8], &mut Dictionary) -> Result<Event<'a>, serde_json::Error>,
}

impl Kind {
    const fn of<K: Project>() -> Self {
        Self { names: &K::NAMES, sort: K::SORT, columns: columns::<K>, row: decode::row::<K>, event: decode::event::<K> }
    }

    /// The group and plural.
    pub fn id(&self) -> GroupResource {
        GroupResource::new(self.names.group, self.names.resource)
    }

    /// What a watch can start with before discovery has answered.
    pub fn resource(&self) -> Resource {
        let n = self.names;
        Resource {
            id: self.id(),
            version: n.version.into(),
            kind: n.kind.into(),
            singular: n.singular.into(),
            short_names: n.short_names.iter().map(|&s| s.into()).collect(),
            categories: [].into(),
            namespaced: n.namespaced,
            list: true,
            watch: !is_polled(n.group),
        }
    }

    /// Its columns after NAMESPACE.
    pub fn columns(&self) -> Vec<Column> {
        (self.columns)(true)
    }

    /// Those of them that kubectl has too.
    pub fn kubectls_columns(&self) -> Vec<Column> {
        (self.columns)(false)
    }

    /// The row of one object. What cannot be read becomes a row that says so.
    pub fn row(&self, json: &[u8], words: &mut Dictionary) -> Row {
        (self.row)(json, words)
    }

    /// One line of a watch. An error means that the line is not a watch event at all.
    pub fn event<'a>(&self, line: &'a [u8], words: &mut Dictionary) -> Result<Event<'a>, serde_json::Error> {
        (self.event)(line, words)
    }
}

/// Whether a group offers no watch, so that its kinds are listed again and again.
pub fn is_polled(group: &str) -> bool {
    group == "metrics.k8s.io"
}

/// A table over several kinds.
pub struct Composite {
    /// What it is asked for by, as a kind.
    pub name: &'static str,
    /// Group and plural of the kinds.
    pub kinds: &'static [(&'static str, &'static str)],
    /// Its columns after NAMESPACE, for rows of all of them.
    pub columns: &'static [Column],
    /// The rows that it shows.
    pub keep: fn(&Table, &Row) -> bool,
    /// Rows with a value in this column are unhealthy here.
    pub ails: &'static Joint,
    /// How a row does, for an order with the worst first ([`Health::rank`]).
    pub worst: &'static Joint,
}

impl Composite {
    /// What stands for a kind where one is asked for; no server has a kind of that name.
    pub fn id(&self) -> GroupResource {
        GroupResource::new("", self.name)
    }
}

/// The tables over several kinds.
pub static COMPOSITES: &[Composite] = &[scaling::SCALING];

/// The table over several kinds that this stands for.
pub fn composite(id: &GroupResource) -> Option<&'static Composite> {
    COMPOSITES.iter().find(|c| id.group.is_empty() && *c.name == *id.resource)
}

/// The kinds whose rows are shown where this is asked for.
pub fn parts(id: &GroupResource) -> Vec<GroupResource> {
    let parts = composite(id).map(|c| c.kinds.iter().map(|(group, resource)| GroupResource::new(group, resource)).collect());
    parts.unwrap_or_else(|| vec![id.clone()])
}

/// The kind of this group and plural, if it has a file here.
pub fn find(id: &GroupResource) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.names.group == &*id.group && k.names.resource == &*id.resource)
}

/// The kind that a name means as kubectl takes names, if it has a file here.
pub fn named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.resource().answers_to(name))
}

fn columns<K: Project>(all: bool) -> Vec<Column> {
    let mut cells = 0..;
    let mut next = || Source::Cell(cells.next().unwrap_or_default());
    let column = |own: &Own<K>| {
        let source = if let Where::Row(source) = own.value { source } else { next() };
        (all || !own.ours).then_some(Column { title: Cow::Borrowed(own.title), source, show: own.show })
    };
    K::COLUMNS.iter().filter_map(column).collect()
}

//! The objects of one simulated cluster, each encoded once, and what happened to them lately: what etcd and the watch cache are to a
//! real one. It knows versions and keys; what may be written, and by whom, is decided in [`super::write`].

use super::json::{Millis, text};
pub use super::object::{Object, Owner};
use super::resource::Resource;
use super::status::{Answer, Refusal};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

/// Bytes of objects that the history of one kind may hold; what is older is forgotten, and asking for it is answered by 410.
const HISTORY_BYTES: usize = 64 << 20;
/// Changes that the history of one kind holds at most.
const HISTORY_CHANGES: usize = 100_000;

/// Namespace (empty for the cluster's own) and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace; empty where there is none.
    pub namespace: Box<str>,
    /// The name.
    pub name: Box<str>,
}

impl Key {
    /// A key.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// The key of an object.
    pub fn of(object: &Value) -> Self {
        Self::new(text(object, "/metadata/namespace").unwrap_or_default(), text(object, "/metadata/name").unwrap_or_default())
    }
}

/// Something that happened to an object: it came where there is no `old`, and went where there is no `new`.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version that it has made.
    pub version: u64,
    /// Its kind, as [`Resource::id`].
    pub kind: Arc<str>,
    /// How it was.
    pub old: Option<Arc<Object>>,
    /// How it is.
    pub new: Option<Arc<Object>>,
    /// How it was at last, with the version of its removal: what a watch tells of one that went.
    pub gone: Option<Arc<Object>>,
}

impl Change {
    /// The object, as it is or was.
    pub fn object(&self) -> Option<&Arc<Object>> {
        self.new.as_ref().or(self.gone.as_ref())
    }
}

/// The objects of a kind.
#[derive(Debug)]
pub struct Table {
    /// The kind.
    pub resource: Arc<Resource>,
    id: Arc<str>,
    objects: BTreeMap<Key, Arc<Object>>,
    /// Which of them have an owner of this uid.
    owned: HashMap<Box<str>, BTreeSet<Key>>,
    history: VecDeque<Arc<Change>>,
    history_bytes: usize,
    /// Versions up to this one are no longer in the history.
    forgotten: u64,
}

impl Table {
    /// One object.
    pub fn get(&self, key: &Key) -> Option<&Arc<Object>> {
        self.objects.get(key)
    }

    /// The objects of a namespace, or all if it is empty, by namespace and name, after this key.
    pub fn list<'t>(&'t self, namespace: &str, after: Option<&Key>) -> impl Iterator<Item = &'t Arc<Object>> {
        let (namespace, first) = (namespace.to_owned(), Key::new(namespace, ""));
        let from = after.map_or(Bound::Included(&first), Bound::Excluded);
        let range = self.objects.range((from.cloned(), Bound::Unbounded));
        range.take_while(move |(k, _)| namespace.is_empty() || *k.namespace == *namespace).map(|(_, o)| o)
    }

    /// The objects that name this uid among their owners, by namespace and name.
    pub fn owned<'t>(&'t self, uid: &str) -> impl Iterator<Item = &'t Arc<Object>> {
        self.owned.get(uid).into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    fn index(&mut self, old: Option<&Object>, new: Option<&Object>) {
        for (object, owner) in old.into_iter().flat_map(|o| o.owners.iter().map(move |owner| (o, owner))) {
            if let Some(keys) = self.owned.get_mut(&owner.uid) {
                keys.remove(&object.key);
                if keys.is_empty() {
                    self.owned.remove(&owner.uid);
                }
            }
        }
        for (object, owner) in new.into_iter().flat_map(|o| o.owners.iter().map(move |owner| (o, owner))) {
            self.owned.entry(owner.uid.clone()).or_default().insert(object.key.clone());
        }
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// What happened after this version, oldest first, at most so many.
    ///
    /// # Errors
    /// 410 where the history does not go back so far.
    pub fn since(&self, version: u64, at_most: usize) -> Answer<Vec<Arc<Change>>> {
        if version < self.forgotten {
            return Err(Refusal::expired(version, self.forgotten));
        }
        let first = self.history.partition_point(|c| c.version <= version);
        Ok(self.history.range(first..).take(at_most).cloned().collect())
    }

    /// Forgets all history up to the newest version, as a compaction does.
    pub fn compact(&mut self, version: u64) {
        self.history.clear();
        self.history_bytes = 0;
        self.forgotten = version;
    }

    fn remember(&mut self, change: Arc<Change>) {
        self.history_bytes += change.object().map_or(0, |o| o.json.len());
        self.history.push_back(change);
        while self.history_bytes > HISTORY_BYTES || self.history.len() > HISTORY_CHANGES {
            let Some(oldest) = self.history.pop_front() else { break };
            self.history_bytes -= oldest.object().map_or(0, |o| o.json.len());
            self.forgotten = oldest.version;
        }
    }
}

/// All objects of a cluster.
#[derive(Debug)]
pub struct Store {
    /// The clock of the cluster.
    pub now: Millis,
    version: u64,
    tables: Vec<Table>,
    by_id: HashMap<Arc<str>, usize>,
    /// What controllers have not looked at yet.
    changes: VecDeque<Arc<Change>>,
    seed: u64,
    drawn: u64,
    /// Objects are kept as they were before they were encoded.
    keeps: bool,
}

impl Store {
    /// An empty one whose uids and suffixes follow from the seed.
    pub fn new(seed: u64, now: Millis) -> Self {
        // Versions of a real server do not begin at 1 either.
        let mut store = Self {
            now,
            version: 1_000 + seed % 1_000,
            tables: Vec::new(),
            by_id: HashMap::new(),
            changes: VecDeque::new(),
            seed,
            drawn: 0,
            keeps: true,
        };
        Resource::served().into_iter().for_each(|r| store.serve(r));
        store
    }

    /// Becomes a store that is asked by others: what happened before nobody can ask for, and objects are bytes alone.
    pub fn open(&mut self) {
        self.keeps = false;
        for table in &mut self.tables {
            table.compact(self.version);
            table.objects.values().for_each(|object| object.keep(None));
        }
    }

    /// Serves a kind from now on; one that is served already keeps its objects.
    pub fn serve(&mut self, resource: Resource) {
        let id: Arc<str> = resource.id().into();
        match self.by_id.get(&id).and_then(|i| self.tables.get_mut(*i)) {
            Some(table) => table.resource = Arc::new(resource),
            None => {
                self.by_id.insert(Arc::clone(&id), self.tables.len());
                let resource = Arc::new(resource);
                let (objects, owned, history) = (BTreeMap::new(), HashMap::new(), VecDeque::new());
                self.tables.push(Table { resource, id, objects, owned, history, history_bytes: 0, forgotten: self.version });
            }
        }
    }

    /// Serves a kind no longer, and forgets its objects.
    pub fn unserve(&mut self, id: &str) {
        if let Some(i) = self.by_id.remove(id) {
            self.tables.remove(i);
            self.by_id.values_mut().filter(|at| **at > i).for_each(|at| *at -= 1);
        }
    }

    /// The newest version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All kinds, in the order of discovery.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The kind of this [id](Resource::id).
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.by_id.get(id).and_then(|i| self.tables.get(*i))
    }

    /// The kind of this [id](Resource::id).
    pub fn table_mut(&mut self, id: &str) -> Option<&mut Table> {
        self.by_id.get(id).and_then(|i| self.tables.get_mut(*i))
    }

    /// One object.
    pub fn get(&self, id: &str, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.table(id)?.get(&Key::new(namespace, name))
    }

    /// The objects of a kind in a namespace, or all if it is empty.
    pub fn list<'s>(&'s self, id: &str, namespace: &str) -> impl Iterator<Item = &'s Arc<Object>> {
        self.table(id).into_iter().flat_map(move |t| t.list(namespace, None))
    }

    /// The objects of a kind that name this uid among their owners.
    pub fn owned<'s>(&'s self, id: &str, uid: &str) -> impl Iterator<Item = &'s Arc<Object>> {
        self.table(id).into_iter().flat_map(move |t| t.owned(uid))
    }

    /// Stores an object under the next version, in place of what had its key.
    pub fn put(&mut self, id: &str, mut value: Value) -> Option<Arc<Object>> {
        let version = self.version + 1;
        super::json::set(&mut value, "/metadata/resourceVersion", version.to_string());
        let resource = Arc::clone(&self.table(id)?.resource);
        let object = Object::encode(&resource, &value);
        object.keep(self.keeps.then_some(value));
        self.put_encoded(id, object)
    }

    /// Stores an object that was encoded with [`Self::version`] + 1.
    pub fn put_encoded(&mut self, id: &str, object: Object) -> Option<Arc<Object>> {
        let version = self.version + 1;
        let table = self.by_id.get(id).and_then(|i| self.tables.get_mut(*i))?;
        let object = Arc::new(object);
        let old = table.objects.insert(object.key.clone(), Arc::clone(&object));
        old.iter().for_each(|old| old.keep(None));
        if old.as_ref().is_none_or(|old| old.owners != object.owners) {
            table.index(old.as_deref(), Some(&object));
        }
        let kind = Arc::clone(&table.id);
        let change = Arc::new(Change { version, kind, old, new: Some(Arc::clone(&object)), gone: None });
        table.remember(Arc::clone(&change));
        self.version = version;
        self.changes.push_back(change);
        Some(object)
    }

    /// Takes an object out. What it was at last, with the version of its removal.
    pub fn remove(&mut self, id: &str, key: &Key) -> Option<Arc<Object>> {
        let version = self.version + 1;
        let table = self.by_id.get(id).and_then(|i| self.tables.get_mut(*i))?;
        let old = table.objects.remove(key)?;
        table.index(Some(&old), None);
        let mut value = Arc::unwrap_or_clone(old.value());
        old.keep(None);
        super::json::set(&mut value, "/metadata/resourceVersion", version.to_string());
        let gone = Arc::new(Object::encode(&table.resource, &value));
        let kind = Arc::clone(&table.id);
        let change = Arc::new(Change { version, kind, old: Some(old), new: None, gone: Some(Arc::clone(&gone)) });
        table.remember(Arc::clone(&change));
        self.version = version;
        self.changes.push_back(change);
        Some(gone)
    }

    /// The oldest change that no controller has seen.
    pub fn next_change(&mut self) -> Option<Arc<Change>> {
        self.changes.pop_front()
    }

    /// A number that follows from the seed and from how many were drawn.
    pub fn draw(&mut self) -> u64 {
        self.drawn += 1;
        mix(self.seed ^ mix(self.drawn))
    }

    /// A uid (version 4 of RFC 9562).
    pub fn uid(&mut self) -> String {
        let (a, b) = (self.draw(), self.draw());
        let (b, a) = (b >> 2 | 1 << 63, a & !0xf000 | 0x4000);
        format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xffff, b >> 48, b & 0xffff_ffff_ffff)
    }

    /// Letters that a name generated by the server ends with, from the alphabet of `k8s.io/apimachinery/pkg/util/rand`.
    pub fn suffix(&mut self, letters: usize) -> String {
        (0..letters).map(|_| letter(self.draw())).collect()
    }
}

/// A letter of those that generated names end with (`k8s.io/apimachinery/pkg/util/rand`): the one that a number falls on.
pub fn letter(number: u64) -> char {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    ALPHABET.get(number as usize % ALPHABET.len()).map_or('x', |c| char::from(*c))
}

/// Scatters a number (the finaliser of `SplitMix64`, Steele, Lea and Flood 2014).
pub fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ n >> 31
}

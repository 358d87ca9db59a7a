//! Names for things that must not be confused: clusters, watches, objects.

use std::fmt;

/// A context of the kubeconfig, for one run of the program. There is no "current" cluster: every row, want, effect and notice carries one.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub u16);

/// One opening of a cluster; each has another number, so that what a closed connection still says is not taken for news of the next.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Session(pub u64);

impl Session {
    /// The one after this.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A running watch. Ids are never used twice in a run, so that a late message cannot revive a closed view.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchId(pub u64);

/// The uid of an object. API servers make them as UUIDs; anything else is hashed, which keeps equality and loses the text.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uid([u64; 2]);

impl Uid {
    /// Reads the text of a uid.
    pub fn parse(text: &str) -> Self {
        hex(text).map_or_else(|| Self::hashed(&[text]), |n| Self([(n >> 64) as u64, n as u64]))
    }

    /// The stand-in for an object that has no uid (metrics, broken objects): its namespace and name, never equal to a parsed UUID
    /// but by a chance of one in 2^122.
    pub fn of_name(namespace: &str, name: &str) -> Self {
        Self::hashed(&[namespace, "/", name])
    }

    /// Well mixed bits, for tables that index rows by uid.
    pub fn hash64(self) -> u64 {
        let Self([high, low]) = self;
        let mixed = (high ^ low.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Tables look at the low bits first, and a product has the entropy in the high ones.
        mixed ^ mixed >> 32
    }

    /// FNV-1a over the parts, with two seeds for the two halves.
    fn hashed(parts: &[&str]) -> Self {
        let half =
            |seed: u64| parts.iter().flat_map(|p| p.bytes()).fold(seed, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
        Self([half(0xcbf2_9ce4_8422_2325), half(0x6c62_272e_07bb_0142)])
    }
}

/// The number behind a UUID's 32 hexadecimal digits; `None` where the text is anything else.
fn hex(text: &str) -> Option<u128> {
    let mut digits = 0;
    let mut n = 0u128;
    for c in text.bytes().filter(|&c| c != b'-') {
        n = n << 4 | u128::from(char::from(c).to_digit(16)?);
        digits += 1;
    }
    (digits == 32).then_some(n)
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0;
        write!(f, "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xffff, b >> 48, b & 0xffff_ffff_ffff)
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A resourceVersion, good for one question only: is it the same? (Servers promise no more; the text itself stays with the watch.)
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Version {
    /// Reads the text of a resourceVersion. Numbers, which all API servers use, keep their value; other text is hashed.
    pub fn parse(text: &str) -> Self {
        Self(text.parse().unwrap_or_else(|_| Uid::hashed(&[text]).hash64()))
    }
}

/// A kind of object as API servers name the endpoint: `deployments` of the group `apps`. The version may differ from cluster to
/// cluster, which is why it is not in here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupResource {
    /// The API group; empty for the core group.
    pub group: Box<str>,
    /// The plural, lower-case name.
    pub resource: Box<str>,
}

impl GroupResource {
    /// The resource of a group.
    pub fn new(group: &str, resource: &str) -> Self {
        Self { group: group.into(), resource: resource.into() }
    }
}

/// As kubectl writes it: `pods`, `deployments.apps`.
impl fmt::Display for GroupResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

/// One object of one cluster, by everything that identifies it. What acts on an object holds one of these, never a row number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectRef {
    /// The cluster it lives in.
    pub cluster: ClusterId,
    /// Its kind.
    pub kind: GroupResource,
    /// Empty for objects of the whole cluster.
    pub namespace: Box<str>,
    /// Its name, as received.
    pub name: Box<str>,
    /// Tells it from an earlier object of the same name.
    pub uid: Uid,
}

impl ObjectRef {
    /// What it holds is neither shown nor written down.
    pub fn is_secret(&self) -> bool {
        self.kind == GroupResource::new("", "secrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_survives_and_other_text_differs() {
        let uuid = "0c6f4d7e-1b2a-4c3d-8e9f-a0b1c2d3e4f5";
        assert_eq!(Uid::parse(uuid).to_string(), uuid);
        assert_eq!(Uid::parse(&uuid.replace('-', "")), Uid::parse(uuid), "static pods have uids without hyphens");
        assert_ne!(Uid::parse("a"), Uid::parse("b"));
        assert_ne!(Uid::of_name("ab", "c"), Uid::of_name("a", "bc"));
    }
}

//! How keys reach actions: data in `keymaps/`, read in layers, the user's over ours. The only place that names key codes.
//!
//! A file says scope, then keys, then `action argument`; `false` takes a key away; keys after one another make a chord (`"g g"`):
//!
//! ```yaml
//! table:
//!   y: yaml
//!   "1": focus 1
//!   x: false
//! ```
//!
//! What actions do is not known here, only their names. **To add a keymap**: a file in `keymaps/` and a line in [`KEYMAPS`]. Its name then
//! goes into the config's example, and `UPDATE=1 cargo test --test it readme` puts it into the README; a test says so if it is forgotten.

pub mod key;
mod load;

pub use key::Key;
use std::collections::BTreeMap;

/// The keymaps that come with the program: name and text.
pub const KEYMAPS: &[(&str, &str)] = &[
    ("default", include_str!("../../keymaps/default.yaml")),
    ("vim", include_str!("../../keymaps/vim.yaml")),
    ("k9s", include_str!("../../keymaps/k9s.yaml")),
    ("emacs", include_str!("../../keymaps/emacs.yaml")),
];

/// Where keys are pressed. Every scope but the first one inherits from it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Whatever is open.
    Everywhere,
    /// Rows.
    Table,
    /// Text that is read: details, YAML.
    Document,
    /// Lines of logs.
    Logs,
    /// The screen of clusters.
    Clusters,
    /// The screen of changes.
    Changes,
    /// What a ConfigMap or Secret holds.
    Data,
    /// A text of many lines that is edited. Inherits only keys that type nothing.
    Editor,
    /// A line that is typed into. Inherits only keys that type nothing.
    Prompt,
    /// A question. Inherits nothing: what is not an answer takes it away and does nothing else.
    Dialog,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 10] = [
        Self::Everywhere,
        Self::Table,
        Self::Document,
        Self::Logs,
        Self::Clusters,
        Self::Changes,
        Self::Data,
        Self::Editor,
        Self::Prompt,
        Self::Dialog,
    ];

    /// Its name in a keymap.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Table => "table",
            Self::Document => "document",
            Self::Logs => "logs",
            Self::Clusters => "clusters",
            Self::Changes => "changes",
            Self::Data => "data",
            Self::Editor => "editor",
            Self::Prompt => "prompt",
            Self::Dialog => "dialog",
        }
    }

    fn inherits(self, keys: &[Key]) -> bool {
        match self {
            Self::Everywhere | Self::Dialog => false,
            Self::Table | Self::Document | Self::Logs | Self::Clusters | Self::Changes | Self::Data => true,
            Self::Editor | Self::Prompt => keys.iter().all(|k| k.typed().is_none()),
        }
    }
}

/// What keys do: the name of an action and what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The action.
    pub action: String,
    /// The rest of the line.
    pub argument: Option<String>,
}

/// What a sequence of keys means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// Do this.
    Action(&'a Binding),
    /// The beginning of a chord: wait for the next key.
    Prefix,
    /// Nothing.
    None,
}

/// The keys in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keymap(Vec<Entry>);

/// One line of a keymap.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    scope: Scope,
    keys: Vec<Key>,
    /// `None` where the keys were taken away.
    binding: Option<Binding>,
    file: String,
    line: u64,
}

impl Keymap {
    /// What the keys pressed so far mean in a scope. What the scope says of keys hides what it would inherit.
    pub fn lookup(&self, scope: Scope, pressed: &[Key]) -> Lookup<'_> {
        let mut prefix = false;
        for entry in self.reach(scope, |e| e.keys.starts_with(pressed)) {
            if entry.keys == pressed {
                return entry.binding.as_ref().map_or(Lookup::None, Lookup::Action);
            }
            prefix |= entry.binding.is_some();
        }
        if prefix { Lookup::Prefix } else { Lookup::None }
    }

    /// The keys that do this in a scope, as people write them, in the order of the keymap.
    pub fn keys_of(&self, scope: Scope, action: &str, argument: Option<&str>) -> Vec<String> {
        let wanted = |e: &Entry| e.binding.as_ref().is_some_and(|b| b.action == action && b.argument.as_deref() == argument);
        self.reach(scope, wanted).map(|e| written(&e.keys)).collect()
    }

    /// The first key of each action that takes no argument, in a scope.
    pub fn first_keys(&self, scope: Scope) -> BTreeMap<String, String> {
        let mut keys = BTreeMap::new();
        for (_, key, binding) in self.bindings(scope).filter(|(.., b)| b.argument.is_none()) {
            keys.entry(binding.action.clone()).or_insert(key);
        }
        keys
    }

    /// All bindings in force in a scope: where each is from, its keys, what it does. The scope's own come first.
    pub fn bindings(&self, scope: Scope) -> impl Iterator<Item = (Scope, String, &Binding)> {
        self.reach(scope, |_| true).filter_map(|e| Some((e.scope, written(&e.keys), e.binding.as_ref()?)))
    }

    /// The entries of this sort that count in a scope: its own, then those it inherits and says nothing about itself. Frames and keys ask for few
    /// of many.
    fn reach(&self, scope: Scope, is: impl Fn(&Entry) -> bool) -> impl Iterator<Item = &Entry> {
        let own = move |e: &&Entry| e.scope == scope;
        let inherits = move |e: &&Entry| {
            e.scope == Scope::Everywhere && scope.inherits(&e.keys) && !self.0.iter().any(|o| o.scope == scope && o.keys == e.keys)
        };
        let (own, inherited): (Vec<&Entry>, Vec<&Entry>) = self.0.iter().filter(|e| is(e)).partition(own);
        own.into_iter().chain(inherited.into_iter().filter(inherits))
    }
}

/// Keys as people write them: a chord has spaces in it.
fn written(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;

//! What an action or a view may ask for, by value. `app` carries it out.

pub use super::apply::{Apply, New};
use super::call::{Call, CallId};
use super::course::{ChangeId, Steer};
use super::data::Keyed;
use super::deed::Deed;
use super::draft::{Draft, Subject};
use super::finding::Cause;
use super::forward::Saved;
use super::id::{ClusterId, ObjectRef, Uid};
pub use super::known::{Known, Named};
use super::layout::Layout;
use super::leftover::Leftover;
pub use super::motion::Motion;
pub use super::notice::Notice;
pub use super::panes::{Panes, Pick};
use super::past::{Origin, Past};
use super::problem::Problem;
use super::record::Record;
pub use super::save::{Pour, Save, Tee};
use super::stroke::Stroke;
pub use super::unlock::{Unlock, Which};
use std::borrow::Cow;

/// One thing that an action asks for.
#[allow(clippy::large_enum_variant, reason = "a key makes a handful, and they are gone at once")]
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The world is to do something.
    Do(Effect),
    /// A screen opens over the present one.
    Open(Screen),
    /// The present screen closes, if another is under it.
    Back,
    /// The present screen closes, and what was written in it is lost.
    Discard,
    /// What was written before goes on in the present screen.
    TakeUp(Draft),
    /// The present screen closes; at the root this asks whether to leave.
    Leave,
    /// The program ends.
    Quit,
    /// A line is to be typed.
    Ask(Prompt),
    /// What the present screen shows is to be kept in a file.
    Save(Save),
    /// What comes on the present screen is to be kept in a file, as it comes.
    Tee(Tee),
    /// What is wrong, and what was done about it, is to be kept in a file.
    HandOver,
    /// Something happens within the present screen.
    Move(Motion),
    /// Something happens to the text that is edited in the present screen.
    Stroke(Stroke),
    /// The person is told something.
    Say(Notice),
    /// One cluster is looked at, or (`None`) all of them again.
    Focus(Option<ClusterId>),
    /// The present screen sorts by the column of this title.
    Sort(String),
    /// Objects are to be changed: a person is asked first.
    Change(Wish),
    /// What files say is to be applied: a person is asked first.
    Apply(Apply),
    /// Something new is to be written.
    New(New),
    /// What was written of an object, or a value of it, is to be stored: a person is asked first.
    Store(Draft),
    /// What can be taken back of an object is looked for: a person chooses, and is asked first.
    Undo(ObjectRef),
    /// This is to be taken back of an object: a person is asked first.
    TakeBack(ObjectRef, Origin),
    /// Something is done with a change that was confirmed.
    Steer(ChangeId, Steer),
    /// The forward that is kept under this name is to be opened: a person is asked first.
    Reopen(String),
    /// A read-only cluster is to be changed for a while.
    Unlock(Unlock),
    /// It is read-only again.
    Lock(Which),
    /// Something happens to the panes of the present screen.
    Panes(Panes),
    /// These namespaces are looked at; none means all.
    Namespaces(Vec<Box<str>>),
}

/// What the world is to do. General on purpose: a new verb needs no new variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open a cluster: connect, and watch what is wanted.
    Connect(ClusterId),
    /// Close it again.
    Disconnect(ClusterId),
    /// Try again now what waits for its next try, and ask the credential again.
    Retry(ClusterId),
    /// Ask it again what kinds it serves.
    Discover(ClusterId),
    /// Lend the terminal to the command that logs in, then retry every cluster of that credential.
    Login(ClusterId),
    /// Write down that this pod has to be removed again, or that it is gone.
    Leftover(Leftover, bool),
    /// Send a request. Only the write path asks for one that writes.
    Call(CallId, Call),
    /// Write down what is about to be done, or was.
    Journal(Box<Deed>),
    /// End what was opened by this request, and lasts.
    HangUp(CallId),
    /// Lend the terminal to the person's own editor, with this text.
    Write(Draft),
    /// Lend the terminal to the shell that was opened by this request.
    Enter(CallId),
    /// Read what is to be applied to this cluster from a file or folder.
    ReadManifests(ClusterId, String),
    /// Keep what was written.
    Keep(Draft),
    /// Forget what was kept.
    Forget(Subject),
    /// Look whether a text was kept, to take it up again.
    Recall(Subject),
    /// Move what was kept out of the way.
    PutAside(Subject),
    /// Write the journal into this file from now on.
    JournalTo(String),
    /// Read the journal.
    ReadJournal,
    /// Keep bytes in a file of about this name, which nobody else may read.
    Save(String, Vec<u8>),
    /// Keep what comes of a reader's lines.
    Tee(u64, Pour),
    /// Put text on the clipboard.
    Copy(String),
    /// Open an address in the browser, or put it on the clipboard where there is none.
    Open(String),
    /// Keep a forward under this name, or (`None`) no more.
    KeepForward(String, Option<Saved>),
    /// Stop as a shell's ctrl-z does.
    Suspend,
    /// Use the keys of this name, now and in later runs.
    Keymap(String),
    /// Keep a layout under this name; it is the one in use from now on.
    SaveLayout(String, Layout),
    /// The layout of this name is the one in use from now on, or the built-in one.
    UseLayout(Option<String>),
}

/// A screen to open.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// The panes over all open clusters.
    Overview,
    /// The rows of a kind, over all open clusters.
    Table(TableOf),
    /// One object, whole.
    Document(ObjectRef, Form),
    /// Picker, fleet and connections in one, with the cursor on this cluster, or else on the one that is looked at.
    Clusters(Option<ClusterId>),
    /// What is wrong in all open clusters.
    Health,
    /// What is wrong in a cluster for one cause, explained.
    Finding(ClusterId, Cause),
    /// What the pods write that belong to any of these.
    Logs(Vec<Only>),
    /// What happens in all open clusters, the newest first.
    Warnings,
    /// The changes of this run, the newest first.
    Changes,
    /// The forwards that are open.
    Forwards,
    /// The shells that are open.
    Shells,
    /// The changes that were made, the newest first.
    Journal,
    /// What can be taken back of an object, to choose one of it.
    Undo(ObjectRef, Vec<Past>),
    /// A record of the journal, whole.
    Record(Box<Record>),
    /// The keys in force.
    Help,
    /// A text that is edited; in the person's own editor at once if the flag is set.
    Edit(Subject, bool),
    /// Something new as a text that begins with this.
    New(Subject, String),
    /// Why something was not done: all that is wrong with files.
    Problems(String, Vec<Problem>),
    /// What something new can begin with, to choose one.
    Templates,
    /// What a ConfigMap or Secret holds, key by key.
    Data(ObjectRef),
    /// What can be done here, greyed with the reason where it cannot.
    Actions,
    /// The links of an object, to choose one.
    Links(Vec<Hyperlink>),
}

/// Which rows of which kind.
#[derive(Clone, Debug, PartialEq)]
pub struct TableOf {
    /// The kind, as it was asked for: a name that each cluster's discovery resolves.
    pub kind: Cow<'static, str>,
    /// Which of its objects.
    pub only: Only,
    /// The filter to start with.
    pub filter: String,
    /// The object to stand on.
    pub cursor: Option<ObjectRef>,
}

impl TableOf {
    /// All objects of a kind.
    pub fn all(kind: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: kind.into(), only: Only::All, filter: String::new(), cursor: None }
    }
}

/// A part of a kind's objects that belongs to another object.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Only {
    /// All of them.
    #[default]
    All,
    /// Those of one cluster.
    Cluster(ClusterId),
    /// Those of one namespace, in one cluster.
    Namespace(ClusterId, Box<str>),
    /// Pods that a selector of this object selects.
    SelectedBy(ObjectRef, Box<str>),
    /// Pods on this node.
    OnNode(ObjectRef),
    /// Events about this object.
    About(ObjectRef),
    /// Just this object.
    Object(ObjectRef),
    /// Those that this object owns.
    OwnedBy(ObjectRef),
    /// Pods that use this PersistentVolumeClaim.
    Claiming(ObjectRef),
    /// Those that this object tells the uids of.
    Told(ObjectRef, Box<[Uid]>),
    /// Those that this object names, all in one namespace.
    Named(ObjectRef, Named),
    /// Pods of what is called so.
    Alike(Workload),
}

/// What a pod is one of, by its name: the same in every cluster that it is rolled out to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Only in this cluster.
    pub cluster: Option<ClusterId>,
    /// Its namespace.
    pub namespace: Box<str>,
    /// As `Deployment`; `Pod` for one that nothing controls.
    pub kind: Box<str>,
    /// Its name.
    pub name: Box<str>,
}

/// How one object is shown.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Details,
    /// As it is.
    Yaml,
}

/// A line to be typed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Where to go: kinds, screens, clusters, actions.
    Goto,
    /// Which rows to show, or what to find in a text.
    Filter,
    /// Which lines to show, where something else is to be found in them.
    Sieve,
}

/// A change that is wanted, before anything is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The verb's name.
    pub verb: &'static str,
    /// What it is done to.
    pub targets: Vec<ObjectRef>,
    /// Marked objects that are out of sight, and left out.
    pub hidden: usize,
    /// What came with the key.
    pub argument: String,
}

/// Why an action does not apply here. Not an error: it greys the entry and explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject(pub Cow<'static, str>);

impl Reject {
    /// A reason.
    pub fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }
}

/// An object that an action may act on, and what the tables know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What it is.
    pub object: ObjectRef,
    /// What its kind knows of it; words are resolved.
    pub facts: Known,
    /// The owner that controls it: API version, kind, name.
    pub owner: Option<Owner>,
}

/// API version, kind, name and uid of an owner.
pub type Owner = (Box<str>, Box<str>, Box<str>, Uid);

/// A link of the config, filled from an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hyperlink {
    /// What it is called.
    pub name: String,
    /// Where it leads, or why it leads nowhere from here.
    pub url: Result<String, String>,
}

/// What an action is told of the screen it runs on.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// The object under the cursor; `None` where there is none or it is gone.
    pub cursor: Option<Target>,
    /// Why the cursor has no object to act on, where it once had.
    pub lost: Option<String>,
    /// Marked objects that are in sight.
    pub marked: Vec<ObjectRef>,
    /// Marked objects that the filter or the focus hides; never acted on.
    pub hidden_marks: usize,
    /// Clusters that can be focused, by digit.
    pub digits: Vec<(u8, ClusterId)>,
    /// The focused cluster.
    pub focus: Option<ClusterId>,
    /// What `copy` would copy.
    pub copyable: Option<String>,
    /// The links of the object under the cursor.
    pub links: Vec<Hyperlink>,
    /// The key that the cursor is on, on the screen of what a ConfigMap or Secret holds.
    pub key: Option<Keyed>,
    /// The cluster that the cursor is on, on a screen of clusters.
    pub cluster: Option<ClusterId>,
    /// That cluster is open.
    pub cluster_open: bool,
    /// The cluster whose state the cursor is on, on a screen of findings.
    pub state_of: Option<ClusterId>,
    /// How many panes the screen has; none where it is no screen of panes.
    pub panes: usize,
    /// A text is edited here.
    pub writing: bool,
    /// The finding that the cursor is on, on a screen of findings.
    pub finding: Option<(ClusterId, Cause)>,
    /// The pods that this finding is about.
    pub sick: Vec<ObjectRef>,
    /// The change that the cursor is on, on the screen of changes.
    pub change: Option<ChangeId>,
    /// The shell that the cursor is on, on the screen of shells.
    pub shell: Option<CallId>,
    /// The forward that the cursor is on, where it is open, as it would be kept.
    pub forward: Option<Saved>,
    /// The name under which the forward is kept that the cursor is on.
    pub kept: Option<String>,
    /// What the cursor is on, on the screen of what can be taken back.
    pub past: Option<(ObjectRef, Origin)>,
    /// The record that the cursor is on, on the screen of the journal.
    pub record: Option<Box<Record>>,
    /// Clusters that need a login or wait for their next try.
    pub troubled: Vec<(ClusterId, bool)>,
}

//! kconsole: one screen that holds live watch streams on many Kubernetes clusters. This page is the map.
//!
//! # Where things live
//!
//! | directory | what is in it | to add to it |
//! |---|---|---|
//! | [`model`] | what we know: plain data that every other directory speaks in | |
//! | [`kinds`] | how an object looks: from JSON to a row | a kind: one file, one word |
//! | [`health`] | what is wrong, why, and what to do next | a rule: one file, one word |
//! | [`safety`] | what may be written, and how: guard, plan, differences, journal, undo | |
//! | [`actions`] | what a user can do | a verb: one file, one word; one that changes something has its [`Verb`](safety::verb::Verb) in there; a template for something new: a file in `actions/new`, one word |
//! | [`keymap`] | how keys reach actions | a keymap: data in `keymaps/`, one line |
//! | [`k8s`] | the world: everything that awaits | |
//! | [`ui`] | what is on screen; no Kubernetes word in `widgets` | a screen: one file in `views`; as a pane: a line in `views/workspace/pane.rs`; a theme: data in `themes/` |
//! | [`demo`] | a fleet of its own: API servers in this process, and clusters behind them that live | a controller: one file, one word; a deployment: a document in `demo/shop` |
//! | [`app`] | the loop, and the only place that sees every other directory | a key of the config: `config.rs` |
//! | [`term`] | the terminal, taken and given back whole | |
//!
//! Tests are beside the code, and in `tests/it` what needs the whole program, `tests/cluster` real API servers, `tests/bench` figures.
//!
//! # Who may import whom
//!
//! ```text
//! model, term   -> nothing of the crate
//! keymap, kinds -> model
//! health        -> model, kinds
//! safety        -> model, kinds
//! actions       -> model, kinds, safety
//! demo          -> model, kinds
//! k8s           -> model, kinds
//! ui            -> model, kinds, health, safety; actions and keymap only to list them
//! app           -> all of them
//! ```
//!
//! An action never opens a screen and a view never calls a server: both answer by value with [steps](model::step::Step) and
//! [wants](model::want::Want). `tests/it/tidy.rs` has the arrows.
//!
//! # One direction
//!
//! ```text
//! API server -list, watch-> k8s::watch -Msg::Watch-+
//! a cluster's connection -> k8s::supervisor -Msg---+-> one bounded inbox --+
//! terminal -> a thread of its own -> a bounded channel, read first --------+
//! edits of files -> app::reload, in a task of its own ---------------------+
//! the clock ---------------------------------------------------------------+
//!                                                                          v
//!     app::state::State: the only thing that is written, by the loop alone
//!       | key -> keymap -> action(&Scene) -> [Step] -> [Effect] -> app::program -> k8s::session
//!       | views want -> app::watches compares with what runs -> start, stop
//!       v
//!     drawn when something changed: keys at once, data at most 30 times a second, visible rows only
//! ```
//!
//! Watches are wanted, not commanded: a view says what it needs, and what runs is made equal to that, as a controller does with spec and
//! status. What nobody wants any more lingers for a while, so that going back is instant.
//!
//! # What always holds
//!
//! Each with its reason, and with what enforces it.
//!
//! 1. *State has one writer and no lock*: drawing never waits for the network. `tidy::no_sharing`; the borrow checker.
//! 2. *`model kinds health safety actions keymap ui` are pure*: no async, file, socket, thread or clock, so that a session is a list of messages that
//!    can be played again. `tidy::{no_waiting, no_outside, no_clock}`.
//! 3. *`k8s` and `kinds` know no terminal*, because `get` and `check` run the same engine without one. `tidy::no_terminal`.
//! 4. *Colours are named in `ui/theme` only and key codes in `keymap` only*: a theme or keymap is one file of data.
//!    `tidy::{colours_in_theme, key_codes_in_keymap}`, `it::data`.
//! 5. *A message of a watch that was ended, or of a connection that was closed, changes nothing*: a late one must not revive it.
//!    `app::tests`.
//! 6. *A relist is swapped in whole or not at all, and an error is never shown as an empty list*: an empty list means that there is
//!    nothing. `it::engine` (FN2, FN3, FN19), the tests of `model::table`.
//! 7. *A cluster that fails keeps its last rows, marked with since when and why*, slows no other and never ends the program; tasks that
//!    panic are told of. `it::engine` (FN5, FN27, `a_panic_becomes_a_message_and_ends_nobody_else`), `app::tests`.
//! 8. *Cursor, marks and actions hold uid and cluster, never a row number*: a row that moves under the cursor is not acted on. The
//!    tests of `actions`: a [`Scene`](model::step::Scene) without an object gets a reject; those of `ui::views`.
//! 9. *Nothing polls where a watch exists*: one probe for each open cluster every 4 s, the clock, backoff and linger are all the timers
//!    there are. `it::engine` (`complaints_are_many_and_probes_are_few`); a forbidden watch is polled and says so (FA8).
//! 10. *Text from outside becomes visible before it reaches the screen or a message* ([`model::text::visible`]): a name can drive a
//!     terminal. `tidy::text_through_widgets`, the pty tests with `rig::grammar`. What is copied or printed as data stays as received.
//! 11. *Values of Secrets are in no row, log or message*: those kinds come as the server's own columns (`kinds::custom`),
//!     and annotations are not read, but for the number of a rollout. What is written of one is in a folder in memory, or nowhere. The tests of
//!     `k8s::connect`, `k8s::credential`, `ui::views` (`a_secret_is_neither_drawn_nor_copied`) and `app::texts`, `it::changes_data`.
//! 12. *Nothing panics on what comes from outside*: `unwrap`, `expect`, `panic!`, indexing and `unsafe` are denied by the lints.
//! 13. *Lower case never changes a cluster*: a slip of the finger costs nothing. `it::data`; no dialog takes what opened it (`it::changes`).
//! 14. *No pod shows twice*: contexts that lead to one cluster are open one at a time ([`k8s::kubeconfig::Context::cluster_fingerprint`]
//!     before connecting, the uid of kube-system after). `it::files`.
//! 15. *An edit takes effect at once, and a broken one changes nothing but a message*, save that what guards closes: `it::files`, the rows FC4
//!     and FC5; `it::guard`.
//! 16. *The digit of a cluster is its own for the whole run*: fingers remember it. `app::tests`, `it::files`.
//! 17. *The demo is a cluster like any other to all but `app`*: it is reached over HTTPS, so what works on it works for the same reason. It
//!     listens on loopback only and writes only into a folder that goes with it. `it::served`, `it::stage`; unmodified kubectl holds it to what a
//!     real control plane answers (`it::kubectl`).
//! 18. *No value from a cluster chooses where a link leads*: whoever may write objects chooses their names. Scheme and host stand in the config,
//!     values are data within the rest. The tests of `model::template`, `it::links`.
//! 19. *The guard fails closed*: rules that cannot be read, or a cluster that has not said who it is, make nothing looser. The properties of
//!     `safety::guard`, `it::guard`.
//! 20. *What is about to be done is on the disk before it is*, and nobody is let in who is not written down; no line of the journal can be changed
//!     unseen. Where it cannot be written, protected clusters take no change; on others it is said, and the change goes on. The tests of
//!     `safety::journal` and `app::journal`, `it::guard`, `it::changes`, `it::changes_walk`.
//! 21. *Every change to a cluster takes one path* ([`safety::change`]): rights, guard, dry run, preview, confirmation, journal, sending, following.
//!     Nothing that writes is asked for anywhere else; what was not drawn confirms nothing; a request names the very object that was shown.
//!     `it::changes_walk` walks every verb of the list along it, by what the server wrote down of its requests; the rows FW1 to FW10 are tests of that
//!     name; `it::changes_accidents`, `it::changes_data`, `it::changes_apply`; on a real control plane, with kubectl as the judge,
//!     `it::cluster::{change, apply}`.
//! 22. *A line of a log is let go of in one place*, the ring, which counts: whoever cannot keep up holds the server up. What may be missing is said where
//!     it is missing. `it::logs`, whose tests carry the rows FL1 to FL7.
//! 23. *What goes into a container is written down nowhere*: the journal has who, where, the exit code and how many bytes. A far side that is not heard of
//!     ends its stream, and the terminal is taken back whole from whatever had it; what a shell writes while nobody is in it does not reach the terminal.
//!     `it::exec`, `it::shells`, `it::forward`, over the protocols of older servers `it::older`, the tests of `k8s::stream`;
//!     on a real kubelet `it::cluster::stream`.
//!     What another program left of the terminal's settings is not what it is given back with (FT11, `it::lent`).
//! 24. *What a container sends is unpacked where it was asked for or not at all*: each entry is judged by its path alone, written without following a link,
//!     and put in its place once it is whole and compared (threat B18). `safety::archive`, the tests of `k8s::copy`, `it::copy`; on a real kubelet
//!     `it::cluster::copy`.
//! 25. *A pod with the rights of a node is removed again, whatever happens*: it is on the disk before it is made, and the next run finds what one left that
//!     was killed. `app::{debug, leftovers}`, `it::debug`.
//!
//! # Words
//!
//! - *context*: an entry of a kubeconfig. *Cluster*: what it leads to, and what is known of it; one for each context, by
//!   [`ClusterId`](model::id::ClusterId). There is no current one: a focused cluster is a filter.
//! - *open*: somebody wants to see it. Nothing is run and nothing connected for a cluster that nobody opened.
//! - *want*: objects of a kind that a view needs. *Watch*: what keeps a want true. *Delta*: what a watch has to say at once.
//! - *row*: what is kept of an object: *cells* to show and sort, *facts* for actions, its owner. *Words*: strings that many rows share.
//! - *sync*: how true a table is. *Link*: how a connection is. *Fault*: what went wrong, by what helps.
//! - *step*: one thing that an action asks for. *Effect*: a step that the world has to carry out. *Scene*: what an action is told.
//! - *pane*: a view beside others in the workspace. *Layout*: how panes share the room, by name. *Pick*: what the cursor of a pane is on, for
//!   others to follow.
//! - *scope*: where a key is pressed. *Motion*: what happens within a screen. *Role*: what a style is for.
//! - *problem*: a mistake in a file that a person wrote, with its line. *Notice*: what a person is told once. *Reject*: why an action
//!   does not apply here.
//! - *fleet*: the clusters of the demo. *Sim*: one of them without its server. *World*, in there: what is true of machines, images and load and
//!   stands in no object. *Incident*: a trouble that is played. *Order* of a fault: a server that does wrong because a test asked for it.
//! - *hyperlink*: what a link of the config is for one object. *Template*: its address before an object fills it.
//! - *verb*: a way to change objects. *Change*: one of these on its way, for one object or several; each is an *item* of it. *Plan*: the request that
//!   would be sent. *Course*: how far a change is that was confirmed, in a line. *Deed*: what is written down of it; *record*: the same as a line of
//!   the journal. *Trace*: what it takes to take it back. *Ruling*: what the guard says.
//! - *stroke*: what a key does to a text that is edited. *Manifest*: such a text, read; *bundle*: several, as objects of a cluster that are to be applied.
//!   *Rebase*: two changes of one text made one. *Draft*: a text that was written and is not stored. *Subject*: what it is about: an object, a value of one
//!   by its key, or something new.
//! - *tail*: a pod whose logs are followed; *reader*: of one of its containers, over all its restarts. *Chunk*: lines as they were received; *mark*: what we
//!   say between them. *Ring*: the lines that are held, by time; *spot*: the name of one. *Sieve*: a filter of lines; *lens*: which are shown. *Stand*: the
//!   line that one has stopped on. *Tee*: a file that lines go into as they come. *Lane*: a connection for streams that may stand still.
//! - *stream*: a WebSocket into a container or to a port of a pod. *Near*: the end of it that is here. *Forward*: a port of this machine that leads to one of
//!   pods; its *target* is where, and which pod is *fit* just now.
//! - *leftover*: a pod that has to be removed again, also by a later run.
//! - *held*: a shell that nobody is in; *visit*: the time in which somebody is. *Kept*: a forward with a name, for later runs.
//! - *transfer*: a copy that is asked for; its *course*: how far it is. *Far*: the side of it that is a container. *Head*: what an archive says of an entry;
//!   *verdict*: what is made of it.
//! - *own*: of the user's files (config, keymap, theme), as against ours that come with the program.
//!
//! # Where the design was left, and why
//!
//! - keymap imports model: files that people write are read in one way ([`model::yaml`]), with problems that look alike.
//! - `k8s` has more files than the design names: connection, credential and watch were each too much for one. A
//!   [`supervisor`](k8s::supervisor) judges a connection for all watches on it, so that none has timers of its own for that.
//! - Views decide what they want from the [`World`](model::world::World) each time they are asked; nothing is cached that would have to
//!   be kept true.
//! - A chunk of a log is copied once, into memory that the loop set aside: what tasks on several threads set aside and the loop frees lies about in
//!   pieces, which cost half of what the ring holds again.
//! - Files are read again by a task that sends what it read; the loop only compares. Folders are watched, not files, because editors
//!   and credential tools replace them. Another namespace in a context is no reason to connect anew: tools write that often.
//! - The demo's objects are JSON values and manifests in YAML rather than k8s-openapi's types: controllers change a field or two of
//!   what somebody else wrote, and must not lose the rest. The schemas, which say what may be written and how lists merge, are the real
//!   server's own, in one data file.
//! - A demo server keeps no queue for a watch: each reads the history of its kind where it stands.
//! - A write is a [`Call`](model::call::Call) by value; [`Effect`](model::step::Effect) has no variant for each verb of HTTP. A dialog is no view: it is
//!   drawn by `ui::change` over whatever view is open, since it outlives it.
//! - An edit is a view whose text a hidden change tries as one pauses; what is confirmed is a change like any other.
//! - What only rules read is watched as projections of whole objects, not as metadata or as the server's own columns: neither has what rules go by, as the
//!   conditions of endpoints, the backends of an ingress or what a quota has left. It is one byte in a hundred of what a cluster of 3,000 pods lists.
//! - [`Effect`](model::step::Effect) got `Keymap`: the first run asks which keys to take, and the answer has to be kept.

pub mod actions;
pub mod app;
pub mod demo;
pub mod health;
pub mod k8s;
pub mod keymap;
pub mod kinds;
pub mod model;
pub mod safety;
pub mod term;
pub mod ui;

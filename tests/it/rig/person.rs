//! A person at the program, with a demo server behind it: keys in, screen out, and what the server has by then.

mod near;

use super::SOON;
use super::fleet::Engine;
use super::preview::{shown, stored};
use kconsole::app::files::Paths;
use kconsole::demo::cluster::Cluster;
use kconsole::demo::fault::Fault;
use kconsole::demo::fleet::{Fleet, Options};
use kconsole::demo::store::Key;
use kconsole::demo::write::How;
use kconsole::model::call::{Call, CallId};
use kconsole::model::cluster::Tier;
use kconsole::model::step::Effect;
use kconsole::model::time::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Columns and rows: as wide as a dialog gets, and high enough for all that one says.
const SIZE: (u16, u16) = (110, 70);
/// How often it is asked anew where the program hears nothing: what becomes of the server need not reach it.
const AGAIN: Duration = Duration::from_millis(500);
/// Slower than a paste, and than a key that was on its way when the preview changed.
const HAND: Duration = Duration::from_secs(1);

/// The person.
pub struct Person {
    engine: Engine,
    cluster: Arc<Cluster>,
    fleet: Fleet,
    screen: Buffer,
    size: (u16, u16),
    clock: Duration,
    /// Streams that were opened and not talked with yet, and the forwards that were tried.
    streams: Vec<(CallId, Call)>,
    visited: Vec<CallId>,
}

impl Person {
    /// Looks at the table of a kind in one cluster, where one may try things and which has these objects in the namespace `here`.
    pub async fn start(kind: &'static str, objects: &[(&str, Value)]) -> Self {
        Self::start_in(false, kind, objects).await
    }

    /// The same in a cluster with a shop, whose machines run what one makes.
    pub async fn start_in_shop(kind: &'static str, objects: &[(&str, Value)]) -> Self {
        Self::start_in(true, kind, objects).await
    }

    /// The same in two such clusters.
    pub async fn start_in_two_shops(kind: &'static str) -> Self {
        Self::start_with(Options { clusters: 2, ..Options::default() }, kind, &[]).await
    }

    async fn start_in(has_shop: bool, kind: &'static str, objects: &[(&str, Value)]) -> Self {
        Self::start_with(Options { clusters: 1, has_shop, ..Options::default() }, kind, objects).await
    }

    async fn start_with(options: Options, kind: &'static str, objects: &[(&str, Value)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options { is_played: false, is_faulty: true, ..options };
        let fleet = Fleet::start(&options).expect("a fleet");
        let cluster = Arc::clone(&fleet.members()[0].cluster);
        cluster.with(|sim| {
            sim.create("namespaces", json!({"metadata": {"name": "here"}}), How::by("test")).expect("a namespace");
            for (id, object) in objects {
                let mut object = object.clone();
                object["metadata"]["namespace"] = json!("here");
                sim.create(id, object, How::by("test")).unwrap_or_else(|why| panic!("{id}: {why:?}"));
            }
        });
        let engine = Engine::start(&fleet, kind);
        let screen = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        let mut person =
            Self { engine, cluster, fleet, screen, size: SIZE, clock: Duration::ZERO, streams: Vec::new(), visited: Vec::new() };
        person.begins().await;
        person
    }

    /// Ends the program and starts it again on the table of a kind: with the same servers and files, and nothing else.
    pub async fn restarts(&mut self, kind: &'static str) {
        self.engine = Engine::start(&self.fleet, kind);
        self.begins().await;
    }

    async fn begins(&mut self) {
        self.engine.0.state.world.clusters.iter_mut().for_each(|cluster| cluster.tier = Tier::Dev);
        let is_there = |p: &Self| {
            let world = &p.engine.0.state.world;
            let is_known = world.clusters.iter().all(|cluster| cluster.catalog.is_some() && cluster.identity.is_some());
            world.tables.values().any(|t| t.is_listed()) && is_known
        };
        self.until("rows and kinds are there", is_there).await;
    }

    /// The cluster is of this tier from now on.
    pub fn tier(&mut self, tier: Tier) -> &mut Self {
        self.engine.0.state.world.clusters[0].tier = tier;
        self
    }

    /// The cluster is read-only from now on, or is not.
    pub fn readonly(&mut self, readonly: bool) -> &mut Self {
        self.engine.0.state.world.clusters[0].readonly = readonly;
        self
    }

    /// The server does this wrong from now on.
    pub fn order(&self, fault: Fault) {
        self.fleet.members()[0].faults.order(fault);
    }

    /// Clicks.
    pub fn click(&mut self, x: u16, y: u16) {
        self.engine.0.state.click(x, y);
    }

    /// Turns the wheel.
    pub fn wheel(&mut self, x: u16, y: u16, lines: i16) -> &mut Self {
        self.engine.0.state.wheel(x, y, lines);
        self
    }

    /// The requests that the server was sent so far, as it wrote them down.
    pub fn heard(&self) -> Vec<String> {
        self.fleet.members()[0].faults.heard()
    }

    /// What is in the journal.
    pub fn journal(&self) -> String {
        fs::read_to_string(self.journal_path()).unwrap_or_default()
    }

    /// The journal cannot be written from now on.
    pub fn lose_journal(&self) {
        let path = self.journal_path();
        let _ = fs::remove_file(&path); // nothing may have been written yet
        fs::create_dir(path).expect("the folder of the fleet can be written");
    }

    fn journal_path(&self) -> PathBuf {
        self.fleet.kubeconfig().with_file_name("journal.jsonl")
    }

    /// Goes on until every request of a change is answered, and every record of it written.
    pub async fn settles(&mut self) -> &mut Self {
        self.until("all is answered", |p| !p.engine.0.state.is_asking()).await;
        self
    }

    /// The cluster itself.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Presses a key so long after the last one.
    pub fn key_after(&mut self, after: Duration, key: &str) -> &mut Self {
        self.clock += after;
        self.engine.0.state.clock(self.clock);
        self.engine.0.state.key(key.parse().unwrap_or_else(|why| panic!("{key}: {why}")));
        self
    }

    /// Pastes a text.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.engine.0.state.paste(text);
        self
    }

    /// So many seconds pass for the program.
    pub fn wait(&mut self, seconds: i64) -> &mut Self {
        let now = self.engine.0.state.world.now.0 + seconds;
        self.engine.0.state.tick(Timestamp(now));
        self.perform();
        self.draw();
        self
    }

    /// The files of texts that were written and not stored.
    pub fn texts(&self) -> Vec<PathBuf> {
        let Paths { texts, secret_texts, .. } = &self.engine.0.paths;
        let folders = [Some(texts), secret_texts.as_ref()].into_iter().flatten();
        let mut files: Vec<PathBuf> = folders.filter_map(|f| fs::read_dir(f).ok()).flatten().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    /// There is no folder in memory for what Secrets hold.
    pub fn without_runtime_folder(&mut self) -> &mut Self {
        self.engine.0.paths.secret_texts = None;
        self.engine.0.state.world.secret_texts = None;
        self
    }

    /// The program ends, as it was asked to.
    pub fn ends(&mut self) {
        assert!(self.engine.0.state.is_over(), "{}", self.screen());
        self.engine.0.clear_up();
    }

    /// The person ends the program.
    pub async fn leaves(&mut self) {
        self.engine.0.state.leave();
        self.engine.0.remove_debugging().await;
        self.ends();
    }

    /// As much of the screen from now on: what is drawn ten thousand times is drawn small.
    pub fn resize(&mut self, size: (u16, u16)) -> &mut Self {
        self.size = size;
        self
    }

    /// Draws what there is now.
    pub fn look(&mut self) -> String {
        self.draw();
        self.screen()
    }

    /// An object of the namespace, as the server has it.
    pub fn has(&self, id: &str, name: &str) -> Value {
        self.cluster.look(|sim| sim.store.get(id, "here", name).unwrap_or_else(|| panic!("no {id} {name}")).value().as_ref().clone())
    }

    /// Names of all objects of a kind in the namespace.
    pub fn names(&self, id: &str) -> Vec<String> {
        self.cluster.look(|sim| sim.store.list(id, "here").map(|o| o.key.name.to_string()).collect())
    }

    /// Somebody else changes an object.
    pub fn other(&self, id: &str, name: &str, change: impl FnOnce(&mut Value)) {
        self.cluster.with(|sim| {
            let done = sim.update(id, &Key::new("here", name), How::by("other"), |object| {
                change(object);
                Ok(())
            });
            done.unwrap_or_else(|why| panic!("{id} {name}: {why:?}"));
        });
    }

    /// Presses keys, separated by blanks. A key acts on what was drawn.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.key(key);
            self.draw();
        }
        self
    }

    /// Types a text. Nothing is asked of the screen between two letters.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.key(&if c == ' ' { "space".to_owned() } else { c.to_string() });
        }
        self.draw();
        self
    }

    fn key(&mut self, key: &str) {
        self.key_after(HAND, key);
        self.perform();
    }

    /// Asks for an action by its name.
    pub fn act(&mut self, action: &str) -> &mut Self {
        self.press(":").text(action).press("enter")
    }

    /// Goes on until the screen shows a text.
    pub async fn sees(&mut self, text: &str) -> &mut Self {
        self.until(text, |p| p.screen().contains(text)).await;
        self
    }

    /// Goes on until this is so.
    ///
    /// # Panics
    /// With the screen where it does not become so.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        self.until_it(what, |p| is_so(p)).await;
    }

    /// The same; whoever looks may do something.
    pub async fn until_it(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let going = async {
            loop {
                self.perform();
                self.visit().await;
                self.draw();
                if is_so(self) {
                    return;
                }
                let _ = timeout(AGAIN, self.engine.0.listen()).await;
            }
        };
        let ended = timeout(SOON, going).await;
        assert!(ended.is_ok(), "{what}:\n{}", self.screen());
    }

    /// True where whatever was told so far has been acted upon: the clock, once more at the same second,
    /// makes nothing due.
    pub fn owes_nothing(&mut self) -> bool {
        self.perform();
        let state = &mut self.engine.0.state;
        state.tick(state.world.now);
        state.take_effects().is_empty()
    }

    fn perform(&mut self) {
        let left = self.engine.0.perform().into_iter();
        self.streams.extend(left.filter_map(|effect| if let Effect::Call(id, call) = effect { Some((id, call)) } else { None }));
    }

    fn draw(&mut self) {
        let state = &mut self.engine.0.state;
        while state.is_working() {
            state.work();
        }
        self.screen = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        state.draw(self.screen.area, &mut self.screen);
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        let line = |y| (0..self.screen.area.width).map(|x| self.screen[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..self.screen.area.height).map(line).collect::<Vec<_>>().join("\n")
    }

    /// The differences that the preview shows, each in a line: `spec.replicas  2 → 5`.
    pub fn preview(&self) -> Vec<String> {
        shown(&self.screen())
    }

    /// Goes on until the preview shows a difference.
    pub async fn previews(&mut self, text: &str) -> &mut Self {
        self.until(text, |p| p.preview().iter().any(|l| l.contains(text))).await;
        self
    }

    /// Waits for the preview of a change, confirms it, and holds what the server then has of an object against what the preview showed: all
    /// of it, and nothing else. Something new was nothing before.
    pub async fn confirms(&mut self, id: &str, name: &str) -> &mut Self {
        self.sees("accepted by the server").await;
        let before =
            self.cluster.look(|sim| sim.store.get(id, "here", name).map(|o| o.value().as_ref().clone())).unwrap_or_else(|| json!({}));
        let shown = self.preview();
        assert!(!shown.is_empty() && !self.screen().contains("more lines"), "{}", self.screen());
        // Enter goes through the fields, and confirms behind the last.
        while self.screen().contains("accepted by the server") {
            self.press("enter");
        }
        self.until("it is stored", |p| {
            ["✔", "✖", "ready, "].iter().any(|end| p.screen().contains(end)) && !p.screen().contains("on its way")
        })
        .await;
        assert_eq!(shown, stored(&before, &self.has(id, name)), "{}", self.screen());
        self
    }
}

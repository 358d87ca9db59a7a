//! A person without a terminal: presses keys by their written names and sees what is drawn. The clusters are scripted: rows are
//! read by the real kinds from the objects that a script delivers, and arrive as the messages that watches send.

mod logs;

use super::clusters::{catalog, cluster};
use kconsole::actions;
use kconsole::app::config::Config;
use kconsole::app::state::{Order, State};
use kconsole::app::tails::Pull;
use kconsole::keymap::{KEYMAPS, Keymap};
use kconsole::kinds;
use kconsole::kinds::custom::TableDecoder;
use kconsole::model::fault::Fault;
use kconsole::model::id::{ClusterId, GroupResource, Session, Uid, WatchId};
use kconsole::model::layout::Layouts;
use kconsole::model::log::{Tail, TailId};
use kconsole::model::msg::{ClusterNews, Delta, Link, Msg, News, Server, Sync, Traffic};
use kconsole::model::row::Row;
use kconsole::model::step::{Effect, Only, TableOf};
use kconsole::model::time::Timestamp;
use kconsole::model::want::Want;
use kconsole::model::words::Dictionary;
use kconsole::model::world::World;
use kconsole::ui::theme::{Depth, THEMES, Theme};
use kconsole::ui::view::View;
use kconsole::ui::views::table::TableView;
use kconsole::ui::views::workspace::WorkspaceView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// 2026-11-23 14:02:00 UTC.
pub const NOW: i64 = 1_795_442_520;
/// Columns and rows of the two sizes that every screen is looked at in.
pub const SMALL: (u16, u16) = (80, 24);
pub const LARGE: (u16, u16) = (200, 60);

/// The person, the program, and what the clusters have sent.
pub struct Robot {
    pub state: State,
    size: (u16, u16),
    screen: Buffer,
    running: BTreeMap<WatchId, Running>,
    /// The pods whose logs are followed.
    pub tails: BTreeMap<TailId, Tail>,
    effects: Vec<Effect>,
    /// A clock that never goes back.
    clock: Duration,
}

struct Running {
    want: Want,
    words: Dictionary,
    tables: TableDecoder,
}

impl Robot {
    /// Clusters of these names with the digits from 1 on. Those before the first `-` are open and answer.
    pub fn new(names: &[&str], resource: &'static str) -> Self {
        Self::start(names, resource, Layouts::default())
    }

    /// The overview over these clusters, laid out like this.
    pub fn laid_out(names: &[&str], layouts: Layouts) -> Self {
        Self::start(names, "overview", layouts)
    }

    fn start(names: &[&str], resource: &'static str, layouts: Layouts) -> Self {
        let open = names.iter().position(|n| *n == "-").unwrap_or(names.len());
        let clusters = names.iter().filter(|n| **n != "-").enumerate().map(|(i, name)| cluster(i, name)).collect();
        let world = World { now: Timestamp(NOW), began: Timestamp(NOW), clusters, layouts, ..World::default() };
        let actions: Vec<&str> = actions::all().map(|a| a.name).collect();
        let (keymap, problems) = Keymap::load(&[KEYMAPS[0]], &actions);
        assert_eq!(problems, []);
        let (theme, problems) = Theme::load(&[THEMES[0]]);
        assert_eq!(problems, []);
        let mut state = State::new(world, Config::default(), keymap, theme.at(Depth::True));
        for id in 0..open {
            state.connect(ClusterId(id as u16));
        }
        let of = TableOf { kind: resource.into(), only: Only::All, filter: String::new(), cursor: None };
        let view: Box<dyn View> =
            if resource == "overview" { Box::new(WorkspaceView::new(&state.world)) } else { Box::new(TableView::new(&state.world, of)) };
        state.push(view);
        let screen = Buffer::empty(Rect::new(0, 0, SMALL.0, SMALL.1));
        let mut robot = Self {
            state,
            size: SMALL,
            screen,
            running: BTreeMap::new(),
            tails: BTreeMap::new(),
            effects: Vec::new(),
            clock: Duration::ZERO,
        };
        for name in names.iter().take(open) {
            robot.cluster(name, ClusterNews::Link(Link::Up { latency: Duration::from_millis(3) }));
            robot.cluster(name, ClusterNews::Catalog(catalog()));
        }
        robot.settle();
        robot
    }

    /// Clusters with rows of pods and nothing else wrong.
    pub fn with_pods(pods: &[(&str, Vec<Value>)]) -> Self {
        let mut robot = Self::new(&pods.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "pods");
        for (cluster, pods) in pods {
            robot.list(cluster, "pods", pods);
        }
        robot
    }

    /// As much of the screen from now on.
    pub fn resize(&mut self, size: (u16, u16)) -> &mut Self {
        self.size = size;
        self.settle()
    }

    /// Presses keys, separated by spaces.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        self.press_every(Duration::from_millis(500), keys)
    }

    /// The same, so fast.
    pub fn press_every(&mut self, time: Duration, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.clock += time;
            self.state.clock(self.clock);
            self.state.key(key.parse().unwrap_or_else(|why| panic!("{key}: {why}")));
            self.settle();
        }
        self
    }

    /// Types a text, letter by letter.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let name = if c == ' ' { "space".to_owned() } else { c.to_string() };
            self.press(&name);
        }
        self
    }

    /// The first list of a kind in a cluster, whole.
    pub fn list(&mut self, cluster: &str, resource: &str, objects: &[Value]) -> &mut Self {
        self.deliver(cluster, resource, objects).sync(cluster, resource, Sync::Live)
    }

    /// Objects that came or changed.
    pub fn deliver(&mut self, cluster: &str, resource: &str, objects: &[Value]) -> &mut Self {
        self.send(cluster, resource, objects, &[]).settle()
    }

    /// Objects that were deleted, by their uids.
    pub fn delete(&mut self, cluster: &str, resource: &str, uids: &[&str]) -> &mut Self {
        self.send(cluster, resource, &[], uids).settle()
    }

    /// Objects that came and went, without a frame that shows it.
    pub fn send(&mut self, cluster: &str, resource: &str, objects: &[Value], uids: &[&str]) -> &mut Self {
        for id in self.watches(cluster, resource) {
            let running = self.running.get_mut(&id).expect("it runs");
            let (columns, upserts) = if objects.is_empty() { Default::default() } else { running.read(objects) };
            let (words, deletes) = (running.words.news(), uids.iter().map(|uid| Uid::parse(uid)).collect());
            self.state.message(Msg::Watch(id, News::Delta(Delta { columns, words, upserts, deletes })));
        }
        self
    }

    /// How true the rows of a kind are from now on.
    pub fn sync(&mut self, cluster: &str, resource: &str, sync: Sync) -> &mut Self {
        for id in self.watches(cluster, resource) {
            self.state.message(Msg::Watch(id, News::Sync(sync.clone())));
        }
        self.settle()
    }

    /// The same fault for all watches of a cluster and its connection.
    pub fn down(&mut self, cluster: &str, why: &Fault, retry_in: Option<Duration>) -> &mut Self {
        self.cluster(cluster, ClusterNews::Link(Link::Down { why: why.clone(), retry_in }));
        let id = self.id(cluster);
        let watches: Vec<WatchId> = self.running.iter().filter(|(_, r)| r.want.cluster == id).map(|(id, _)| *id).collect();
        for id in watches {
            self.state.message(Msg::Watch(id, News::Sync(Sync::Stale { why: why.clone(), retry_in })));
        }
        self.settle()
    }

    /// The world says something.
    pub fn message(&mut self, msg: Msg) -> &mut Self {
        self.state.message(msg);
        self.settle()
    }

    /// Something happened to a cluster as a whole.
    pub fn cluster(&mut self, name: &str, news: ClusterNews) -> &mut Self {
        let id = self.id(name);
        let session = self.state.world.cluster(id).map(|c| c.session).unwrap_or_default();
        self.state.message(Msg::Cluster(id, session, news));
        self.settle()
    }

    /// Time passes.
    pub fn wait(&mut self, seconds: i64) -> &mut Self {
        let now = Timestamp(self.state.world.now.0 + seconds);
        self.state.tick(now);
        self.settle()
    }

    /// What was asked of the world so far, but for watches.
    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The kinds that are watched in a cluster.
    pub fn watched(&self, cluster: &str) -> Vec<String> {
        let id = self.id(cluster);
        self.running.values().filter(|r| r.want.cluster == id).map(|r| r.want.kind.to_string()).collect()
    }

    /// Does what the loop does between two messages, then draws.
    fn settle(&mut self) -> &mut Self {
        self.effects.extend(self.state.take_effects());
        for order in self.state.reconcile() {
            match order {
                Order::Start(id, want, _) => {
                    let tables = TableDecoder::new(&want.kind);
                    self.running.insert(id, Running { want, words: Dictionary::default(), tables });
                }
                Order::Stop(id) => drop(self.running.remove(&id)),
            }
        }
        for pull in self.state.pulls() {
            match pull {
                Pull::Start(id, tail) => drop(self.tails.insert(id, tail)),
                Pull::Stop(id) => drop(self.tails.remove(&id)),
                Pull::Look(id, state) => drop(self.tails.entry(id).and_modify(|tail| tail.state = state)),
            }
        }
        self.draw();
        // What is drawn may tell where a cursor is, and what follows it then has work.
        if self.state.is_working() {
            self.draw();
        }
        self
    }

    fn draw(&mut self) {
        while self.state.is_working() {
            self.state.work();
        }
        self.screen = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        self.state.draw(self.screen.area, &mut self.screen);
    }

    fn id(&self, name: &str) -> ClusterId {
        let found = self.state.world.clusters.iter().find(|c| c.name == name);
        found.unwrap_or_else(|| panic!("no cluster {name}")).id
    }

    fn watches(&self, cluster: &str, resource: &str) -> Vec<WatchId> {
        let id = self.id(cluster);
        let is = |w: &Want| w.cluster == id && super::objects::is_called(&w.kind, resource);
        let found: Vec<WatchId> = self.running.iter().filter(|(_, r)| is(&r.want)).map(|(id, _)| *id).collect();
        assert!(!found.is_empty(), "nobody watches {resource} in {cluster}; the screen:\n{}", self.screen());
        found
    }

    /// What is on the screen, line by line, without what is blank at the ends.
    pub fn screen(&self) -> String {
        let area = self.screen.area;
        let line = |y| text_of(&self.screen, y).trim_end().to_owned();
        (0..area.height).map(line).collect::<Vec<_>>().join("\n")
    }

    /// The screen, cell by cell.
    pub fn cells(&self) -> &Buffer {
        &self.screen
    }

    /// The line of the screen that holds a text.
    pub fn line(&self, text: &str) -> String {
        let screen = self.screen();
        screen.lines().find(|l| l.contains(text)).unwrap_or_else(|| panic!("no {text:?} on the screen:\n{screen}")).to_owned()
    }

    /// The line of the cursor.
    pub fn cursor(&self) -> String {
        self.line("▌")
    }

    /// The last line.
    pub fn footer(&self) -> String {
        self.screen().lines().last().unwrap_or_default().trim().to_owned()
    }

    /// The upper border of the view.
    pub fn title(&self) -> String {
        self.screen().lines().nth(1).unwrap_or_default().to_owned()
    }

    /// The titles of the columns.
    pub fn header(&self) -> Vec<String> {
        let line = self.screen().lines().nth(2).unwrap_or_default().trim_matches(['│', ' ']).to_owned();
        line.split("  ").map(str::trim).filter(|t| !t.is_empty()).map(ToOwned::to_owned).collect()
    }

    /// The words in the NAME column, from top to bottom.
    pub fn names(&self) -> Vec<String> {
        let screen = self.screen();
        let titles = screen.lines().nth(2).unwrap_or_default();
        let at = titles.chars().collect::<Vec<_>>().windows(4).position(|w| w.iter().collect::<String>() == "NAME");
        // NAMESPACE begins alike.
        let at = titles.rmatch_indices("NAME ").map(|(i, _)| titles[..i].chars().count()).next().or(at).expect("a column NAME");
        let rows = screen.lines().skip(3).take_while(|l| !l.starts_with('╰'));
        let name = |l: &str| l.chars().skip(at).take_while(|c| !c.is_whitespace()).collect::<String>();
        rows.map(name).take_while(|n| !n.is_empty()).collect()
    }

    /// What is underlined in the rows: what a filter found.
    pub fn found(&self) -> Vec<String> {
        let is_found = |x: u16, y: u16| self.screen[(x, y)].modifier.contains(ratatui::style::Modifier::UNDERLINED);
        let of_line = |y| (0..self.size.0).map(|x| if is_found(x, y) { self.screen[(x, y)].symbol() } else { "\n" }).collect::<String>();
        (3..self.size.1 - 1).flat_map(|y| of_line(y).split('\n').map(str::to_owned).collect::<Vec<_>>()).filter(|t| !t.is_empty()).collect()
    }

    /// Clicks on a text within the view.
    pub fn click(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        let found = screen.lines().enumerate().skip(2).find(|(_, l)| l.contains(text));
        let (y, _) = found.unwrap_or_else(|| panic!("no {text:?} on the screen:\n{screen}"));
        self.click_line(y as u16, text)
    }

    /// Clicks on a text in a line of the screen.
    pub fn click_line(&mut self, y: u16, text: &str) -> &mut Self {
        let line = self.screen().lines().nth(usize::from(y)).unwrap_or_default().to_owned();
        let x = line.find(text).map(|at| line[..at].chars().count()).unwrap_or_else(|| panic!("no {text:?} in {line:?}"));
        self.state.click(x as u16, y);
        self.settle()
    }

    /// Fails with the screen where it does not show a text.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(text), "no {text:?} on the screen:\n{screen}");
        self
    }

    /// Fails with the screen where it shows a text.
    #[track_caller]
    pub fn misses(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} on the screen:\n{screen}");
        self
    }
}

impl Running {
    /// The rows of objects; and the columns where the server describes the kind.
    fn read(&mut self, objects: &[Value]) -> (Option<Vec<kconsole::model::column::Column>>, Vec<Row>) {
        if let Some(kind) = kinds::find(&self.want.kind) {
            return (None, objects.iter().map(|o| kind.row(o.to_string().as_bytes(), &mut self.words)).collect());
        }
        let definitions = json!([{"name": "Name", "type": "string"}, {"name": "Created At", "type": "date"}]);
        let columns = self.tables.head(json!({"columnDefinitions": definitions}).to_string().as_bytes()).expect("a table");
        let row = |o: &Value| json!({"cells": [o["metadata"]["name"], o["metadata"]["creationTimestamp"]], "object": o}).to_string();
        (columns, objects.iter().map(|o| self.tables.row(row(o).as_bytes(), &mut self.words)).collect())
    }
}

/// The text of a line as a terminal shows it: a wide character leaves no blank behind it.
fn text_of(screen: &Buffer, y: u16) -> String {
    let (mut line, mut x) = (String::new(), 0);
    while x < screen.area.width {
        let symbol = screen[(x, y)].symbol();
        line.push_str(symbol);
        x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
    }
    line
}

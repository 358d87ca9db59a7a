//! A demo fleet for tests, and the program's engine over it, without a screen.

use super::SOON;
use kconsole::app::cli::Flags;
use kconsole::app::files::Paths;
use kconsole::app::program::Program;
use kconsole::app::startup::{Setup, setup};
use kconsole::demo::fleet::{Fleet, Member, Options};
use kconsole::demo::json::{set, text};
use kconsole::demo::store::Key;
use kconsole::demo::write::How;
use kconsole::health::Limits;
use kconsole::k8s::connect::connect;
use kconsole::k8s::credential::Credentials;
use kconsole::model::step::TableOf;
use kconsole::model::time::Timestamp;
use kconsole::model::world::World;
use kconsole::ui::views::health::HealthView;
use kconsole::ui::views::table::TableView;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(500);

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}

/// Clusters without a shop, which do wrong on order.
pub fn bare(clusters: usize) -> Fleet {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = Options { clusters, is_played: false, is_faulty: true, has_shop: false, ..Options::default() };
    Fleet::start(&options).expect("a fleet")
}

/// Clusters with a shop, called as those of [`demo()`](super::demo::demo), which do wrong on order.
pub fn shops() -> Fleet {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = Options { clusters: super::demo::NAMES.len(), is_played: false, is_faulty: true, ..Options::default() };
    Fleet::start(&options).expect("a fleet")
}

/// The program's own files in the folder of a kubeconfig, which its owner takes away: nothing is left on the machine.
fn beside(kubeconfig: &Path) -> Paths {
    Paths::within(kubeconfig.parent().expect("a kubeconfig is in a folder"))
}

/// The contexts of a kubeconfig, as the program reads them.
pub fn contexts(kubeconfig: &Path) -> Setup {
    let flags = Flags { kubeconfig: Some(kubeconfig.to_owned()), all_contexts: true, ..Flags::default() };
    setup(&flags, beside(kubeconfig), true).expect("the kubeconfig is read")
}

/// A client of the first cluster, connected as the program connects.
pub async fn client(fleet: &Fleet) -> kube::Client {
    let setup = contexts(fleet.kubeconfig());
    let credential = Credentials::new(None).get(&setup.contexts[0]).await.expect("a credential");
    connect(&setup.contexts[0], &credential, &setup.settings).await.expect("a client")
}

/// Makes namespaces of these names, or changes them.
pub fn put(member: &Member, names: impl Iterator<Item = String>) {
    member.cluster.with(|sim| {
        for name in names {
            let key = Key::new("", &name);
            if sim.create("namespaces", json!({"metadata": {"name": name}}), How::by("test")).is_err() {
                let change = |object: &mut Value| {
                    let longer = format!("{}x", text(object, "/metadata/labels/a").unwrap_or_default());
                    set(object, "/metadata/labels/a", longer);
                    Ok(())
                };
                sim.update("namespaces", &key, How::by("test"), change).expect("a namespace changes");
            }
        }
    });
}

/// Takes a namespace away.
pub fn delete(member: &Member, name: &str) {
    member.cluster.with(|sim| sim.store.remove("namespaces", &Key::new("", name)));
}

/// The program without a screen, looking at one kind in all clusters.
pub struct Engine(pub Program);

impl Engine {
    pub fn start(fleet: &Fleet, kind: &'static str) -> Self {
        let setup = contexts(fleet.kubeconfig());
        Self(Program::new(setup, |state| Box::new(TableView::new(&state.world, TableOf::all(kind)))))
    }

    /// The program looking at the health of one context, with these limits.
    pub fn health(kubeconfig: &Path, context: &str, limits: Limits) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let flags = Flags { kubeconfig: Some(kubeconfig.to_owned()), context: vec![context.to_owned()], ..Flags::default() };
        let mut setup = setup(&flags, beside(kubeconfig), true).expect("the context is there");
        setup.own.config.health = limits;
        Self(Program::new(setup, |_| Box::new(HealthView::default())))
    }

    /// Goes on, rules and clock too, until nothing is left to wait for: what is, in words.
    ///
    /// # Panics
    /// With what is left, and all that is found, where that takes longer.
    pub async fn until_none(&mut self, what: &str, limit: Duration, mut left: impl FnMut(&World) -> String) {
        let mut open = String::new();
        let going = async {
            loop {
                drop(self.0.perform());
                while self.0.state.is_working() {
                    self.0.state.work();
                }
                self.0.state.world.findings.settle();
                open = left(&self.0.state.world);
                if open.is_empty() {
                    return;
                }
                if timeout(TICK, self.0.listen()).await.is_err() || self.0.state.world.now < now() {
                    self.0.state.tick(now());
                }
            }
        };
        let ended = timeout(limit, going).await;
        let all = self.0.state.world.findings.groups().iter().flat_map(|g| &g.findings);
        let all: String = all.map(|f| format!("\n  {:?} {} {}: {} | {}", f.severity, f.rule, f.object.name, f.what, f.evidence)).collect();
        assert!(ended.is_ok(), "{what} after {limit:?}: {open}\nof all that is found:{all}");
    }

    /// Goes on until this is so.
    ///
    /// # Panics
    /// With the tables as they are where it does not become so.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&World) -> bool) {
        let going = async {
            loop {
                drop(self.0.perform());
                if is_so(&self.0.state.world) {
                    return;
                }
                // A condition may be one of the clock or of the server, which the program hears nothing of.
                let _ = timeout(TICK, self.0.listen()).await;
            }
        };
        let ended = timeout(SOON, going).await;
        let tables =
            || self.0.state.world.tables.values().map(|t| format!("{:?}: {} rows, {:?}", t.want, t.len(), t.sync)).collect::<Vec<_>>();
        assert!(ended.is_ok(), "{what}: {:#?}\n{:#?}", tables(), self.0.state.world.clusters.iter().map(|c| &c.link).collect::<Vec<_>>());
    }
}

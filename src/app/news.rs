//! What the world says, taken into the state.

use super::config::Config;
use super::discovery::defines_kinds;
use super::state::State;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{ClusterId, Session, WatchId};
use crate::model::msg::{ClusterNews, Delta, Link, Msg, News, Sync};
use crate::model::step::{Effect, Notice};
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::world::{Demo, World};

impl State {
    /// The world says something.
    pub fn message(&mut self, msg: Msg) {
        match msg {
            Msg::Watch(id, News::Delta(delta)) => self.delta(id, delta),
            Msg::Watch(id, News::Sync(sync)) => self.sync(id, sync),
            Msg::Watch(id, News::Object(json)) => {
                if let Some(object) = self.world.objects.get_mut(&id) {
                    object.gone = json.is_none();
                    object.json = json.or(object.json.take());
                    object.changes += 1;
                    self.refresh();
                }
            }
            Msg::Log(id, news) => self.logs(id, news),
            Msg::LogOver(id) => self.read_out(id),
            Msg::Cluster(id, session, news) => self.cluster(id, session, news),
            Msg::Answer(id, answer) => self.answered(id, answer),
            Msg::Forward(id, now) => self.forwarded(id, now),
            Msg::Copying(id, now) => self.copying(id, now),
            Msg::Journalled(deed, written) => {
                if !self.unlock_journalled(&deed, &written) {
                    self.journalled(&deed, written);
                }
                if self.views.iter().any(|v| v.reads_journal()) {
                    self.effects.push(Effect::ReadJournal);
                }
            }
            Msg::Journal(read) => {
                self.world.journal = Some(read);
                self.refresh();
                self.journal_was_read();
            }
            Msg::Manifests(cluster, read) => self.apply_read(cluster, read),
            Msg::Told(notice) => self.say(notice),
            Msg::Demo(told) => {
                self.world.demo = Some(Demo { told: Some(told) });
                self.dirty = true;
            }
        }
    }

    fn delta(&mut self, id: WatchId, mut delta: Delta) {
        // Of a watch that was ended: its table is gone.
        let Some(table) = self.world.tables.get(&id) else { return };
        if let Some(most) = self.world.events_kept {
            table.keep_newest(&mut delta, most);
        }
        let (touched, columns) = (table.touched_by(&delta), delta.columns.is_some());
        let defined = (table.is_listed() && defines_kinds(&table.want.kind)).then(|| table.cluster());
        self.board.before(&self.world, id, &touched);
        for view in &mut self.views {
            view.before(&self.world, id, &touched);
        }
        let changed = self.world.tables.get_mut(&id).map(|t| t.apply(delta)).unwrap_or_default();
        self.board.after(&self.world, id, &changed);
        for view in &mut self.views {
            view.after(&self.world, id, &changed);
        }
        if columns {
            self.refresh();
        }
        self.pump();
        if let Some(cluster) = defined {
            self.rediscover(cluster);
        }
        self.dirty = true;
    }

    fn sync(&mut self, id: WatchId, mut sync: Sync) {
        let now = self.world.now;
        if let Sync::Stale { why, .. } = &mut sync {
            let of = self.world.tables.get(&id).map(Table::cluster).or_else(|| self.world.objects.get(&id).map(|o| o.want.cluster));
            if let Some(cluster) = of.and_then(|of| self.world.cluster(of)) {
                name_login(&self.config, &cluster.context, why);
            }
        }
        if let Some(table) = self.world.tables.get_mut(&id) {
            table.set_sync(sync, now);
        } else if let Some(object) = self.world.objects.get_mut(&id) {
            object.sync = sync;
            object.changes += 1;
        }
        self.refresh();
        self.pump();
    }

    fn cluster(&mut self, id: ClusterId, session: Session, news: ClusterNews) {
        let now = self.world.now;
        // What was still on its way when the cluster was closed is not true of the next connection, which may lead elsewhere.
        let Some(cluster) = self.world.cluster_mut(id).filter(|c| c.open && c.session == session) else { return };
        match news {
            ClusterNews::Traffic(traffic) => cluster.traffic = traffic,
            ClusterNews::User(user) => cluster.user = Some(user),
            ClusterNews::Server(server) => {
                let provider = server.provider.clone().or(cluster.about.provider.take());
                cluster.about = server;
                cluster.about.provider = provider;
            }
            ClusterNews::Link(mut link) => {
                if let Link::Down { why, .. } = &mut link {
                    name_login(&self.config, &cluster.context, why);
                }
                let retry_in = if let Link::Down { retry_in, .. } = &link { *retry_in } else { None };
                let retry_at = retry_in.map(|d| Timestamp(now.0 + d.as_secs() as i64));
                let is_another = std::mem::discriminant(&link) != std::mem::discriminant(&cluster.link);
                // Another reason, or another time to try again, is to be seen; a round trip that took a little longer is not.
                self.dirty |= is_another || retry_at != cluster.retry_at || matches!(link, Link::Down { .. }) && link != cluster.link;
                cluster.retry_at = retry_at;
                // While a connection is tried again, the reason why there is none stays on the screen, and since when.
                if !(matches!(link, Link::Connecting) && matches!(cluster.link, Link::Down { .. })) {
                    cluster.since = if is_another { now } else { cluster.since };
                    cluster.link = link;
                }
            }
            ClusterNews::Catalog(catalog) => self.discovered(id, catalog),
            ClusterNews::Identity(uid) => {
                cluster.identity = Some(uid);
                self.same_cluster(id);
                // What an earlier run left there may be waiting to hear whether it is that cluster.
                self.pump();
            }
        }
    }

    /// A cluster that turns out to be open under another name already is closed again: no pod may show twice.
    fn same_cluster(&mut self, id: ClusterId) {
        if let Some(notice) = self.twin_notice(id) {
            self.effect(Effect::Disconnect(id));
            self.say(notice);
        }
    }

    /// Why a cluster is not opened that is open under another name.
    pub(super) fn twin_notice(&self, id: ClusterId) -> Option<Notice> {
        Some(Notice::warn(format!("{}; to change the user, close that one first (C, then space)", twin(&self.world, id)?)).of(id))
    }
}

/// Has a fault name the command that logs in where the config has one: only the app knows it, and that one is run.
fn name_login(config: &Config, context: &str, why: &mut Fault) {
    if let FaultKind::Login(command) = &mut why.kind
        && let Some(configured) = config.cluster(context).login
    {
        *command = configured;
    }
}

/// What a cluster is that is open under another name.
pub(super) fn twin(world: &World, id: ClusterId) -> Option<String> {
    let twin = world.twin(id)?;
    let user = twin.user.as_ref().map_or_else(|| "already".to_owned(), |user| format!("as {user}"));
    Some(format!("is the same cluster as {}, which is open {user}", twin.name))
}

//! What a style is for. Drawing code names roles, never colours.

use crate::model::cell::Health;

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident $name:literal),* $(,)?) => {
        /// What a style is for.
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])* $role),* }

        impl Role {
            /// All roles, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$role),*];

            /// Its name in a theme.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name),* }
            }
        }
    };
}

roles! {
    /// What is under everything; a theme without it leaves the terminal's own background.
    Screen "screen",
    /// Whatever has no other role.
    Text "text",
    /// What matters less: units, hints, values that are not there.
    Dim "dim",
    /// What draws the eye when nothing is wrong.
    Accent "accent",
    /// The line around a pane.
    Border "border",
    /// The line around the pane that has the keys.
    BorderFocused "border.focused",
    /// The title of a pane.
    Title "title",
    /// The title of a pane that has not the keys.
    TitleUnfocused "title.unfocused",
    /// A tab; it names a pane that is not in sight.
    Tab "tab",
    /// The tab of the pane in sight.
    TabActive "tab.active",
    /// Titles of columns.
    Header "header",
    /// The title of the column that sorts.
    HeaderSorted "header.sorted",
    /// The row under the cursor; but for the screen the only role that should have a background.
    RowSelected "row.selected",
    /// A marked row.
    RowMarked "row.marked",
    /// A row whose object is gone.
    RowGone "row.gone",
    /// The part of a text that a filter or a search found.
    Match "match",
    /// Does what it should.
    StatusOk "status.ok",
    /// Has ended as it should, or rests.
    StatusDone "status.done",
    /// On its way.
    StatusBusy "status.busy",
    /// Deserves a look; a finding that warns.
    StatusWarn "status.warn",
    /// Broken; a finding that is critical.
    StatusBad "status.bad",
    /// Last known, no longer true for certain.
    Stale "stale",
    /// The name of the cluster with the key 1; the others follow.
    Cluster1 "cluster.1",
    /// Cluster 2.
    Cluster2 "cluster.2",
    /// Cluster 3.
    Cluster3 "cluster.3",
    /// Cluster 4.
    Cluster4 "cluster.4",
    /// Cluster 5.
    Cluster5 "cluster.5",
    /// Cluster 6.
    Cluster6 "cluster.6",
    /// Cluster 7.
    Cluster7 "cluster.7",
    /// Cluster 8.
    Cluster8 "cluster.8",
    /// Cluster 9.
    Cluster9 "cluster.9",
    /// A cluster that is true to the second.
    ClusterLive "cluster.live",
    /// A cluster whose lists are on their way.
    ClusterSyncing "cluster.syncing",
    /// A cluster that was live.
    ClusterStale "cluster.stale",
    /// A cluster that waits for a login.
    ClusterLogin "cluster.login",
    /// A cluster that does not answer.
    ClusterUnreachable "cluster.unreachable",
    /// A cluster that nobody opened.
    ClusterClosed "cluster.closed",
    /// A line that is typed into.
    Prompt "prompt",
    /// What makes no sense in it.
    PromptError "prompt.error",
    /// What it would complete to.
    PromptGhost "prompt.ghost",
    /// A message; a finding that only informs.
    NoticeInfo "notice.info",
    /// A message that should be read.
    NoticeWarn "notice.warn",
    /// A message about a failure.
    NoticeBad "notice.bad",
    /// A key in a hint.
    Key "key",
    /// A short word that stands out: protected, read-only, a filter in force.
    Badge "badge",
    /// The filled part of a bar where nothing is wrong; else it is drawn as the state.
    Bar "bar",
    /// The rest of a bar.
    BarEmpty "bar.empty",
    /// A line of small bars over time.
    Sparkline "sparkline",
    /// A key of a YAML document.
    YamlKey "yaml.key",
    /// A text of a YAML document.
    YamlText "yaml.text",
    /// A number, a truth or nothing in a YAML document.
    YamlNumber "yaml.number",
    /// What stands for folded lines.
    YamlFolded "yaml.folded",
}

impl Role {
    /// The role of the cluster with this key, 1 to 9; past nine they begin again.
    pub fn cluster(key: usize) -> Self {
        let eight = [
            Self::Cluster1,
            Self::Cluster2,
            Self::Cluster3,
            Self::Cluster4,
            Self::Cluster5,
            Self::Cluster6,
            Self::Cluster7,
            Self::Cluster8,
        ];
        eight.get(key.saturating_add(8) % 9).copied().unwrap_or(Self::Cluster9)
    }

    /// The role of the line around a pane that has the keys, or not.
    pub fn border(focused: bool) -> Self {
        if focused { Self::BorderFocused } else { Self::Border }
    }

    /// The role of the title of such a pane.
    pub fn title(focused: bool) -> Self {
        if focused { Self::Title } else { Self::TitleUnfocused }
    }

    /// The role of a state.
    pub fn status(health: Health) -> Self {
        match health {
            Health::Ok => Self::StatusOk,
            Health::Done => Self::StatusDone,
            Health::Busy => Self::StatusBusy,
            Health::Warn => Self::StatusWarn,
            Health::Bad => Self::StatusBad,
        }
    }
}

//! The command line.

use crate::ui::theme::ColorFlag;
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// One live screen over many Kubernetes clusters.
#[derive(Debug, Parser)]
#[command(
    name = "kconsole",
    version,
    about,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 well, 1 something failed, 2 wrong usage, 128+n after signal n."
)]
pub struct Cli {
    /// What to do instead of opening the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The kind to open, alone and full screen, instead of the overview; as kubectl names kinds: pods, deploy, certificates.cert-manager.io
    pub resource: Option<String>,
    /// Show the product on a fleet of its own, without any cluster; a scenario to practise on may be named, and `list` lists them
    #[arg(long, global = true, value_name = "SCENARIO", num_args = 0..=1, require_equals = true, default_missing_value = "",
          conflicts_with = "kubeconfig")]
    pub demo: Option<String>,
    /// Flags that hold for the screen and for every subcommand.
    #[command(flatten)]
    pub flags: Flags,
}

/// Reads the command line. `demo-server` has no screen and reads no kubeconfig, so its help does not tell of what holds for these.
pub fn parse() -> Cli {
    let mut command = Cli::command();
    let elsewhere: Vec<Arg> = command.get_arguments().filter(|a| a.is_global_set()).map(|a| a.clone().global(false).hide(true)).collect();
    command = command.mut_subcommand("demo-server", |serve| serve.args(elsewhere));
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// Flags that hold for the screen and for every subcommand.
#[derive(Debug, Clone, Default, Args)]
pub struct Flags {
    /// Contexts of the kubeconfig, by name or with * and ?
    #[arg(long, global = true, value_delimiter = ',', value_name = "CONTEXT", conflicts_with = "all_contexts")]
    pub context: Vec<String>,
    /// All contexts of the kubeconfig
    #[arg(long, global = true)]
    pub all_contexts: bool,
    /// Only these namespaces
    #[arg(short, long, global = true, value_delimiter = ',', value_name = "NAMESPACE", conflicts_with = "all_namespaces")]
    pub namespace: Vec<String>,
    /// All namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// This kubeconfig, instead of those of KUBECONFIG or ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Change nothing anywhere
    #[arg(long, global = true)]
    pub readonly: bool,
    /// The file of the journal, instead of the config's
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "demo")]
    pub journal: Option<PathBuf>,
    /// Act as this user
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,
    /// Act as a member of this group; may be given several times
    #[arg(long, global = true, value_name = "GROUP", requires = "as_user")]
    pub as_group: Vec<String>,
    /// The theme, instead of the config's
    #[arg(long, global = true, value_name = "THEME")]
    pub theme: Option<String>,
    /// The keymap, instead of the config's
    #[arg(long, global = true, value_name = "KEYMAP")]
    pub keymap: Option<String>,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
}

/// When to use colours.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// As the terminal can, and NO_COLOR allows
    #[default]
    Auto,
    /// Always, and all of them
    Always,
    /// Never
    Never,
}

impl From<When> for ColorFlag {
    fn from(when: When) -> Self {
        match when {
            When::Auto => Self::Auto,
            When::Always => Self::Always,
            When::Never => Self::Never,
        }
    }
}

/// What to do without the screen.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try each chosen context and say on a line how it is, or exactly why it cannot be used
    Check,
    /// Print the rows of a kind, merged over the chosen contexts
    Get(Get),
    /// Print what pods write, merged over the chosen contexts in the order of time
    Logs(LogsArgs),
    /// Run a command in a container, with a terminal where there is one here; its exit code is the command's. What is typed or piped in goes to it
    Exec(Exec),
    /// See what a container writes from now on, and type to it where it takes input
    Attach(AttachArgs),
    /// Reach ports of pods from this machine, over restarts and rollouts, until it is ended
    Forward(ForwardArgs),
    /// Copy a file or a folder out of a container or into one, as cp -r does: into what is a folder already. Both sides are compared; what breaks off
    /// leaves nothing behind
    Cp(Cp),
    /// What the guard would ask for a change
    Guard {
        /// What to tell
        #[command(subcommand)]
        command: GuardCommand,
    },
    /// Print the changes that were made, or begun
    Journal(JournalArgs),
    /// Print a completion script for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
    /// Print the version
    Version,
    /// Print where files are and what was found out about config, kubeconfig and terminal
    Info,
    /// Serve a demo fleet to any client until it is ended, and print the path of its kubeconfig
    DemoServer(DemoServer),
    /// Give the token of a demo cluster to whoever has logged in: the credential plugin of its kubeconfig
    #[command(hide = true)]
    DemoToken {
        /// The folder of the demo fleet
        folder: PathBuf,
    },
    /// Log in to a demo cluster
    #[command(hide = true)]
    DemoLogin {
        /// The folder of the demo fleet
        folder: PathBuf,
    },
}

/// What to tell of the guard.
#[derive(Debug, Subcommand)]
pub enum GuardCommand {
    /// Tell which rule decides about a change, why, and the step that it takes: enter, y, two keys, type the cluster's name, unlock, refused
    Explain(Explain),
}

/// The change that is asked about.
#[derive(Debug, Args)]
pub struct Explain {
    /// What would be done, as the actions are called
    pub verb: String,
    /// The kind, as kubectl names kinds; a custom one with its group
    pub kind: String,
    /// The object's name; it need not be there
    #[arg(default_value = "", hide_default_value = true)]
    pub name: String,
    /// How many objects at once
    #[arg(long, value_name = "N", default_value = "1")]
    pub objects: usize,
    /// To how many replicas it would be scaled
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub replicas: Option<i64>,
}

/// What to print of the journal.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct JournalArgs {
    /// What to do instead of printing it
    #[command(subcommand)]
    pub command: Option<JournalCommand>,
    /// Only what is not older: how long ago, as 2h, or a time in UTC, as 2026-11-27T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// How to print
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: JournalOutput,
}

/// What to do with the journal instead of printing it.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Tell whether all records are as they were written: exit code 0 where they are, or where there is none yet, 1 where they are not
    Verify,
}

/// How the journal is printed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub enum JournalOutput {
    /// A line for each change to an object
    Table,
    /// Every record as a line of JSON
    Json,
}

/// What a demo fleet is made of.
#[derive(Debug, Args)]
pub struct DemoServer {
    /// How many clusters
    #[arg(long, value_name = "N", default_value = "6", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub clusters: u16,
    /// How many pods in each cluster, beside those of its shop
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub pods: Option<u32>,
    /// How many nodes each cluster has, instead of its own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub nodes: Option<u32>,
    /// How many bytes each of those pods has, about
    #[arg(long, value_name = "N", default_value = "7500", requires = "pods", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub pod_bytes: u32,
    /// How many changes of pods there are in a second: of those beside the shop, or else of the shop's own
    #[arg(long, value_name = "CHANGES_PER_S", default_value = "0", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub churn: u32,
    /// What chance follows from: the same seed makes the same fleet
    #[arg(long, value_name = "S", default_value = "1")]
    pub seed: u64,
}

/// What `get` prints.
#[derive(Debug, Args)]
pub struct Get {
    /// The kind, as kubectl names kinds
    pub resource: String,
    /// Only the object of this name
    pub name: Option<String>,
    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    pub selector: String,
    /// How to print
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
    /// Go on and print changes
    #[arg(short, long)]
    pub watch: bool,
}

/// What `logs` prints.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Whose logs: a pod by its name, or deploy/web, statefulset/db, job/import; all pods of the namespace where nothing is named
    pub targets: Vec<String>,
    /// Pods with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    pub selector: String,
    /// Go on and print what comes, over restarts, new pods and lost connections
    #[arg(short, long)]
    pub follow: bool,
    /// Only what is not older: how long ago, as 10m, or a time in UTC, as 2026-11-27T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "tail")]
    pub since: Option<String>,
    /// Only so many lines of each container, from its end
    #[arg(long, value_name = "LINES")]
    pub tail: Option<u32>,
    /// Only these containers, by name or with * and ?
    #[arg(long, value_delimiter = ',', value_name = "CONTAINER")]
    pub container: Vec<String>,
    /// Only lines that fit this regular expression
    #[arg(long, value_name = "EXPRESSION")]
    pub grep: Option<String>,
    /// How to print
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: LogsOutput,
}

/// What `exec` runs, and where.
#[derive(Debug, Args)]
pub struct Exec {
    /// The pod by its name, or what a pod is chosen of: deploy/web, statefulset/db, svc/web
    pub target: String,
    /// The container, instead of the pod's own choice
    #[arg(short, long, value_name = "CONTAINER")]
    pub container: Option<String>,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// What `attach` is about.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The pod by its name, or what a pod is chosen of: deploy/web, statefulset/db, svc/web
    pub target: String,
    /// The container, instead of the pod's own choice
    #[arg(short, long, value_name = "CONTAINER")]
    pub container: Option<String>,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
}

/// What `cp` copies, and where.
#[derive(Debug, Args)]
pub struct Cp {
    /// What is copied: POD:PATH or deploy/web:PATH, or a path of this machine
    pub from: String,
    /// Where it goes: a path of this machine, or POD:PATH
    pub to: String,
    /// The container, instead of the pod's own choice
    #[arg(short, long, value_name = "CONTAINER")]
    pub container: Option<String>,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
}

/// What `forward` leads to.
#[derive(Debug, Args)]
pub struct ForwardArgs {
    /// What is reached: a pod by its name, or svc/web, deploy/web
    pub target: String,
    /// A port of it by number or name, after one of this machine where that is to be another: 8080, http, 8080:http; 0:http for any that is free
    #[arg(required = true, value_name = "[LOCAL:]PORT")]
    pub ports: Vec<String>,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
}

/// How lines are printed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogsOutput {
    /// The pod, the container and the line
    Text,
    /// The line alone, byte for byte
    Raw,
    /// An object of JSON with cluster, namespace, pod, container, time and message
    Json,
}

/// How rows are printed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// kubectl's columns
    Table,
    /// All columns
    Wide,
    /// Rows with typed cells, as JSON
    Json,
    /// Rows with typed cells, as YAML
    Yaml,
    /// Kind and name
    Name,
}

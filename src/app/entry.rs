//! From the command line to an exit code.

use super::cli::{Cli, Command, GuardCommand};
use super::files::{Paths, make_folder_of};
use super::startup::{self, Setup};
use super::{batch, demo, explain, journal, run};
use crate::model::text::visible;
use crate::term;
use clap::CommandFactory;
use color_eyre::eyre::{Result, WrapErr, eyre};
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;

/// What usage errors end with, as everywhere.
pub(super) const USAGE: u8 = 2;

/// Does what the command line says. Returns the exit code.
///
/// # Errors
/// What kept the program from starting, or ended it.
pub fn main(cli: &Cli) -> Result<u8> {
    match &cli.command {
        Some(Command::Completion { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "kconsole", &mut script);
            return print(&String::from_utf8_lossy(&script));
        }
        Some(Command::DemoServer(asked)) => return demo::serve(asked),
        Some(Command::DemoToken { folder }) => return demo::token(folder),
        Some(Command::DemoLogin { folder }) => return demo::login(folder),
        Some(Command::Version) => return print(&format!("kconsole {}\n", env!("CARGO_PKG_VERSION"))),
        _ => {}
    }
    let mut fleet = match cli.demo.as_deref() {
        None => None,
        Some("list") => return print(&demo::list()),
        Some(scenario) => match demo::start(scenario, cli.resource.as_deref()) {
            Ok(fleet) => Some(fleet),
            Err(wrong) => return Ok(wrong.tell()),
        },
    };
    let setup = match &mut fleet {
        None => startup::setup(&cli.flags, Paths::find(), cli.command.is_some()),
        Some(fleet) => demo::setup(fleet, &cli.flags),
    };
    let setup = match setup {
        Ok(setup) => setup,
        Err(why) => {
            eprint(&format!("kconsole: {why}"));
            return Ok(USAGE);
        }
    };
    if let Some(Command::Info) = &cli.command {
        return print(&batch::info(&setup));
    }
    if let Some(Command::Journal(asked)) = &cli.command {
        return journal::run(&setup, asked);
    }
    if let Some(Command::Guard { command: GuardCommand::Explain(asked) }) = &cli.command {
        setup.problems.iter().for_each(|problem| eprint(&format!("kconsole: {problem}")));
        return match explain::explain(&setup, asked) {
            Ok(told) => print(&told),
            Err(why) => {
                eprint(&format!("kconsole: {why}"));
                Ok(USAGE)
            }
        };
    }
    let runtime = runtime()?;
    let code = match &cli.command {
        Some(command) => runtime.block_on(batch::run(cli, command, setup)).wrap_err("standard output is gone")?,
        None => screen(cli, setup, &runtime)?,
    };
    // A plugin or a resolver that hangs must not keep the program.
    runtime.shutdown_background();
    u8::try_from(code).wrap_err("an exit code")
}

/// The loop has the main thread; clusters are read on two others, which is enough for the fastest of them.
pub(super) fn runtime() -> Result<Runtime> {
    // Someone else in the process having installed one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Builder::new_multi_thread().worker_threads(2).max_blocking_threads(16).enable_all().build().wrap_err("no threads to run on")
}

fn screen(cli: &Cli, setup: Setup, runtime: &Runtime) -> Result<i32> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(eyre!("the screen needs a terminal; `kconsole get` and `kconsole check` print without one"));
    }
    // Without a log the program runs as well; it only cannot say afterwards what happened.
    let _ = log(&setup.paths.log);
    let (panic_hook, _) = color_eyre::config::HookBuilder::default().display_env_section(false).into_hooks();
    term::install_panic_hook(std::thread::current().id(), move |info| eprint(&format!("{}", panic_hook.panic_report(info))));
    runtime.block_on(run::run(cli, setup)).wrap_err("the terminal cannot be used")
}

/// Logs to a file that only its owner reads. What kube and hyper log can hold bodies and headers, so only our own words go there.
fn log(path: &Path) -> io::Result<()> {
    make_folder_of(path)?;
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let ours = EnvFilter::new("off,kconsole=info");
    let made = tracing_subscriber::fmt().with_writer(Mutex::new(file)).with_ansi(false).with_env_filter(ours).finish();
    tracing::subscriber::set_global_default(made).map_err(io::Error::other)
}

/// Prints to standard output. Whoever closed it has read enough.
pub(super) fn print(text: &str) -> Result<u8> {
    let mut out = io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(0),
    }
}

/// Says what is wrong. Names and messages of servers and files are in it, so every line passes the sanitiser.
pub(super) fn eprint(text: &str) {
    for line in text.lines() {
        // There is no third place to say that this one is closed.
        let _ = writeln!(io::stderr(), "{}", visible(line));
    }
}

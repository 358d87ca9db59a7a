//! The binary: start, run, exit code.

use clap::Parser;
use kconsole::app::cli::Cli;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match kconsole::app::main(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(report) => {
            // There is no third place to say that this one is closed.
            let _ = writeln!(std::io::stderr(), "kconsole: {report:#}");
            ExitCode::FAILURE
        }
    }
}

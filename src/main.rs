//! The binary: start, run, exit code.

use clap::Parser;
use kconsole::app::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match kconsole::app::main(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(report) => {
            eprintln!("kconsole: {report:#}");
            ExitCode::FAILURE
        }
    }
}

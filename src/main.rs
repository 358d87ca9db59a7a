//! The binary: start, run, exit code.

use kconsole::app::cli;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::parse();
    match kconsole::app::main(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(report) => {
            // There is no third place to say that this one is closed.
            let _ = writeln!(std::io::stderr(), "kconsole: {report:#}");
            ExitCode::FAILURE
        }
    }
}

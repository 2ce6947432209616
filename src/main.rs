//! The command line: parse, run, print the error chain once, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

mod cli;

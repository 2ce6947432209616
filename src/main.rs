//! The command line: parse, run, print the error chain once, exit code.

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let command = cli::Cli::parse();
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::exit_code::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let mut message = format!("error: {error}");
            for cause in cli::exit_code::causes(&error) {
                message.push_str(&format!("\n  because: {cause}"));
            }
            // Where even stderr is closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::from(cli::exit_code::of(&error))
        }
    }
}

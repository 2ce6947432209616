//! The command line: parse, run, print the error chain once, exit code.

mod cli;

use std::io::Write;

fn main() {
    lnln_bench::support::signals::ignore_file_size_signal();
    let removed = cli::thread_variables::correct();
    let command = cli::Cli::from_command_line();
    let code = match command.run(&removed) {
        Ok(()) => 0,
        Err(error) if cli::exit_code::is_closed_pipe(&error) => 0,
        Err(error) => {
            // A message that stderr does not take has nowhere else to go.
            let _ = writeln!(std::io::stderr(), "{}", cli::exit_code::describe(&error));
            cli::exit_code::of(&error).into()
        }
    };
    cli::end::end(code)
}

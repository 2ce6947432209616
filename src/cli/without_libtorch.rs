//! Stands in for the commands that compute with libtorch in a build without it: says how to get the program with it.

use std::ffi::OsString;
use std::fmt;

use lnln_bench::support::{Classify, ErrorClass};

/// Anything: a command line of the whole program gets the same answer, `--help` included.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<OsString>,
}

/// A command that this build lacks.
#[derive(Debug)]
pub struct WithoutLibtorch;

impl fmt::Display for WithoutLibtorch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected the program with libtorch, which demo, run, run-one and predict compute with; found the static \
             one without it. Install the wheel: pip install lnln_bench-{}-py3-none-manylinux_2_34_x86_64.whl, or in \
             a source checkout: make build && make install",
            env!("CARGO_PKG_VERSION")
        )
    }
}

impl std::error::Error for WithoutLibtorch {}

impl Classify for WithoutLibtorch {
    fn class(&self) -> ErrorClass {
        ErrorClass::Unavailable
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, exit_code};

    #[test]
    fn every_command_line_of_the_whole_program_says_what_to_install() {
        for line in [
            "lnln-bench demo",
            "lnln-bench run --datasets mosi --models lnln,almt --rates 0:1:0.1",
            "lnln-bench run --help",
            "lnln-bench -q run suite.toml -v",
            "lnln-bench run-one --index 3",
            "lnln-bench predict runs/a --split test",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            let error = cli.run(&[]).unwrap_err();
            assert_eq!(exit_code::of(&error), 5, "{line}");
            let text = exit_code::describe(&error);
            assert!(text.contains("pip install lnln_bench-"), "{text}");
        }
    }
}

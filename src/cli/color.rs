//! `--color`: read before the command line is parsed, since clap colors its own messages.

use std::ffi::OsString;

use clap::{ColorChoice, ValueEnum};
use lnln_bench::support::color::{self, Color};

/// When to color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

impl From<When> for Color {
    fn from(when: When) -> Self {
        match when {
            When::Auto => Self::Auto,
            When::Always => Self::Always,
            When::Never => Self::Never,
        }
    }
}

/// Chooses the color of all output by the program's arguments; returns clap's choice.
pub fn choose() -> ColorChoice {
    let chosen = given(std::env::args_os().skip(1)).map_or(Color::Auto, Color::from);
    color::choose(chosen);
    match chosen.settled() {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
}

/// The value of `--color` in a command line, if clap will take it.
fn given(arguments: impl Iterator<Item = OsString>) -> Option<When> {
    let mut arguments = arguments.take_while(|argument| argument != "--");
    let mut when = None;
    while let Some(argument) = arguments.next() {
        let argument = argument.to_string_lossy();
        let value = match argument.strip_prefix("--color") {
            Some("") => arguments
                .next()
                .map(|value| value.to_string_lossy().into_owned()),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        when = value
            .and_then(|value| When::from_str(&value, false).ok())
            .or(when);
    }
    when
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_found_anywhere_before_two_dashes() {
        let given = |line: &str| given(line.split(' ').map(OsString::from));
        assert_eq!(given("run --color never x.toml"), Some(When::Never));
        assert_eq!(given("--color=always list"), Some(When::Always));
        assert_eq!(given("list --colors=always"), None);
        assert_eq!(given("list --color"), None);
        assert_eq!(given("list --color red"), None);
        assert_eq!(given("inspect -- --color=never"), None);
    }
}

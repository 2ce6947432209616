//! Decides whether output is colored: for help, errors, tables and log lines alike.

use std::io::IsTerminal;
use std::sync::OnceLock;

/// When to color.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set (<https://no-color.org>) or the terminal is `dumb`.
    #[default]
    Auto,
    Always,
    Never,
}

static CHOSEN: OnceLock<Color> = OnceLock::new();

/// Chooses for the whole process; the first choice counts.
pub fn choose(color: Color) {
    let _ = CHOSEN.set(color);
}

/// Whether stdout is colored.
pub fn stdout() -> bool {
    chosen().on(std::io::stdout().is_terminal())
}

/// Whether stderr is colored.
pub fn stderr() -> bool {
    chosen().on(std::io::stderr().is_terminal())
}

fn chosen() -> Color {
    CHOSEN.get().copied().unwrap_or_default().settled()
}

impl Color {
    /// `auto` with what the environment says of it: `never` where that refuses colors.
    pub fn settled(self) -> Self {
        let variable = |name| std::env::var_os(name).unwrap_or_default();
        let refused = !variable("NO_COLOR").is_empty() || variable("TERM") == "dumb";
        if self == Self::Auto && refused {
            Self::Never
        } else {
            self
        }
    }

    fn on(self, is_terminal: bool) -> bool {
        match self {
            Self::Auto => is_terminal,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_counts_only_for_auto() {
        let both = |color: Color| [color.on(true), color.on(false)];
        assert_eq!(both(Color::Auto), [true, false]);
        assert_eq!(both(Color::Always), [true; 2]);
        assert_eq!(both(Color::Never), [false; 2]);
    }
}

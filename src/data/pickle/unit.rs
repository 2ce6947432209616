//! Units of dates and durations.

/// Names numpy gives its units; the last one means that there is none.
const NAMES: [&str; 14] = [
    "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic",
];

/// A unit of `datetime64` and `timedelta64`, such as 25 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    name: u8,
    count: i32,
}

impl Unit {
    /// No unit.
    pub const GENERIC: Self = Self {
        name: NAMES.len() as u8 - 1,
        count: 1,
    };

    /// The unit of a name.
    pub fn new(name: &str, count: i64) -> Option<Self> {
        let name = NAMES.iter().position(|known| *known == name)?;
        let count = i32::try_from(count).ok().filter(|count| *count > 0)?;
        Some(Self {
            name: name as u8,
            count,
        })
    }
}

impl std::fmt::Display for Unit {
    /// As in numpy's `dtype.str`: `[ns]`, `[25s]`, or nothing.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (NAMES[usize::from(self.name)], self.count) {
            ("generic", _) => Ok(()),
            (name, 1) => write!(f, "[{name}]"),
            (name, count) => write!(f, "[{count}{name}]"),
        }
    }
}

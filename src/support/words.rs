//! Formats bytes, durations and ranges; compares names.

/// `4.1 GiB`.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

/// `3m20s`, `2h01m`, `3d04h`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m{s:02}s"),
        (0..72, m, _) => format!("{hours}h{m:02}m"),
        _ => format!("{}d{:02}h", hours / 24, hours % 24),
    }
}

/// `80`, or `79 to 81`.
pub fn span<T: PartialEq + std::fmt::Display>(least: T, most: T) -> String {
    if least == most {
        least.to_string()
    } else {
        format!("{least} to {most}")
    }
}

/// The name of a model in lower case without what separates its words. Dashes and dots between digits stay: `1-5` is not `15`;
/// so do signs with a meaning, such as the plus of `LNLN+`.
pub fn plain_name(name: &str) -> String {
    let lower: Vec<char> = name.to_lowercase().chars().collect();
    let digit = |at: Option<usize>| {
        at.and_then(|at| lower.get(at))
            .is_some_and(|c| c.is_ascii_digit())
    };
    let kept = lower.iter().enumerate().filter_map(|(at, &c)| {
        let separates = c.is_whitespace() || "-_.".contains(c);
        if !separates {
            return Some(c);
        }
        (digit(at.checked_sub(1)) && digit(at.checked_add(1))).then_some('-')
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let shown = [2048, 5 << 20, 3 << 29].map(bytes);
        assert_eq!(shown, ["2 KiB", "5 MiB", "1.5 GiB"]);
    }

    #[test]
    fn durations_are_short() {
        let texts = [0.4, 59.6, 200.0, 7260.0, 273_600.0].map(duration);
        assert_eq!(texts, ["0s", "1m00s", "3m20s", "2h01m", "3d04h"]);
    }

    #[test]
    fn spellings_of_one_name_are_equal() {
        for name in ["my-model", "My Model", "my_model ", "MyModel"] {
            assert_eq!(plain_name(name), "mymodel", "{name}");
        }
        for (a, b) in [("LNLN", "LNLN+"), ("net-1.5", "net-15"), ("a*", "a")] {
            assert_ne!(plain_name(a), plain_name(b));
        }
        assert_eq!(plain_name("net-1_5"), plain_name("Net 1.5"));
    }
}

//! Folders relative to each other, so that a report can be moved with its runs.

use std::path::{Component, Path, PathBuf};

/// `to` as a path from `from`, with `/` between its parts; `to` as given where it is nowhere.
pub fn relative(to: &Path, from: &Path) -> String {
    let (Some(to_whole), Some(from_whole)) = (whole(to), whole(from)) else {
        return to.display().to_string();
    };
    let (to, from): (Vec<Component>, Vec<Component>) = (
        to_whole.components().collect(),
        from_whole.components().collect(),
    );
    let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_string(), from.len() - shared);
    let down = to[shared..]
        .iter()
        .map(|c| c.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() {
        ".".to_string()
    } else {
        parts.join("/")
    }
}

/// A path from the root without links, also where its last parts do not exist yet.
fn whole(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let known = path.ancestors().find(|p| p.exists())?;
    let rest = path.strip_prefix(known).ok()?;
    Some(known.canonicalize().ok()?.join(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_up_and_down() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("runs")).unwrap();
        assert_eq!(relative(&at("runs"), &at("reports/new")), "../../runs");
        assert_eq!(relative(&at("runs"), &at("runs")), ".");
    }
}

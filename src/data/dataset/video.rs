//! Tells the video of a sample from its id.

/// The video that an id names: what is before MMSA's `$_$`, or before a number behind one of `_ / - [`.
pub fn video_of(id: &str) -> Option<String> {
    if let Some((video, _)) = id.split_once("$_$") {
        return Some(video.to_lowercase());
    }
    let (video, segment) = id.trim_end_matches(']').rsplit_once(['_', '/', '-', '['])?;
    let is_number = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !video.is_empty()).then(|| video.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_name_videos() {
        for id in [
            "aB-c_1$_$7",
            "aB-c_1_7",
            "aB-c_1/7",
            "aB-c_1[7]",
            "aB-c_1-7",
        ] {
            assert_eq!(video_of(id).as_deref(), Some("ab-c_1"), "{id}");
        }
        for id in ["clip7", "aB_c", "_7", "17"] {
            assert_eq!(video_of(id), None, "{id}");
        }
    }
}

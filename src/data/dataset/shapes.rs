//! Describes the shapes of a data set's features.

use serde::{Deserialize, Serialize};

/// Steps and features per step of every modality that the data have.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Shapes {
    /// Token ids of a sample, where there are token ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
    /// Steps and features of the text features, where there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<[usize; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<[usize; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vision: Option<[usize; 2]>,
}

impl std::fmt::Display for Shapes {
    /// `text 20 x 64, audio 1 x 10 (one vector per sample), no vision`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let features = |name: &str, shape: Option<[usize; 2]>| match shape {
            None => format!("no {name}"),
            Some([1, width]) => format!("{name} 1 x {width} (one vector per sample)"),
            Some([steps, width]) => format!("{name} {steps} x {width}"),
        };
        let tokens = self.tokens.map(|tokens| format!("{tokens} tokens"));
        let has_text = self.text.is_some() || self.tokens.is_none();
        let text = has_text.then(|| features("text", self.text));
        let others = [
            features("audio", self.audio),
            features("vision", self.vision),
        ];
        let all: Vec<String> = tokens.into_iter().chain(text).chain(others).collect();
        f.write_str(&all.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_vector_per_sample_and_what_is_absent_are_named() {
        let shapes = Shapes {
            text: Some([20, 64]),
            audio: Some([1, 10]),
            ..Shapes::default()
        };
        assert_eq!(
            shapes.to_string(),
            "text 20 x 64, audio 1 x 10 (one vector per sample), no vision"
        );
        let tokens = Shapes {
            tokens: Some(50),
            vision: Some([50, 20]),
            ..Shapes::default()
        };
        assert_eq!(tokens.to_string(), "50 tokens, no audio, vision 50 x 20");
    }
}

//! Describes the sizes of a BERT.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::model::error::{ModelError, Result, shape};

/// The sizes of `config.json`, under its names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BertConfig {
    pub vocab_size: i64,
    pub hidden_size: i64,
    pub num_hidden_layers: i64,
    pub num_attention_heads: i64,
    pub intermediate_size: i64,
    #[serde(default = "defaults::positions")]
    pub max_position_embeddings: i64,
    #[serde(default = "defaults::types")]
    pub type_vocab_size: i64,
    #[serde(default = "defaults::eps")]
    pub layer_norm_eps: f64,
    #[serde(default = "defaults::dropout")]
    pub hidden_dropout_prob: f64,
    #[serde(default = "defaults::dropout")]
    pub attention_probs_dropout_prob: f64,
}

/// Modules of one encoder layer that have a weight and a bias.
const LAYER: [&str; 8] = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];

/// Defaults of fields that `config.json` leaves out.
mod defaults {
    pub fn positions() -> i64 {
        512
    }
    pub fn types() -> i64 {
        2
    }
    pub fn eps() -> f64 {
        1e-12
    }
    pub fn dropout() -> f64 {
        0.1
    }
}

impl BertConfig {
    /// A BERT small enough to train from random weights in a demonstration.
    pub fn tiny(vocab_size: i64) -> Self {
        Self {
            vocab_size,
            hidden_size: 32,
            num_hidden_layers: 2,
            num_attention_heads: 4,
            intermediate_size: 64,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            hidden_dropout_prob: 0.1,
            attention_probs_dropout_prob: 0.1,
        }
    }

    /// Names of all parameters in Hugging Face's spelling, the pooler's last.
    pub fn parameter_names(&self) -> Vec<String> {
        let pair = |name: &str| ["weight", "bias"].map(|end| format!("{name}.{end}"));
        let mut names = ["word", "position", "token_type"]
            .map(|table| format!("embeddings.{table}_embeddings.weight"))
            .to_vec();
        names.extend(pair("embeddings.LayerNorm"));
        for i in 0..self.num_hidden_layers {
            let layer = LAYER.iter().map(|part| format!("encoder.layer.{i}.{part}"));
            names.extend(layer.flat_map(|part| pair(&part)));
        }
        names.extend(pair("pooler.dense"));
        names
    }

    /// Bytes of all parameters in float32.
    pub fn parameter_bytes(&self) -> u64 {
        4 * self.parameter_count() as u64
    }

    /// Number of parameters, the pooler's included.
    pub fn parameter_count(&self) -> i64 {
        let (h, wide) = (self.hidden_size, self.intermediate_size);
        let tables = self.vocab_size + self.max_position_embeddings + self.type_vocab_size + 2;
        let layer = 4 * (h * h + h) + 2 * h * wide + wide + h + 4 * h;
        tables * h + self.num_hidden_layers * layer + h * h + h
    }

    /// Whether a training pass draws random numbers.
    pub fn has_dropout(&self) -> bool {
        self.hidden_dropout_prob > 0.0 || self.attention_probs_dropout_prob > 0.0
    }

    /// Checks a token id against its table.
    ///
    /// # Errors
    /// [`ModelError::Tokens`].
    pub fn check_id(&self, id: i64) -> Result<()> {
        let hint = "is this the vocabulary the data were made with?";
        within("token ids", self.vocab_size, id, hint)
    }

    /// Checks tokens (B, 3, T) against the tables.
    ///
    /// # Errors
    /// [`ModelError::Tokens`] for an id outside its table or more steps than positions,
    /// [`ModelError::Input`] for another shape.
    pub fn check_tokens(&self, text: &Tensor) -> Result<()> {
        let size = text.size();
        if size.len() != 3 || size[1] != 3 {
            let expected = "(B, 3, T): ids, attention mask, segment ids".to_owned();
            let (model, got) = ("bert", shape(&size));
            return Err(ModelError::Input {
                model,
                what: "tokens",
                expected,
                got,
            });
        }
        within(
            "steps",
            self.max_position_embeddings + 1,
            size[2],
            "shorten the text",
        )?;
        if text.numel() == 0 {
            return Ok(());
        }
        let mut values = vec![0i64; text.numel()];
        let (count, steps) = (values.len(), size[2] as usize);
        text.to_kind(Kind::Int64)
            .contiguous()
            .copy_data(&mut values, count);
        let row = |row: usize| values.chunks(steps).skip(row).step_by(3).flatten().copied();
        let hint = "is this row 2 of text_bert?";
        let segment = |id| within("segment ids", self.type_vocab_size, id, hint);
        row(0).try_for_each(|id| self.check_id(id))?;
        row(2).try_for_each(segment)
    }
}

fn within(what: &'static str, limit: i64, got: i64, hint: &'static str) -> Result<()> {
    if (0..limit).contains(&got) {
        return Ok(());
    }
    Err(ModelError::Tokens {
        what,
        limit,
        got,
        hint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ids: &[i64], segments: &[i64]) -> Tensor {
        let row = |values: &[i64]| Tensor::from_slice(values).view([1, -1]);
        Tensor::stack(&[row(ids), row(ids).ones_like(), row(segments)], 1)
    }

    #[test]
    fn ids_outside_the_tables_are_refused() {
        let config = BertConfig::tiny(20);
        assert!(config.check_tokens(&text(&[0, 19], &[0, 1])).is_ok());
        let refused = |text: &Tensor| config.check_tokens(text).unwrap_err().to_string();
        let message = refused(&text(&[20], &[0]));
        assert!(message.contains("token ids in 0..20, got 20"), "{message}");
        assert!(config.check_id(19).is_ok());
        assert_eq!(config.check_id(20).unwrap_err().to_string(), message);
        let message = refused(&text(&[-1], &[0]));
        assert!(message.contains("got -1"), "{message}");
        let message = refused(&text(&[1], &[2]));
        assert!(message.contains("segment ids in 0..2, got 2"), "{message}");
        let message = refused(&text(&[1; 513], &[0; 513]));
        assert!(message.contains("steps in 0..513, got 513"), "{message}");
    }

    #[test]
    fn silent_keys_take_the_published_defaults() {
        let text = r#"{"vocab_size": 9, "hidden_size": 4, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 8}"#;
        let config: BertConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.max_position_embeddings, 512);
        assert_eq!(
            (config.layer_norm_eps, config.hidden_dropout_prob),
            (1e-12, 0.1)
        );
    }
}

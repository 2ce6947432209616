//! `metrics.jsonl`: what a run said of its epochs.

use serde_json::Value;

use super::scores::ScoredRun;

/// One epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    pub number: f64,
    /// Weighted total of the training loss.
    pub loss: Option<f64>,
    /// The selecting metric on the split that selects.
    pub watched: Option<f64>,
    pub samples_per_second: Option<f64>,
    /// Most memory held so far, in bytes.
    pub peak_memory: Option<f64>,
}

/// The epochs of a run, in order; none where it trained nothing or the log is gone.
pub fn read(run: &ScoredRun) -> Vec<Epoch> {
    let path = run.dir().map(|dir| dir.metrics());
    let text = path.and_then(|path| std::fs::read_to_string(path).ok());
    let text = text.unwrap_or_default();
    let metric = run.manifest.selection.metric.as_str();
    text.lines()
        .filter_map(|line| epoch(line, metric))
        .collect()
}

fn epoch(line: &str, metric: &str) -> Option<Epoch> {
    let value: Value = serde_json::from_str(line).ok()?;
    let scores = value.get("scores").map(|scores| pair(scores, metric));
    Some(Epoch {
        number: value.get("epoch")?.as_f64()?,
        loss: value.get("losses").and_then(|losses| pair(losses, "total")),
        watched: scores.unwrap_or_else(|| value.get("valid")?.as_f64()),
        samples_per_second: value.get("samples_per_second").and_then(Value::as_f64),
        peak_memory: value.get("peak_memory").and_then(Value::as_f64),
    })
}

/// A number by its name, in an object or in a list of pairs.
fn pair(of: &Value, name: &str) -> Option<f64> {
    match of {
        Value::Array(pairs) => {
            let named = |pair: &&Value| pair.get(0).and_then(Value::as_str) == Some(name);
            pairs.iter().find(named)?.get(1)?.as_f64()
        }
        other => other.get(name)?.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_log_are_read() {
        let old = r#"{"epoch":2,"losses":[["mse",1.5],["total",2.5]],"valid":0.8,"samples_per_second":52.0}"#;
        let new = r#"{"epoch":2,"losses":{"mse":1.5,"total":2.5},"scores":{"corr":0.1,"mae":0.8},"peak_memory":7}"#;
        let (old, new) = (epoch(old, "mae").unwrap(), epoch(new, "mae").unwrap());
        assert_eq!(
            (old.loss, old.watched, old.peak_memory),
            (Some(2.5), Some(0.8), None)
        );
        assert_eq!(
            (new.loss, new.watched, new.peak_memory),
            (Some(2.5), Some(0.8), Some(7.0))
        );
        assert_eq!(epoch("torn", "mae"), None);
    }
}

//! Holds predictions of samples outside the data set of a run, and writes them as CSV or Parquet.

use std::path::Path;

use polars::prelude::*;

use super::error::{Result, frame};
use crate::mask::Condition;
use crate::metric::{Protocol, Undefined};
use crate::support::csv_field::csv_field;
use crate::support::fs::write_atomic;

/// Predictions under one mask, in the order of the samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    pub mask_protocol: String,
    pub mask_seed: u64,
    pub condition: Condition,
    /// In label units, not clipped.
    pub prediction: Vec<f32>,
}

/// Predictions of some samples under some masks.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPredictions {
    pub ids: Vec<String>,
    /// Labels, none for a sample without one; `None` where no sample has one.
    pub truth: Option<Vec<Option<f32>>>,
    pub passes: Vec<Pass>,
    /// Whether rows name their mask.
    pub with_masks: bool,
}

/// A metric by name, with its value or the reason why it has none.
pub type NamedScore = (&'static str, std::result::Result<f64, Undefined>);

impl NewPredictions {
    /// `id`, `prediction`, then `truth` where there are labels and `mask_protocol`, `mask_seed`, `condition`
    /// where masks were asked for.
    pub fn to_csv(&self) -> String {
        let mut out = "id,prediction".to_owned();
        if self.truth.is_some() {
            out += ",truth";
        }
        out += if self.with_masks {
            ",mask_protocol,mask_seed,condition\n"
        } else {
            "\n"
        };
        for pass in &self.passes {
            for (row, (id, prediction)) in self.ids.iter().zip(&pass.prediction).enumerate() {
                out += &format!("{},{prediction}", csv_field(id));
                if let Some(truth) = &self.truth {
                    out.push(',');
                    out += &truth[row].map_or_else(String::new, |truth| truth.to_string());
                }
                if self.with_masks {
                    let condition = pass.condition.to_string();
                    let (name, condition) = (csv_field(&pass.mask_protocol), csv_field(&condition));
                    out += &format!(",{name},{},{condition}", pass.mask_seed);
                }
                out.push('\n');
            }
        }
        out
    }

    /// Writes Parquet with the columns of [`Self::to_csv`], atomically.
    ///
    /// # Errors
    /// If the file cannot be written; then whatever was at `path` is as it was.
    pub fn write_parquet(&self, path: &Path) -> Result<()> {
        let mut bytes = Vec::new();
        let mut table = self.frame()?;
        ParquetWriter::new(&mut bytes)
            .finish(&mut table)
            .map_err(frame("encode"))?;
        Ok(write_atomic(path, &bytes)?)
    }

    /// Every metric of a protocol on the samples of a pass that have a label; `None` where none has.
    pub fn scores(&self, protocol: &Protocol, pass: &Pass) -> Option<Vec<NamedScore>> {
        let truth = self.truth.as_ref()?;
        let pairs = pass.prediction.iter().zip(truth);
        let (predicted, truth): (Vec<f32>, Vec<f32>) =
            pairs.filter_map(|(p, truth)| Some((*p, (*truth)?))).unzip();
        let scored = protocol.metrics.iter();
        let scored = scored.map(|metric| (metric.name, (metric.compute)(&predicted, &truth)));
        Some(scored.collect())
    }

    fn frame(&self) -> Result<DataFrame> {
        let (passes, rows) = (self.passes.len(), self.ids.len());
        let ids = (0..passes).flat_map(|_| self.ids.iter().map(String::as_str));
        let ids = StringChunked::from_iter_values("id".into(), ids);
        let predicted: Vec<f32> = self
            .passes
            .iter()
            .flat_map(|p| p.prediction.clone())
            .collect();
        let mut columns = vec![
            ids.into_column(),
            Column::new("prediction".into(), predicted),
        ];
        if let Some(truth) = &self.truth {
            let truth: Vec<Option<f32>> = (0..passes).flat_map(|_| truth.clone()).collect();
            columns.push(Column::new("truth".into(), truth));
        }
        if self.with_masks {
            let texts = |name: &str, of: &dyn Fn(&Pass) -> String| {
                let each = self
                    .passes
                    .iter()
                    .flat_map(|p| std::iter::repeat_n(of(p), rows));
                StringChunked::from_iter_values(name.into(), each).into_column()
            };
            columns.push(texts("mask_protocol", &|pass| pass.mask_protocol.clone()));
            let seeds = self.passes.iter();
            let seeds = seeds.flat_map(|pass| std::iter::repeat_n(pass.mask_seed, rows));
            columns.push(Column::new("mask_seed".into(), seeds.collect::<Vec<u64>>()));
            columns.push(texts("condition", &|pass| pass.condition.to_string()));
        }
        DataFrame::new(passes * rows, columns).map_err(frame("arrange"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric;

    fn pass(condition: &str, prediction: &[f32]) -> Pass {
        Pass {
            mask_protocol: "random".into(),
            mask_seed: 7,
            condition: condition.parse().unwrap(),
            prediction: prediction.to_vec(),
        }
    }

    #[test]
    fn columns_are_those_that_were_asked_for() {
        let mut table = NewPredictions {
            ids: vec!["a".into(), "b, \"c\"".into()],
            truth: None,
            passes: vec![pass("0", &[0.5, -1.25])],
            with_masks: false,
        };
        assert_eq!(
            table.to_csv(),
            "id,prediction\na,0.5\n\"b, \"\"c\"\"\",-1.25\n"
        );
        table.truth = Some(vec![None, Some(2.0)]);
        table.passes.push(pass("l=0.2,a=0.7,v=0.7", &[0.25, 1.0]));
        table.with_masks = true;
        let csv = table.to_csv();
        assert!(csv.starts_with(
            "id,prediction,truth,mask_protocol,mask_seed,condition\na,0.5,,random,7,0\n"
        ));
        assert!(
            csv.ends_with("1,2,random,7,\"l=0.2,a=0.7,v=0.7\"\n"),
            "{csv}"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        table.write_parquet(&path).unwrap();
        let read = ParquetReader::new(std::fs::File::open(path).unwrap())
            .read_parallel(ParallelStrategy::None)
            .finish()
            .unwrap();
        assert_eq!((read.height(), read.width()), (4, 6));
        assert_eq!(read.column("truth").unwrap().null_count(), 2);
    }

    #[test]
    fn samples_without_a_label_are_not_scored() {
        let table = NewPredictions {
            ids: ["a", "b", "c"].map(str::to_owned).to_vec(),
            truth: Some(vec![Some(1.0), None, Some(-1.0)]),
            passes: vec![pass("0", &[2.0, 9.0, -1.0])],
            with_masks: false,
        };
        let protocol = metric::protocol("mosi").unwrap();
        let scores = table.scores(protocol, &table.passes[0]).unwrap();
        let mae = scores.iter().find(|(name, _)| *name == "mae").unwrap();
        assert_eq!(*mae.1.as_ref().unwrap(), 0.5);
    }
}

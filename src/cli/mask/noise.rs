//! Collects the masks that epochs of a training see for one file.

use std::str::FromStr;

use lnln_bench::data::dataset::{Corpus, Modality, SplitName};
use lnln_bench::mask::{
    self, Column, Noise, NoiseDraw, NoiseSpec, RateDistribution, SplitShape, TrainingSplit, Values,
};

use super::Chosen;
use super::several::texts;
use crate::cli::export_record::{EpochRecord, NoiseRecord};

/// Which masks of training.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Epochs of --noise, counted from 0: one, or FIRST:LAST (LAST included) [default: 0].
    #[arg(long, value_name = "EPOCHS", conflicts_with_all = ["rate", "rates"])]
    epochs: Option<Epochs>,
    /// Missing rates of --noise: half-complete, or one condition for all samples
    /// [default: half-complete].
    #[arg(long, value_name = "RATE", conflicts_with_all = ["rate", "rates"])]
    noise_rate: Option<RateDistribution>,
    /// First mask seed of the run; only the reference protocols draw --noise from it [default: 1111].
    #[arg(long, value_name = "SEED", conflicts_with_all = ["rate", "rates"])]
    mask_seed: Option<u64>,
}

/// A range of epochs, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Epochs {
    first: u32,
    last: u32,
}

impl FromStr for Epochs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(format!(
                "expected an epoch counted from 0, or FIRST:LAST with FIRST not above LAST, got `{text}`"
            )),
        }
    }
}

/// Masks of several epochs.
pub struct Epoched {
    /// The arrays of the file.
    pub columns: Vec<Column>,
    pub corpus: Corpus,
    pub record: NoiseRecord,
}

/// Draws the masks.
pub fn draw(kind: Noise, chosen: &Chosen, args: &Args) -> anyhow::Result<Epoched> {
    let distribution = args.noise_rate.unwrap_or(RateDistribution::HalfComplete);
    let spec = spec(kind, distribution, chosen, args.mask_seed.unwrap_or(1111))?;
    let (corpus, _) = chosen.open()?;
    let [train, _, test] = corpus.outlines()?;
    let split = TrainingSplit {
        dataset: corpus.name(),
        split: SplitShape::from(&train),
        test: (test.ids.len(), test.steps[Modality::Vision as usize]),
    };
    let Epochs { first, last } = args.epochs.unwrap_or(Epochs { first: 0, last: 0 });
    let mut epochs = Drawn::default();
    for epoch in first..=last {
        let draw = NoiseDraw::of_epoch(kind, chosen.seed, epoch, (&[], 1));
        epochs.add(&spec, &split, epoch, &draw.ok_or(mask::Error::NoNoise)?)?;
    }
    let record = NoiseRecord {
        noise: kind.to_string(),
        mask_protocol: spec.mask_protocol.name(),
        version: spec.mask_protocol.version(),
        noise_rate: distribution.to_string(),
        seed: chosen.seed,
        epochs: std::mem::take(&mut epochs.records),
    };
    let noise = [
        kind.to_string(),
        spec.mask_protocol.name().to_owned(),
        spec.mask_protocol.version().to_string(),
        chosen.seed.to_string(),
        corpus.name().to_owned(),
        distribution.to_string(),
    ];
    let mut columns = vec![
        texts("", "noise", noise.to_vec()),
        texts("", "content_hash", vec![corpus.content_hash.clone()]),
    ];
    columns.extend(epochs.columns(train.ids, train.steps));
    Ok(Epoched {
        columns,
        corpus,
        record,
    })
}

impl Epoched {
    /// A description of the masks.
    pub fn describe(&self) -> String {
        let NoiseRecord {
            noise,
            mask_protocol,
            version,
            noise_rate,
            seed,
            epochs,
        } = &self.record;
        let (count, first) = (epochs.len(), &epochs[0]);
        format!(
            "{}, training noise {noise} ({mask_protocol} v{version} at {noise_rate}), seed {seed}, \
             {count} epoch{}, from draw {} of hash {}",
            self.corpus.spec.title,
            if count == 1 { "" } else { "s" },
            first.draw,
            first.hash,
        )
    }
}

/// The noise, checked as `run` does.
fn spec(
    kind: Noise,
    distribution: RateDistribution,
    chosen: &Chosen,
    mask_seed: u64,
) -> Result<NoiseSpec, mask::Error> {
    match kind {
        Noise::Clean => return Err(mask::Error::NoNoise),
        Noise::ReferenceLoader { .. } => {
            let noise = kind.to_string();
            return Err(mask::Error::NoiseOrder { noise });
        }
        _ => {}
    }
    let mask_protocol = kind.mask_protocol(chosen.masks.as_deref())?;
    kind.check_rates(distribution)?;
    kind.check_copies(mask_protocol, distribution)?;
    distribution.check(mask_protocol, chosen.seed, mask_seed)?;
    Ok(NoiseSpec {
        kind,
        mask_protocol,
        distribution,
        mask_seed,
    })
}

/// Masks of several epochs, one after another.
#[derive(Default)]
struct Drawn {
    records: Vec<EpochRecord>,
    epochs: Vec<i64>,
    draws: Vec<i64>,
    hashes: Vec<String>,
    /// Text, audio, vision: (epochs, samples, positions).
    kept: [Vec<bool>; 3],
    /// (epochs, samples, 3).
    rates: Vec<f64>,
}

impl Drawn {
    fn add(
        &mut self,
        spec: &NoiseSpec,
        split: &TrainingSplit,
        epoch: u32,
        draw: &NoiseDraw,
    ) -> Result<(), mask::Error> {
        let copy = spec.copy(split, draw)?;
        self.epochs.push(epoch.into());
        self.draws.push(draw.number.into());
        let hash = spec.hash(split, draw, &copy);
        self.records.push(EpochRecord {
            epoch,
            draw: draw.number,
            hash: hash.clone(),
        });
        self.hashes.push(hash);
        for (kept, keep) in self.kept.iter_mut().zip(&copy.keeps) {
            kept.extend(&keep.bits);
        }
        let [text, audio, vision] = &copy.rates;
        for ((text, audio), vision) in text.iter().zip(audio).zip(vision) {
            self.rates.extend([text, audio, vision]);
        }
        Ok(())
    }

    fn columns(self, ids: Vec<String>, steps: [usize; 3]) -> Vec<Column> {
        let (epochs, samples) = (self.epochs.len(), ids.len());
        let group = SplitName::Train.as_str();
        let list = |name, values| Column {
            group: "",
            name,
            shape: vec![epochs],
            values: Values::Integers(values),
        };
        let mut columns = vec![
            list("epoch", self.epochs),
            list("draw", self.draws),
            texts(group, "id", ids),
            texts(group, "hash", self.hashes),
            Column {
                group,
                name: "rates",
                shape: vec![epochs, samples, 3],
                values: Values::Floats(self.rates),
            },
        ];
        let masks = Modality::ALL.into_iter().zip(self.kept).zip(steps);
        columns.extend(masks.map(|((modality, kept), steps)| Column {
            group,
            name: modality.as_str(),
            shape: vec![epochs, samples, steps],
            values: Values::Bools(kept),
        }));
        columns
    }
}

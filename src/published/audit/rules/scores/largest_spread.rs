//! The largest spread that scores with one mean can have.

use crate::data::dataset;
use crate::published::audit::Arranged;
use crate::published::audit::arranged::Seen;
use crate::published::parse::ParsedCell;

/// Spreads of a column beyond the highest score, from which on it is no column of standard deviations.
const SPREADS: usize = 4;

/// Lowest and highest score; `None` where the labels are not known.
fn range(cell: &ParsedCell) -> Option<[f64; 2]> {
    match (cell.metric.share, cell.metric.name) {
        (true, _) => Some([0.0, 100.0]),
        (_, "corr") => Some([-1.0, 1.0]),
        (_, "mae") => {
            let [low, high] = dataset::find(&cell.dataset).ok()?.label_range;
            Some([0.0, f64::from(high - low)])
        }
        _ => None,
    }
}

/// A spread as a part of the range.
pub fn part(cell: &ParsedCell, sd: f64) -> f64 {
    range(cell).map_or(0.0, |[low, high]| sd / (high - low))
}

/// The largest standard deviation of runs with this mean: of two runs where their number is not known, for
/// fewer runs have larger ones.
pub fn largest(arranged: &Arranged<'_>, cell: &ParsedCell) -> Option<f64> {
    let [low, high] = range(cell)?;
    let runs = f64::from(arranged.settings.seeds.unwrap_or(2).max(2));
    let mean = cell.number.value;
    let inside = (low..=high).contains(&mean);
    let product = (mean - low) * (high - mean) * runs / (runs - 1.0);
    inside.then(|| product.max(0.0).sqrt() + cell.number.ulp())
}

/// Why most spreads of a column are none: they are beyond the highest score, so that they are no other score in brackets either.
pub fn beyond(spreads: &[(Seen<'_>, f64)]) -> Option<String> {
    let is_beyond =
        |(seen, sd): &&(Seen<'_>, f64)| range(seen.cell).is_some_and(|[_, top]| *sd > top);
    let (first, sd) = spreads.iter().find(is_beyond)?;
    let count = spreads.iter().filter(is_beyond).count();
    let [_, top] = range(first.cell)?;
    (count >= SPREADS && 2 * count > spreads.len()).then(|| {
        format!(
            "{count} of {} spreads are larger than any score is (the first, {} \u{b1} {sd}, where {top} is the highest): are they percent of \
             the mean (`scipy.stats.variation`), or in another unit?",
            spreads.len(),
            first.cell.number.text(),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::published::audit::Strength;
    use crate::published::audit::rules::testing::found;

    fn table(spread: fn(f64) -> f64) -> String {
        let mut text = "method,mosi_acc7,mosi_mae,mosi_corr\n".to_string();
        for (method, mae) in [0.74, 0.82, 0.91, 0.99, 1.07].into_iter().enumerate() {
            let (corr, sd) = (1.4 - mae, 0.01 + 0.02 * method as f64);
            let [mae_sd, corr_sd] = [spread(mae), spread(corr)].map(|mean| sd * mean);
            text += &format!(
                "M{method},41.{method}7,{mae:.3} \u{b1} {mae_sd:.3},{corr:.3} \u{b1} {corr_sd:.3}\n"
            );
        }
        text
    }

    /// Each number with one of another table behind it.
    fn brackets() -> String {
        let rows = (0..5).map(|m| format!("M{m},8{m}.51 (8{m}.93),0.8{m}3 (0.8{m}9)\n"));
        format!("method,mosi_acc2_n,mosi_corr\n{}", rows.collect::<String>())
    }

    #[test]
    fn spreads_in_percent_of_their_mean_are_found_by_column() {
        assert!(found("wrong-spread", &table(|_| 1.0)).is_empty());
        // Another score in brackets.
        assert!(found("wrong-spread", &brackets()).is_empty());
        // `100 * std / mean`.
        let all = found("wrong-spread", &table(|mean| 100.0 / mean));
        let about: Vec<&str> = all.iter().map(|finding| &*finding.about).collect();
        assert_eq!(about, ["mosi, Corr"], "{all:?}");
        assert_eq!(all[0].strength, Strength::VeryUnlikely);
        assert!(all[0].why.contains("percent of the mean"), "{}", all[0].why);
    }
}

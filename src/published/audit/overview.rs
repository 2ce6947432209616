//! Summarizes what was read of a table: its methods, conditions, and the range of each metric by data set.

use schemars::JsonSchema;
use serde::Serialize;

use crate::published::parse::{ParsedCell, ParsedTable};

/// What was read of one data set.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Overview {
    /// Empty where the table names none.
    pub dataset: String,
    /// In the order of the table.
    pub methods: Vec<String>,
    pub conditions: Vec<String>,
    pub metrics: Vec<MetricRange>,
}

/// The numbers of a metric.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MetricRange {
    pub title: String,
    /// Shares in percent.
    pub least: f64,
    pub most: f64,
    #[serde(skip)]
    decimals: usize,
}

/// One for each data set of a table.
pub fn overviews(table: &ParsedTable) -> Vec<Overview> {
    let mut out: Vec<Overview> = Vec::new();
    for cell in &table.cells {
        let known = out.iter().position(|o| o.dataset == cell.dataset);
        let at = known.unwrap_or_else(|| {
            out.push(Overview {
                dataset: cell.dataset.clone(),
                methods: Vec::new(),
                conditions: Vec::new(),
                metrics: Vec::new(),
            });
            out.len() - 1
        });
        out[at].add(cell);
    }
    out
}

impl Overview {
    fn add(&mut self, cell: &ParsedCell) {
        add_new(&mut self.methods, cell.method.clone());
        add_new(&mut self.conditions, cell.condition.to_string());
        let (value, title) = (cell.number.value, cell.metric.title);
        match self.metrics.iter_mut().find(|m| m.title == title) {
            Some(metric) => {
                metric.least = metric.least.min(value);
                metric.most = metric.most.max(value);
                metric.decimals = metric.decimals.max(cell.number.decimals);
            }
            None => self.metrics.push(MetricRange {
                title: title.to_owned(),
                least: value,
                most: value,
                decimals: cell.number.decimals,
            }),
        }
    }

    /// `mosi: 9 methods (MISA to LNLN), 10 conditions (rate 0 to rate 0.9), Acc-7 20.12 to 45.30, MAE 0.712 to 1.401`
    pub fn text(&self) -> String {
        let dataset = match &*self.dataset {
            "" => "no data set".to_owned(),
            name => name.to_owned(),
        };
        let metrics = self.metrics.iter().map(|m| {
            let [least, most] = [m.least, m.most].map(|value| format!("{value:.*}", m.decimals));
            if least == most {
                format!("{} {least}", m.title)
            } else {
                format!("{} {least} to {most}", m.title)
            }
        });
        let counts = [
            counted(&self.methods, "method"),
            counted(&self.conditions, "condition"),
        ];
        let parts: Vec<String> = counts.into_iter().flatten().chain(metrics).collect();
        format!("{dataset}: {}", parts.join(", "))
    }
}

fn add_new(all: &mut Vec<String>, one: String) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// `9 methods (MISA to LNLN)`; nothing where a table names none.
fn counted(all: &[String], what: &str) -> Option<String> {
    match all {
        [] => None,
        [one] => (!one.is_empty()).then(|| format!("{what} {one}")),
        [first, .., last] => {
            let named = |name: &String| match &**name {
                "" => "without a name".to_owned(),
                name => name.to_owned(),
            };
            Some(format!(
                "{} {what}s ({} to {})",
                all.len(),
                named(first),
                named(last)
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::parse::{Options, parse};

    #[test]
    fn a_table_is_summarized_by_data_set() {
        let text = "rate,method,mosi_acc7,mosei_mae\n0,A,0.4305,0.571\n0.5,B,0.2814,0.624\n";
        let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
        let all: Vec<String> = overviews(&table).iter().map(Overview::text).collect();
        let both = "2 methods (A to B), 2 conditions (rate 0 to rate 0.5)";
        assert_eq!(
            all,
            [
                format!("mosi: {both}, Acc-7 28.14 to 43.05"),
                format!("mosei: {both}, MAE 0.571 to 0.624")
            ]
        );
        let one = parse(
            "t.csv",
            "method,mae\nA,0.571\n".as_bytes(),
            &Options::default(),
        );
        assert_eq!(
            overviews(&one.unwrap())[0].text(),
            "no data set: method A, MAE 0.571"
        );
    }
}

//! Renders `summary.parquet`: the tidy summary with its types.

use polars::prelude::ParquetWriter;

use super::{Exporter, Report};
use crate::report::error::render;

pub const EXPORTER: Exporter = Exporter {
    name: "tidy summary with types",
    file: NAME,
    render: |report: &Report<'_>| {
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes)
            .finish(&mut report.summary.clone())
            .map_err(render(NAME))?;
        Ok(bytes)
    },
};

const NAME: &str = "summary.parquet";

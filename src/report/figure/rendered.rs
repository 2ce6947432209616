//! A figure as the files of a report hold it.

use std::collections::BTreeSet;

use super::drawing::{Drawing, Series};
use super::scene::Shape;
use super::{font, pdf, png, svg};
use crate::report::error::Result;
use crate::report::options::{FigureFormat, Options};

/// A drawn figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Path within the report folder, without its extension.
    pub path: String,
    pub title: String,
    pub svg: String,
    /// The same in the formats that are asked for.
    pub others: Vec<(FigureFormat, Vec<u8>)>,
    /// Characters that these show as a box or a question mark, since their font lacks them.
    pub lacking: BTreeSet<char>,
    /// The series it shows, with their origins.
    pub series: Vec<Series>,
    /// What bands, gray lines and marks are; empty where nothing needs a word.
    pub caption: String,
}

impl Figure {
    /// A drawing under this name, as SVG and in the formats that are asked for.
    pub fn new(name: &str, drawing: Drawing, options: &Options) -> Result<Self> {
        let Drawing {
            scene,
            series,
            caption,
        } = drawing;
        let title = scene.title.clone();
        let scene = if options.untitled {
            scene.untitled()
        } else {
            scene
        };
        let svg = svg::render(&scene);
        let texts = scene.shapes.iter().filter_map(|shape| match shape {
            Shape::Text { text, .. } => Some(text),
            _ => None,
        });
        let lacking = texts.flat_map(|text| font::lacking(text)).collect();
        let mut others = Vec::new();
        for format in &options.figures {
            match format {
                FigureFormat::Svg => {}
                FigureFormat::Pdf => others.push((*format, pdf::render(&scene))),
                FigureFormat::Png => others.push((*format, png::render(&svg)?)),
            }
        }
        Ok(Self {
            path: format!("figures/{name}"),
            title,
            svg,
            lacking: if others.is_empty() {
                BTreeSet::new()
            } else {
                lacking
            },
            others,
            series,
            caption,
        })
    }

    /// Its name, fit for anchors.
    pub fn id(&self) -> String {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        format!("figure-{name}")
    }
}

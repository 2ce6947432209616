//! A figure as the files of a report hold it.

use super::drawing::{Drawing, Series};
use super::{pdf, png, svg};
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

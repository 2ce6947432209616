//! Pictures: plain numbers become a [`scene::Scene`], which [`svg`] and [`raster`] turn into files.
//! Colours suit colour-blind readers, no font of the system is used, equal numbers give equal bytes.

pub mod axes;
pub mod confusion;
pub mod curves;
pub mod dodge;
pub mod drawing;
pub mod gather;
pub mod glyph;
pub mod histogram;
pub mod lines;
pub mod png;
pub mod raster;
pub mod realised;
pub mod scene;
pub mod style;
pub mod svg;
pub mod training;

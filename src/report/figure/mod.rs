//! Draws figures: numbers become a [`scene::Scene`], which [`svg`] and [`pdf`] write and [`png`]
//! renders.
//!
//! Colors suit color-blind readers; no font of the system is used; equal numbers give equal bytes.

pub mod axes;
pub mod choice;
pub mod conditions;
pub mod confusion;
pub mod curves;
pub mod differences;
pub mod dodge;
pub mod drawing;
pub mod font;
pub mod gather;
pub mod heat;
pub mod histogram;
pub mod lines;
pub mod overview;
pub mod panels;
pub mod pdf;
pub mod png;
pub mod realized;
pub mod rendered;
pub mod scene;
pub mod selection_gap;
pub mod style;
pub mod svg;
pub mod train_rate;
pub mod training;

//! A metric over missing rates as SVG: a line per row with a band of one standard deviation, the
//! floor dashed and grey, names beside the lines' ends. Needs no font; equal scores give equal bytes.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::metric::Metric;

use crate::report::error::{Error, Result};
use crate::report::figure::curves::{Curve, Point, bounds, curves};
use crate::report::figure::dodge::dodge;
use crate::report::figure::stroke::{Canvas, Drawn, GREY, Stroke, ZOOM, px};
use crate::report::run::section::Section;
use crate::report::table::build::heading;

const WIDTH: u32 = 760;
const FONT: u32 = 13;
/// Distance between names.
const GAP: u32 = 18;

const PALE: RGBColor = RGBColor(228, 228, 228);

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The figure of one metric; `None` where no row has two rates to connect.
///
/// # Errors
/// If the backend fails.
pub fn svg(section: &Section, metric: &Metric, title: &str) -> Result<Option<String>> {
    let curves = curves(section, metric);
    if !curves.iter().any(|c| c.points().count() > 1) {
        return Ok(None);
    }
    let height = 420.max(90 + GAP * curves.len() as u32);
    let mut text = String::new();
    {
        let backend = SVGBackend::with_string(&mut text, (WIDTH * ZOOM, height * ZOOM));
        let canvas = backend.into_drawing_area();
        draw(&canvas, &curves, metric, title).map_err(|e| Error::Draw {
            figure: title.to_string(),
            reason: e.to_string(),
        })?;
    }
    Ok(Some(resize(&text, height, title)))
}

/// Shows the drawing at its intended size, and names it for those who cannot see it.
fn resize(svg: &str, height: u32, title: &str) -> String {
    let large = format!("width=\"{}\" height=\"{}\"", WIDTH * ZOOM, height * ZOOM);
    let usual = format!("width=\"{WIDTH}\" height=\"{height}\" role=\"img\"");
    let name = title.replace('&', "&amp;").replace('<', "&lt;");
    svg.replacen(&large, &usual, 1)
        .replacen(">\n", &format!(">\n<title>{name}</title>\n"), 1)
}

fn draw(canvas: &Canvas<'_>, curves: &[Curve], metric: &Metric, title: &str) -> Drawn {
    canvas.fill(&WHITE)?;
    let place = (px(14), px(22));
    canvas.draw(&Text::new(
        title.to_string(),
        place,
        font(FONT + 2, BLACK, HPos::Left),
    ))?;
    let rates = || curves.iter().flat_map(Curve::points).map(|p| p.rate);
    let (first, last) = (rates().fold(1.0, f64::min), rates().fold(0.0, f64::max));
    let (low, high) = bounds(curves);
    let mut chart = ChartBuilder::on(canvas)
        .margin_top(px(40))
        .margin_bottom(px(8))
        .margin_left(px(8))
        .margin_right(px(names_width(curves)))
        .x_label_area_size(px(44))
        .y_label_area_size(px(64))
        .build_cartesian_2d(first..last, low..high)?;
    axes(&mut chart, metric, high - low)?;
    // The floor first, so that it never hides a model.
    for curve in curves.iter().rev() {
        line(canvas, &chart, curve)?;
    }
    names(canvas, &chart, curves)?;
    canvas.present()
}

fn axes(chart: &mut Chart<'_, '_>, metric: &Metric, span: f64) -> Drawn {
    // About eight steps, so one decimal more than the span's own size.
    let decimals = [8.0, 0.8, 0.08]
        .iter()
        .take_while(|least| span < **least)
        .count();
    let number = move |y: &f64| format!("{y:.decimals$}");
    let rate = |x: &f64| format!("{}", (x * 1e6).round() / 1e6);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(PALE.stroke_width(ZOOM))
        .axis_style(GREY.stroke_width(ZOOM))
        .set_all_tick_mark_size(px(4))
        .x_labels(11)
        .y_labels(8)
        .x_label_formatter(&rate)
        .y_label_formatter(&number)
        .label_style(font(FONT, BLACK, HPos::Center))
        .x_desc("missing rate")
        .y_desc(heading(metric))
        .axis_desc_style(font(FONT, BLACK, HPos::Center))
        .draw()
}

fn line(canvas: &Canvas<'_>, chart: &Chart<'_, '_>, curve: &Curve) -> Drawn {
    let stroke = Stroke::of(curve);
    let place = |x: f64, y: f64| chart.plotting_area().map_coordinate(&(x, y));
    for segment in &curve.segments {
        if segment.iter().any(|p| p.sd > 0.0) {
            let outline: Vec<_> = outline(segment)
                .into_iter()
                .map(|(x, y)| place(x, y))
                .collect();
            canvas.draw(&Polygon::new(outline, stroke.colour.mix(0.14).filled()))?;
        }
        let points: Vec<_> = segment.iter().map(|p| place(p.rate, p.mean)).collect();
        stroke.line(canvas, points.clone())?;
        stroke.marks(canvas, points)?;
    }
    Ok(())
}

/// Along the upper edge of the band and back along the lower.
fn outline(segment: &[Point]) -> Vec<(f64, f64)> {
    let upper = segment.iter().map(|p| (p.rate, p.mean + p.sd));
    let lower = segment.iter().rev().map(|p| (p.rate, p.mean - p.sd));
    upper.chain(lower).collect()
}

/// The names right of the plot, each tied to the end of its line.
fn names(canvas: &Canvas<'_>, chart: &Chart<'_, '_>, curves: &[Curve]) -> Drawn {
    let (across, down) = chart.plotting_area().get_pixel_range();
    let end = |curve: &'_ Curve| {
        let last = curve.points().last()?;
        Some(
            chart
                .plotting_area()
                .map_coordinate(&(last.rate, last.mean)),
        )
    };
    let mut ends: Vec<_> = curves.iter().filter_map(|c| Some((end(c)?, c))).collect();
    ends.sort_by_key(|(at, _)| at.1);
    let wanted: Vec<f64> = ends.iter().map(|(at, _)| f64::from(at.1)).collect();
    let (low, high) = (f64::from(down.start), f64::from(down.end));
    let places = dodge(&wanted, f64::from(px(GAP)), low, high);
    for ((at, curve), y) in ends.into_iter().zip(places) {
        let y = y.round() as i32;
        let stroke = Stroke::of(curve);
        let edge = across.end + px(6);
        let tie = vec![
            (at.0.min(edge) + px(6), at.1),
            (edge, at.1),
            (edge + px(14), y),
        ];
        canvas.draw(&PathElement::new(
            tie,
            stroke.colour.mix(0.45).stroke_width(ZOOM),
        ))?;
        stroke.line(canvas, vec![(edge + px(17), y), (edge + px(52), y)])?;
        stroke.marks(canvas, vec![(edge + px(34), y)])?;
        let colour = if curve.floor { GREY } else { BLACK };
        let style = font(FONT, colour, HPos::Left);
        canvas.draw(&Text::new(name(curve), (edge + px(58), y), style))?;
    }
    Ok(())
}

/// Names longer than this are cut; the table beside the figure has them whole.
const NAME: usize = 34;

fn name(curve: &Curve) -> String {
    match curve.label.chars().count() > NAME {
        true => curve.label.chars().take(NAME - 1).chain(['…']).collect(),
        false => curve.label.clone(),
    }
}

/// Room for the longest name, by the usual width of a letter.
fn names_width(curves: &[Curve]) -> u32 {
    let longest = curves.iter().map(|c| name(c).chars().count()).max();
    74 + longest.unwrap_or(0) as u32 * 7
}

fn font(size: u32, colour: RGBColor, at: HPos) -> TextStyle<'static> {
    TextStyle {
        font: ("sans-serif", size * ZOOM).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(at, VPos::Center),
    }
}

//! Writes a scene as SVG: text stays text, numbers have two decimals, equal scenes give equal bytes.

use std::fmt::Write;

use super::scene::{Anchor, Color, Point, Scene, Shape};

/// The drawing as an SVG document.
pub fn render(scene: &Scene) -> String {
    let (width, height) = (number(scene.width), number(scene.height));
    let mut out = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         xmlns=\"http://www.w3.org/2000/svg\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n\
         <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
        escape(&scene.title)
    );
    let (mut groups, mut end) = (scene.groups.iter().peekable(), None);
    for (index, shape) in scene.shapes.iter().enumerate() {
        if let Some((range, series)) = groups.next_if(|(range, _)| range.start == index) {
            out += &format!("<g data-row=\"{series}\">\n");
            end = Some(range.end);
        }
        out += &element(shape);
        out.push('\n');
        if end == Some(index + 1) {
            out += "</g>\n";
        }
    }
    out + "</svg>\n"
}

fn element(shape: &Shape) -> String {
    match shape {
        Shape::Polygon {
            points,
            color,
            opacity,
        } => polygon(points, *color, *opacity),
        Shape::Line {
            points,
            color,
            width,
            dash,
        } => polyline(points, *color, *width, *dash),
        Shape::Circle {
            center,
            radius,
            color,
        } => circle(*center, *radius, *color),
        Shape::Text {
            at,
            text: content,
            size,
            color,
            anchor,
            upright,
        } => text(*at, content, (*size, *color), *anchor, *upright),
    }
}

fn polygon(points: &[Point], color: Color, opacity: f64) -> String {
    let opacity = if opacity < 1.0 {
        format!(" opacity=\"{}\"", number(opacity))
    } else {
        String::new()
    };
    let (points, color) = (list(points), hex(color));
    format!("<polygon points=\"{points}\" fill=\"{color}\"{opacity}/>")
}

fn polyline(points: &[Point], color: Color, width: f64, dash: f64) -> String {
    let dash = if dash > 0.0 {
        format!(" stroke-dasharray=\"{} 4\"", number(dash))
    } else {
        String::new()
    };
    let (points, color, width) = (list(points), hex(color), number(width));
    format!(
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" \
         stroke-width=\"{width}\" stroke-linejoin=\"round\"{dash}/>"
    )
}

fn circle((x, y): Point, radius: f64, color: Color) -> String {
    let [x, y, radius] = [x, y, radius].map(number);
    let color = hex(color);
    format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{color}\"/>")
}

/// A text of this size and color.
fn text(
    (x, y): Point,
    content: &str,
    (size, color): (f64, Color),
    anchor: Anchor,
    upright: bool,
) -> String {
    let [x, y, size] = [x, y, size].map(number);
    let (content, color) = (escape(content), hex(color));
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let turn = if upright {
        format!(" transform=\"rotate(-90 {x} {y})\"")
    } else {
        String::new()
    };
    format!(
        "<text x=\"{x}\" y=\"{y}\" dy=\"0.35em\" font-size=\"{size}\" fill=\"{color}\" \
         text-anchor=\"{anchor}\"{turn}>{content}</text>"
    )
}

fn list(points: &[Point]) -> String {
    let mut out = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let space = if i > 0 { " " } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(out, "{space}{},{}", number(*x), number(*y));
    }
    out
}

/// At most two decimals, none that is needless.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_string()
}

fn hex(Color(r, g, b): Color) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::scene::BLACK;

    #[test]
    fn numbers_are_short_and_text_is_escaped() {
        assert_eq!([1.0, 0.126, -0.001].map(number), ["1", "0.13", "0"]);
        let mut scene = Scene::new(10.0, 10.0, "a < b");
        scene.line(vec![(0.0, 1.5), (2.0, 3.25)], BLACK, 1.0, 3.0);
        let svg = render(&scene);
        assert!(svg.contains("<title>a &lt; b</title>"), "{svg}");
        assert!(svg.contains("points=\"0,1.5 2,3.25\"") && svg.contains("dasharray=\"3 4\""));
    }
}

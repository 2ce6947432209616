//! A drawing as SVG: text stays text, numbers have two decimals, equal drawings equal bytes.

use std::fmt::Write;

use super::scene::{Anchor, Colour, Point, Scene, Shape};

/// The drawing as an SVG document.
pub fn render(scene: &Scene) -> String {
    let (width, height) = (number(scene.width), number(scene.height));
    let mut out = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         xmlns=\"http://www.w3.org/2000/svg\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n\
         <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
        escape(&scene.title)
    );
    for shape in &scene.shapes {
        out += &element(shape);
        out.push('\n');
    }
    out + "</svg>\n"
}

fn element(shape: &Shape) -> String {
    match shape {
        Shape::Polygon {
            points,
            colour,
            opacity,
        } => {
            let opacity = match *opacity < 1.0 {
                true => format!(" opacity=\"{}\"", number(*opacity)),
                false => String::new(),
            };
            let (points, colour) = (list(points), hex(*colour));
            format!("<polygon points=\"{points}\" fill=\"{colour}\"{opacity}/>")
        }
        Shape::Line {
            points,
            colour,
            width,
            dash,
        } => {
            let dash = match *dash > 0.0 {
                true => format!(" stroke-dasharray=\"{} 4\"", number(*dash)),
                false => String::new(),
            };
            format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" \
                 stroke-linejoin=\"round\"{dash}/>",
                list(points),
                hex(*colour),
                number(*width)
            )
        }
        Shape::Circle {
            centre,
            radius,
            colour,
        } => format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>",
            number(centre.0),
            number(centre.1),
            number(*radius),
            hex(*colour)
        ),
        Shape::Text {
            at,
            text,
            size,
            colour,
            anchor,
            upright,
        } => {
            let (x, y) = (number(at.0), number(at.1));
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let turn = match upright {
                true => format!(" transform=\"rotate(-90 {x} {y})\""),
                false => String::new(),
            };
            format!(
                "<text x=\"{x}\" y=\"{y}\" dy=\"0.35em\" font-size=\"{}\" fill=\"{}\" \
                 text-anchor=\"{anchor}\"{turn}>{}</text>",
                number(*size),
                hex(*colour),
                escape(text)
            )
        }
    }
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

fn hex(Colour(r, g, b): Colour) -> String {
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

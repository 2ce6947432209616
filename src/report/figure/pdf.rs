//! Writes a scene as PDF: text stays text in the embedded font, equal scenes give equal bytes.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::font::{self, Glyph};
use super::scene::{Anchor, Color, Point, Scene, Shape};

/// Points (1/72 inch) per pixel of the drawing.
const POINTS: f64 = 0.75;

/// Name of the font in the file: six letters tell that it is a subset.
const FONT: &str = "LNLNAA+DejaVuSans";

/// The drawing as a PDF file of one page.
pub fn render(scene: &Scene) -> Vec<u8> {
    let (width, height) = (scene.width * POINTS, scene.height * POINTS);
    let mut page = format!("{POINTS} 0 0 -{POINTS} 0 {} cm\n", number(height));
    let mut opacities = Vec::new();
    for shape in &scene.shapes {
        page += &draw(shape, &mut opacities);
    }
    let states = opacities.iter().enumerate();
    let states: String = states
        .map(|(i, opacity)| format!("/G{i} << /ca {} >> ", number(*opacity)))
        .collect();
    let objects: [Vec<u8>; 10] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Contents 4 0 R /Resources << /Font << /F1 \
             5 0 R >> /ExtGState << {states}>> >> >>",
            number(width),
            number(height)
        )
        .into_bytes(),
        stream("", page.as_bytes()),
        format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /{FONT} /Encoding /Identity-H /DescendantFonts [6 0 R] \
             /ToUnicode 9 0 R >>"
        )
        .into_bytes(),
        format!(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{FONT} /CIDSystemInfo << /Registry (Adobe) \
             /Ordering (Identity) /Supplement 0 >> /FontDescriptor 7 0 R /CIDToGIDMap /Identity /DW 600 /W [{}] \
             >>",
            widths()
        )
        .into_bytes(),
        // Box, heights and slant as the tables of the font have them, in thousandths of its size.
        format!(
            "<< /Type /FontDescriptor /FontName /{FONT} /Flags 32 /FontBBox [-52 -236 956 800] /ItalicAngle 0 \
             /Ascent 928 /Descent -236 /CapHeight 729 /StemV 80 /FontFile2 8 0 R >>"
        )
        .into_bytes(),
        stream(&format!("/Length1 {} ", font::DEJAVU.len()), font::DEJAVU),
        stream("", to_unicode().as_bytes()),
        format!("<< /Title <{}> >>", utf16(&scene.title)).into_bytes(),
    ];
    file(&objects)
}

/// Objects with their table; the last describes the file.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n", index + 1).into_bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let (start, count) = (out.len(), objects.len() + 1);
    out.extend(format!("xref\n0 {count}\n0000000000 65535 f \n").into_bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").into_bytes());
    }
    let info = objects.len();
    let end = format!(
        "trailer\n<< /Size {count} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    out.extend(end.into_bytes());
    out
}

/// A compressed stream with these further entries of its dictionary.
fn stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(9));
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    let packed = encoder.finish().unwrap_or_default();
    let length = packed.len();
    let head = format!("<< {entries}/Length {length} /Filter /FlateDecode >>\nstream\n");
    [head.as_bytes(), &packed, b"\nendstream"].concat()
}

/// Operators that draw a shape; `opacities` are those that graphics states have so far.
fn draw(shape: &Shape, opacities: &mut Vec<f64>) -> String {
    match shape {
        Shape::Polygon {
            points,
            color,
            opacity,
        } => {
            let state = if *opacity < 1.0 {
                let known = opacities.iter().position(|known| known == opacity);
                let index = known.unwrap_or_else(|| {
                    opacities.push(*opacity);
                    opacities.len() - 1
                });
                format!("/G{index} gs ")
            } else {
                String::new()
            };
            format!("q {state}{} rg {}h f Q\n", rgb(*color), path(points))
        }
        Shape::Line {
            points,
            color,
            width,
            dash,
        } => {
            let dash = if *dash > 0.0 {
                format!("[{} 4] 0 d ", number(*dash))
            } else {
                String::new()
            };
            let (color, width) = (rgb(*color), number(*width));
            format!("q {color} RG {width} w 1 j {dash}{}S Q\n", path(points))
        }
        Shape::Circle {
            center,
            radius,
            color,
        } => format!("q {} rg {}f Q\n", rgb(*color), circle(*center, *radius)),
        Shape::Text {
            at,
            text,
            size,
            color,
            anchor,
            upright,
        } => {
            let shift = match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => 0.5,
                Anchor::End => 1.0,
            };
            // As in SVG: back along the text by its anchor, down from its middle to its baseline.
            let (back, down) = (font::width(text) * size * shift, size * 0.35);
            let (turn, x, y) = if *upright {
                ("0 -1 -1 0", at.0 + down, at.1 + back)
            } else {
                ("1 0 0 -1", at.0 - back, at.1 + down)
            };
            let glyphs = font::glyphs(text).map(|glyph| format!("{:04x}", glyph.index));
            format!(
                "BT /F1 {} Tf {} rg {turn} {} {} Tm <{}> Tj ET\n",
                number(*size),
                rgb(*color),
                number(x),
                number(y),
                glyphs.collect::<String>()
            )
        }
    }
}

fn path(points: &[Point]) -> String {
    let mut out = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let operator = if index == 0 { 'm' } else { 'l' };
        // Writing to a string cannot fail.
        let _ = write!(out, "{} {} {operator} ", number(*x), number(*y));
    }
    out
}

/// Four Bezier curves.
fn circle((x, y): Point, r: f64) -> String {
    // Distance of control points: 4/3 (sqrt 2 - 1) of the radius.
    let k = 0.552_284_75 * r;
    let curve = |points: [f64; 6]| format!("{} c ", points.map(number).join(" "));
    let start = format!("{} {} m ", number(x + r), number(y));
    let curves = [
        curve([x + r, y + k, x + k, y + r, x, y + r]),
        curve([x - k, y + r, x - r, y + k, x - r, y]),
        curve([x - r, y - k, x - k, y - r, x, y - r]),
        curve([x + k, y - r, x + r, y - k, x + r, y]),
    ];
    start + &curves.concat()
}

fn rgb(Color(r, g, b): Color) -> String {
    [r, g, b].map(|c| number(f64::from(c) / 255.0)).join(" ")
}

/// At most three decimals, none that is needless.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_string()
}

/// Advance widths in thousandths, glyph by glyph.
fn widths() -> String {
    let mut glyphs: Vec<Glyph> = font::all().collect();
    glyphs.sort_by_key(|glyph| glyph.index);
    let width = |glyph: &Glyph| format!("{} [{}]", glyph.index, number(glyph.width * 1000.0));
    glyphs.iter().map(width).collect::<Vec<_>>().join(" ")
}

/// The characters of the glyphs, for search and copy.
fn to_unicode() -> String {
    let lines = font::all().map(|glyph| {
        let character = glyph.character.to_string();
        let codes = character.encode_utf16().map(|code| format!("{code:04x}"));
        format!("<{:04x}> <{}>\n", glyph.index, codes.collect::<String>())
    });
    let lines: Vec<String> = lines.collect();
    // A block holds a hundred lines at most.
    let blocks = lines
        .chunks(100)
        .map(|block| format!("{} beginbfchar\n{}endbfchar\n", block.len(), block.concat()));
    format!(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) \
         /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 \
         begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{}endcmap\nCMapName currentdict /CMap \
         defineresource pop\nend\nend\n",
        blocks.collect::<String>()
    )
}

/// A text as UTF-16 with its byte order mark, in hexadecimal.
fn utf16(text: &str) -> String {
    let codes = text.encode_utf16().map(|code| format!("{code:04x}"));
    format!("feff{}", codes.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::process::Command;

    use super::*;
    use crate::report::figure::scene::{BLACK, PALETTE};

    fn scene() -> Scene {
        let mut scene = Scene::new(300.0, 200.0, "MAE ↓ of A & B (95 %)");
        scene.line(vec![(20.0, 180.0), (280.0, 40.0)], PALETTE[0], 2.0, 5.0);
        let band = vec![(20.0, 170.0), (280.0, 30.0), (280.0, 60.0)];
        scene.polygon(band, PALETTE[1], 0.14);
        scene.circle((150.0, 100.0), 4.0, PALETTE[2]);
        scene.text(
            (280.0, 120.0),
            "±0.5 missing rate",
            13.0,
            BLACK,
            Anchor::End,
        );
        scene.upright((10.0, 100.0), "upright", 13.0);
        scene
    }

    #[test]
    fn the_table_of_objects_leads_to_each_and_equal_scenes_give_equal_bytes() {
        let bytes = render(&scene());
        assert_eq!(bytes, render(&scene()));
        let text = String::from_utf8_lossy(&bytes);
        let start: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
        let table = std::str::from_utf8(&bytes[start..]).unwrap();
        assert!(table.starts_with("xref\n0 11\n"), "{table}");
        let offsets = table.lines().filter(|line| line.ends_with("00000 n "));
        for (index, line) in offsets.enumerate() {
            let offset: usize = line[..10].parse().unwrap();
            let object = format!("{} 0 obj", index + 1);
            assert!(bytes[offset..].starts_with(object.as_bytes()), "{line}");
        }
        assert!(bytes.len() < 20_000, "{}", bytes.len());
    }

    #[test]
    fn another_program_reads_its_text_and_finds_its_font_embedded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("figure.pdf");
        fs::write(&path, render(&scene())).unwrap();
        let run = |program: &str, end: &[&str]| {
            let output = Command::new(program).arg(&path).args(end).output();
            match output {
                Err(_) => {
                    let message = format!("skipped: no {program} to read a figure with\n");
                    let _ = std::io::stderr().write_all(message.as_bytes());
                    None
                }
                Ok(output) => {
                    assert!(output.stderr.is_empty(), "{output:?}");
                    Some(String::from_utf8(output.stdout).unwrap())
                }
            }
        };
        if let Some(text) = run("pdftotext", &["-"]) {
            assert!(text.contains("MAE ↓ of A & B (95 %)"), "{text}");
            assert!(text.contains("±0.5 missing rate"), "{text}");
        }
        if let Some(fonts) = run("pdffonts", &[]) {
            let line = fonts.lines().last().unwrap();
            let fields: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(fields[0], FONT, "{fonts}");
            assert!(
                line.contains("yes yes yes"),
                "embedded, subset, unicode: {fonts}"
            );
        }
    }
}

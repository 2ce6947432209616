//! Renders an SVG of this report as PNG.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Tree, fontdb::Database};

use super::font;
use crate::report::error::{Result, render as failed};

/// Pixels of the picture per pixel of the drawing.
const ZOOM: f32 = 2.0;

/// The embedded font alone: pictures are the same on a machine without fonts.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(font::DEJAVU.to_vec());
    Arc::new(fonts)
});

/// The bytes of a PNG file.
///
/// # Errors
/// If `svg` is not SVG, or too large for a picture.
pub fn render(svg: &str) -> Result<Vec<u8>> {
    let options = usvg::Options {
        fontdb: Arc::clone(&FONTS),
        ..usvg::Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(failed("a figure"))?;
    let size = tree.size();
    let (width, height) = (size.width() * ZOOM, size.height() * ZOOM);
    let too_large = || failed("a figure")(std::io::Error::other("the picture is too large"));
    let mut picture =
        Pixmap::new(width.round() as u32, height.round() as u32).ok_or_else(too_large)?;
    let zoom = Transform::from_scale(ZOOM, ZOOM);
    resvg::render(&tree, zoom, &mut picture.as_mut());
    picture.encode_png().map_err(failed("a figure"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::scene::{Anchor, BLACK, Scene};
    use crate::report::figure::svg;

    fn picture(text: &str, anchor: Anchor) -> Pixmap {
        let mut scene = Scene::new(200.0, 60.0, "");
        scene.text((100.0, 40.0), text, 20.0, BLACK, anchor);
        Pixmap::decode_png(&render(&svg::render(&scene)).unwrap()).unwrap()
    }

    /// Columns of pixels that are not white, the first and the last.
    fn extent(picture: &Pixmap) -> Option<(usize, usize)> {
        let width = picture.width() as usize;
        let dark = |x: &usize| {
            let mut column = picture.pixels().iter().skip(*x).step_by(width);
            column.any(|pixel| pixel.red() < 200)
        };
        Some(((0..width).find(dark)?, (0..width).rev().find(dark)?))
    }

    #[test]
    fn text_is_drawn_with_the_embedded_font_at_the_width_that_layout_expects() {
        assert_eq!(extent(&picture("", Anchor::Start)), None);
        let text = "mean ± sd †";
        let (first, last) = extent(&picture(text, Anchor::Middle)).unwrap();
        let expected = font::width(text) * 20.0 * f64::from(ZOOM);
        let found = (last - first) as f64;
        assert!((found - expected).abs() < 8.0, "{found} {expected}");
        let middle = (first + last) as f64 / 2.0;
        assert!((middle - 200.0).abs() < 4.0, "{middle}");
    }

    #[test]
    fn a_picture_has_twice_the_pixels_of_its_drawing_and_the_same_bytes_every_time() {
        let one = picture("a", Anchor::Start);
        assert_eq!((one.width(), one.height()), (400, 120));
        assert_eq!(one.data(), picture("a", Anchor::Start).data());
    }

    #[test]
    fn what_is_no_svg_is_an_error() {
        assert!(render("<svg").is_err());
    }
}

//! PNG files of plain red, green and blue.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// A PNG file of `width` times `height` pixels of three bytes each.
pub fn encode(width: usize, height: usize, pixels: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend((width as u32).to_be_bytes());
    head.extend((height as u32).to_be_bytes());
    // Eight bits a channel, true colour, the one compression and filter method, not interlaced.
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &head);
    chunk(&mut out, b"IDAT", &compress(width, pixels));
    chunk(&mut out, b"IEND", &[]);
    out
}

/// Of deflate's nine: the next one takes twice as long on such pictures and saves a sixth at most.
const LEVEL: u32 = 3;

/// Rows, each after a byte for "no filter": drawings are flat, and deflate finds their runs.
fn compress(width: usize, pixels: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(LEVEL));
    let rows = pixels.chunks_exact(width * 3);
    // Writing to memory cannot fail; an empty picture would show it.
    let written = rows.map(|row| {
        encoder
            .write_all(&[0])
            .and_then(|()| encoder.write_all(row))
    });
    let whole = written.collect::<std::io::Result<()>>();
    whole.and_then(|()| encoder.finish()).unwrap_or_default()
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(kind);
    out.extend(data);
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    out.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_picture_is_well_formed() {
        let png = encode(1, 1, &[255, 0, 0]);
        assert_eq!(&png[12..29], b"IHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0");
        assert_eq!(&png[png.len() - 12..], b"\0\0\0\0IEND\xae\x42\x60\x82");
    }
}

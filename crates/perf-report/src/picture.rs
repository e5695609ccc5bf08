//! Pictures of pixels: filled boxes and lines, as PNG files.

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::io::Write as _;

/// Red, green and blue.
pub(crate) type Color = [u8; 3];

/// A picture.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    size: [usize; 2],
    pixels: Vec<Color>,
}

impl Canvas {
    /// A picture of one colour. `size`: its width and height in pixels.
    pub(crate) fn new(size: [usize; 2], color: Color) -> Self {
        Self { size, pixels: vec![color; size[0] * size[1]] }
    }

    /// Fills a box: left, top, right and bottom.
    pub(crate) fn fill(&mut self, [left, top, right, bottom]: [f64; 4], color: Color) {
        for y in self.within(1, top, bottom) {
            for x in self.within(0, left, right) {
                self.pixels[y * self.size[0] + x] = color;
            }
        }
    }

    /// Draws a line with round ends through places. `radius`: half of its width.
    pub(crate) fn path(&mut self, places: &[[f64; 2]], radius: f64, color: Color) {
        for pair in places.windows(2) {
            self.line([pair[0], pair[1]], radius, color);
        }
    }

    fn line(&mut self, [from, to]: [[f64; 2]; 2], radius: f64, color: Color) {
        let ends = |axis: usize| {
            let margin = radius + 1.0;
            [from[axis].min(to[axis]) - margin, from[axis].max(to[axis]) + margin]
        };
        let ([left, right], [top, bottom]) = (ends(0), ends(1));
        for y in self.within(1, top, bottom) {
            for x in self.within(0, left, right) {
                let distance = distance([x as f64 + 0.5, y as f64 + 0.5], from, to);
                let cover = (radius + 0.5 - distance).clamp(0.0, 1.0);
                let pixel = &mut self.pixels[y * self.size[0] + x];
                *pixel = mixed(*pixel, color, cover);
            }
        }
    }

    /// The pixels between two places on an axis.
    fn within(&self, axis: usize, from: f64, to: f64) -> std::ops::Range<usize> {
        let pixel = |place: f64| (place.max(0.0).round() as usize).min(self.size[axis]);
        pixel(from)..pixel(to)
    }

    /// The PNG file.
    pub(crate) fn to_png(&self) -> Vec<u8> {
        let [width, height] = self.size.map(|size| (size as u32).to_be_bytes());
        // Eight bits of red, green and blue, without interlacing.
        let header = [&width[..], &height, &[8, 2, 0, 0, 0]].concat();
        let mut rows = Vec::with_capacity(self.pixels.len() * 3 + self.size[1]);
        for row in self.pixels.chunks(self.size[0]) {
            rows.push(0);
            rows.extend(row.iter().flatten());
        }
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, data) in [(b"IHDR", header), (b"IDAT", compressed(&rows)), (b"IEND", Vec::new())]
        {
            let contents = [&kind[..], &data].concat();
            let mut crc = Crc::new();
            crc.update(&contents);
            png.extend((data.len() as u32).to_be_bytes());
            png.extend(contents);
            png.extend(crc.sum().to_be_bytes());
        }
        png
    }
}

/// The distance of a place from a line.
fn distance([x, y]: [f64; 2], [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> f64 {
    let (dx, dy) = (x2 - x1, y2 - y1);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { ((x - x1) * dx + (y - y1) * dy) / length } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    (x - x1 - along * dx).hypot(y - y1 - along * dy)
}

fn mixed(below: Color, above: Color, cover: f64) -> Color {
    let part = |at: usize| f64::from(below[at]) * (1.0 - cover) + f64::from(above[at]) * cover;
    [0, 1, 2].map(|at| part(at).round() as u8)
}

fn compressed(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(data).and_then(|()| encoder.finish());
    written.unwrap_or_else(|_| unreachable!("memory can be written"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::ZlibDecoder;
    use std::io::Read as _;

    #[test]
    fn a_png_has_the_pixels() {
        let mut canvas = Canvas::new([4, 2], [1, 2, 3]);
        canvas.fill([1.0, 0.0, 3.0, 1.0], [9, 9, 9]);
        let png = canvas.to_png();
        assert_eq!(png[16..29], [0, 0, 0, 4, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
        let length = u32::from_be_bytes(png[33..37].try_into().unwrap()) as usize;
        let mut rows = Vec::new();
        ZlibDecoder::new(&png[41..41 + length]).read_to_end(&mut rows).unwrap();
        assert_eq!(rows[..13], [0, 1, 2, 3, 9, 9, 9, 9, 9, 9, 1, 2, 3]);
        // The end of every PNG file, with its checksum.
        assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
    }

    #[test]
    fn lines_stay_within_the_picture() {
        let mut canvas = Canvas::new([10, 10], [0; 3]);
        canvas.path(&[[-50.0, 5.0], [50.0, 5.0], [f64::NAN, 1e300]], 1.0, [255; 3]);
        let lit = |y: usize| canvas.pixels[y * 10 + 5] == [255; 3];
        assert!(lit(4) && lit(5) && !lit(1) && !lit(8));
    }
}

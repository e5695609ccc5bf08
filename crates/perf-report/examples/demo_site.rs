//! Writes a made-up site into a folder, to be looked at and for the pictures of docs/pictures.
//!
//! `cargo run -p perf-report --example demo_site -- target/demo [RUNS] [MORE_BENCHMARKS]`
#![expect(clippy::disallowed_methods, reason = "it writes the pages")]
#![expect(clippy::unwrap_used, reason = "a panic is how it fails")]

#[path = "../tests/site/demo.rs"]
mod demo;
#[path = "../tests/site/demo_comparisons.rs"]
mod demo_comparisons;
#[path = "../tests/site/templates.rs"]
mod templates;

use std::fs;
use std::path::PathBuf;

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap());
    let number = |text: Option<String>, usual| text.map_or(usual, |text| text.parse().unwrap());
    let (runs, more) = (number(args.next(), 120), number(args.next(), 0));
    let (pages, preview) = demo::pages(runs, more as usize, 10);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(preview.path), preview.bytes).unwrap();
    for page in pages {
        let file = folder.join(page.path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, page.contents).unwrap();
    }
}

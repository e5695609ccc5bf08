//! The files that the performance trend site is made of: minijinja templates, style and scripts.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!($name))),*]
    };
}

/// Each file's name, with `/` between its parts, and its text.
pub const FILES: [(&str, &str); 19] = files![
    "layout.html",
    "parts.html",
    "overview.html",
    "group.html",
    "alternatives.html",
    "releases.html",
    "benchmark.html",
    "run.html",
    "comparison.html",
    "compare.html",
    "feed.xml",
    "style.css",
    "overview.js",
    "units.js",
    "trend.js",
    "compare.js",
    "uplot/uPlot.iife.min.js",
    "uplot/uPlot.min.css",
    "uplot/LICENSE",
];

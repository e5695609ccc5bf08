//! Takes the pictures of the site that the README shows:
//!
//! ```text
//! cargo xtask stress --short --site target/made-up
//! cargo run -p browser --example pictures -- target/made-up/site docs/pictures
//! ```

use anyhow::{Context as _, Result};
use browser::Browser;
use std::path::{Path, PathBuf};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 800;

fn main() -> Result<()> {
    let mut folders = std::env::args_os().skip(1).map(PathBuf::from);
    let (site, pictures) = folders
        .next()
        .zip(folders.next())
        .context("name the site's folder and the folder for the pictures")?;
    let browser = Browser::start()?;
    let mut page = browser.page()?;
    page.size(WIDTH, HEIGHT)?;
    page.open(&site.join("index.html"))?;
    page.screenshot(pictures.join("overview.png"), false)?;
    page.open(&with_a_step(&site)?)?;
    page.evaluate("document.querySelector('.plot')?.focus()")?;
    page.press("End")?;
    page.screenshot(pictures.join("benchmark.png"), false)?;
    Ok(())
}

/// The first benchmark's page that shows a step.
fn with_a_step(site: &Path) -> Result<PathBuf> {
    let folder = std::fs::read_dir(site.join("benchmark")).context("this is no site")?;
    let paths: std::io::Result<Vec<PathBuf>> = folder.map(|entry| Ok(entry?.path())).collect();
    let mut pages = paths?;
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "html"));
    pages.sort();
    let shows = |path: &&PathBuf| {
        std::fs::read_to_string(path).is_ok_and(|text| text.contains("class=\"step\""))
    };
    pages.iter().find(shows).or(pages.first()).cloned().context("no benchmark has a page")
}

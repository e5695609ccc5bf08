//! The site's templates: those that are part of this program, and those that replace them in a
//! project.

use crate::files::{TEXT_BYTES, read_if_there};
use anyhow::{Context as _, Result, bail};
use perf_report::site::check_templates;
use perf_site_templates::FILES;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The built-in templates, replaced by those of the same name in `folder`.
pub(crate) fn read(folder: Option<&Path>) -> Result<BTreeMap<String, String>> {
    let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let mut templates: BTreeMap<String, String> = FILES.into_iter().map(own).collect();
    if let Some(folder) = folder {
        check_names(folder)?;
        for (name, text) in &mut templates {
            if let Some(theirs) = read_if_there(&folder.join(name), TEXT_BYTES)? {
                *text = theirs;
            }
        }
        check_templates(&templates)
            .with_context(|| format!("cannot use the templates in {}", folder.display()))?;
    }
    Ok(templates)
}

/// The files of the package perf-site-templates that are not templates.
const PACKAGE: [&str; 3] = ["Cargo.toml", "README.md", "lib.rs"];

/// Fails if a file has the name of no template: its name may be misspelt.
fn check_names(folder: &Path) -> Result<()> {
    let unreadable = || format!("cannot read the templates in {}", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_known = FILES.iter().any(|(own, _)| own.split('/').next() == Some(name.as_str()));
        if !is_known && !name.starts_with('.') && !PACKAGE.contains(&name.as_str()) {
            let known: Vec<&str> = FILES.iter().map(|(own, _)| *own).collect();
            bail!(
                "cannot use {}: the site has no template of this name. Remove it, or rename it to one of {}",
                entry.path().display(),
                known.join(", ")
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_replaced_by_one_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("style.css"), "body {}").unwrap();
        let templates = read(Some(folder.path())).unwrap();
        assert_eq!(templates["style.css"], "body {}");
        assert_eq!(templates["layout.html"], read(None).unwrap()["layout.html"]);
    }

    #[test]
    fn a_copy_of_the_package_is_a_folder_of_templates() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../site-templates");
        assert_eq!(read(Some(&package)).unwrap(), read(None).unwrap());
    }

    #[test]
    fn a_template_that_cannot_be_read_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("run.html"), "\n{% blok %}").unwrap();
        let error = format!("{:#}", read(Some(folder.path())).unwrap_err());
        assert!(error.contains("run.html:2: syntax error"), "{error}");
    }

    #[test]
    fn a_file_that_replaces_nothing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("styles.css"), "body {}").unwrap();
        let error = read(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("styles.css: the site has no template of this name"), "{error}");
        assert!(read(Some(&folder.path().join("none"))).is_err());
    }
}

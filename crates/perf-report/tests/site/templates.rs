//! The site's templates, read from their folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The site's templates and the files that pages load.
pub(crate) fn all() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../site-templates");
    let mut templates = BTreeMap::new();
    for below in ["", "uplot/"] {
        let entries = fs::read_dir(folder.join(below)).unwrap().map(Result::unwrap);
        for file in entries.filter(|entry| entry.path().is_file()) {
            let name = format!("{below}{}", file.file_name().to_str().unwrap());
            templates.insert(name, fs::read_to_string(file.path()).unwrap());
        }
    }
    templates
}

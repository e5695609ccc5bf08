//! The features of a package that options enable.

use super::options::FeatureSelection;
use std::collections::{BTreeMap, BTreeSet};

/// The `required` features that a package does not have with these options.
///
/// Features that only another package of the build enables are not known here.
pub(crate) fn missing_features(
    package: &str,
    table: &BTreeMap<String, Vec<String>>,
    required: &[String],
    selection: &FeatureSelection,
) -> Vec<String> {
    let enabled = enabled(package, table, selection);
    required.iter().filter(|feature| !enabled.contains(feature.as_str())).cloned().collect()
}

fn enabled<'a>(
    package: &str,
    table: &'a BTreeMap<String, Vec<String>>,
    selection: &'a FeatureSelection,
) -> BTreeSet<&'a str> {
    let prefix = format!("{package}/");
    let named = selection.names.iter();
    let mut open: Vec<&str> =
        named.map(|name| name.strip_prefix(&prefix).unwrap_or(name)).collect();
    if selection.all {
        open.extend(table.keys().map(String::as_str));
    }
    if !selection.no_default {
        open.push("default");
    }
    let mut enabled = BTreeSet::new();
    while let Some(feature) = open.pop() {
        if !enabled.insert(feature) {
            continue;
        }
        // `dependency/feature` also enables an optional dependency.
        open.extend(feature.split_once('/').map(|(dependency, _)| dependency));
        open.extend(table.get(feature).into_iter().flatten().map(String::as_str));
    }
    enabled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_features_can_be_enabled_by_options_defaults_and_other_features() {
        let table = BTreeMap::from([
            ("default".to_owned(), vec!["std".to_owned()]),
            ("std".to_owned(), vec![]),
            ("net".to_owned(), vec!["tls".to_owned(), "dep:socket".to_owned()]),
            ("tls".to_owned(), vec!["net".to_owned(), "rustls/ring".to_owned()]),
            ("rustls".to_owned(), vec!["dep:rustls".to_owned()]),
        ]);
        let cases: [(&[&str], bool, bool, &[&str]); 8] = [
            (&[], false, false, &["net", "tls", "rustls", "rustls/ring"]),
            (&[], false, true, &["std", "net", "tls", "rustls", "rustls/ring"]),
            (&["net"], false, false, &[]),
            (&["p/net"], false, true, &["std"]),
            (&["q/net"], false, false, &["net", "tls", "rustls", "rustls/ring"]),
            (&["rustls/ring"], false, false, &["net", "tls"]),
            (&["default"], false, true, &["net", "tls", "rustls", "rustls/ring"]),
            (&[], true, true, &[]),
        ];
        let required = ["std", "net", "tls", "rustls", "rustls/ring"].map(str::to_owned);
        for (names, all, no_default, missing) in cases {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let selection = FeatureSelection { names, all, no_default };
            let found = missing_features("p", &table, &required, &selection);
            assert_eq!(found, missing, "{selection:?}");
        }
    }
}

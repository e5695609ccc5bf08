//! Cargo's options in perf-budgets.json.

use super::error::{BudgetError, at_key, at_value};
use super::json_place::PathPart::{Index, Key};
use serde::Deserialize;

/// The options for cargo, which the command line can change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct CargoConfig {
    /// Features to enable, e.g. `net` or `package/net`.
    pub features: Vec<String>,
    /// Whether all features are enabled.
    pub all_features: bool,
    /// Whether default features are left out.
    pub no_default_features: bool,
    /// The profile instead of `bench`.
    pub profile: Option<String>,
    /// Whether all members are measured, not only the default members.
    pub workspace: bool,
    /// The bench targets to measure; empty for all.
    pub bench: Vec<String>,
    /// Packages that are not measured.
    pub exclude: Vec<String>,
}

/// Checks the names in `cargo`.
pub(super) fn check_cargo(text: &str, cargo: &CargoConfig) -> Result<(), BudgetError> {
    check_list(text, "features", &cargo.features, FEATURE_CHARACTERS)?;
    check_list(text, "bench", &cargo.bench, NAME_CHARACTERS)?;
    check_list(text, "exclude", &cargo.exclude, NAME_CHARACTERS)?;
    if let Some(profile) = &cargo.profile {
        let path = [Key("cargo"), Key("profile")];
        check_name("profile", profile, NAME_CHARACTERS)
            .map_err(|message| at_value(text, &path, message))?;
    }
    if cargo.all_features && !cargo.features.is_empty() {
        let message = "`all_features` includes `features`: remove one of them".to_owned();
        return Err(at_key(text, &[Key("cargo")], "features", message));
    }
    Ok(())
}

/// The characters that cargo accepts in names besides letters and digits.
const NAME_CHARACTERS: &str = "-_.";
/// The same for features, which can be prefixed by a package.
const FEATURE_CHARACTERS: &str = "-_.+/:?";

fn check_list(
    text: &str,
    key: &str,
    names: &[String],
    characters: &str,
) -> Result<(), BudgetError> {
    names.iter().enumerate().try_for_each(|(index, name)| {
        let path = [Key("cargo"), Key(key), Index(index)];
        check_name(key, name, characters).map_err(|message| at_value(text, &path, message))
    })
}

fn check_name(key: &str, name: &str, characters: &str) -> Result<(), String> {
    let is_valid = |c: char| c.is_alphanumeric() || characters.contains(c);
    if name.starts_with('-') || name.is_empty() || !name.chars().all(is_valid) {
        let name = name.escape_debug();
        return Err(format!("`{name}` is no name for `{key}`: write one name without spaces"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::file::BudgetFile;
    use super::*;

    fn parse(cargo: &str) -> Result<CargoConfig, String> {
        let text = format!("{{\"schema\": 2,\n\"cargo\": {cargo}}}");
        let read = BudgetFile::parse(&text).map_err(|error| error.to_string());
        read.map(|(file, _)| file.cargo)
    }

    #[test]
    fn options_are_read() {
        assert_eq!(parse("{}"), Ok(CargoConfig::default()));
        let all = r#"{"features": ["net", "a-b/x_2"], "no_default_features": true, "profile": "bench-lto", "workspace": true, "bench": ["parse"], "exclude": ["c"]}"#;
        let read = parse(all).unwrap();
        assert_eq!(read.features, ["net", "a-b/x_2"]);
        assert_eq!(read.profile.as_deref(), Some("bench-lto"));
        assert!(read.no_default_features && read.workspace && !read.all_features);
        assert_eq!(
            (&*read.bench, &*read.exclude),
            (&["parse".to_owned()][..], &["c".to_owned()][..])
        );
    }

    #[test]
    fn wrong_options_are_reported_by_their_place() {
        let cases = [
            (r#"{"features": ["net", "a b"]}"#, "2:31: `a b` is no name for `features`"),
            (r#"{"features": ["a,b"]}"#, "2:24: `a,b` is no name for `features`"),
            (r#"{"profile": "-x"}"#, "2:22: `-x` is no name for `profile`"),
            (r#"{"bench": [""]}"#, "2:21: `` is no name for `bench`"),
            (r#"{"exclude": ["*"]}"#, "2:23: `*` is no name for `exclude`"),
            (r#"{"all_features": true, "features": ["a"]}"#, "2:33: `all_features` includes"),
            (r#"{"feature": []}"#, "2:11: unknown key `feature`"),
            (r#"["net"]"#, "2:10: "),
        ];
        for (cargo, expected) in cases {
            let error = parse(cargo).unwrap_err();
            assert!(error.starts_with(expected), "{cargo}: {error}");
        }
    }
}

//! A profile of the head for a base that lacks it.
//!
//! The commit that introduces a profile can then be compared with the one before it.

use toml::{Table, Value};

/// The arguments for cargo that define the profile `name` as in the manifest `head`. Empty if the
/// manifest `base` has the profile, or `head` lacks it.
pub(crate) fn profile_args(name: &str, head: &Table, base: &Table) -> Vec<String> {
    let in_manifest = |manifest: &Table| manifest.get("profile")?.get(name)?.as_table().cloned();
    let (Some(profile), None) = (in_manifest(head), in_manifest(base)) else { return Vec::new() };
    let mut args = Vec::new();
    define(&profile, &format!("profile.{}", quoted(name)), &mut args);
    args
}

fn define(table: &Table, path: &str, args: &mut Vec<String>) {
    for (key, value) in table {
        let path = format!("{path}.{}", quoted(key));
        match value {
            Value::Table(inner) => define(inner, &path, args),
            Value::String(text) => args.push(format!("--config={path}={}", quoted(text))),
            Value::Integer(number) => args.push(format!("--config={path}={number}")),
            Value::Boolean(flag) => args.push(format!("--config={path}={flag}")),
            // No setting of a profile has another type.
            Value::Float(_) | Value::Datetime(_) | Value::Array(_) => {}
        }
    }
}

/// TOML has the escapes of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_the_base_lacks_is_defined_by_arguments() {
        let head = "[profile.own]\ninherits = \"release\"\nlto = true\ncodegen-units = 1\npackage.\"a-b\".opt-level = \"s\"";
        let head: Table = toml::from_str(head).unwrap();
        let mut args = profile_args("own", &head, &Table::new());
        args.sort();
        let expected = [
            "--config=profile.\"own\".\"codegen-units\"=1",
            "--config=profile.\"own\".\"inherits\"=\"release\"",
            "--config=profile.\"own\".\"lto\"=true",
            "--config=profile.\"own\".\"package\".\"a-b\".\"opt-level\"=\"s\"",
        ];
        assert_eq!(args, expected);
        assert!(profile_args("own", &head, &head).is_empty());
        assert!(profile_args("release", &head, &Table::new()).is_empty());
    }
}

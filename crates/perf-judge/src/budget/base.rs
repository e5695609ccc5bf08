//! What the work tree of a base needs beside its commit.

use super::error::{BudgetError, at_value};
use super::json_place::PathPart::{Index, Key};
use serde::Deserialize;

/// The files and the command of a base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BaseConfig {
    /// Patterns of untracked files of the checkout that the base gets as well. They are relative to
    /// the workspace, and `**` means any folders.
    pub files: Vec<String>,
    /// A program and its arguments, run in the base's workspace before its build. Empty: none.
    pub command: Vec<String>,
}

/// The largest number of patterns, and of parts of a command.
const LARGEST: usize = 100;
/// The longest pattern or part of a command, in bytes.
const LONGEST: usize = 4096;

/// Checks the files and the command of a base.
pub(super) fn check_base(text: &str, base: &BaseConfig) -> Result<(), BudgetError> {
    let lists = [("files", &base.files), ("command", &base.command)];
    for (key, list) in lists {
        let at = |message| at_value(text, &[Key("base"), Key(key)], message);
        if list.len() > LARGEST {
            return Err(at(format!("`{key}` has more than {LARGEST} entries: write fewer")));
        }
        for (index, entry) in list.iter().enumerate() {
            let problem = match key {
                "files" => pattern_problem(entry),
                _ => argument_problem(entry, index == 0),
            };
            if let Some(problem) = problem {
                let entry = entry.escape_debug();
                let message = format!("`{entry}` cannot be in `base.{key}`: {problem}");
                return Err(at_value(text, &[Key("base"), Key(key), Index(index)], message));
            }
        }
    }
    Ok(())
}

/// Why a pattern could name files outside of the workspace, or none.
fn pattern_problem(pattern: &str) -> Option<&'static str> {
    let has_part = |is_wrong: fn(&str) -> bool| pattern.split('/').any(is_wrong);
    let is_drive = pattern.as_bytes().get(1) == Some(&b':');
    let problems = [
        (pattern.is_empty(), "it is empty"),
        (pattern.len() > LONGEST, "it is too long"),
        (
            pattern.starts_with('/') || is_drive,
            "it is absolute: write it relative to the workspace",
        ),
        (pattern.contains('\\'), "it contains `\\`: separate folders by `/`"),
        (pattern.contains(char::is_control), "it contains a control character"),
        (has_part(|part| part == ".."), "it contains `..`: only files of the workspace are copied"),
        (has_part(|part| part == "." || part.is_empty()), "it has an empty part between `/`"),
        (has_part(|part| part.eq_ignore_ascii_case(".git")), "git reserves `.git`"),
    ];
    problems.into_iter().find_map(|(is_so, problem)| is_so.then_some(problem))
}

/// Why no process can be started with an argument.
fn argument_problem(argument: &str, is_program: bool) -> Option<&'static str> {
    let problems = [
        (is_program && argument.trim().is_empty(), "it is the program, and empty"),
        (argument.len() > LONGEST, "it is too long"),
        (argument.contains('\0'), "it contains a NUL character"),
    ];
    problems.into_iter().find_map(|(is_so, problem)| is_so.then_some(problem))
}

#[cfg(test)]
mod tests {
    use super::super::BudgetFile;

    fn parse(base: &str) -> Result<super::BaseConfig, String> {
        let text = format!("{{\"schema\": 2,\n\"base\": {base}}}");
        BudgetFile::parse(&text).map(|(file, _)| file.base).map_err(|error| error.to_string())
    }

    #[test]
    fn files_and_command_are_read() {
        let base = r#"{"files": ["data/**", "a b/*.[bt]in", "..a/x", ".env"], "command": ["cargo", "xtask", ""]}"#;
        let base = parse(base).unwrap();
        assert_eq!(base.files.len(), 4);
        assert_eq!(base.command, ["cargo", "xtask", ""]);
        assert_eq!(parse("{}").unwrap(), super::BaseConfig::default());
    }

    #[test]
    fn patterns_stay_in_the_workspace() {
        let cases = [
            ("", "it is empty"),
            ("/etc/passwd", "it is absolute"),
            ("C:/x", "it is absolute"),
            ("../x", "it contains `..`"),
            ("a/../../x", "it contains `..`"),
            ("a//b", "an empty part"),
            ("./a", "an empty part"),
            ("a/.GIT/config", "git reserves `.git`"),
            (r"..\\x", r"it contains `\`"),
            (r"a\u0000b", "a control character"),
        ];
        for (pattern, expected) in cases {
            let error = parse(&format!(r#"{{"files": ["ok", "{pattern}"]}}"#)).unwrap_err();
            assert!(error.starts_with("2:26: ") && error.contains(expected), "{pattern}: {error}");
        }
    }

    #[test]
    fn a_command_can_be_started() {
        for (command, expected) in [
            (r#"[" "]"#, "it is the program, and empty"),
            (r#"["a", "\u0000"]"#, "a NUL character"),
            (r#""cargo xtask""#, "expected"),
        ] {
            let error = parse(&format!(r#"{{"command": {command}}}"#)).unwrap_err();
            assert!(error.contains(expected), "{command}: {error}");
        }
        let many = vec!["\"a\""; super::LARGEST + 1].join(", ");
        let error = parse(&format!("{{\"files\": [{many}]}}")).unwrap_err();
        assert!(error.contains("more than 100 entries"), "{error}");
        assert!(parse(r#"{"file": []}"#).unwrap_err().contains("unknown key `file`"));
    }
}

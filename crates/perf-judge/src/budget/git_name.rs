//! Names of branches and folders that git accepts, see `git check-ref-format`.

/// Why git, or a file system below it, does not accept a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GitNameError {
    /// The name is empty.
    #[error("it is empty")]
    Empty,
    /// Git would read it as an option.
    #[error("a part of it begins with `-`, which is an option of git")]
    Option,
    /// It is the full name of a reference.
    #[error("it begins with `refs/`: write the branch's name without it")]
    Reference,
    /// It is a revision that git reserves.
    #[error("git reserves this name")]
    Reserved,
    /// Two slashes follow each other, or it begins or ends with one.
    #[error("it has an empty part between `/`")]
    EmptyPart,
    /// It is outside the folder, or a range of commits.
    #[error("it contains `..`")]
    Dots,
    /// A part is hidden, or the folder itself.
    #[error("a part of it begins with `.`")]
    LeadingDot,
    /// Git or Windows drops the dot.
    #[error("a part of it ends with `.`")]
    TrailingDot,
    /// It is the name of a lock file of git.
    #[error("a part of it ends with `.lock`")]
    Lock,
    /// It is the folder of the repository.
    #[error("git reserves `.git`")]
    Repository,
    /// A character has another meaning in a revision or a pattern, or none.
    #[error("it contains the character {0:?}")]
    Character(char),
    /// File systems end a name after 255 bytes.
    #[error("it is longer than 240 bytes")]
    Long,
}

/// The characters that `git check-ref-format` refuses, in addition to control characters.
const NOT_IN_BRANCHES: &str = " ~^:?*[\\";
/// The longest name, in bytes. Git adds `.lock` to it, and file systems end a name after 255.
const LONGEST: usize = 240;

/// Checks that `name` can be a branch's, without `refs/heads/`.
///
/// # Errors
/// The reason why it cannot be.
pub fn check_branch(name: &str) -> Result<(), GitNameError> {
    let is_wrong = |c: &char| c.is_ascii_control() || NOT_IN_BRANCHES.contains(*c);
    let is_reserved = name == "HEAD" || name == "@" || name.contains("@{");
    let has_part = |is_wrong: fn(&str) -> bool| name.split('/').any(is_wrong);
    first(&[
        (name.is_empty(), GitNameError::Empty),
        (name.len() > LONGEST, GitNameError::Long),
        (is_reserved, GitNameError::Reserved),
        (name.starts_with("refs/"), GitNameError::Reference),
        (name.starts_with('-'), GitNameError::Option),
        (has_part(str::is_empty), GitNameError::EmptyPart),
        (name.contains(".."), GitNameError::Dots),
        (has_part(|part| part.starts_with('.')), GitNameError::LeadingDot),
        (name.ends_with('.'), GitNameError::TrailingDot),
        (has_part(|part| part.ends_with(".lock")), GitNameError::Lock),
    ])?;
    name.chars().find(is_wrong).map_or(Ok(()), |c| Err(GitNameError::Character(c)))
}

/// Checks that `folder` can be a folder of a branch, with `/` between its parts; empty is the root.
///
/// # Errors
/// The reason why it cannot be.
pub fn check_folder(folder: &str) -> Result<(), GitNameError> {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_./".contains(*c);
    let has_part = |is_wrong: fn(&str) -> bool| folder.split('/').any(is_wrong);
    if folder.is_empty() {
        return Ok(());
    }
    first(&[
        (folder.len() > LONGEST, GitNameError::Long),
        (has_part(|part| part.starts_with('-')), GitNameError::Option),
        (has_part(str::is_empty), GitNameError::EmptyPart),
        (folder.contains(".."), GitNameError::Dots),
        (has_part(|part| part == "."), GitNameError::LeadingDot),
        (has_part(|part| part.ends_with('.')), GitNameError::TrailingDot),
        (has_part(|part| part.eq_ignore_ascii_case(".git")), GitNameError::Repository),
        (has_part(|part| part.to_ascii_lowercase().ends_with(".lock")), GitNameError::Lock),
    ])?;
    folder.chars().find(|c| !is_plain(c)).map_or(Ok(()), |c| Err(GitNameError::Character(c)))
}

fn first(checks: &[(bool, GitNameError)]) -> Result<(), GitNameError> {
    checks.iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, why)| Err(*why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_has_a_name_that_git_takes() {
        for fine in [
            "gh-pages",
            "perf/data",
            "v1.0",
            "ü",
            "a@b",
            "HEADS",
            "a-",
            "x.locks",
            "a/-b",
            "a./b",
            "a.LOCK",
        ] {
            assert_eq!(check_branch(fine), Ok(()), "{fine}");
        }
        let cases = [
            ("", GitNameError::Empty),
            ("-f", GitNameError::Option),
            ("--upload-pack=x", GitNameError::Option),
            ("HEAD", GitNameError::Reserved),
            ("@", GitNameError::Reserved),
            ("@{-1}", GitNameError::Reserved),
            ("refs/heads/main", GitNameError::Reference),
            ("/a", GitNameError::EmptyPart),
            ("a/", GitNameError::EmptyPart),
            ("a//b", GitNameError::EmptyPart),
            ("a..b", GitNameError::Dots),
            ("../a", GitNameError::Dots),
            (".git", GitNameError::LeadingDot),
            ("a/.b", GitNameError::LeadingDot),
            (".", GitNameError::LeadingDot),
            ("a.", GitNameError::TrailingDot),
            ("a.lock", GitNameError::Lock),
            ("a.lock/b", GitNameError::Lock),
            ("a b", GitNameError::Character(' ')),
            ("a\u{7f}", GitNameError::Character('\u{7f}')),
            ("a\n", GitNameError::Character('\n')),
            ("a~1", GitNameError::Character('~')),
            ("a^", GitNameError::Character('^')),
            ("a:b", GitNameError::Character(':')),
            ("release/*", GitNameError::Character('*')),
            ("a?", GitNameError::Character('?')),
            ("a[", GitNameError::Character('[')),
            ("a\\b", GitNameError::Character('\\')),
        ];
        for (name, expected) in cases {
            assert_eq!(check_branch(name), Err(expected), "{name}");
        }
        assert_eq!(check_branch(&"a".repeat(LONGEST)), Ok(()));
        assert_eq!(check_branch(&"a".repeat(LONGEST + 1)), Err(GitNameError::Long));
    }

    #[test]
    fn a_folder_stays_on_its_branch() {
        for fine in ["", "perf", "perf/data", ".perf", "a-b_c.d"] {
            assert_eq!(check_folder(fine), Ok(()), "{fine}");
        }
        let cases = [
            ("..", GitNameError::Dots),
            ("a/../b", GitNameError::Dots),
            (".", GitNameError::LeadingDot),
            ("/perf", GitNameError::EmptyPart),
            ("perf/", GitNameError::EmptyPart),
            ("a//b", GitNameError::EmptyPart),
            (".git", GitNameError::Repository),
            ("a/.Git/b", GitNameError::Repository),
            ("-a", GitNameError::Option),
            ("a/-b", GitNameError::Option),
            ("a.Lock", GitNameError::Lock),
            ("a.", GitNameError::TrailingDot),
            ("a b", GitNameError::Character(' ')),
            ("a\\b", GitNameError::Character('\\')),
            ("git~1", GitNameError::Character('~')),
            ("ü", GitNameError::Character('ü')),
        ];
        for (name, expected) in cases {
            assert_eq!(check_folder(name), Err(expected), "{name}");
        }
    }
}

//! The files of `init`: what each becomes, and whether that may be written.

use super::stamp::{Stamp, body, stamped};
use similar::TextDiff;

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileState {
    /// The file does not exist.
    New,
    /// It has all that it needs.
    UpToDate,
    /// It lacks lines, or an older version wrote it.
    Outdated,
    /// It was edited, or written without this command. It is kept.
    Edited,
}

/// A file of the repository, as it is and as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedFile {
    /// The path in the repository, with `/`.
    pub(super) path: String,
    old: Option<String>,
    new: String,
    pub(super) state: FileState,
}

impl PlannedFile {
    /// A file that only this command writes. `comment` begins a comment in its language.
    pub(super) fn whole(path: String, old: Option<String>, comment: &str, text: &str) -> Self {
        let state = match &old {
            None => FileState::New,
            Some(old) if body(&with_newlines(old)) == text => FileState::UpToDate,
            Some(old) => match Stamp::read(old) {
                Some(stamp) if !stamp.is_edited => FileState::Outdated,
                _ => FileState::Edited,
            },
        };
        Self { path, old, new: stamped(comment, text), state }
    }

    /// A file of the workspace's authors that gets additional lines.
    pub(super) fn extended(path: String, old: Option<String>, new: String) -> Self {
        let state = match &old {
            None => FileState::New,
            Some(old) if with_newlines(old) == with_newlines(&new) => FileState::UpToDate,
            Some(_) => FileState::Outdated,
        };
        Self { path, old, new, state }
    }

    /// A file that is written once, and belongs to the workspace's authors from then on.
    pub(super) fn first(path: String, old: Option<String>, new: impl FnOnce() -> String) -> Self {
        match old {
            None => Self { path, old: None, new: new(), state: FileState::New },
            Some(old) => {
                Self { path, new: old.clone(), old: Some(old), state: FileState::UpToDate }
            }
        }
    }

    /// Whether it is written on request.
    pub(super) fn is_due(&self) -> bool {
        matches!(self.state, FileState::New | FileState::Outdated)
    }

    /// The new text, with the line ends of the old one.
    pub(super) fn text(&self) -> String {
        let has_returns = self.old.as_ref().is_some_and(|old| old.contains("\r\n"));
        if has_returns { with_newlines(&self.new).replace('\n', "\r\n") } else { self.new.clone() }
    }

    /// A diff that `git apply` takes.
    pub(super) fn diff(&self) -> String {
        let (old, new) = (self.old.clone().unwrap_or_default(), self.text());
        // As in git, only \n ends a line.
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let new: Vec<&str> = new.split_inclusive('\n').collect();
        let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
        let before =
            if self.old.is_some() { format!("a/{}", self.path) } else { "/dev/null".to_owned() };
        let after = format!("b/{}", self.path);
        diff.unified_diff().header(&before, &after).to_string()
    }

    /// One line on the file, for `--check`.
    pub(super) fn finding(&self) -> String {
        let Self { path, old, state, .. } = self;
        let by = old.as_deref().and_then(Stamp::read);
        match (state, by) {
            (FileState::New, _) => format!("missing     {path}"),
            (FileState::UpToDate, _) => format!("up to date  {path}"),
            (FileState::Outdated, Some(stamp)) => {
                format!("outdated    {path}: version {} wrote it", stamp.version)
            }
            (FileState::Outdated, None) => format!("incomplete  {path}"),
            (FileState::Edited, Some(stamp)) => {
                format!("edited      {path}: it differs from what version {} wrote", stamp.version)
            }
            (FileState::Edited, None) => {
                format!("edited      {path}: another program or a person wrote it")
            }
        }
    }
}

fn with_newlines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflow(old: Option<&str>) -> PlannedFile {
        PlannedFile::whole("w.yml".to_owned(), old.map(str::to_owned), "#", "on: push\n")
    }

    #[test]
    fn only_files_that_nobody_edited_are_replaced() {
        let new = workflow(None);
        assert_eq!((new.state, new.is_due()), (FileState::New, true));
        let written = new.text();
        let cases = [
            (written.clone(), FileState::UpToDate, false),
            (written.replace('\n', "\r\n"), FileState::UpToDate, false),
            ("on: push\n".to_owned(), FileState::UpToDate, false),
            (stamped("#", "on: [push]\n"), FileState::Outdated, true),
            (written.replace("push", "pull_request"), FileState::Edited, false),
            ("on: pull_request\n".to_owned(), FileState::Edited, false),
        ];
        for (old, state, is_due) in cases {
            let planned = workflow(Some(&old));
            assert_eq!((planned.state, planned.is_due()), (state, is_due), "{old}");
        }
        let older = stamped("#", "on: [push]\n").replace(env!("CARGO_PKG_VERSION"), "0.0.9");
        assert_eq!(workflow(Some(&older)).finding(), "outdated    w.yml: version 0.0.9 wrote it");
    }

    #[test]
    fn a_diff_names_new_files_as_git_does() {
        let first = PlannedFile::first("a.json".to_owned(), None, || "{}\n".to_owned());
        assert_eq!(first.diff(), "--- /dev/null\n+++ b/a.json\n@@ -0,0 +1 @@\n+{}\n");
        let kept =
            PlannedFile::first("a.json".to_owned(), Some("{1}".to_owned()), || "{}\n".to_owned());
        assert_eq!((kept.diff().as_str(), kept.is_due()), ("", false));
    }

    #[test]
    fn line_ends_stay_as_they_were() {
        let old = Some("a\r\nb\r\n".to_owned());
        let planned =
            PlannedFile::extended(".gitignore".to_owned(), old, "a\r\nb\r\n/target/\n".to_owned());
        assert_eq!(planned.text(), "a\r\nb\r\n/target/\r\n");
        let complete = Some("a\r\n".to_owned());
        let planned = PlannedFile::extended("Cargo.toml".to_owned(), complete, "a\n".to_owned());
        assert_eq!(planned.state, FileState::UpToDate);
    }
}

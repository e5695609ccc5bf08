//! The first line of a file that `init` wrote: by which version, and a digest of what it wrote.

use perf_judge::ident::digest;

/// What the line begins with, after the characters of a comment.
const MARK: &str = "Written by `perf init` of divan-perf ";
/// What its last part begins with.
const ADVICE: &str = ". Run it again to update this file.";

/// The first line of a written file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp<'a> {
    /// The version that wrote the file.
    pub(super) version: &'a str,
    /// Whether the file was edited since.
    pub(super) is_edited: bool,
}

impl<'a> Stamp<'a> {
    /// Reads the first line of a file; `None` if `init` did not write the file.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (line, body) = text.split_once('\n')?;
        let (_, written) = line.split_once(MARK)?;
        let (version, rest) = written.split_once(" (")?;
        let (digest, _) = rest.split_once(')')?;
        Some(Self { version, is_edited: digest != digest_of(body) })
    }
}

/// The text of a file below its first line. `comment` begins a comment in the file's language.
pub(super) fn stamped(comment: &str, body: &str) -> String {
    let (version, digest) = (env!("CARGO_PKG_VERSION"), digest_of(body));
    format!("{comment} {MARK}{version} ({digest}){ADVICE}\n{body}")
}

/// The text without its first line, if that is a stamp.
pub(super) fn body(text: &str) -> &str {
    let first = text.split_once('\n').filter(|(line, _)| line.contains(MARK));
    first.map_or(text, |(_, body)| body)
}

/// Git may check text out with other line ends than it was written with.
fn digest_of(body: &str) -> String {
    format!("{:016x}", digest(body.replace("\r\n", "\n").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_recognised_and_line_ends_are_no_edit() {
        let text = stamped("#", "on: push\njobs: {}\n");
        let stamp = Stamp { version: env!("CARGO_PKG_VERSION"), is_edited: false };
        assert_eq!(Stamp::read(&text), Some(stamp));
        assert_eq!(Stamp::read(&text.replace('\n', "\r\n")), Some(stamp));
        let edited = text.replace("push", "pull_request");
        assert_eq!(Stamp::read(&edited), Some(Stamp { is_edited: true, ..stamp }));
        let older = text.replace(stamp.version, "0.0.9");
        assert_eq!(Stamp::read(&older), Some(Stamp { version: "0.0.9", ..stamp }));
        assert_eq!(body(&text), "on: push\njobs: {}\n");
    }

    #[test]
    fn files_of_others_have_no_stamp() {
        for text in
            ["", "on: push\n", "# Written by hand\n", "# Written by `perf init` of divan-perf 1"]
        {
            assert_eq!(Stamp::read(text), None, "{text}");
            assert_eq!(body(text), text);
        }
    }
}

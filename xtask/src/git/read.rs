//! Reading the history branch.

use super::{Repository, answer};
use anyhow::{Context as _, Result, bail, ensure};
use perf_core::history::{History, Place, place_of};
use perf_core::report::Qualification;
use perf_core::run::{Machine, Run, RunError};
use xshell::cmd;

/// How many of the newest runs are read. A verdict takes ten and the site shows no more than this,
/// so that judging costs the same after ten runs and after ten thousand.
const NEWEST: usize = 200;

/// The history as far as it is read.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// The newest runs.
    pub(crate) history: History,
    /// How many runs the branch holds.
    pub(crate) runs: usize,
    /// What could not be read, and why.
    pub(crate) notes: Vec<String>,
}

#[derive(Debug)]
struct File {
    object: String,
    path: String,
}

impl Repository {
    /// Reads the newest runs.
    ///
    /// Fails on a `data/` that is somebody else's and on runs of a newer format, before anything
    /// is measured.
    pub(crate) fn history(&self) -> Result<Recorded> {
        let Some(tip) = self.tip()? else { return Ok(Recorded::default()) };
        let files = self.run_files(&tip)?;
        let newest = &files[files.len().saturating_sub(NEWEST)..];
        let contents = self.contents(newest)?;
        let mut recorded = Recorded { runs: files.len(), ..Recorded::default() };
        for (file, json) in newest.iter().zip(contents) {
            match Run::from_json(&json) {
                Ok(run) => recorded.history.add(run),
                Err(error @ RunError::Newer { .. }) => {
                    bail!("{} on {}: {error}", file.path, self.branch)
                }
                Err(error) => recorded
                    .notes
                    .push(format!("{} on {} is left out: {error}", file.path, self.branch)),
            }
        }
        Ok(recorded)
    }

    /// What was last measured of the error rates of a machine; an error names a file that cannot
    /// be read.
    pub(crate) fn qualification(&self, machine: &Machine) -> Result<Option<Qualification>> {
        let Some(tip) = self.tip()? else { return Ok(None) };
        let (sh, folder) = (&self.sh, format!("{}/", Qualification::folder(machine)));
        let names = cmd!(sh, "git ls-tree --name-only --full-tree {tip} -- {folder}").quiet();
        let names = names.read().context("cannot list the history branch")?;
        // Their names begin with their time.
        let Some(path) = names.lines().max() else { return Ok(None) };
        let json = cmd!(sh, "git cat-file blob {tip}:{path}").quiet().read()?;
        let read = serde_json::from_str(&json);
        read.map(Some).with_context(|| format!("{path} on {} cannot be read", self.branch))
    }

    /// Where the history stands: the local branch, else origin's as last fetched.
    pub(super) fn tip(&self) -> Result<Option<String>> {
        let local = format!("refs/heads/{}", self.branch);
        let remote = format!("refs/remotes/origin/{}", self.branch);
        match self.commit_at(&local)? {
            Some(tip) => Ok(Some(tip)),
            None => self.commit_at(&remote),
        }
    }

    pub(super) fn commit_at(&self, reference: &str) -> Result<Option<String>> {
        let (sh, commit) = (&self.sh, format!("{reference}^{{commit}}"));
        answer(cmd!(sh, "git rev-parse --verify --quiet {commit}"))
    }

    /// The run files, oldest first: their names begin with their time.
    fn run_files(&self, tip: &str) -> Result<Vec<File>> {
        let sh = &self.sh;
        let listing = cmd!(sh, "git ls-tree -r -z --full-tree {tip} -- data").quiet().output();
        let listing = super::text(listing.context("cannot list the history branch")?.stdout);
        let mut files = Vec::new();
        for entry in listing.split_terminator('\0') {
            let Some((facts, path)) = entry.split_once('\t') else { continue };
            match place_of(path) {
                Place::Run => files.push(File {
                    object: facts.rsplit(' ').next().unwrap_or_default().to_owned(),
                    path: path.to_owned(),
                }),
                Place::Ours | Place::Elsewhere => {}
                Place::Foreign => bail!(
                    "the branch `{}` has a `{path}` that this tool did not write, so its data/ belongs to something else: choose another branch by --branch",
                    self.branch
                ),
            }
        }
        files.sort_by(|one, other| file_name(&one.path).cmp(file_name(&other.path)));
        Ok(files)
    }

    /// The files' contents, by one process for all of them.
    fn contents(&self, files: &[File]) -> Result<Vec<String>> {
        let sh = &self.sh;
        let wanted: String = files.iter().map(|file| format!("{}\n", file.object)).collect();
        let batch = cmd!(sh, "git cat-file --batch").stdin(wanted).quiet().output();
        let batch = batch.context("cannot read the history's files")?.stdout;
        let mut rest = &batch[..];
        files
            .iter()
            .map(|file| {
                next_object(&mut rest).with_context(|| format!("cannot read {}", file.path))
            })
            .collect()
    }
}

/// Takes `<id> <kind> <size>\n<contents>\n` off the front of `git cat-file --batch`'s output.
fn next_object(rest: &mut &[u8]) -> Result<String> {
    let end = rest.iter().position(|byte| *byte == b'\n').context("git's answer ends early")?;
    let header = String::from_utf8_lossy(&rest[..end]).into_owned();
    let size = header.strip_suffix("missing").map_or(header.rsplit(' ').next(), |_| None);
    let size: usize =
        size.and_then(|size| size.parse().ok()).with_context(|| format!("git says: {header}"))?;
    let start = end + 1;
    ensure!(rest.len() > start + size, "git's answer ends early");
    let contents = super::text(rest[start..start + size].to_vec());
    *rest = &rest[start + size + 1..];
    Ok(contents)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_one_after_the_other() {
        let mut rest = &b"aa blob 3\n{}\n\nbb blob 0\n\ncc missing\n"[..];
        assert_eq!(next_object(&mut rest).unwrap(), "{}\n");
        assert_eq!(next_object(&mut rest).unwrap(), "");
        assert!(next_object(&mut rest).unwrap_err().to_string().contains("cc missing"));
        assert!(next_object(&mut &b"aa blob 9\nshort"[..]).is_err());
    }
}

//! Going on with a history that was restarted elsewhere.

use super::beginning::{Beginning, RotationNote};
use super::git::git;
use super::import::Author;
use super::read::File;
use super::{Repository, text};
use anyhow::{Context as _, Result, bail};
use perf_judge::history::{Place, place_of};
use perf_judge::unit;

/// Where the archive of the remote is fetched to.
const ARCHIVE: &str = "refs/perf/archive";

impl Repository {
    /// Takes the history that was restarted on the remote in place of this clone's, adds what
    /// only this clone recorded, and says what was done.
    pub(crate) fn follow_rotation(&self) -> Result<String> {
        self.check_writable()?;
        let (branch, remote) = (&self.branch, &self.remote);
        let theirs = self.fetch()?.with_context(|| format!("{remote} has no `{branch}`"))?;
        let local = self.commit_at(&self.local_ref())?;
        let Some(local) = local.filter(|ours| self.begins_before(ours, &theirs)) else {
            return Ok(format!("`{branch}` goes on from {remote}'s: there is nothing to follow"));
        };
        let (ours, theirs) = (self.whole(&local)?, self.whole(&theirs)?);
        let files = self.only_ours(&ours, &theirs)?;
        let commit = match files.is_empty() {
            true => theirs,
            false => {
                let message = "perf: add what was recorded before the restart was known\n";
                self.import_files(&theirs, &files, message, Author::Configured)?
            }
        };
        let kept = self.keep_former(&ours)?;
        if !self.advance(&self.local_ref(), &commit, Some(&local))? {
            bail!("`{branch}` was moved meanwhile: try again");
        }
        let runs = files.iter().filter(|file| place_of(&file.path) == Place::Run).count();
        let runs = unit::counted(runs, "run", "runs");
        Ok(format!(
            "`{branch}` follows the history that was restarted on {remote}; added {runs} that only this clone had, and kept the former history on `{kept}`"
        ))
    }

    fn begins_before(&self, ours: &str, theirs: &str) -> bool {
        matches!(self.beginning_of(ours, theirs), Ok(Beginning::TheirsIsLater))
    }

    /// The files that this clone recorded and never published: neither the history that was
    /// archived nor the one that goes on has them.
    fn only_ours(&self, ours: &str, theirs: &str) -> Result<Vec<File>> {
        let archived = self.archived(theirs)?;
        let (sh, folder) = (&self.sh, self.in_place("data"));
        let added = git!(
            sh,
            "git diff-tree -r -z --no-renames --no-abbrev --diff-filter=A {archived} {ours} -- {folder}"
        );
        let added = text(added.quiet().output().context("cannot compare two histories")?.stdout);
        let mut fields = added.split_terminator('\0');
        let mut objects = self.objects();
        let mut files = Vec::new();
        while let (Some(facts), Some(path)) = (fields.next(), fields.next()) {
            let object = facts.split(' ').nth(3).context("git's answer has no object")?;
            let Some(path) = path.strip_prefix(&self.prefix) else { continue };
            let is_theirs = objects.file(&self.at(theirs, path))?.is_some();
            if !is_theirs && !path.starts_with("data/series/") {
                files.push(File { object: object.to_owned(), path: path.to_owned() });
            }
        }
        Ok(files)
    }

    /// The commit that `theirs` was restarted from, which the remote keeps on another branch.
    fn archived(&self, theirs: &str) -> Result<String> {
        let Some(RotationNote { from, archive }) = self.rotation_note(theirs)? else {
            bail!("`{}` on {} does not say what it was before", self.branch, self.remote);
        };
        if self.commit_at(&from)?.is_none() {
            let (sh, remote) = (&self.sh, &self.remote);
            let refspec = format!("+refs/heads/{archive}:{ARCHIVE}");
            let fetched = git!(
                sh,
                "git -c gc.auto=0 fetch --progress --no-tags --no-write-fetch-head --no-recurse-submodules --refmap= {remote} {refspec}"
            );
            let fetched = self.ask_remote(fetched)?;
            if !fetched.status.success() {
                let why = text(fetched.stderr);
                bail!(
                    "cannot fetch `{archive}` from {remote}, which has the former history: {}",
                    why.trim()
                );
            }
        }
        let archived = self.commit_at(&from)?;
        archived.with_context(|| format!("`{archive}` on {} lacks the commit {from}", self.remote))
    }

    /// Keeps a commit on a branch of its own, and returns the branch's name.
    fn keep_former(&self, commit: &str) -> Result<String> {
        for number in 1..100 {
            let name = match number {
                1 => format!("{}-before-restart", self.branch),
                _ => format!("{}-before-restart-{number}", self.branch),
            };
            let reference = format!("refs/heads/{name}");
            self.check_not_symbolic(&reference)?;
            let known = self.commit_at(&reference)?;
            if known.as_deref() == Some(commit) {
                return Ok(name);
            }
            if known.is_none() && self.advance(&reference, commit, None)? {
                return Ok(name);
            }
        }
        bail!("there are too many branches `{}-before-restart-…`: delete some", self.branch)
    }
}

//! Replacing this clone's history by the one that was rotated on the remote.

use super::git::git;
use super::import::Author;
use super::lineage::{Lineage, RotationRecord};
use super::read::HistoryFile;
use super::{Repository, text};
use anyhow::{Context as _, Result, bail};
use perf_judge::history::{Place, place_of};
use perf_judge::unit;

/// The reference that the remote's archive branch is fetched to.
const ARCHIVE: &str = "refs/perf/archive";

impl Repository {
    /// Replaces this clone's history by the remote's rotated one, and adds the files that only
    /// this clone recorded. Returns a message about it.
    pub(crate) fn follow_rotation(&self) -> Result<String> {
        self.check_writable()?;
        let (branch, remote) = (&self.branch, &self.remote);
        let theirs = self.fetch()?.with_context(|| {
            format!(
                "cannot follow a rotation: {remote} has no branch `{branch}`. Name another by --branch or --remote"
            )
        })?;
        let local = self.commit_at(&self.local_ref())?;
        let Some(local) = local.filter(|ours| self.is_before_rotation(ours, &theirs)) else {
            return Ok(format!(
                "nothing to follow: `{branch}` on {remote} was not rotated since this clone's history"
            ));
        };
        let (ours, theirs) = (self.complete_commit(&local)?, self.complete_commit(&theirs)?);
        let files = self.only_ours(&ours, &theirs)?;
        let commit = if files.is_empty() {
            theirs
        } else {
            let message = "perf: add files that were recorded before the rotation was followed\n";
            self.import_files(&theirs, &files, message, Author::Configured)?
        };
        let former = self.save_former(&ours)?;
        if !self.advance(&self.local_ref(), &commit, Some(&local))? {
            bail!(
                "cannot move `{branch}`: another process moved it at the same time. Run the command again"
            );
        }
        let runs = files.iter().filter(|file| place_of(&file.path) == Place::Run).count();
        let runs = unit::counted(runs, "run", "runs");
        Ok(format!(
            "`{branch}` follows the history that was rotated on {remote}; added {runs} that only this clone had; the former history is on `{former}`"
        ))
    }

    fn is_before_rotation(&self, ours: &str, theirs: &str) -> bool {
        matches!(self.lineage_of(ours, theirs), Ok(Lineage::TheirsRotated))
    }

    /// The files that only this clone has: neither the archived nor the rotated history has them.
    fn only_ours(&self, ours: &str, theirs: &str) -> Result<Vec<HistoryFile>> {
        let archived = self.archived(theirs)?;
        let (sh, folder) = (&self.sh, self.branch_path("data"));
        let added = git!(
            sh,
            "git diff-tree -r -z --no-renames --no-abbrev --diff-filter=A {archived} {ours} -- {folder}"
        );
        let added = text(added.quiet().output().context("cannot compare two histories")?.stdout);
        let mut fields = added.split_terminator('\0');
        let mut objects = self.objects();
        let mut files = Vec::new();
        while let (Some(header), Some(path)) = (fields.next(), fields.next()) {
            let object = header
                .split(' ')
                .nth(3)
                .context("cannot read the output of `git diff-tree`: it has no object")?;
            let Some(path) = path.strip_prefix(&self.prefix) else { continue };
            let is_theirs = objects.file(&self.at(theirs, path))?.is_some();
            if !is_theirs && !path.starts_with("data/series/") {
                files.push(HistoryFile { object: object.to_owned(), path: path.to_owned() });
            }
        }
        Ok(files)
    }

    /// The last commit before the rotation of `theirs`. If this clone lacks it, it is fetched from
    /// the archive branch.
    fn archived(&self, theirs: &str) -> Result<String> {
        let (branch, remote) = (&self.branch, &self.remote);
        let Some(RotationRecord { from, archive }) = self.rotation_record(theirs)? else {
            bail!(
                "cannot follow the rotation of `{branch}` on {remote}: it does not name the history before. Restore data/restarted.json there"
            );
        };
        if self.commit_at(&from)?.is_none() {
            let sh = &self.sh;
            let refspec = format!("+refs/heads/{archive}:{ARCHIVE}");
            let fetched = git!(
                sh,
                "git -c gc.auto=0 fetch --progress --no-tags --no-write-fetch-head --no-recurse-submodules --refmap= {remote} {refspec}"
            );
            let fetched = self.run_remote(fetched)?;
            if !fetched.status.success() {
                let why = text(fetched.stderr);
                bail!(
                    "cannot fetch the former history from {remote}: {}. Push it there as `{archive}`",
                    why.trim()
                );
            }
        }
        let archived = self.commit_at(&from)?;
        archived.with_context(|| {
            format!(
                "cannot read the former history: `{archive}` on {remote} lacks the commit {from}. Push a branch with that commit as `{archive}`"
            )
        })
    }

    /// Creates a branch for a commit, and returns its name.
    fn save_former(&self, commit: &str) -> Result<String> {
        let branch = &self.branch;
        for number in 1..100 {
            let name = match number {
                1 => format!("{branch}-before-rotation"),
                _ => format!("{branch}-before-rotation-{number}"),
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
        bail!(
            "cannot save the former history: 99 branches `{branch}-before-rotation-…` exist. Delete some with `git branch -D`"
        )
    }
}

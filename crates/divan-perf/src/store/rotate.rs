//! Starting a history anew with its newest runs; the old one keeps everything under another name.

use super::Repository;
use super::beginning::ROTATION_NOTE;
use super::git::git;
use super::import::{Author, Change, Commit};
use super::objects::Objects;
use super::publish::Pushed;
use super::read::{File, file_name};
use anyhow::{Result, bail};
use perf_judge::history::{DayIndex, NameTable};
use perf_judge::run::Run;
use perf_report::Calibration;
use serde_json::json;
use std::collections::BTreeMap;

/// What a restart was asked to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rotation<'a> {
    /// How many of the newest runs stay.
    pub(crate) keep: usize,
    /// The branch that gets the old history.
    pub(crate) archive: &'a str,
    /// Whether the remote's history is started anew as well.
    pub(crate) publish: bool,
}

impl Repository {
    /// Starts the history anew and says what was done.
    pub(crate) fn rotate(&self, asked: &Rotation<'_>) -> Result<String> {
        self.check_writable()?;
        self.check_beside_others(asked.archive)?;
        let archive = format!("refs/heads/{}", asked.archive);
        self.check_not_symbolic(&archive)?;
        if self.commit_at(&archive)?.is_some() {
            bail!("there is a branch `{}` already: name another by --archive", asked.archive);
        }
        if asked.publish {
            self.publish()?;
        } else if self.commit_at(&self.tracking_ref())?.is_some() {
            bail!(
                "{} has this history as well and would bring it back: add --publish, so that it is started anew there too",
                self.remote
            );
        }
        let Some(old) = self.commit_at(&self.local_ref())? else {
            bail!("there is no history on `{}` to start anew", self.branch);
        };
        let whole = self.whole(&old)?;
        if !self.advance(&self.local_ref(), &whole, Some(&old))? {
            bail!("`{}` was moved meanwhile: try again", self.branch);
        }
        let old = whole;
        let commit = self.beginning(&old, asked)?;
        if !self.advance(&archive, &old, None)? {
            bail!("a branch `{}` was made meanwhile", asked.archive);
        }
        if asked.publish {
            self.replace_remote(&old, &commit, &archive)?;
            self.remember(&commit)?;
        }
        if !self.advance(&self.local_ref(), &commit, Some(&old))? {
            bail!("`{}` was moved meanwhile: nothing was started anew here", self.branch);
        }
        let (branch, name) = (&self.branch, asked.archive);
        Ok(format!("`{branch}` begins anew at {}, and `{name}` has all that was", &commit[..12]))
    }

    /// A commit without a parent that has the newest runs of `old` and what is not ours.
    fn beginning(&self, old: &str, asked: &Rotation<'_>) -> Result<String> {
        let mut objects = self.objects();
        let mut unread = Vec::new();
        let kept = self.newest_runs(&mut objects, old, asked.keep, &mut unread)?;
        if let Some(why) = unread.first() {
            bail!("the history is damaged, and what is lost should not be left behind: {why}");
        }
        let link =
            |path: String, object: String, is_folder| Change::Link { path, object, is_folder };
        let everything = format!("{old}^{{tree}}");
        let sh = &self.sh;
        let everything = git!(sh, "git rev-parse {everything}").quiet().read()?;
        let mut changes = vec![
            link(String::new(), everything, true),
            Change::Remove { path: format!("{}data", self.prefix) },
        ];
        for file in kept.iter().chain(&self.companions(&mut objects, old, &kept)?) {
            let path = format!("{}{}", self.prefix, file.path);
            changes.push(link(path, file.object.clone(), false));
        }
        changes.extend(self.series_of(&mut objects, &kept)?);
        let note = json!({"schema": 1, "kind": "restart", "from": old, "archive": asked.archive, "kept": kept.len()});
        changes.push(self.change(ROTATION_NOTE, format!("{note}\n")));
        self.import_whole(&Commit {
            parents: Vec::new(),
            author: Author::Configured,
            message: format!(
                "perf: begin anew\n\nThe history until here is on `{}`.\n",
                asked.archive
            ),
            time: self.time_of(old)?,
            changes,
        })
    }

    /// All calibrations, and comparisons as far back as the runs.
    fn companions(&self, objects: &mut Objects, old: &str, kept: &[File]) -> Result<Vec<File>> {
        let day = |path: &str| {
            path.splitn(3, '/').nth(2).and_then(|rest| rest.get(..10)).map(str::to_owned)
        };
        let since = kept.last().and_then(|file| day(&file.path)).unwrap_or_default();
        let mut files = Vec::new();
        let calibrations = Calibration::FOLDERS.map(|folder| (folder, true));
        for (folder, is_kept) in calibrations.into_iter().chain([("data/comparisons", false)]) {
            for entry in objects.files_below(&self.at(old, folder))? {
                let path = format!("{folder}/{}", entry.name);
                if is_kept || day(&path) >= Some(since.clone()) {
                    files.push(File { object: entry.object, path });
                }
            }
        }
        Ok(files)
    }

    fn series_of(&self, objects: &mut Objects, kept: &[File]) -> Result<Vec<Change>> {
        let mut derived = Derived::default();
        for file in kept {
            match self.run_in(objects, file)? {
                Ok(run) => derived.add(&file.path, &run),
                Err(left_out) => bail!("{}", left_out.why),
            }
        }
        let files = derived.files().into_iter();
        Ok(files.map(|(path, contents)| self.change(&path, contents)).collect())
    }

    /// The old history first, so that the remote has it at every moment.
    fn replace_remote(&self, old: &str, new: &str, archive: &str) -> Result<()> {
        let (sh, remote) = (&self.sh, &self.remote);
        let reference = self.local_ref();
        let lease = format!("--force-with-lease={reference}:{old}");
        let saved = format!("{old}:{archive}");
        let replaced = format!("{new}:{reference}");
        for (push, raced) in [
            (
                git!(sh, "git push --porcelain --progress {remote} {saved}"),
                "has a branch of that name already",
            ),
            (
                git!(sh, "git push --porcelain --progress {lease} {remote} {replaced}"),
                "got another run meanwhile",
            ),
        ] {
            match Pushed::of(self.ask_remote(push)?) {
                Pushed::Yes => {}
                Pushed::Raced => bail!("{remote} {raced}: try again, with another --archive"),
                Pushed::Refused(why) | Pushed::Deaf(why) => {
                    bail!("{remote} did not take it: {why}")
                }
            }
        }
        Ok(())
    }
}

/// All that follows from runs.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    day_indexes: BTreeMap<String, DayIndex>,
    names: BTreeMap<String, String>,
}

impl Derived {
    /// Adds the run whose file stands at `path`.
    pub(crate) fn add(&mut self, path: &str, run: &Run) {
        let names = NameTable::of(run);
        self.names.entry(NameTable::path(&names.key())).or_insert_with(|| names.to_json());
        if let Some(path) = DayIndex::path_for(path) {
            self.day_indexes.entry(path).or_default().add(run);
        }
    }

    /// Keeps what a day_index says of the run whose file stands at `path` and cannot be read.
    pub(crate) fn keep(&mut self, path: &str, known: DayIndex) {
        if let Some(day_index) = DayIndex::path_for(path) {
            let id = file_name(path).trim_end_matches(".json");
            let place = self.day_indexes.entry(day_index).or_default();
            *place = std::mem::take(place).merge(known.only(id));
        }
    }

    /// The files by path.
    pub(crate) fn files(self) -> BTreeMap<String, String> {
        let day_indexes =
            self.day_indexes.into_iter().map(|(path, day_index)| (path, day_index.to_text()));
        day_indexes.chain(self.names).collect()
    }
}

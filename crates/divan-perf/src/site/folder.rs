//! Writes the site's folder: only changed files are written, and obsolete ones are removed.

use crate::command_name::named;
use crate::files::remove;
use crate::output::{CachedPart, OutputFolder, SITE, SiteState};
use anyhow::Result;
use perf_judge::ident::digest;
use perf_report::site::SiteFile;
use std::path::PathBuf;

/// A site folder during a build.
#[derive(Debug)]
pub(super) struct SiteFolder<'a> {
    output: &'a OutputFolder,
    old: SiteState,
    new: SiteState,
}

impl<'a> SiteFolder<'a> {
    /// Starts a build. `key` is a digest of the inputs of all files. Files of an interrupted build are
    /// removed, and parts with another key are rebuilt.
    pub(super) fn begin(output: &'a OutputFolder, key: u64) -> Result<Self> {
        let known = output.site_state()?;
        let exists = |path: &String| output.path(SITE).join(path).exists();
        let is_usable = |old: &SiteState| old.is_usable() && old.files.keys().all(exists);
        // If this build is interrupted, the files of the folder are unknown.
        let new = SiteState::unfinished(key);
        output.write_site_state(&new)?;
        let mut old = match known {
            Some(old) if is_usable(&old) => old,
            other => {
                discard(output, other)?;
                SiteState::unfinished(key)
            }
        };
        if old.key != key {
            old.parts.clear();
        }
        Ok(Self { output, old, new })
    }

    /// Writes a page if its contents changed.
    pub(super) fn put(&mut self, page: &SiteFile) -> Result<()> {
        self.put_bytes(&page.path, named(&page.contents).as_bytes())
    }

    /// Writes a file if its contents changed.
    pub(super) fn put_bytes(&mut self, path: &str, contents: &[u8]) -> Result<()> {
        let key = digest(contents);
        if self.old.files.get(path) != Some(&key) {
            self.output.write(&format!("{SITE}/{path}"), contents)?;
        }
        self.new.files.insert(path.to_owned(), key);
        Ok(())
    }

    /// Keeps the part `name` if its key is unchanged. Otherwise it must be [rendered](Self::make).
    pub(super) fn keep(&mut self, name: &str, key: u64) -> Option<&CachedPart> {
        let part = self.old.parts.get(name).filter(|part| part.key == key)?.clone();
        for path in &part.files {
            self.new.files.insert(path.clone(), *self.old.files.get(path)?);
        }
        self.new.parts.insert(name.to_owned(), part);
        self.new.parts.get(name)
    }

    /// Writes a part.
    pub(super) fn make(&mut self, name: &str, key: u64, pages: &[SiteFile]) -> Result<()> {
        self.make_with(name, key, pages, Vec::new())
    }

    /// Writes a part with the ids of its runs.
    pub(super) fn make_with(
        &mut self,
        name: &str,
        key: u64,
        pages: &[SiteFile],
        runs: Vec<String>,
    ) -> Result<()> {
        pages.iter().try_for_each(|page| self.put(page))?;
        let files = pages.iter().map(|page| page.path.clone()).collect();
        self.new.parts.insert(name.to_owned(), CachedPart { key, files, runs });
        Ok(())
    }

    /// The parts so far with this prefix, by name.
    pub(super) fn parts(
        &self,
        prefix: &str,
    ) -> impl DoubleEndedIterator<Item = (&str, &CachedPart)> {
        let below = self.new.parts.range(prefix.to_owned()..);
        let prefix = prefix.to_owned();
        below
            .take_while(move |(name, _)| name.starts_with(&prefix))
            .map(|(name, part)| (name.as_str(), part))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Whether this build has written or kept the file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.new.files.contains_key(path)
    }

    /// Removes obsolete files, and writes the state. Returns the path of the folder.
    pub(super) fn finish(self) -> Result<PathBuf> {
        let folder = self.output.path(SITE);
        let obsolete = self.old.files.keys().filter(|path| !self.new.files.contains_key(*path));
        obsolete.into_iter().try_for_each(|path| remove(&folder.join(path)))?;
        self.output.write_site_state(&self.new.finished())?;
        Ok(folder)
    }
}

/// Removes the files of an unusable site, or its folder if the files are unknown.
fn discard(output: &OutputFolder, state: Option<SiteState>) -> Result<()> {
    let Some(state) = state.filter(|state| !state.unfinished) else {
        return remove(&output.path(SITE));
    };
    state.files.keys().try_for_each(|path| remove(&output.path(SITE).join(path)))
}

/// A digest of several texts.
pub(super) fn key_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> u64 {
    let mut all = String::new();
    for text in texts {
        all += text;
        all.push('\n');
    }
    digest(all.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn page(path: &str, contents: &str) -> SiteFile {
        SiteFile { path: path.to_owned(), contents: contents.to_owned() }
    }

    fn output() -> (tempfile::TempDir, OutputFolder) {
        let dir = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(dir.path().join("perf")).unwrap();
        (dir, output)
    }

    #[test]
    fn only_what_changed_is_written() {
        let (_dir, output) = output();
        let build = |contents: &str| {
            let mut folder = SiteFolder::begin(&output, 1).unwrap();
            folder.put(&page("a.html", "same")).unwrap();
            folder.put(&page("b/c.html", contents)).unwrap();
            folder.finish().unwrap()
        };
        let site = build("one");
        let inode = |path: &str| fs::metadata(site.join(path)).unwrap().modified().unwrap();
        let (same, other) = (inode("a.html"), inode("b/c.html"));
        std::thread::sleep(std::time::Duration::from_millis(20));
        build("two");
        assert_eq!(inode("a.html"), same);
        assert!(inode("b/c.html") > other);
        assert_eq!(fs::read_to_string(site.join("b/c.html")).unwrap(), "two");
    }

    #[test]
    fn obsolete_files_are_removed() {
        let (_dir, output) = output();
        let mut folder = SiteFolder::begin(&output, 1).unwrap();
        folder.make("part", 7, &[page("old.html", "")]).unwrap();
        folder.finish().unwrap();
        let mut folder = SiteFolder::begin(&output, 1).unwrap();
        assert_eq!(folder.keep("part", 8).map(|part| part.key), None);
        folder.put(&page("new.html", "")).unwrap();
        let site = folder.finish().unwrap();
        assert!(!site.join("old.html").exists() && site.join("new.html").exists());
    }

    #[test]
    fn a_part_is_kept_while_its_key_and_the_templates_are_the_same() {
        let (_dir, output) = output();
        let mut folder = SiteFolder::begin(&output, 1).unwrap();
        folder.make_with("part", 7, &[page("a.html", "")], vec!["run".to_owned()]).unwrap();
        folder.finish().unwrap();
        let mut folder = SiteFolder::begin(&output, 1).unwrap();
        assert_eq!(
            folder.keep("part", 7).map(|part| part.runs.clone()),
            Some(vec!["run".to_owned()])
        );
        assert!(folder.has("a.html"));
        folder.finish().unwrap();
        assert!(SiteFolder::begin(&output, 2).unwrap().keep("part", 7).is_none());
    }

    #[test]
    fn an_interrupted_build_is_repeated() {
        let (_dir, output) = output();
        let mut folder = SiteFolder::begin(&output, 1).unwrap();
        folder.make("part", 7, &[page("a.html", "")]).unwrap();
        folder.finish().unwrap();
        drop(SiteFolder::begin(&output, 1).unwrap());
        assert!(SiteFolder::begin(&output, 1).unwrap().keep("part", 7).is_none());
        assert!(!output.path("site/a.html").exists());
    }
}

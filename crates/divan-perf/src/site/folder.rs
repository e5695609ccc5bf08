//! The site's folder: only what changed is written, and what is no longer part of it goes.

use crate::files::remove;
use crate::output::{CachedPart, OutputFolder, SITE, SiteState};
use anyhow::Result;
use perf_judge::ident::digest;
use perf_report::site::SiteFile;
use std::path::PathBuf;

/// A site that is being written.
#[derive(Debug)]
pub(super) struct Folder<'a> {
    output: &'a OutputFolder,
    old: SiteState,
    new: SiteState,
}

impl<'a> Folder<'a> {
    /// Begins a site made with what `key` is a digest of. What an interrupted build left, or one
    /// with other templates, is forgotten.
    pub(super) fn begin(output: &'a OutputFolder, key: u64) -> Result<Self> {
        let known = output.site_state()?;
        let exists = |path: &String| output.path(SITE).join(path).exists();
        let is_usable = |old: &SiteState| old.is_usable() && old.files.keys().all(exists);
        // Until the new state is written, nothing is known of the files in the folder.
        let new = SiteState::begin(key);
        output.remember_site(&new)?;
        let mut old = match known {
            Some(old) if is_usable(&old) => old,
            other => {
                discard(output, other)?;
                SiteState::begin(key)
            }
        };
        if old.key != key {
            old.parts.clear();
        }
        Ok(Self { output, old, new })
    }

    /// Writes a file, unless it stands there already.
    pub(super) fn put(&mut self, page: &SiteFile) -> Result<()> {
        let is = digest(page.contents.as_bytes());
        if self.old.files.get(&page.path) != Some(&is) {
            self.output.write(&format!("{SITE}/{}", page.path), page.contents.as_bytes())?;
        }
        self.new.files.insert(page.path.clone(), is);
        Ok(())
    }

    /// Keeps the part called `name` if it was made of the same; else it must be [made](Self::make).
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

    /// Writes a part with the identities of its runs.
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

    /// The parts so far whose names begin so, in order.
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

    /// Whether the site has this file so far.
    pub(super) fn has(&self, path: &str) -> bool {
        self.new.files.contains_key(path)
    }

    /// Removes what is no longer part of the site, and remembers what is. Returns the folder.
    pub(super) fn finish(self) -> Result<PathBuf> {
        let folder = self.output.path(SITE);
        let gone = self.old.files.keys().filter(|path| !self.new.files.contains_key(*path));
        gone.into_iter().try_for_each(|path| remove(&folder.join(path)))?;
        self.output.remember_site(&self.new.finished())?;
        Ok(folder)
    }
}

/// Removes a site that cannot be continued: its files, or the folder if they are not known.
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
            let mut folder = Folder::begin(&output, 1).unwrap();
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
    fn what_is_no_longer_part_of_it_goes() {
        let (_dir, output) = output();
        let mut folder = Folder::begin(&output, 1).unwrap();
        folder.make("part", 7, &[page("old.html", "")]).unwrap();
        folder.finish().unwrap();
        let mut folder = Folder::begin(&output, 1).unwrap();
        assert_eq!(folder.keep("part", 8).map(|part| part.key), None);
        folder.put(&page("new.html", "")).unwrap();
        let site = folder.finish().unwrap();
        assert!(!site.join("old.html").exists() && site.join("new.html").exists());
    }

    #[test]
    fn a_part_is_kept_while_its_key_and_the_templates_are_the_same() {
        let (_dir, output) = output();
        let mut folder = Folder::begin(&output, 1).unwrap();
        folder.make_with("part", 7, &[page("a.html", "")], vec!["run".to_owned()]).unwrap();
        folder.finish().unwrap();
        let mut folder = Folder::begin(&output, 1).unwrap();
        assert_eq!(
            folder.keep("part", 7).map(|part| part.runs.clone()),
            Some(vec!["run".to_owned()])
        );
        assert!(folder.has("a.html"));
        folder.finish().unwrap();
        assert!(Folder::begin(&output, 2).unwrap().keep("part", 7).is_none());
    }

    #[test]
    fn a_build_that_was_interrupted_is_made_anew() {
        let (_dir, output) = output();
        let mut folder = Folder::begin(&output, 1).unwrap();
        folder.make("part", 7, &[page("a.html", "")]).unwrap();
        folder.finish().unwrap();
        drop(Folder::begin(&output, 1).unwrap());
        assert!(Folder::begin(&output, 1).unwrap().keep("part", 7).is_none());
        assert!(!output.path("site/a.html").exists());
    }
}

//! The state of the site's folder after a build: its files, and digests of their inputs.

use crate::files::{DATA_BYTES, read_if_there};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// The site's folder in the output folder.
pub(crate) const SITE: &str = "site";
/// The file of the site's state in the output folder.
pub(super) const STATE: &str = "site-state.json";
/// The format of the state. A state of another format is not used.
const SCHEMA: u32 = 1;

/// The state of a site, by which the next build writes only what changed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SiteState {
    schema: u32,
    /// A digest of the inputs of all files: the program, the templates and the rules.
    pub(crate) key: u64,
    /// Digests of the files' contents, by path.
    pub(crate) files: BTreeMap<String, u64>,
    /// The parts that are only rebuilt if their key changes, by name.
    pub(crate) parts: BTreeMap<String, CachedPart>,
    /// Whether the build has not ended, so the files are unknown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unfinished: bool,
}

/// A part of the site that is only rebuilt if its key changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CachedPart {
    /// A digest of its inputs.
    pub(crate) key: u64,
    /// The paths of its files.
    pub(crate) files: Vec<String>,
    /// The ids of its runs, if other parts need them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) runs: Vec<String>,
}

impl SiteState {
    /// The state of an unfinished site.
    pub(crate) fn unfinished(key: u64) -> Self {
        let (files, parts) = (BTreeMap::new(), BTreeMap::new());
        Self { schema: SCHEMA, key, files, parts, unfinished: true }
    }

    /// The same for a finished site.
    pub(crate) fn finished(self) -> Self {
        Self { unfinished: false, ..self }
    }

    /// Reads the state at `path`. `None` if there is none, or if this program did not write it. Its
    /// files are removed later, so a path outside of the folder is not accepted.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let state = read_if_there(path, DATA_BYTES)?
            .and_then(|text| serde_json::from_str::<Self>(&text).ok());
        Ok(state.filter(|state| state.files.keys().all(|path| is_below(path))))
    }

    /// Whether a build of this version can continue from it.
    pub(crate) fn is_usable(&self) -> bool {
        self.schema == SCHEMA && !self.unfinished
    }
}

fn is_below(path: &str) -> bool {
    let is_name = |part| matches!(part, Component::Normal(_));
    !path.is_empty() && Path::new(path).components().all(is_name)
}

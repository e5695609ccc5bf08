//! What is remembered of the site's folder: its files, and what they were made of.

use crate::files::{DATA_BYTES, read_if_there};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// The site's folder in the output, and the file beside it that names what is in it.
pub(crate) const SITE: &str = "site";
pub(super) const STATE: &str = "site-state.json";
/// The format of what is remembered; another one is forgotten.
const SCHEMA: u32 = 1;

/// What is remembered of a site, so that the next build does no more than it must.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SiteState {
    schema: u32,
    /// What everything was made with: the templates and the rules.
    pub(crate) key: u64,
    /// A digest of each file's contents, by path.
    pub(crate) files: BTreeMap<String, u64>,
    /// What the parts were made of that need not be made again.
    pub(crate) parts: BTreeMap<String, CachedPart>,
    /// Whether the site is being built, or was when the build ended early: its files are not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unfinished: bool,
}

/// A part of the site that stays as it is while its key does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CachedPart {
    pub(crate) key: u64,
    /// Its files, by path.
    pub(crate) files: Vec<String>,
    /// The identities of the runs in it, where others need them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) runs: Vec<String>,
}

impl SiteState {
    /// A site that is being built by `key`.
    pub(crate) fn begin(key: u64) -> Self {
        let (files, parts) = (BTreeMap::new(), BTreeMap::new());
        Self { schema: SCHEMA, key, files, parts, unfinished: true }
    }

    /// The same, when everything is written.
    pub(crate) fn finished(self) -> Self {
        Self { unfinished: false, ..self }
    }

    /// What the file at `path` says. `None` if there is none, or one that this program did not
    /// write: it names files to be removed, so none of them may be elsewhere.
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

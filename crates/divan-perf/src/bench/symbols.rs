//! The functions at addresses of executables and libraries, by their debug information.

use addr2line::Loader;
use call_profile::Symbols;
use std::collections::HashMap;

/// Reads the debug information of files when it is needed.
#[derive(Default)]
pub(crate) struct DebugSymbols {
    /// `None` for a file without readable debug information.
    loaders: HashMap<String, Option<Loader>>,
    known: HashMap<(String, u64), Vec<String>>,
}

impl Symbols for DebugSymbols {
    fn at(&mut self, object: &str, address: u64) -> Vec<String> {
        let key = (object.to_owned(), address);
        if let Some(names) = self.known.get(&key) {
            return names.clone();
        }
        let loader =
            self.loaders.entry(object.to_owned()).or_insert_with(|| Loader::new(object).ok());
        let names = loader.as_ref().and_then(|loader| names(loader, address)).unwrap_or_default();
        self.known.insert(key, names.clone());
        names
    }
}

/// The names at an address, the outermost function first. `None` if one of them is unknown.
fn names(loader: &Loader, address: u64) -> Option<Vec<String>> {
    let mut frames = loader.find_frames(address).ok()?;
    let mut names = Vec::new();
    while let Ok(Some(frame)) = frames.next() {
        names.push(frame.function?.raw_name().ok()?.into_owned());
    }
    names.reverse();
    (!names.is_empty()).then_some(names)
}

//! Which instructions were executed.

use std::collections::BTreeMap;

/// The executed instructions of a benchmark by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    objects: BTreeMap<String, BTreeMap<u64, u64>>,
}

impl Executed {
    /// Adds executions of the instruction at `address` of the file `object`. The address is that of the
    /// file: the address in memory without the one that the loader chose.
    pub fn add(&mut self, object: &str, address: u64, executions: u64) {
        if !self.objects.contains_key(object) {
            self.objects.insert(object.to_owned(), BTreeMap::new());
        }
        if let Some(addresses) = self.objects.get_mut(object) {
            let sum = addresses.entry(address).or_default();
            *sum = sum.saturating_add(executions);
        }
    }

    /// The executions by address of each file with executed instructions.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &BTreeMap<u64, u64>)> {
        self.objects.iter().map(|(object, addresses)| (object.as_str(), addresses))
    }

    /// The number of executed instructions in all files.
    pub fn instructions(&self) -> u64 {
        let counts = self.objects.values().flat_map(BTreeMap::values);
        counts.fold(0, |sum, count| sum.saturating_add(*count))
    }
}

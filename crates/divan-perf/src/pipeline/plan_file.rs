//! What a long command has done so far, so that it can go on after an interrupt.

use crate::files::{DATA_BYTES, read_if_there};
use crate::output::OutputFolder;
use crate::ui;
use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::marker::PhantomData;

/// The file of an unfinished task in the output folder.
#[derive(Debug)]
pub(super) struct PlanFile<T> {
    output: OutputFolder,
    name: &'static str,
    /// Everything that the results depend on. A file of another task is not used.
    task: String,
    contents: PhantomData<T>,
}

/// The contents of the file.
#[derive(Serialize, Deserialize)]
struct UnfinishedTask<T> {
    schema: u32,
    kind: PlanKind,
    task: String,
    done: T,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PlanKind {
    Plan,
}

const SCHEMA: u32 = 1;

impl<T: Serialize + DeserializeOwned> PlanFile<T> {
    /// The file `name` for this task.
    pub(super) fn new(output: &OutputFolder, name: &'static str, task: String) -> Self {
        Self { output: output.clone(), name, task, contents: PhantomData }
    }

    /// What was done of this task; `None` if nothing was. A damaged file counts as none, and a line reports
    /// that.
    pub(super) fn load(&self) -> Result<Option<T>> {
        let path = self.output.path(self.name);
        let Some(text) = read_if_there(&path, DATA_BYTES)? else { return Ok(None) };
        match serde_json::from_str::<UnfinishedTask<T>>(&text) {
            Ok(read) => Ok((read.schema == SCHEMA && read.task == self.task).then_some(read.done)),
            Err(error) => {
                ui::say(&format!("{} cannot be read ({error}): beginning again", path.display()));
                Ok(None)
            }
        }
    }

    /// Writes what was done so far.
    pub(super) fn save(&self, done: &T) -> Result<()> {
        let task =
            UnfinishedTask { schema: SCHEMA, kind: PlanKind::Plan, task: self.task.clone(), done };
        self.output.write(self.name, &serde_json::to_vec(&task)?).map(drop)
    }

    /// Removes the file, because the task is finished.
    pub(super) fn remove(&self) -> Result<()> {
        let path = self.output.path(self.name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_task_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path().join("out")).unwrap();
        let file = |task: &str| PlanFile::<Vec<u32>>::new(&output, "bisect-plan.json", task.into());
        assert_eq!(file("a").load().unwrap(), None);
        file("a").save(&vec![1, 2]).unwrap();
        assert_eq!(file("a").load().unwrap(), Some(vec![1, 2]));
        assert_eq!(file("b").load().unwrap(), None);
        output.write("bisect-plan.json", b"{").unwrap();
        assert_eq!(file("a").load().unwrap(), None);
        file("a").remove().unwrap();
        file("a").remove().unwrap();
        assert!(!output.path("bisect-plan.json").exists());
    }
}

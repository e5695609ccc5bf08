//! Reading objects by one long-lived process, however many are asked for.

use super::{Repository, text};
use anyhow::{Context as _, Result, bail, ensure};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A `git cat-file --batch`, asked one object at a time.
#[derive(Debug)]
pub(crate) struct Objects {
    folder: PathBuf,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// An object's kind and contents.
#[derive(Debug)]
struct Object {
    kind: String,
    contents: Vec<u8>,
}

/// What stands in a folder of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    pub(crate) name: String,
    pub(crate) object: String,
    pub(crate) is_folder: bool,
}

/// An object that git has lost, or holds damaged: asking again would not help.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Damaged(String);

/// What git says of a damaged object. Everything else that keeps it from reading one passes: a
/// remote that a partial clone fetches from and that does not answer, too many open files.
const DAMAGE: [&str; 6] = ["corrupt", "inflate", "unpack", "mismatch", "bad object", "garbage"];

impl Repository {
    /// Opens the repository's objects for reading.
    pub(crate) fn objects(&self) -> Objects {
        Objects { folder: self.sh.current_dir(), process: None }
    }
}

impl Objects {
    /// The text of a file, by its object's name or as `<commit>:<path>`; `None` if there is none.
    ///
    /// Fails on an object that is damaged or lost; others can be read after that.
    pub(crate) fn file(&mut self, name: &str) -> Result<Option<String>> {
        let Some(object) = self.get(name)? else { return Ok(None) };
        ensure!(object.kind == "blob", "{name} is no file");
        Ok(Some(text(object.contents)))
    }

    /// What stands in a folder, by its object's name or as `<commit>:<path>`; nothing if it is not
    /// there.
    pub(crate) fn folder(&mut self, name: &str) -> Result<Vec<TreeEntry>> {
        let Some(object) = self.get(name)? else { return Ok(Vec::new()) };
        ensure!(object.kind == "tree", "{name} is no folder");
        let damaged = || Damaged(format!("{name} is damaged"));
        Ok(entries(&object.contents, hash_bytes(name)).ok_or_else(damaged)?)
    }

    /// Every file below a folder, with its path from there.
    pub(crate) fn files_below(&mut self, name: &str) -> Result<Vec<TreeEntry>> {
        let mut files = Vec::new();
        let mut open = self.folder(name)?;
        while let Some(entry) = open.pop() {
            if !entry.is_folder {
                files.push(entry);
                continue;
            }
            let below = self.folder(&entry.object)?.into_iter();
            open.extend(below.map(|inner| TreeEntry {
                name: format!("{}/{}", entry.name, inner.name),
                ..inner
            }));
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }

    fn get(&mut self, name: &str) -> Result<Option<Object>> {
        match self.ask(name)? {
            None if !self.was_never_there(name)? => Err(lost(name).into()),
            object => Ok(object),
        }
    }

    /// Whether a path is none of its commit's: of an object that is damaged or lost, git says no
    /// more than of one that never was.
    fn was_never_there(&mut self, name: &str) -> Result<bool> {
        let Some((commit, path)) = name.split_once(':') else { return Ok(false) };
        let (mut object, mut is_folder) = (format!("{commit}^{{tree}}"), true);
        for part in path.split('/') {
            if !is_folder {
                return Ok(true);
            }
            let tree = self.ask(&object)?.ok_or_else(|| lost(&object))?;
            let entries = entries(&tree.contents, hash_bytes(name));
            let damaged = || Damaged(format!("{object} is damaged"));
            let mut entries = entries.ok_or_else(damaged)?.into_iter();
            match entries.find(|entry| entry.name == part) {
                Some(entry) => (object, is_folder) = (entry.object, entry.is_folder),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    fn ask(&mut self, name: &str) -> Result<Option<Object>> {
        ensure!(!name.contains('\n'), "a name in the history has a line break");
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.folder)?,
        };
        match process.ask(name) {
            Ok(object) => {
                self.process = Some(process);
                Ok(object)
            }
            // It has ended, or is out of step: the next question gets a new one.
            Err(error) => {
                let said = process.end();
                match DAMAGE.iter().any(|sign| said.contains(sign)) {
                    true => Err(Damaged(format!("git cannot read {name}: {said}")).into()),
                    false => Err(error.context(format!("git cannot read {name}: {said}"))),
                }
            }
        }
    }
}

impl Process {
    fn start(folder: &PathBuf) -> Result<Self> {
        let mut child = super::git::process()
            .args(["cat-file", "--batch"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start git")?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(questions), Some(answers)) => {
                Ok(Self { child, questions, answers: BufReader::new(answers) })
            }
            _ => bail!("cannot talk to git"),
        }
    }

    fn ask(&mut self, name: &str) -> Result<Option<Object>> {
        writeln!(self.questions, "{name}")?;
        self.questions.flush()?;
        let mut header = Vec::new();
        self.answers.read_until(b'\n', &mut header)?;
        let header = text(header);
        if header.trim_end().ends_with(" missing") {
            return Ok(None);
        }
        let mut words = header.split_whitespace().skip(1);
        let kind = words.next().context("its answer ends early")?.to_owned();
        let size = words.next().and_then(|size| size.parse().ok());
        let size: usize = size.with_context(|| format!("its answer is {header}"))?;
        let mut contents = vec![0; size + 1];
        self.answers.read_exact(&mut contents).context("its answer ends early")?;
        contents.pop();
        Ok(Some(Object { kind, contents }))
    }

    /// Ends the process and returns what it complained of.
    fn end(mut self) -> String {
        drop((self.questions, self.answers));
        let mut said = Vec::new();
        if let Some(mut errors) = self.child.stderr.take() {
            let _ = errors.read_to_end(&mut said);
        }
        let _ = self.child.wait();
        text(said).trim().replace('\n', "; ")
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }
}

fn lost(name: &str) -> Damaged {
    Damaged(format!("git has lost {name}"))
}

/// How many bytes an object's name takes in the repository that `name` is of.
fn hash_bytes(name: &str) -> usize {
    name.split(':').next().map_or(0, str::len) / 2
}

/// Reads a tree: `<mode> <name>\0<object>` over and over.
fn entries(mut tree: &[u8], hash_bytes: usize) -> Option<Vec<TreeEntry>> {
    let mut entries = Vec::new();
    while !tree.is_empty() {
        let space = tree.iter().position(|byte| *byte == b' ')?;
        let end = tree.iter().position(|byte| *byte == 0)?;
        let object = tree.get(end + 1..end + 1 + hash_bytes)?;
        entries.push(TreeEntry {
            name: text(tree.get(space + 1..end)?.to_vec()),
            object: object.iter().map(|byte| format!("{byte:02x}")).collect(),
            is_folder: &tree[..space] == b"40000",
        });
        tree = &tree[end + 1 + hash_bytes..];
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_entry_by_entry() {
        let tree = b"100644 a b.json\0\x01\xff40000 data\0\x00\x10";
        let read = entries(tree, 2).unwrap();
        let told: Vec<_> =
            read.iter().map(|e| (e.name.as_str(), e.object.as_str(), e.is_folder)).collect();
        assert_eq!(told, [("a b.json", "01ff", false), ("data", "0010", true)]);
        for cut in 1..tree.len() {
            assert!(entries(&tree[..cut], 2).is_none_or(|read| read.len() == 1), "{cut}");
        }
    }
}

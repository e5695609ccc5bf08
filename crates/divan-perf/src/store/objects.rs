//! Reads any number of git objects by one long-lived process.

use super::{Repository, text};
use anyhow::{Context as _, Result, bail, ensure};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A reader of git objects. It runs `git cat-file --batch`, one request at a time.
#[derive(Debug)]
pub(crate) struct Objects {
    folder: PathBuf,
    process: Option<CatFile>,
}

#[derive(Debug)]
struct CatFile {
    child: Child,
    requests: ChildStdin,
    responses: BufReader<ChildStdout>,
}

#[derive(Debug)]
struct Object {
    /// `blob`, `tree`, `commit` or `tag`.
    kind: String,
    contents: Vec<u8>,
}

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    pub(crate) name: String,
    pub(crate) object: String,
    pub(crate) is_folder: bool,
}

/// An object is damaged or missing, so another request would fail too.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DamagedObject(String);

/// Words of git's messages about damaged objects. Other failures can be temporary, for example an
/// unreachable remote of a partial clone, or too many open files.
const DAMAGE_WORDS: [&str; 6] =
    ["corrupt", "inflate", "unpack", "mismatch", "bad object", "garbage"];

impl Repository {
    /// Opens the repository's objects for reading.
    pub(crate) fn objects(&self) -> Objects {
        Objects { folder: self.sh.current_dir(), process: None }
    }
}

impl Objects {
    /// The text of a file by its object or by `<commit>:<path>`; `None` if it does not exist.
    ///
    /// Fails with [`DamagedObject`] if the object is damaged or missing. Others can be read after
    /// that.
    pub(crate) fn file(&mut self, name: &str) -> Result<Option<String>> {
        let Some(object) = self.get(name)? else { return Ok(None) };
        ensure!(object.kind == "blob", "cannot read {name} as a file: it is a {}", object.kind);
        Ok(Some(text(object.contents)))
    }

    /// The entries of a folder by its object or by `<commit>:<path>`; none if it does not exist.
    pub(crate) fn folder(&mut self, name: &str) -> Result<Vec<TreeEntry>> {
        let Some(object) = self.get(name)? else { return Ok(Vec::new()) };
        ensure!(object.kind == "tree", "cannot read {name} as a folder: it is a {}", object.kind);
        let damaged = || DamagedObject(format!("the git object {name} is damaged"));
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
        match self.request(name)? {
            None if !self.is_absent(name)? => Err(missing(name).into()),
            object => Ok(object),
        }
    }

    /// Whether the commit does not have the path. Git reports a missing object by the same word as
    /// an absent path.
    fn is_absent(&mut self, name: &str) -> Result<bool> {
        let Some((commit, path)) = name.split_once(':') else { return Ok(false) };
        let (mut object, mut is_folder) = (format!("{commit}^{{tree}}"), true);
        for part in path.split('/') {
            if !is_folder {
                return Ok(true);
            }
            let tree = self.request(&object)?.ok_or_else(|| missing(&object))?;
            let entries = entries(&tree.contents, hash_bytes(name));
            let damaged = || DamagedObject(format!("the git object {object} is damaged"));
            let mut entries = entries.ok_or_else(damaged)?.into_iter();
            match entries.find(|entry| entry.name == part) {
                Some(entry) => (object, is_folder) = (entry.object, entry.is_folder),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    fn request(&mut self, name: &str) -> Result<Option<Object>> {
        ensure!(
            !name.contains('\n'),
            "cannot read a file of the history: its name has a line break. Rename it there"
        );
        let mut process = match self.process.take() {
            Some(process) => process,
            None => CatFile::start(&self.folder)?,
        };
        match process.request(name) {
            Ok(object) => {
                self.process = Some(process);
                Ok(object)
            }
            // The process has ended, or its output is out of step: the next request starts one.
            Err(error) => {
                let message = process.end();
                let is_damaged = DAMAGE_WORDS.iter().any(|word| message.contains(word));
                let message = format!("git cannot read {name}: {message}");
                if is_damaged {
                    Err(DamagedObject(message).into())
                } else {
                    Err(error.context(message))
                }
            }
        }
    }
}

impl CatFile {
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
            (Some(requests), Some(responses)) => {
                Ok(Self { child, requests, responses: BufReader::new(responses) })
            }
            _ => bail!("cannot open the streams of git"),
        }
    }

    fn request(&mut self, name: &str) -> Result<Option<Object>> {
        writeln!(self.requests, "{name}")?;
        self.requests.flush()?;
        let mut header = Vec::new();
        self.responses.read_until(b'\n', &mut header)?;
        let header = text(header);
        if header.trim_end().ends_with(" missing") {
            return Ok(None);
        }
        let mut words = header.split_whitespace().skip(1);
        let kind = words.next().context("its output ends early")?.to_owned();
        let size = words.next().and_then(|size| size.parse().ok());
        let size: usize = size.with_context(|| format!("its output is {header}"))?;
        let mut contents = vec![0; size + 1];
        self.responses.read_exact(&mut contents).context("its output ends early")?;
        contents.pop();
        Ok(Some(Object { kind, contents }))
    }

    /// Ends the process and returns its error messages.
    fn end(mut self) -> String {
        drop((self.requests, self.responses));
        let mut messages = Vec::new();
        if let Some(mut errors) = self.child.stderr.take() {
            let _ = errors.read_to_end(&mut messages);
        }
        let _ = self.child.wait();
        text(messages).trim().replace('\n', "; ")
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }
}

fn missing(name: &str) -> DamagedObject {
    DamagedObject(format!("git has no object {name}"))
}

/// The number of bytes of a hash, from a name that starts with one.
fn hash_bytes(name: &str) -> usize {
    name.split(':').next().map_or(0, str::len) / 2
}

/// Parses a tree, a sequence of `<mode> <name>\0<object>`. `None` if it is malformed.
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
        let fields: Vec<_> =
            read.iter().map(|e| (e.name.as_str(), e.object.as_str(), e.is_folder)).collect();
        assert_eq!(fields, [("a b.json", "01ff", false), ("data", "0010", true)]);
        for cut in 1..tree.len() {
            assert!(entries(&tree[..cut], 2).is_none_or(|read| read.len() == 1), "{cut}");
        }
    }
}

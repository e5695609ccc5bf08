//! A workspace in a repository of its own, and the command run on it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// Measuring one project while another builds would measure the build.
static MEASURING: Mutex<()> = Mutex::new(());

pub(crate) fn quiet_machine() -> MutexGuard<'static, ()> {
    MEASURING.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Project {
    folder: Folder,
    /// Where the project lies below the folder.
    below: PathBuf,
    /// Whether its benches are real, and built into the folder that all such tests share.
    is_real: bool,
}

enum Folder {
    Temporary(TempDir),
    /// Locked until it is dropped.
    CachedPage(PathBuf, #[expect(dead_code, reason = "it is held")] File),
}

impl Folder {
    fn temporary() -> Self {
        Self::Temporary(tempfile::tempdir().unwrap())
    }

    /// An empty folder that no other test uses now. Benches are built per folder, so tests that
    /// have the same one after each other build the dependencies once.
    fn kept(name: &str) -> Self {
        // Not in this repository: tests remove the one in the folder.
        let all = std::env::temp_dir().join("divan-perf-projects");
        let claim = |number: u32| {
            let folder = all.join(format!("{name}-{number}"));
            fs::create_dir_all(&folder).unwrap();
            let lock = File::create(folder.with_extension("lock")).unwrap();
            lock.try_lock().is_ok().then_some((folder, lock))
        };
        let (folder, lock) = (0..).find_map(claim).unwrap();
        // The folder itself stays: builds of folders that are gone are removed.
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let is_folder = entry.file_type().unwrap().is_dir();
            let remove = if is_folder { fs::remove_dir_all } else { fs::remove_file };
            remove(entry.path()).unwrap();
        }
        Self::CachedPage(folder, lock)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::CachedPage(folder, _) => folder,
        }
    }
}

/// How a run of the command ended.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// A workspace without benches and without a repository.
    pub(crate) fn bare() -> Self {
        let project = Self::empty();
        project
            .write("Cargo.toml", "[package]\nname = \"bare\"\nedition = \"2024\"\n[workspace]\n");
        project.write("src/lib.rs", "");
        project
    }

    /// The same, committed on `main`.
    pub(crate) fn committed() -> Self {
        let project = Self::bare();
        project.commit_all();
        project
    }

    /// A copy of real benches below fixtures/, committed on `main`.
    pub(crate) fn fixture(name: &str) -> Self {
        Self { folder: Folder::kept(name), is_real: true, ..Self::empty() }.holding(name)
    }

    /// The benchmarks of known-cost with made-up times, committed on `main`: a launch takes
    /// milliseconds, and what is slower is so for certain.
    pub(crate) fn scripted() -> Self {
        Self::empty().holding("scripted-bench")
    }

    /// The same with a copy of a folder below fixtures/, committed on `main`.
    fn holding(self, name: &str) -> Self {
        copy(&root().join("fixtures").join(name), self.path());
        self.commit_all();
        self
    }

    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: Folder::temporary(), below: PathBuf::new(), is_real: false }
    }

    /// A project that lies in a folder below `folder`.
    pub(crate) fn below(folder: TempDir, below: &str) -> Self {
        let below = folder.path().join(below);
        Self { folder: Folder::Temporary(folder), below, is_real: false }
    }

    /// The project in a folder of this one, which must live longer.
    pub(crate) fn in_folder(&self, folder: &str) -> Self {
        let below = self.path().join(folder);
        Self { below, ..Self::empty() }
    }

    pub(crate) fn path(&self) -> &Path {
        if self.below.as_os_str().is_empty() { self.folder.path() } else { &self.below }
    }

    pub(crate) fn write(&self, path: &str, contents: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    pub(crate) fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.read("out/report.json")).unwrap()
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = git(self.path(), args);
        assert!(output.status.success(), "git {args:?}: {}", text(&output.stderr));
        text(&output.stdout).trim_end().to_owned()
    }

    pub(crate) fn commit_all(&self) {
        self.write(".gitignore", "target/\nout/\n");
        if !self.path().join(".git").exists() {
            self.git(&["init", "--quiet", "--initial-branch=main"]);
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=Begin"]);
    }

    /// A commit on `branch` after `parent` that changes one file, without a checkout.
    pub(crate) fn commit_after(&self, parent: &str, branch: &str, path: &str, contents: &str) {
        let head = format!(
            "feature done\ncommit refs/heads/{branch}\ncommitter A <a@localhost> 0 +0000\ndata 0\nfrom {parent}\n"
        );
        self.fast_import(head, &[(path.to_owned(), contents.to_owned())]);
    }

    /// Makes a branch of one commit with one file, without a checkout.
    pub(crate) fn commit_on(&self, branch: &str, path: &str, contents: &str) {
        self.begin_branch(branch, &[(path.to_owned(), contents.to_owned())]);
    }

    /// Makes a branch of one commit with these files, without a checkout.
    pub(crate) fn begin_branch(&self, branch: &str, files: &[(String, String)]) {
        let head = format!(
            "feature done\ncommit refs/heads/{branch}\ncommitter A <a@localhost> 0 +0000\ndata 0\n"
        );
        self.fast_import(head, files);
    }

    fn fast_import(&self, mut stream: String, files: &[(String, String)]) {
        for (path, contents) in files {
            let length = contents.len();
            stream += &format!("M 100644 inline {path}\ndata {length}\n{contents}\n");
        }
        stream += "done\n";
        let file = self.path().join(".git/stream");
        fs::write(&file, stream).unwrap();
        let mut command = git_command(self.path(), &["fast-import", "--quiet", "--done"]);
        assert!(command.stdin(fs::File::open(file).unwrap()).status().unwrap().success());
    }

    pub(crate) fn perf(&self, args: &[&str]) -> Ended {
        self.perf_with(args, &[])
    }

    pub(crate) fn perf_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ended {
        Ended::of(self.command(args).envs(env.iter().copied()))
    }

    /// `xtask perf budgets` on this project.
    pub(crate) fn budgets(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        Ended::of(command.current_dir(self.path()).args(["perf", "budgets"]).args(args))
    }

    /// `xtask perf merge` on this project.
    pub(crate) fn merge(&self, args: &[&str]) -> Ended {
        self.task(&[&["merge", "--output", "out"], args].concat())
    }

    /// One of the commands below `xtask perf` on this project.
    pub(crate) fn task(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("perf").args(args).current_dir(self.path());
        if self.is_real {
            command.env("CARGO_TARGET_DIR", self.target_dir()).env("XDG_CACHE_HOME", cache());
        }
        Ended::of(command.env("GIT_CONFIG_GLOBAL", "/dev/null"))
    }

    /// The same with another cache of builds.
    pub(crate) fn task_in(&self, cache: &Path, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("perf").args(args).current_dir(self.path()).env("XDG_CACHE_HOME", cache);
        Ended::of(command.env("GIT_CONFIG_GLOBAL", "/dev/null"))
    }

    /// `xtask perf history` on this project.
    pub(crate) fn history(&self, args: &[&str]) -> Ended {
        Ended::of(&mut self.history_command(args))
    }

    pub(crate) fn history_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["perf", "history", "--output", "out"]).args(args);
        command.current_dir(self.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    /// Where measurements wait to be recorded, when none does.
    pub(crate) fn pending(&self) -> PathBuf {
        let ended = self.history(&["add"]);
        let said = ended.expect(0).stderr.lines().next_back().unwrap_or_default();
        self.path().join(said.strip_prefix("no measurement is pending in ").unwrap())
    }

    /// The measurements of any workspace that wait in this project's output folder.
    pub(crate) fn waiting(&self) -> Vec<PathBuf> {
        let below = |folder: PathBuf| {
            let entries = fs::read_dir(folder).into_iter().flatten();
            entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
        };
        let folders = below(self.path().join("out/pending"));
        folders.into_iter().flat_map(below).flat_map(below).collect()
    }

    /// `xtask perf site` on this project.
    pub(crate) fn site(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["perf", "site", "--output", "out"]).args(args);
        Ended::of(command.current_dir(self.path()).env("GIT_CONFIG_GLOBAL", "/dev/null"))
    }

    /// A bare repository that this project's `main` was pushed to.
    pub(crate) fn hub(&self) -> TempDir {
        let hub = tempfile::tempdir().unwrap();
        assert!(
            git(hub.path(), &["init", "--quiet", "--bare", "--initial-branch=main"])
                .status
                .success()
        );
        self.git(&["remote", "add", "origin", hub.path().to_str().unwrap()]);
        self.git(&["push", "--quiet", "origin", "main"]);
        hub
    }

    /// A clone, made with more arguments.
    pub(crate) fn clone_of(url: &str, args: &[&str]) -> Self {
        let project = Self::empty();
        let args = [&["clone", "--quiet"], args, &[url, "."]].concat();
        assert!(git(project.path(), &args).status.success());
        project
    }

    /// The folder that its benches are built into.
    pub(crate) fn target_dir(&self) -> PathBuf {
        self.target_dir_of(self)
    }

    /// The folder that benches of a checkout of this project are built into.
    pub(crate) fn target_dir_of(&self, checkout: &Self) -> PathBuf {
        if self.is_real {
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("benches")
        } else {
            checkout.path().join("target")
        }
    }

    /// `xtask perf` on this project.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_into("out", args)
    }

    /// The same, its results in another folder.
    pub(crate) fn command_into(&self, output: &str, args: &[&str]) -> Command {
        let counts = ["--quick", "--counts-only"].iter().any(|flag| args.contains(flag));
        let mut command = self.counting_command(output, args);
        // Counts and orders of functions of the synthetic benches mean nothing, and take time.
        if !self.is_real {
            command.args((!counts).then_some("--no-counts")).arg("--no-placement");
        }
        command
    }

    /// `xtask perf` with counts on any project.
    pub(crate) fn counting(&self, args: &[&str]) -> Ended {
        Ended::of(&mut self.counting_command("out", args))
    }

    fn counting_command(&self, output: &str, args: &[&str]) -> Command {
        #[cfg(unix)]
        self.share_clock_recorder();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(self.path())
            .args(["perf", "--output", output, "--color", "never"])
            .args(args)
            .env("CARGO_TARGET_DIR", self.target_dir())
            .env("XDG_CACHE_HOME", cache())
            .env_remove("KNOWN_COST")
            .stdin(Stdio::null());
        command
    }
}

#[cfg(unix)]
impl Project {
    /// Lets it use the clock recorder that another test compiled: that takes longer than most runs.
    fn share_clock_recorder(&self) {
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clock_recorder");
        let folder = self.target_dir().join("perf");
        fs::create_dir_all(&shared).unwrap();
        // Some tests make it impossible to write there, or put a file in its place.
        let _ = fs::create_dir_all(&folder)
            .and_then(|()| std::os::unix::fs::symlink(shared, folder.join("clock_recorder")));
    }
}

impl Ended {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            status: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn expect(&self, status: i32) -> &Self {
        assert_eq!(self.status, Some(status), "\n{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        let said = format!("{}\n{}", self.stdout, self.stderr);
        assert!(said.contains(text), "`{text}` is not in\n{said}");
        self
    }
}

/// The cache of builds that all tests share.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn git(dir: &Path, args: &[&str]) -> Output {
    git_command(dir, args).output().unwrap()
}

/// git as on a machine where nobody configured anything.
fn git_command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(dir)
        .args(["-c", "user.name=A", "-c", "user.email=a@localhost"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        } else if entry.file_name() != "target" {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

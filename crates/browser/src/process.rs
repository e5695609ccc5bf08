//! Chromium as a process: where it is installed, how it starts, and how it ends.

use crate::connection::{Connection, Deadline};
use crate::page::Page;
use anyhow::{Context as _, Result, bail};
use serde_json::json;
use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// A first start on a busy machine takes long: the operating system checks every file of it.
const START: Duration = Duration::from_secs(60);

/// How long it may take to end by itself before it is killed.
const END: Duration = Duration::from_secs(5);

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// No window, no sandbox (containers rarely allow one), and no traffic but that of the pages.
const ARGS: [&str; 15] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--remote-debugging-port=0",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
    "--use-mock-keychain",
];

/// A running Chromium with an empty profile of its own: dropping it ends it and removes the profile.
#[derive(Debug)]
pub struct Browser {
    address: String,
    process: Process,
}

impl Browser {
    /// Starts the Chromium that is [`installed`](Self::installed).
    pub fn start() -> Result<Self> {
        let program = Self::installed().with_context(|| {
            let names = NAMES.join(", ");
            format!(
                "found no Chromium (none of {names} is on PATH or in the usual places): \
                 `cargo xtask ci --setup` installs it, and CHROMIUM can name another"
            )
        })?;
        Self::run(&program)
    }

    /// The Chromium that `CHROMIUM` names, or the first on PATH and in the usual places.
    pub fn installed() -> Option<PathBuf> {
        match env::var_os("CHROMIUM") {
            Some(named) if !named.is_empty() => Some(named.into()),
            _ => places().into_iter().find(|place| place.is_file()),
        }
    }

    /// A new tab in a window of its own, which shares no storage with others.
    pub fn page(&self) -> Result<Page> {
        Page::new(&self.address)
    }

    fn run(program: &Path) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("browser-").tempdir();
        let profile = profile.context("cannot make a folder for Chromium's profile")?;
        let mut child = Command::new(program)
            .args(ARGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!("cannot start {}, found on PATH or in CHROMIUM", program.display())
            })?;
        let stderr = child.stderr.take();
        let process = Process { child, profile };
        let lines = read_lines(stderr.context("Chromium has no stderr")?);
        let address = listening(&lines, START)
            .with_context(|| format!("{} did not start", program.display()))?;
        Ok(Self { address, process })
    }

    fn close(&mut self) -> Result<()> {
        let deadline = Deadline::after(END);
        let mut connection = Connection::open(&self.address, deadline)?;
        connection.call("Browser.close", json!({}), deadline)?;
        while deadline.left().is_some() && self.process.child.try_wait()?.is_none() {
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to, it ends its child processes too. If that fails, it is killed.
        let _ = self.close();
    }
}

#[derive(Debug)]
struct Process {
    child: Child,
    profile: TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Its child processes may outlive it by a moment, and still write.
        for _ in 0..50 {
            match fs::remove_dir_all(self.profile.path()) {
                Err(_) if self.profile.path().exists() => thread::sleep(Duration::from_millis(20)),
                _ => break,
            }
        }
    }
}

fn places() -> Vec<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&folders)
        .flat_map(|at| NAMES.map(|name| at.join(format!("{name}{}", env::consts::EXE_SUFFIX))));
    let elsewhere: Vec<PathBuf> = match env::consts::OS {
        "macos" => ["Chromium", "Google Chrome"]
            .map(|name| format!("/Applications/{name}.app/Contents/MacOS/{name}").into())
            .into(),
        "windows" => ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"]
            .into_iter()
            .filter_map(env::var_os)
            .flat_map(|at| {
                [r"Chromium\Application\chrome.exe", r"Google\Chrome\Application\chrome.exe"]
                    .map(|below| PathBuf::from(&at).join(below))
            })
            .collect(),
        _ => Vec::new(),
    };
    on_path.chain(elsewhere).collect()
}

/// Reads until the end, whoever listens: a full pipe would stop Chromium.
fn read_lines(stderr: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            let _ = sender.send(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    });
    receiver
}

/// The address in the line where Chromium says that it listens.
fn listening(lines: &Receiver<String>, within: Duration) -> Result<String> {
    let deadline = Deadline::after(within);
    let mut read = Vec::new();
    loop {
        match lines.recv_timeout(deadline.left().unwrap_or_default()) {
            Ok(line) => match line.strip_prefix("DevTools listening on ") {
                Some(address) => return Ok(address.to_owned()),
                None => read.push(line),
            },
            Err(RecvTimeoutError::Timeout) => {
                bail!("it did not listen within {deadline}{}", last_of(&read))
            }
            Err(RecvTimeoutError::Disconnected) => bail!("it ended at once{}", last_of(&read)),
        }
    }
}

fn last_of(lines: &[String]) -> String {
    let last = &lines[lines.len().saturating_sub(10)..];
    if last.is_empty() {
        return ", and said nothing".to_owned();
    }
    format!(", and said:\n{}", last.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_among_other_lines() {
        let stderr = b"[1:ERROR] no bus\nDevTools listening on ws://127.0.0.1:9/devtools/x\r\nmore";
        let lines = read_lines(&stderr[..]);
        assert_eq!(listening(&lines, START).unwrap(), "ws://127.0.0.1:9/devtools/x");
    }

    #[test]
    fn a_process_that_ends_is_quoted() {
        let error = listening(&read_lines(&b"cannot open display\n"[..]), START).unwrap_err();
        assert_eq!(error.to_string(), "it ended at once, and said:\ncannot open display");
        let error = listening(&read_lines(&b""[..]), START).unwrap_err();
        assert_eq!(error.to_string(), "it ended at once, and said nothing");
    }

    #[test]
    fn a_program_that_is_no_browser_is_named() {
        let error = Browser::run(Path::new("no-such-program")).unwrap_err();
        let expected = "cannot start no-such-program, found on PATH or in CHROMIUM";
        assert_eq!(error.to_string(), expected);
        if cfg!(unix) {
            let error = format!("{:#}", Browser::run(Path::new("false")).unwrap_err());
            assert_eq!(error, "false did not start: it ended at once, and said nothing");
        }
    }

    #[test]
    fn a_silent_process_is_not_waited_for_longer() {
        let (_sender, lines) = channel();
        let error = listening(&lines, Duration::ZERO).unwrap_err();
        assert_eq!(error.to_string(), "it did not listen within 0.0 s, and said nothing");
    }
}

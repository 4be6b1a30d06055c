//! The `crosswalk` program as a child, with a data folder of its own, and what it says.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;

/// The program over one data folder.
pub(crate) struct Program {
    folder: PathBuf,
    /// Removes the folder at the end.
    _temporary: Option<tempfile::TempDir>,
    variables: Vec<(String, String)>,
}

/// How a run of it ended, and what it said.
pub(crate) struct Said {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    /// On an empty data folder.
    pub(crate) fn empty() -> Self {
        let temporary = tempfile::tempdir().expect("a folder");
        // As the program makes one: an open folder is told in every run.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let private = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(temporary.path(), private).expect("its rights");
        }
        Self { folder: temporary.path().to_owned(), _temporary: Some(temporary), variables: Vec::new() }
    }

    /// On a data folder that somebody else keeps, such as a host in the test's own process.
    pub(crate) fn over(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), _temporary: None, variables: Vec::new() }
    }

    /// With both connectors of the main job and the misbehaving guest installed.
    pub(crate) fn with_plugins() -> Self {
        Self::prepared("with-plugins", &["pulseway-rmm", "autotask", "guests"])
    }

    /// With these plugins installed: compiled once a set, under its name, for all tests.
    pub(crate) fn prepared(set: &'static str, plugins: &[&str]) -> Self {
        static PREPARED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(set);
        let mut prepared = PREPARED.lock().expect("the sets");
        if !prepared.contains(set) {
            // It may not be there yet.
            let _ = std::fs::remove_dir_all(&folder);
            let program = Program::over(&folder);
            for name in plugins {
                program.run(&format!("plugin add {}", super::component(name).display())).ends(0);
            }
            prepared.insert(set);
        }
        drop(prepared);
        let own = Program::empty();
        copy(&folder, &own.folder);
        own
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file into the data folder; gives its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// Sets a variable of its environment.
    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Runs a command line, without quoting: no word of it has a space.
    pub(crate) fn run(&self, line: &str) -> Said {
        let output = self.command(line).output().expect("the program starts");
        Said::of(line, output)
    }

    /// Starts a command line and does not wait.
    pub(crate) fn start(&self, line: &str) -> Started {
        Started { line: line.to_owned(), child: Some(self.command(line).spawn().expect("the program starts")) }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crosswalk"));
        command.arg("--data").arg(&self.folder).args(line.split_whitespace());
        for name in ["CROSSWALK_DATA", "CROSSWALK_TENANT", "CROSSWALK_KEY", "CROSSWALK_KEY_FILE", "CROSSWALK_LOG"] {
            command.env_remove(name);
        }
        // English, whatever the language of the machine.
        command.env("LC_ALL", "C");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// A run that is under way; killed when it is dropped.
pub(crate) struct Started {
    line: String,
    child: Option<Child>,
}

impl Started {
    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().expect("it can be asked").is_some())
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Said {
        let child = self.child.take().expect("it runs");
        Said::of(&self.line, child.wait_with_output().expect("its end"))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Said {
    fn of(line: &str, output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { line: line.to_owned(), code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// All of it, for a failed assertion.
    pub(crate) fn whole(&self) -> String {
        format!(
            "`crosswalk {}` ended with {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.line, self.code, self.out, self.err
        )
    }

    /// It ended with this code.
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.whole());
        self
    }

    /// It ended with this code, said nothing on standard output, and on standard error
    /// what is wrong and what to do, with these words in it.
    pub(crate) fn refused(self, code: i32, words: &[&str]) -> Self {
        let said = self.ends(code);
        assert!(said.out.is_empty(), "{}", said.whole());
        // Log lines may come before.
        assert!(said.err.lines().any(|line| line.starts_with("error: ")), "{}", said.whole());
        assert!(said.err.contains("\n\nhint: "), "no hint: {}", said.whole());
        for word in words {
            assert!(said.err.contains(word), "`{word}` is not in it: {}", said.whole());
        }
        said
    }

    /// The one JSON document on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.whole()))
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

//! Configuration of the installation: built-in values, then `crosswalk.toml` in the data folder,
//! then the environment, then flags; later layers win.
//!
//! Each concern has one typed value, which `app` hands to its room; no other room reads the
//! configuration. This is the only file that reads the environment. Unknown keys are refused with
//! their line: a misspelt limit must not pass for one that is set.
//!
//! ```toml
//! # <data>/crosswalk.toml; every key may be left out
//! tenant = "default"         # the tenant commands work for
//! key-file = "key"           # the key of stored secrets; relative to this folder
//! log = "warn"               # what is logged: error, warn, info, debug, trace, or filter directives
//! guest-threads = 4          # threads that connectors run on
//! [limits]
//! memory-mib = 64            # memory of one connector call
//! call-seconds = 120         # time of one connector call, vendor's replies included; left out, a plugin may ask for up to 600
//! component-mib = 16         # size of a plugin file
//! [retention]                # what is kept how long, in days; `crosswalk prune` deletes the rest
//! plans-days = 90            # plans and their changes; for as long a run can be undone
//! runs-days = 400            # runs
//! journal-days = 400         # the journal, without what it says of usage
//! usage-days = 3653          # counts, and what the journal says of usage
//! gone-days = 90             # records their vendor has no more and no link leads from or to
//! tickets-days = 90          # alerts that are gone, their closed tickets, and the links between them
//! ```

use crate::cli::{CliError, Flags};
use crate::model::{Retention, Said, Secret, TenantName, said};
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// The longest retention: a hundred years.
const DAYS_MAX: u32 = 36_525;

/// Names of the environment variables read.
pub mod variables {
    /// The data folder.
    pub const DATA: &str = "CROSSWALK_DATA";
    /// The tenant.
    pub const TENANT: &str = "CROSSWALK_TENANT";
    /// The key of stored secrets: 32 bytes in base64 or hex.
    pub const KEY: &str = "CROSSWALK_KEY";
    /// The file that holds that key.
    pub const KEY_FILE: &str = "CROSSWALK_KEY_FILE";
    /// The log filter.
    pub const LOG: &str = "CROSSWALK_LOG";
}

/// The configuration, by concern. Prints without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Location of the data, and the key to its secrets.
    pub storage: Storage,
    /// Limits of connectors.
    pub guests: Guests,
    /// Retention periods.
    pub retention: Retention,
    /// The log filter: directives of the log library.
    pub log: String,
    /// The tenant that commands work for.
    pub tenant: TenantName,
    /// Whether the tenant was named explicitly.
    pub tenant_named: bool,
}

/// Location of the data, and the key to its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// The folder: database, plugin files, compiled plugins, the key file.
    pub data: PathBuf,
    /// The key.
    pub key: Key,
}

/// Source of the key of stored secrets.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// This file; made on first use.
    File(PathBuf),
    /// The text itself.
    Text(Secret),
}

/// Limits of connectors; `None` means the runtime's own number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guests {
    /// Memory of one call.
    pub memory_mib: Option<u32>,
    /// Time of one call, host calls included.
    pub call_seconds: Option<u32>,
    /// Size of a plugin file.
    pub component_mib: Option<u32>,
    /// Number of threads they run on.
    pub threads: Option<u32>,
}

/// Errors of the configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// No data folder is known.
    NoHome,
    /// The file exists but cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// Cause of the failure.
        source: std::io::Error,
    },
    /// The file contains something invalid.
    Wrong {
        /// The file.
        path: PathBuf,
        /// The problem and its place.
        source: toml::de::Error,
    },
    /// A number is out of range.
    Range {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// Its value.
        value: u32,
        /// The smallest allowed.
        least: u32,
        /// The largest allowed.
        most: u32,
    },
    /// An environment variable is invalid.
    Variable {
        /// Its name.
        name: &'static str,
        /// The problem.
        why: String,
    },
}

impl ConfigError {
    /// Returns what happened.
    #[must_use]
    pub fn said(&self) -> Said {
        let path = |path: &Path| path.display().to_string();
        match self {
            ConfigError::NoHome => said!("cli-config-no-home"),
            ConfigError::File { path: file, .. } => said!("cli-config-unreadable", path = path(file)),
            ConfigError::Wrong { path: file, .. } => said!("cli-config-wrong", path = path(file)),
            ConfigError::Range { path: file, key, value, least, most } => {
                said!("cli-config-range", path = path(file), key = *key, value = *value, least = *least, most = *most)
            }
            ConfigError::Variable { name, why } => said!("cli-config-variable", name = *name, why),
        }
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> Said {
        match self {
            ConfigError::NoHome => said!("cli-config-no-home-hint"),
            ConfigError::File { .. } => said!("cli-config-unreadable-hint"),
            ConfigError::Wrong { .. } => said!("cli-config-keys"),
            ConfigError::Range { .. } => said!("cli-config-range-hint"),
            ConfigError::Variable { .. } => said!("cli-config-variable-hint"),
        }
    }
}

/// For logs: the message without a language.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said().fmt(f)
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ConfigError::File { source, .. } => Some(source),
            ConfigError::Wrong { source, .. } => Some(source),
            ConfigError::NoHome | ConfigError::Range { .. } | ConfigError::Variable { .. } => None,
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        let failed = CliError::failed(error.said(), error.hint());
        match error {
            ConfigError::File { source, .. } => failed.because(source),
            ConfigError::Wrong { source, .. } => failed.because(source),
            ConfigError::NoHome | ConfigError::Range { .. } | ConfigError::Variable { .. } => failed,
        }
    }
}

/// Reads one variable of the process's environment; `None` if unset or not text.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Config {
    /// Combines the layers. `environment` returns a variable's value.
    ///
    /// # Errors
    /// The problem and its place.
    pub fn read(flags: &Flags, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let data = match (&flags.data, set(variables::DATA)) {
            (Some(data), _) => data.clone(),
            (None, Some(data)) => PathBuf::from(data),
            (None, None) => match (set("XDG_DATA_HOME"), set("HOME")) {
                (Some(base), _) => Path::new(&base).join("crosswalk"),
                (None, Some(home)) => Path::new(&home).join(".local/share/crosswalk"),
                (None, None) => return Err(ConfigError::NoHome),
            },
        };
        let file = File::read(&data.join("crosswalk.toml"))?;

        let key = match (&flags.key_file, set(variables::KEY), set(variables::KEY_FILE)) {
            (Some(path), _, _) => Key::File(path.clone()),
            (None, Some(text), _) => Key::Text(Secret::new(text)),
            (None, None, Some(path)) => Key::File(PathBuf::from(path)),
            (None, None, None) => Key::File(data.join(file.key_file.as_deref().unwrap_or(Path::new("key")))),
        };
        let tenant = match (&flags.tenant, set(variables::TENANT)) {
            (Some(tenant), _) => Some(tenant.clone()),
            (None, Some(text)) => Some(
                TenantName::new(text)
                    .map_err(|error| ConfigError::Variable { name: variables::TENANT, why: error.to_string() })?,
            ),
            (None, None) => file.tenant,
        };
        let log = match (flags.quiet, flags.verbose) {
            (true, _) => "error".to_owned(),
            (false, 0) => set(variables::LOG).or(file.log).unwrap_or_else(|| "warn".to_owned()),
            (false, 1) => "warn,crosswalk=info".to_owned(),
            (false, 2) => "info,crosswalk=debug".to_owned(),
            (false, _) => "debug,crosswalk=trace".to_owned(),
        };
        let guests = Guests {
            memory_mib: file.limits.memory_mib,
            call_seconds: file.limits.call_seconds,
            component_mib: file.limits.component_mib,
            threads: file.guest_threads,
        };
        Ok(Self {
            storage: Storage { data, key },
            guests,
            retention: file.retention.over(Retention::default()),
            log,
            tenant_named: tenant.is_some(),
            tenant: tenant.unwrap_or_default(),
        })
    }
}

/// `crosswalk.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    tenant: Option<TenantName>,
    key_file: Option<PathBuf>,
    log: Option<String>,
    guest_threads: Option<u32>,
    limits: Limits,
    retention: Days,
}

/// `[retention]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Days {
    plans_days: Option<u32>,
    runs_days: Option<u32>,
    journal_days: Option<u32>,
    usage_days: Option<u32>,
    gone_days: Option<u32>,
    tickets_days: Option<u32>,
}

impl Days {
    fn over(&self, usual: Retention) -> Retention {
        Retention {
            plans_days: self.plans_days.unwrap_or(usual.plans_days),
            runs_days: self.runs_days.unwrap_or(usual.runs_days),
            journal_days: self.journal_days.unwrap_or(usual.journal_days),
            usage_days: self.usage_days.unwrap_or(usual.usage_days),
            gone_days: self.gone_days.unwrap_or(usual.gone_days),
            tickets_days: self.tickets_days.unwrap_or(usual.tickets_days),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Limits {
    memory_mib: Option<u32>,
    call_seconds: Option<u32>,
    component_mib: Option<u32>,
}

impl File {
    /// Reads the file; an absent file counts as empty.
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ConfigError::File { path: path.to_owned(), source }),
        };
        let file: Self =
            toml::from_str(&text).map_err(|source| ConfigError::Wrong { path: path.to_owned(), source })?;
        for (key, value, most) in [
            ("limits.memory-mib", file.limits.memory_mib, 4096),
            ("limits.call-seconds", file.limits.call_seconds, 3600),
            ("limits.component-mib", file.limits.component_mib, 256),
            ("guest-threads", file.guest_threads, 256),
            ("retention.plans-days", file.retention.plans_days, DAYS_MAX),
            ("retention.runs-days", file.retention.runs_days, DAYS_MAX),
            ("retention.journal-days", file.retention.journal_days, DAYS_MAX),
            ("retention.usage-days", file.retention.usage_days, DAYS_MAX),
            ("retention.gone-days", file.retention.gone_days, DAYS_MAX),
            ("retention.tickets-days", file.retention.tickets_days, DAYS_MAX),
        ] {
            if let Some(value) = value.filter(|value| !(1..=most).contains(value)) {
                return Err(ConfigError::Range { path: path.to_owned(), key, value, least: 1, most });
            }
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, environment: &[(&str, &str)], flags: &Flags) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("crosswalk.toml"), file).unwrap();
        let flags = Flags { data: Some(folder.path().to_owned()), ..flags.clone() };
        Config::read(&flags, |name| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file = "tenant = \"from-file\"\nlog = \"info\"\n[limits]\nmemory-mib = 32";
        let environment = [("CROSSWALK_TENANT", "from-environment"), ("CROSSWALK_LOG", "debug")];
        let flags = Flags { tenant: Some(TenantName::new("from-flag").unwrap()), ..Flags::default() };

        let config = read(file, &[], &Flags::default()).unwrap();
        assert_eq!((config.tenant.as_str(), config.log.as_str()), ("from-file", "info"));
        assert_eq!(config.guests, Guests { memory_mib: Some(32), ..Guests::default() });
        let config = read(file, &environment, &Flags::default()).unwrap();
        assert_eq!((config.tenant.as_str(), config.log.as_str()), ("from-environment", "debug"));
        let config = read(file, &environment, &flags).unwrap();
        assert_eq!(config.tenant.as_str(), "from-flag");
    }

    #[test]
    fn data_is_kept_in_the_home_folder_unless_somebody_says_otherwise() {
        let data = |environment: &[(&str, &str)]| {
            Config::read(&Flags::default(), |name| {
                environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
            .map(|config| config.storage.data)
        };
        assert_eq!(data(&[("HOME", "/no/h")]).unwrap(), Path::new("/no/h/.local/share/crosswalk"));
        assert_eq!(data(&[("HOME", "/no/h"), ("XDG_DATA_HOME", "/no/x")]).unwrap(), Path::new("/no/x/crosswalk"));
        assert_eq!(data(&[("HOME", "/no/h"), ("CROSSWALK_DATA", "/no/d")]).unwrap(), Path::new("/no/d"));
        assert!(matches!(data(&[]), Err(ConfigError::NoHome)));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = read("log = \"info\"\nmemory-mb = 3", &[], &Flags::default()).unwrap_err();
        let ConfigError::Wrong { source, .. } = &error else { panic!("{error:?}") };
        let text = source.to_string();
        assert!(text.contains("line 2") && text.contains("memory-mb"), "{text}");
        let error = read("[limits]\ncall-seconds = 0", &[], &Flags::default()).unwrap_err();
        assert!(matches!(error, ConfigError::Range { key: "limits.call-seconds", value: 0, .. }), "{error}");
        assert!(read("tenant = \"No Name\"", &[], &Flags::default()).is_err());
        assert!(read("", &[("CROSSWALK_TENANT", "No Name")], &Flags::default()).is_err());
    }

    #[test]
    fn what_is_kept_how_long_is_the_usual_but_for_what_is_said() {
        let usual = Retention::default();
        assert_eq!(read("", &[], &Flags::default()).unwrap().retention, usual);
        let config = read("[retention]\nplans-days = 30\nusage-days = 9000", &[], &Flags::default()).unwrap();
        assert_eq!(config.retention, Retention { plans_days: 30, usage_days: 9000, ..usual });
        let error = read("[retention]\nruns-days = 0", &[], &Flags::default()).unwrap_err();
        assert!(matches!(error, ConfigError::Range { key: "retention.runs-days", value: 0, .. }), "{error}");
        assert!(read("[retention]\nrun-days = 3", &[], &Flags::default()).is_err());
    }

    #[test]
    fn the_key_is_not_printed() {
        let config = read("", &[("CROSSWALK_KEY", "hunter2hunter2")], &Flags::default()).unwrap();
        assert_eq!(config.storage.key, Key::Text(Secret::new("hunter2hunter2")));
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}

//! The command line: one file per subcommand; each parses, calls the engine and prints.
//!
//! Answers go to standard output, as text for people or as one JSON document with `--json`;
//! messages, progress and errors go to standard error. Nothing is decided here that an API would
//! have to decide again, and nothing is known of the store or of wasm.
//!
//! | code | meaning |
//! | --- | --- |
//! | 0 | done, or nothing to do |
//! | 1 | failed |
//! | 2 | used wrongly |
//! | 3 | a plan has changes that wait for an approval |
//! | 4 | done in part |
//! | 5 | brakes, trust or another account hold what is left |
//! | 6 | another process works on it |
//! | 130 | interrupted |
//!
//! To add a command: 1. a file with its `Args` and an `async fn run(self, &Session) ->
//! Result<Exit>`; 2. a line in [`Command`] with a sentence about it; 3. a line in `run`. The rest
//! is in `docs/how-to/add-a-command.md`.

#[cfg(test)]
mod advice;
mod alert;
mod applied;
mod apply;
mod approve;
mod asset;
mod confirm;
mod connection;
mod customer;
mod exit;
mod files;
mod finding;
mod help;
mod journal;
mod link;
mod misuse;
mod output;
mod parse;
mod plan;
mod plugin;
mod product;
mod progress;
mod prune;
mod queue;
mod run;
mod secrets;
mod session;
mod shapes;
mod sync;
mod tenant;
mod terminal;
mod uncertain;
mod undo;
mod usage;
mod why;
mod work;

pub use exit::{CliError, Exit};
pub use output::{LogWriter, Output};
pub use session::Session;

use async_recursion::async_recursion as boxed;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};
use crosswalk_model::TenantName;
use crosswalk_say::Lang;
use std::ffi::OsString;
use std::path::PathBuf;

const FIRST_STEPS: &str = "\
First steps:
  crosswalk plugin add rmm.wasm && crosswalk plugin add psa.wasm
  crosswalk connection add rmm --plugin PLUGIN --grant-all      (asks for the secrets)
  crosswalk connection add psa --plugin PLUGIN --grant-all
  crosswalk connection check rmm
  crosswalk sync add rmm-to-psa --from rmm --to psa
  crosswalk plan rmm-to-psa                                     (reads both, writes nothing)
  crosswalk link list rmm-to-psa --state proposed               (what a person should decide)
  crosswalk apply PLAN --release first-run                      (the first time; later without)

Licences onto contracts:
  crosswalk sync add licences --from portal --to psa --kinds customer,usage
  crosswalk plan licences                                       (reads both, writes nothing)
  crosswalk customer list licences                              (accounts, contracts, switches)
  crosswalk customer accept licences && crosswalk product accept licences
  crosswalk plan licences
  crosswalk usage list licences                                 (counted, on the contract, approved)
  crosswalk usage approve licences --all                        (shows, asks, writes)

Environment:
  CROSSWALK_DATA      the data folder, as --data
  CROSSWALK_TENANT    the tenant, as --tenant
  CROSSWALK_KEY       the key of stored secrets itself: 32 bytes in base64 or hex
  CROSSWALK_KEY_FILE  a file that holds it, as --key-file
  CROSSWALK_LOG       what is logged: error, warn, info, debug, trace, or filter directives
  LC_ALL, LC_MESSAGES, LANG
                      the language, as --lang

The data folder may hold a crosswalk.toml (tenant, key-file, log, guest-threads, [limits], [retention]);
flags win over the environment, and that over the file.

";

/// The flags that belong to the configuration.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// The data folder.
    pub data: Option<PathBuf>,
    /// A file that holds the key of stored secrets.
    pub key_file: Option<PathBuf>,
    /// The tenant.
    pub tenant: Option<TenantName>,
    /// Number of `-v` flags.
    pub verbose: u8,
    /// Whether only errors are printed.
    pub quiet: bool,
}

/// Keep an MSP's systems in step, from one vendor's to another's: customers, locations, assets, usage on contracts, alerts as tickets
///
/// Every vendor is a plugin, a sandboxed WebAssembly component. A connection is an account
/// at a vendor; a sync leads from one connection to another. `plan` shows what would be
/// done and writes nothing; `apply` does exactly that. A sync of alerts makes tickets of them; a
/// sync of usage keeps the quantities on contracts at a licence vendor's counts, each line after an
/// approval.
#[derive(Debug, Parser)]
#[command(name = "crosswalk", version, after_help = FIRST_STEPS.to_owned() + exit::TABLE, max_term_width = 110)]
pub struct Args {
    #[command(subcommand)]
    command: Command,

    /// The data folder [default: ~/.local/share/crosswalk]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Options of every command")]
    data: Option<PathBuf>,
    /// The tenant to work for; a single MSP needs none [default: default]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Options of every command")]
    tenant: Option<TenantName>,
    /// Print one JSON document instead of text
    #[arg(long, global = true, help_heading = "Options of every command")]
    json: bool,
    /// The file with the key of stored secrets [default: `key` in the data folder, made when first needed]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Options of every command")]
    key_file: Option<PathBuf>,
    /// The language [default: the environment's]
    #[arg(long, global = true, value_name = "LANG", value_parser = languages(), help_heading = "Options of every command")]
    lang: Option<Lang>,
    /// Log more; repeat for still more
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet", help_heading = "Options of every command")]
    verbose: u8,
    /// Print errors only: no progress, no messages
    #[arg(short, long, global = true, help_heading = "Options of every command")]
    quiet: bool,
}

/// Parses the languages. The one for tests is not shown.
fn languages() -> impl TypedValueParser<Value = Lang> {
    let shown = Lang::ALL.map(|lang| PossibleValue::new(lang.as_str())).into_iter();
    let hidden = PossibleValue::new(Lang::Pseudo.as_str()).hide(true);
    PossibleValuesParser::new(shown.chain([hidden])).try_map(|name| name.parse::<Lang>())
}

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    /// Build, install and inspect plugins
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Keep several MSPs apart in one installation
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Set up accounts at vendors: settings, secrets, and what they may reach
    #[command(subcommand)]
    Connection(connection::ConnectionCommand),
    /// Set up syncs: which records go from one connection to another, by which rules
    #[command(subcommand)]
    Sync(sync::SyncCommand),
    /// List customers and decide on them: accounts, contracts, switches
    #[command(subcommand)]
    Customer(customer::CustomerCommand),
    /// Map products to services
    #[command(subcommand)]
    Product(product::ProductCommand),
    /// Bill by usage: list counts and approve them
    #[command(subcommand)]
    Usage(usage::UsageCommand),
    /// Link source records to target records
    #[command(subcommand)]
    Link(link::LinkCommand),
    /// Read both sides and show the changes, writing nothing
    Plan(plan::PlanArgs),
    /// List findings: records that plans left unchanged
    #[command(subcommand)]
    Finding(finding::FindingCommand),
    /// Approve a plan, or a part of it, without applying it
    Approve(approve::ApproveArgs),
    /// Apply a plan, or a part of it
    Apply(apply::ApplyArgs),
    /// Plan, and apply at once what trust and brakes allow; or undo a past run
    Run(run::RunArgs),
    /// Refresh one asset now
    #[command(subcommand)]
    Asset(asset::AssetCommand),
    /// Turn alerts into tickets
    #[command(subcommand)]
    Alert(alert::AlertCommand),
    /// List and settle writes of unknown outcome
    #[command(subcommand)]
    Uncertain(uncertain::UncertainCommand),
    /// List past runs and how they ended
    Runs(journal::RunsArgs),
    /// List past actions and their reasons, newest first
    Journal(journal::JournalArgs),
    /// Explain why a record is, or is not, in step
    Why(why::WhyArgs),
    /// Delete data older than its retention
    Prune(prune::PruneArgs),
    /// Run the schedule: do what is due, until stopped
    Work(work::WorkArgs),
}

/// What is printed in place of a command, and the exit code: the requested help, or an error.
struct Refused {
    text: String,
    code: u8,
}

impl Args {
    /// Parses the arguments of the command line; prints usage errors and requested help, in the language that they or
    /// the environment ask for.
    ///
    /// # Errors
    /// The exit code.
    pub fn of_command_line(environment: impl Fn(&str) -> Option<String>) -> Result<Self, std::process::ExitCode> {
        let words: Vec<OsString> = std::env::args_os().collect();
        let lang = help::language(&words, environment);
        Self::of_words(&words, lang).map_err(|Refused { text, code }| {
            if code == 0 {
                // A reader that closed the pipe is not a failure.
                let _ = terminal::answer(terminal::Answer::Text(&text));
            } else {
                terminal::fail(text.trim_end(), false);
            }
            std::process::ExitCode::from(code)
        })
    }

    /// Parses arguments; the language is that of the help and of errors.
    fn of_words(words: &[OsString], lang: Lang) -> Result<Self, Refused> {
        let mut command = help::translated(Self::command(), lang);
        let parsed = command.try_get_matches_from_mut(words);
        let parsed = parsed.and_then(|mut matches| Self::from_arg_matches_mut(&mut matches));
        let parsed = parsed.map_err(|error| {
            let error = error.format(&mut command);
            let text = misuse::text(&error, &command, words, lang);
            let text = text.unwrap_or_else(|| error.render().to_string());
            Refused { text, code: u8::try_from(error.exit_code()).unwrap_or(1) }
        })?;
        Ok(Self { lang: Some(lang), ..parsed })
    }

    /// Returns the flags that belong to the configuration.
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags {
            data: self.data.clone(),
            key_file: self.key_file.clone(),
            tenant: self.tenant.clone(),
            verbose: self.verbose,
            quiet: self.quiet,
        }
    }

    /// Returns the requested output.
    #[must_use]
    pub fn output(&self) -> Output {
        Output::new(self.json, self.quiet, self.lang.unwrap_or_default())
    }

    /// Whether the command runs long enough that a signal should stop it gracefully. Signals end
    /// other commands at once, as a prompt requires.
    #[must_use]
    pub fn works_long(&self) -> bool {
        match &self.command {
            Command::Usage(command) => command.works_long(),
            Command::Plan(_)
            | Command::Apply(_)
            | Command::Run(_)
            | Command::Asset(_)
            | Command::Alert(_)
            | Command::Customer(customer::CustomerCommand::Refresh { .. })
            | Command::Sync(sync::SyncCommand::Swap { .. })
            | Command::Prune(_)
            | Command::Work(_) => true,
            _ => false,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Any failure; [`Output::fail`] prints it and returns the exit code.
#[boxed(?Send)]
pub async fn run(args: Args, session: &Session<'_>) -> anyhow::Result<Exit> {
    match args.command {
        Command::Plugin(command) => command.run(session).await,
        Command::Tenant(command) => command.run(session).await,
        Command::Connection(command) => command.run(session).await,
        Command::Sync(command) => command.run(session).await,
        Command::Customer(command) => command.run(session).await,
        Command::Product(command) => command.run(session).await,
        Command::Usage(command) => command.run(session).await,
        Command::Link(command) => command.run(session).await,
        Command::Plan(command) => command.run(session).await,
        Command::Finding(command) => command.run(session).await,
        Command::Approve(command) => command.run(session).await,
        Command::Apply(command) => command.run(session).await,
        Command::Run(command) => command.run(session).await,
        Command::Asset(command) => command.run(session).await,
        Command::Alert(command) => command.run(session).await,
        Command::Uncertain(command) => command.run(session).await,
        Command::Runs(command) => command.run(session).await,
        Command::Journal(command) => command.run(session).await,
        Command::Why(command) => command.run(session).await,
        Command::Prune(command) => command.run(session).await,
        Command::Work(command) => command.run(session).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_defined() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_and_argument_says_what_it_is() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.len() > 10 && !about.ends_with('.'), "{path}: {about:?}");
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty() && !help.ends_with('.'), "{path} {}: {help:?}", argument.get_id());
            }
            command.get_subcommands().for_each(|sub| check(sub, &path));
        }
        let mut command = Args::command();
        command.build();
        let own = command.get_subcommands().filter(|sub| sub.get_name() != "help");
        own.for_each(|sub| {
            let mut sub = sub.clone();
            sub = sub.disable_help_subcommand(true);
            check(&sub, "");
        });
    }

    #[test]
    fn no_secret_is_taken_from_the_arguments() {
        let add = ["crosswalk", "connection", "add", "rmm", "--plugin", "p"];
        for bad in [["--secret", "token=abc"].as_slice(), &["--password", "abc"], &["--token", "abc"]] {
            let parsed = Args::try_parse_from(add.iter().chain(bad));
            assert!(parsed.is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_commands_of_the_first_steps_parse() {
        for line in FIRST_STEPS.lines().filter_map(|line| line.strip_prefix("  crosswalk ")) {
            for part in line.split(" && ") {
                let words = part.split_whitespace().take_while(|word| !word.starts_with('('));
                let words = words.filter(|word| *word != "crosswalk");
                let words = words.map(|word| match word {
                    "PLUGIN" => "some-plugin",
                    "PLAN" => "1",
                    word => word,
                });
                Args::try_parse_from(std::iter::once("crosswalk").chain(words))
                    .unwrap_or_else(|error| panic!("{part}: {error}"));
            }
        }
    }
}

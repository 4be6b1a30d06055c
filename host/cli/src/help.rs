//! The command line's help in the reader's language.
//!
//! English stands where the commands are: in the doc comments of their arguments. For another language the whole tree is
//! taken as clap has built it, and each text of it is replaced by the entry of the catalogue that carries its path:
//! `help-link-set-arg-target`, or a shorter one (`help-arg-sync`) that several commands have in common.

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};
use crosswalk_say::Lang;
use std::ffi::OsString;

/// What clap itself writes about the command `help`.
const HELP_COMMAND: &str = "Print this message or the help of the given subcommand(s)";
/// The place of `--help` and `--version` among the options, as clap has it: the end.
const LAST: usize = 999;

/// Returns the language for the words of a command line, before they are parsed: `--lang`, or what the environment says.
pub(super) fn language(words: &[OsString], variable: impl Fn(&str) -> Option<String>) -> Lang {
    let words: Vec<&str> = words.iter().map_while(|word| word.to_str().filter(|word| *word != "--")).collect();
    let next = words.iter().skip(1);
    let apart = words.iter().zip(next).filter(|(word, _)| **word == "--lang").map(|(_, lang)| *lang);
    let joined = words.iter().filter_map(|word| word.strip_prefix("--lang="));
    apart.chain(joined).find_map(|lang| lang.parse().ok()).unwrap_or_else(|| Lang::of_environment(variable))
}

/// Translates every text of the tree of commands. English is returned as it is.
pub(super) fn translated(command: Command, lang: Lang) -> Command {
    if lang != Lang::It {
        return command;
    }
    let texts = Texts(lang);
    let globals: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).display_order(LAST);
    let version = version.help(texts.word("help-arg-version")).help_heading(texts.word("help-clap-options"));
    let mut command = texts.command(command.disable_help_flag(true).disable_version_flag(true), &[]).arg(version);
    // The headings stand in the order of the arguments, and the options of every command come last.
    for id in globals {
        command = command.mut_arg(id, |arg| arg);
    }
    command.build();
    texts.around(command)
}

/// Returns the id of an entry for something of a command: that of its path, or the next shorter one that there is.
pub(super) fn nearest(prefix: &str, path: &[&str], name: &str, lang: Lang) -> Option<String> {
    let ids = (0..=path.len()).rev().map(|length| {
        let parts = std::iter::once(prefix).chain(path[..length].iter().copied()).chain(std::iter::once(name));
        parts.collect::<Vec<_>>().join("-")
    });
    ids.into_iter().find(|id| crosswalk_say::help(id, &[], lang).is_some())
}

/// The name of an entry for a word of the tree: in lower case, with dashes.
pub(super) fn slug(word: &str) -> String {
    word.to_ascii_lowercase().replace(['_', ' '], "-")
}

/// The texts of a language.
struct Texts(Lang);

impl Texts {
    fn text(&self, id: &str) -> Option<String> {
        crosswalk_say::help(id, &[], self.0)
    }

    fn word(&self, id: &str) -> String {
        self.text(id).unwrap_or_default()
    }

    /// Translates a command, and those below it, before clap builds them.
    fn command(&self, command: Command, path: &[&str]) -> Command {
        let id = std::iter::once("help").chain(path.iter().copied()).collect::<Vec<_>>().join("-");
        let mut command = command;
        if let Some(about) = self.text(&id) {
            command = command.about(about);
        }
        if let Some(about) = self.text(&format!("{id}--long")) {
            command = command.long_about(about);
        }
        if let Some(after) = self.text(&format!("{id}--after")) {
            command = command.after_help(after);
        }
        let mut place = 0;
        let command = command.mut_args(|arg| {
            let positional = arg.is_positional();
            place += usize::from(positional);
            let arg = self.argument(arg, path);
            // Under a heading, clap sorts arguments without a place by their names.
            if positional { arg.display_order(place) } else { arg }
        });
        let flag = self.help_flag(&command);
        command.arg(flag).mut_subcommands(|sub| {
            let name = sub.get_name().to_owned();
            self.command(sub, &[path, &[name.as_str()]].concat())
        })
    }

    /// The flag `--help`, in place of clap's.
    fn help_flag(&self, command: &Command) -> Arg {
        let long =
            command.get_long_about().is_some() || command.get_arguments().any(|arg| arg.get_long_help().is_some());
        let flag = Arg::new("help").short('h').long("help").action(ArgAction::Help).display_order(LAST);
        let flag = flag.help_heading(self.word("help-clap-options"));
        if long {
            flag.help(self.word("help-arg-help--more")).long_help(self.word("help-arg-help--summary"))
        } else {
            flag.help(self.word("help-arg-help"))
        }
    }

    /// Translates an argument: its heading, and with an entry its help and the names of its values.
    fn argument(&self, arg: Arg, path: &[&str]) -> Arg {
        let heading = match arg.get_help_heading() {
            Some(heading) => format!("help-heading-{}", slug(heading)),
            None if arg.is_positional() => "help-clap-arguments".to_owned(),
            None => "help-clap-options".to_owned(),
        };
        let arg = match self.text(&heading) {
            Some(heading) => arg.help_heading(heading),
            None => arg,
        };
        let name = format!("arg-{}", slug(arg.get_id().as_str()));
        let Some(id) = nearest("help", path, &name, self.0) else { return arg };
        let help = self.word(&id);
        let arg = match self.text(&format!("{id}--long")) {
            Some(long) => arg.long_help(long),
            None => arg,
        };
        if arg.get_action().takes_values() { self.values(arg, help, path, &name) } else { arg.help(help) }
    }

    /// Translates an argument with a value. What clap would write behind its help, its default and its possible values,
    /// becomes a part of the help.
    fn values(&self, arg: Arg, help: String, path: &[&str], name: &str) -> Arg {
        let names: Vec<String> =
            arg.get_value_names().unwrap_or_default().iter().map(|name| self.value_name(name)).collect();
        let values = arg.get_possible_values();
        let values: Vec<&PossibleValue> = values.iter().filter(|value| !value.is_hide_set()).collect();
        let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let default = (!default.is_empty()).then(|| self.filled("help-clap-default", "value", &default.join(" ")));
        let mut arg = arg;
        if values.iter().any(|value| value.get_help().is_some()) {
            let mut long = format!("{help}\n\n{}", self.word("help-clap-values-each"));
            for value in &values {
                let id = nearest("help", path, &format!("{name}-value-{}", value.get_name()), self.0);
                let says = id.and_then(|id| self.text(&id)).unwrap_or_default();
                long.push_str(&format!("\n- {}: {says}", value.get_name()));
            }
            if let Some(default) = &default {
                long.push_str(&format!("\n\n{default}"));
            }
            arg = arg.long_help(long);
        }
        let possible: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
        let possible = (!possible.is_empty()).then(|| self.filled("help-clap-values", "values", &possible.join(", ")));
        let help = [Some(help), default, possible].into_iter().flatten().collect::<Vec<_>>().join(" ");
        arg.help(help).value_names(names).hide_default_value(true).hide_possible_values(true)
    }

    fn filled(&self, id: &str, name: &str, text: &str) -> String {
        crosswalk_say::help(id, &[(name, text)], self.0).unwrap_or_default()
    }

    /// Translates the words in capitals of a value's name, `[KIND=]TRUST`.
    fn value_name(&self, shown: &str) -> String {
        let mut name = String::new();
        for part in parts(shown) {
            name.push_str(&self.text(&format!("help-name-{}", slug(part))).unwrap_or_else(|| part.to_owned()));
        }
        name
    }

    /// Translates what clap writes around the texts of each command, once it has built them.
    fn around(&self, command: Command) -> Command {
        let heading = self.word("help-clap-usage");
        let template = format!("{{about-with-newline}}\n{heading} {{usage}}\n\n{{all-args}}{{after-help}}");
        let mut command = command
            .help_template(template)
            .subcommand_help_heading(self.word("help-clap-commands"))
            .subcommand_value_name(self.word("help-name-command"));
        if command.get_about().is_some_and(|about| about.to_string() == HELP_COMMAND) {
            command = command.about(self.word("help-help"));
        }
        let usage = command.render_usage().to_string();
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).replace("[OPTIONS]", &self.options());
        let usage = usage.replace("\n       ", &format!("\n{}", " ".repeat(heading.len() + 1)));
        command.override_usage(usage).mut_subcommands(|sub| self.around(sub))
    }

    fn options(&self) -> String {
        format!("[{}]", self.word("help-clap-usage-options"))
    }
}

/// Splits a value's name into its words in capitals and what stands between them.
fn parts(name: &str) -> Vec<&str> {
    let capital = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| capital(letter) != capital(first)).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = &rest[end..];
    }
    parts
}

#[cfg(test)]
mod tests;

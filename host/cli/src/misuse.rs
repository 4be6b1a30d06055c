//! Usage errors in the reader's language, from their kind and context as clap knows them. What has no text here is
//! clap's own, in English.

use super::help::{nearest, slug};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};
use crosswalk_say::Lang;
use std::error::Error as _;
use std::ffi::OsString;

/// Renders a usage error; `None` in English, and for what is no error or has no text.
pub(super) fn text(error: &Error, command: &Command, words: &[OsString], lang: Lang) -> Option<String> {
    let misuse = Misuse { error, command, words, lang };
    let mut text = misuse.say("misuse-error", &[("what", &misuse.what()?)])?;
    let tips = misuse.tips();
    if !tips.is_empty() {
        text.push('\n');
    }
    for tip in tips {
        text.push_str(&format!("\n  {}", misuse.say("misuse-tip", &[("what", &tip)])?));
    }
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let usage = usage.to_string();
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
        text.push_str(&format!("\n\n{} {usage}", misuse.say("help-clap-usage", &[])?));
    }
    Some(format!("{text}\n\n{}\n", misuse.say("misuse-try-help", &[("help", "--help")])?))
}

/// A usage error, the tree of commands in its language, and the words that were given.
struct Misuse<'a> {
    error: &'a Error,
    command: &'a Command,
    words: &'a [OsString],
    lang: Lang,
}

impl Misuse<'_> {
    fn say(&self, id: &str, args: &[(&str, &str)]) -> Option<String> {
        crosswalk_say::help(id, args, self.lang)
    }

    fn one(&self, kind: ContextKind) -> Option<String> {
        match self.error.get(kind)? {
            ContextValue::String(text) => Some(text.clone()),
            ContextValue::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn several(&self, kind: ContextKind) -> Vec<String> {
        match self.error.get(kind) {
            Some(ContextValue::Strings(texts)) => texts.clone(),
            Some(ContextValue::String(text)) => vec![text.clone()],
            _ => Vec::new(),
        }
    }

    /// What is wrong.
    fn what(&self) -> Option<String> {
        match self.error.kind() {
            ErrorKind::UnknownArgument => {
                self.say("misuse-unknown-argument", &[("arg", &self.one(ContextKind::InvalidArg)?)])
            }
            ErrorKind::InvalidSubcommand => {
                self.say("misuse-invalid-subcommand", &[("name", &self.one(ContextKind::InvalidSubcommand)?)])
            }
            ErrorKind::MissingSubcommand => {
                let name = self.one(ContextKind::InvalidSubcommand)?;
                let missing = self.say("misuse-missing-subcommand", &[("name", &name)])?;
                Some(missing + &self.listed("misuse-subcommands", &self.several(ContextKind::ValidSubcommand)))
            }
            ErrorKind::MissingRequiredArgument => {
                let missing = self.several(ContextKind::InvalidArg);
                Some(format!("{}\n  {}", self.say("misuse-missing-arguments", &[])?, missing.join("\n  ")))
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => self.invalid_value(),
            ErrorKind::ArgumentConflict => self.conflict(),
            ErrorKind::TooManyValues => {
                let (arg, value) = (self.one(ContextKind::InvalidArg)?, self.one(ContextKind::InvalidValue)?);
                self.say("misuse-too-many-values", &[("arg", &arg), ("value", &value)])
            }
            ErrorKind::TooFewValues => self.number_of_values("misuse-too-few-values", ContextKind::MinValues),
            ErrorKind::WrongNumberOfValues => {
                self.number_of_values("misuse-wrong-number", ContextKind::ExpectedNumValues)
            }
            ErrorKind::NoEquals => self.say("misuse-no-equals", &[("arg", &self.one(ContextKind::InvalidArg)?)]),
            _ => None,
        }
    }

    fn number_of_values(&self, id: &str, expected: ContextKind) -> Option<String> {
        let (arg, expected) = (self.one(ContextKind::InvalidArg)?, self.one(expected)?);
        let actual = self.one(ContextKind::ActualNumValues)?;
        self.say(id, &[("arg", &arg), ("expected", &expected), ("actual", &actual)])
    }

    fn listed(&self, id: &str, values: &[String]) -> String {
        match self.say(id, &[("values", &values.join(", "))]) {
            Some(list) if !values.is_empty() => format!("\n  {list}"),
            _ => String::new(),
        }
    }

    fn invalid_value(&self) -> Option<String> {
        let (arg, value) = (self.one(ContextKind::InvalidArg)?, self.one(ContextKind::InvalidValue)?);
        if self.error.kind() == ErrorKind::ValueValidation {
            // The reason that a parser gives is in English.
            let why = self.expected(&arg).or_else(|| self.error.source().map(ToString::to_string))?;
            return self.say("misuse-invalid-value-because", &[("arg", &arg), ("value", &value), ("why", &why)]);
        }
        let wrong = if value.is_empty() {
            self.say("misuse-missing-value", &[("arg", &arg)])?
        } else {
            self.say("misuse-invalid-value", &[("arg", &arg), ("value", &value)])?
        };
        Some(wrong + &self.listed("help-clap-values", &self.several(ContextKind::ValidValue)))
    }

    /// Returns what the argument expects; `shown` is the argument as in usage, `--score <PUNTEGGIO>`.
    fn expected(&self, shown: &str) -> Option<String> {
        let (mut command, mut path) = (self.command, Vec::new());
        for word in self.words.iter().skip(1).filter_map(|word| word.to_str()) {
            if let Some(next) = command.find_subcommand(word) {
                command = next;
                path.push(next.get_name());
            }
        }
        let arg = command.get_arguments().find(|arg| arg.to_string() == shown)?;
        self.say(&expects(&path, arg.get_id().as_str(), self.lang)?, &[])
    }

    fn conflict(&self) -> Option<String> {
        let prior = self.several(ContextKind::PriorArg);
        let Some(arg) = self.one(ContextKind::InvalidArg) else {
            return self.say("misuse-conflict-subcommand", &[("name", &self.one(ContextKind::InvalidSubcommand)?)]);
        };
        match prior.as_slice() {
            [] => self.say("misuse-conflict-other", &[("arg", &arg)]),
            [same] if *same == arg => self.say("misuse-repeated", &[("arg", &arg)]),
            [one] => self.say("misuse-conflict", &[("arg", &arg), ("prior", one)]),
            several => {
                let conflict = self.say("misuse-conflict-several", &[("arg", &arg)])?;
                Some(format!("{conflict}\n  {}", several.join("\n  ")))
            }
        }
    }

    /// What may have been meant.
    fn tips(&self) -> Vec<String> {
        let similar = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
        let similar = similar.into_iter().map(|kind| self.several(kind)).filter(|all| !all.is_empty());
        let similar = similar.filter_map(|all| {
            let all: Vec<String> = all.iter().map(|one| format!("`{one}`")).collect();
            self.say("misuse-similar", &[("values", &all.join(", "))])
        });
        let other = match self.error.get(ContextKind::Suggested) {
            Some(ContextValue::StyledStrs(tips)) => tips.as_slice(),
            _ => &[],
        };
        similar.chain(other.iter().filter_map(|tip| self.other_tip(&tip.to_string()))).collect()
    }

    /// Translates a tip that clap words itself.
    fn other_tip(&self, tip: &str) -> Option<String> {
        let tip = tip.strip_prefix("to pass ").unwrap_or(tip).strip_prefix('\'')?;
        match tip.split_once("' as a value, use '") {
            Some((arg, with)) => self.say("misuse-as-value", &[("arg", arg), ("with", with.strip_suffix('\'')?)]),
            None => self.say("misuse-elsewhere", &[("with", tip.strip_suffix("' exists")?)]),
        }
    }
}

/// The id of the text that says what an argument of a command expects.
pub(super) fn expects(path: &[&str], arg: &str, lang: Lang) -> Option<String> {
    nearest("misuse-expects", path, &slug(arg), lang)
}

//! The catalogues: read once, asked by code.
//!
//! The files of a language are compiled in. An entry may refer to another (`{ kind }`), which sees the same arguments.

use super::{Lang, command, number};
use crosswalk_model::Said;
use crosswalk_model::said::{Arg, Args, Typed};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;
use unic_langid::langid;

/// The catalogue of one language.
pub(super) struct Catalogue {
    lang: Lang,
    entries: FluentBundle<FluentResource>,
}

macro_rules! files {
    ($lang:literal: $($name:literal),*) => {
        &[$(include_str!(concat!("../", $lang, "/", $name, ".ftl"))),*]
    };
}

/// The files of a language.
pub(super) fn files(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::En | Lang::Pseudo => {
            files!("en": "billing", "brakes", "cli", "cli-desk", "columns", "desk", "errors", "failures", "lines", "matching", "plan", "queue", "run", "store", "why", "words")
        }
        Lang::It => {
            files!("it": "billing", "brakes", "cli", "cli-desk", "columns", "desk", "errors", "failures", "lines", "matching", "plan", "queue", "run", "store", "why", "words")
        }
    }
}

/// Returns the catalogue of a language.
pub(super) fn of(lang: Lang) -> &'static Catalogue {
    static EN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(Lang::En));
    static IT: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(Lang::It));
    static PSEUDO: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(Lang::Pseudo));
    match lang {
        Lang::En => &EN,
        Lang::It => &IT,
        Lang::Pseudo => &PSEUDO,
    }
}

impl Catalogue {
    /// Reads the files of a language. An entry that cannot be read is left out; a test finds it.
    fn read(lang: Lang) -> Self {
        let id = if lang == Lang::It { langid!("it") } else { langid!("en") };
        let mut entries = FluentBundle::new_concurrent(vec![id]);
        // Marks around each argument, for languages written from right to left, would end up in a terminal.
        entries.set_use_isolating(false);
        entries.set_formatter(Some(match lang {
            Lang::It => |value, _| count(value, Lang::It),
            Lang::En | Lang::Pseudo => |value, _| count(value, Lang::En),
        }));
        if lang == Lang::Pseudo {
            entries.set_transform(Some(super::pseudo::stretch));
        }
        for file in files(lang) {
            let resource = match FluentResource::try_new((*file).to_owned()) {
                Ok(resource) | Err((resource, _)) => resource,
            };
            entries.add_resource_overriding(resource);
        }
        Self { lang, entries }
    }

    /// Renders a message.
    pub(super) fn render(&self, said: &Said) -> String {
        let coded = match said {
            Said::Text(text) => return text.clone(),
            Said::Several(all) => return all.iter().map(|said| self.render(said)).collect::<Vec<_>>().join("; "),
            Said::Coded(coded) => coded,
        };
        match self.text(&coded.code, &coded.args) {
            Some(text) if self.lang == Lang::Pseudo => format!("⟦{text}⟧"),
            Some(text) => text,
            None => said.to_string(),
        }
    }

    /// Renders an entry; `None` if there is none of that code, or if an argument that it needs is missing.
    fn text(&self, code: &str, args: &Args) -> Option<String> {
        let pattern = self.entries.get_message(code)?.value()?;
        let args: FluentArgs<'_> = args.iter().map(|(name, arg)| (name.as_ref(), self.value(arg))).collect();
        let mut errors = Vec::new();
        let text = self.entries.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        errors.is_empty().then_some(text)
    }

    fn value<'a>(&self, arg: &'a Arg) -> FluentValue<'a> {
        match arg {
            Arg::Count(count) => FluentValue::from(*count),
            Arg::Text(text) => FluentValue::from(text.as_str()),
            _ => FluentValue::from(self.written(arg)),
        }
    }

    /// Writes an argument as it stands in a sentence.
    fn written(&self, arg: &Arg) -> String {
        match arg {
            Arg::Count(count) => number::decimal(&count.to_string(), self.lang),
            Arg::Text(text) => text.clone(),
            Arg::List(items) => items.iter().map(|item| self.written(item)).collect::<Vec<_>>().join(", "),
            Arg::Typed(Typed::Decimal(digits)) => number::decimal(digits, self.lang),
            Arg::Typed(Typed::Day(day)) => number::day(day, self.lang),
            Arg::Typed(Typed::Moment(moment)) => number::moment(moment, self.lang),
            Arg::Typed(Typed::Said(said)) => self.render(said),
            Arg::Typed(Typed::Lines(lines)) => {
                lines.iter().map(|said| self.render(said)).collect::<Vec<_>>().join("\n")
            }
            Arg::Typed(Typed::Call(call)) => format!("`{}`", command(call)),
        }
    }
}

/// Fluent's hook: numbers as the language groups them; all else as Fluent does.
fn count(value: &FluentValue<'_>, lang: Lang) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(number::decimal(&number.as_string(), lang)),
        _ => None,
    }
}

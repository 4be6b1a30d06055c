//! The languages, and which one an environment asks for.

use std::fmt;
use std::str::FromStr;

/// A language that there is a catalogue for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English. Days and times are written as ISO 8601 does: Britain and America would read others differently.
    #[default]
    En,
    /// Italian.
    It,
    /// No language: English between marks, with longer words. Text that stands outside the marks bypassed the catalogue.
    Pseudo,
}

impl Lang {
    /// Languages for people.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::It];

    /// Its name, as in `--lang`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::It => "it",
            Lang::Pseudo => "pseudo",
        }
    }

    /// Renders a message.
    #[must_use]
    pub fn say(self, said: impl std::borrow::Borrow<crosswalk_model::Said>) -> String {
        super::render(said.borrow(), self)
    }

    /// Returns the language that an environment asks for: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set
    /// decides, as POSIX has it. English if that names none of ours.
    #[must_use]
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set =
            ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| variable(name).filter(|set| !set.is_empty()));
        let locale = set.unwrap_or_default();
        locale.split(['_', '.', '@']).next().and_then(|language| language.parse().ok()).unwrap_or_default()
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lang {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "en" => Ok(Lang::En),
            "it" => Ok(Lang::It),
            "pseudo" => Ok(Lang::Pseudo),
            other => Err(format!("there is no catalogue for `{other}`: `en` and `it` exist")),
        }
    }
}

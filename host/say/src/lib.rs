//! Renders messages: from a code with arguments to a sentence in the reader's language.
//!
//! The catalogues are `en/*.ftl` and `it/*.ftl` (Project Fluent); numbers, days and times are written by ICU4X. Nothing
//! here decides anything, and nothing else in the host words a sentence for people. What a message is, is the model's.

mod catalogue;
mod command;
mod help;
mod lang;
mod number;
mod pseudo;

pub use command::command;
pub use help::help;
pub use lang::Lang;

use crosswalk_model::Said;

/// Renders a message in a language.
///
/// Text without a code is returned as it is. A code that the catalogue lacks is shown with its arguments: such a row
/// was written by a newer program.
#[must_use]
pub fn render(said: &Said, lang: Lang) -> String {
    catalogue::of(lang).render(said)
}

/// Messages in English, for tests and for what is written to a log.
pub trait English {
    /// Renders it in English.
    fn english(&self) -> String;
}

impl English for Said {
    fn english(&self) -> String {
        render(self, Lang::En)
    }
}

#[cfg(test)]
mod tests;

//! Filters the texts of a connector before they are stored, logged or printed: secrets of the
//! connection are removed, and long texts truncated. Ids are never truncated.

use super::host::ConnectionContext;
use super::{Choice, Identity};
use crosswalk_model::{Failure, Gap, Outcome, Page, Settlement};

/// Most fields reported of a rejection.
const FIELDS: usize = 50;
/// Most choices of a setting.
const CHOICES: usize = 5_000;
/// Marks the end of a truncated text.
const CUT: &str = "…";

/// The text filter of one connection.
pub(super) struct TextFilter<'a>(pub(super) &'a ConnectionContext);

impl TextFilter<'_> {
    /// Removes secrets and truncates between characters.
    pub(super) fn text(&self, text: String) -> String {
        let clean = match &self.0.gate {
            Some(gate) => gate.without_secrets(text),
            None => text,
        };
        truncated(clean, self.0.limits.text_bytes)
    }

    pub(super) fn failure(&self, failure: Failure) -> Failure {
        let text = |message| self.text(message);
        match failure {
            Failure::Denied { message } => Failure::Denied { message: text(message) },
            Failure::Throttled { message, retry_after_ms } => {
                Failure::Throttled { message: text(message), retry_after_ms }
            }
            Failure::Unavailable { message } => Failure::Unavailable { message: text(message) },
            Failure::Rejected { message, fields } => {
                let fields = fields.into_iter().take(FIELDS).map(|(field, why)| (text(field), text(why)));
                Failure::Rejected { message: text(message), fields: fields.collect() }
            }
            Failure::NotFound { message } => Failure::NotFound { message: text(message) },
            Failure::Conflict { message } => Failure::Conflict { message: text(message) },
            Failure::Unsupported { message } => Failure::Unsupported { message: text(message) },
            Failure::Broken { message } => Failure::Broken { message: text(message) },
        }
    }

    /// The id is compared with a stored one, so it is taken whole or not at all.
    pub(super) fn identity(&self, identity: Identity) -> Identity {
        let max = self.0.limits.text_bytes;
        Identity {
            account: self.text(identity.account),
            id: identity.id.filter(|id| id.len() <= max),
            time_zone: identity.time_zone.map(|zone| self.text(zone)),
            detail: identity.detail.map(|detail| self.text(detail)),
        }
    }

    /// # Errors
    /// A choice is too long to be stored as a setting, or there are too many.
    pub(super) fn choices(&self, choices: Vec<Choice>) -> Result<Vec<Choice>, Failure> {
        let max = self.0.limits.text_bytes;
        if choices.len() > CHOICES {
            let many = choices.len();
            return Err(Failure::broken(format!(
                "the connector returned {many} choices of a setting; at most {CHOICES}"
            )));
        }
        if let Some(long) = choices.iter().find(|choice| choice.value.len() > max) {
            let size = long.value.len();
            return Err(Failure::broken(format!(
                "the connector returned a choice of {size} bytes; a choice has at most {max}"
            )));
        }
        Ok(choices.into_iter().map(|choice| Choice { value: choice.value, label: self.text(choice.label) }).collect())
    }

    pub(super) fn page(&self, page: Page) -> Page {
        let gap = |gap: Gap| Gap { cause: self.failure(gap.cause), ..gap };
        Page { gaps: page.gaps.into_iter().map(gap).collect(), ..page }
    }

    pub(super) fn outcomes(&self, outcomes: Vec<Outcome>) -> Vec<Outcome> {
        let max = self.0.limits.text_bytes;
        let settlement = |settlement| match settlement {
            Settlement::Failed(failure) => Settlement::Failed(self.failure(failure)),
            Settlement::Accepted(token) if token.len() > max => {
                let size = token.len();
                Settlement::Failed(Failure::broken(format!(
                    "the connector returned a token of {size} bytes; a token has at most {max}"
                )))
            }
            other => other,
        };
        let one = |outcome: Outcome| Outcome { settlement: settlement(outcome.settlement), ..outcome };
        outcomes.into_iter().map(one).collect()
    }
}

/// Truncates a text between characters, and marks it.
pub(super) fn truncated(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max.saturating_sub(CUT.len())));
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_shows_it() {
        assert_eq!(truncated("abc".to_owned(), 3), "abc");
        assert_eq!(truncated("abcdefgh".to_owned(), 6), "abc…");
        assert_eq!(truncated("aéééé".to_owned(), 6), "aé…");
        assert_eq!(truncated("äöü".to_owned(), 2), "…");
    }
}

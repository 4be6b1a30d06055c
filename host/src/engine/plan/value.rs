//! Values side by side: whether two say the same, and how they read in a sentence.
//!
//! Texts are sent in Unicode normal form C, which vendors keep as it is or make themselves; one
//! text in two normal forms is the same text. The rule is the contract's (`wit/same.rs`), the same that the SDK's
//! preconditions have.

#[path = "../../../../wit/same.rs"]
mod rule;

use crate::model::{Timestamp, Value};
pub(in crate::engine) use rule::{composed, same};
use unicode_normalization::UnicodeNormalization;

fn second(text: &str) -> Option<i64> {
    Timestamp::parse(text).map(|time| time.0.div_euclid(1000))
}

/// Whether a vendor may have made `kept` of `sent`: in normal form C, without regard to case and outer
/// white space, and by the first characters where it keeps only so many.
pub(in crate::engine) fn alike(kept: &str, sent: &str, length: Option<u32>) -> bool {
    let plain = |text: &str| {
        let composed = composed(text.trim());
        cut(&composed, length).to_lowercase().nfc().collect::<String>().replace("\r\n", "\n")
    };
    kept == sent || plain(kept) == plain(sent)
}

/// The first characters of a text, without white space at the new end; all of it without a limit.
pub(super) fn cut(text: &str, length: Option<u32>) -> &str {
    let end = length.and_then(|length| text.char_indices().nth(length as usize));
    end.map_or(text, |(end, _)| text[..end].trim_end())
}

/// A value in a sentence, shortened.
pub(in crate::engine) fn shown(value: &Value) -> String {
    let text = value.to_string();
    let short = cut(&text, Some(60));
    if short.len() == text.len() { format!("“{text}”") } else { format!("“{short}…”") }
}

//! Values side by side: whether two say the same, and how they read in a sentence.
//!
//! Texts are sent in Unicode normal form C, which vendors keep as it is or make themselves; one
//! text in two normal forms is the same text. The rule is the contract's (`wit/same.rs`), the same that the SDK's
//! preconditions have.

#[path = "../../../../wit/same.rs"]
mod rule;

use crosswalk_model::{Timestamp, Value};
pub(crate) use rule::{composed, same};
use unicode_normalization::UnicodeNormalization;

fn second(text: &str) -> Option<i64> {
    Timestamp::parse(text).map(|time| time.0.div_euclid(1000))
}

/// Whether a vendor may have made `kept` of `sent`: in normal form C, without regard to case and outer
/// white space, and by the first characters where it keeps only so many.
pub(crate) fn alike(kept: &str, sent: &str, length: Option<u32>) -> bool {
    let plain = |text: &str| {
        let composed = composed(text.trim());
        cut(&composed, length).to_lowercase().nfc().collect::<String>().replace("\r\n", "\n")
    };
    kept == sent || plain(kept) == plain(sent)
}

/// Whether a vendor may have made the text `kept` of `sent` by itself: by its letters and digits, without case, accents and
/// signs of HTML, the same or a first part of it; of a number (of a telephone) also the last. What is neither, a person wrote.
pub(crate) fn may_become(sent: &str, kept: &str) -> bool {
    let fold = |text: &str| -> String {
        let plain = html_escape::decode_html_entities(text);
        plain.to_uppercase().to_lowercase().nfkd().filter(|c| c.is_alphanumeric()).collect()
    };
    let (sent, kept) = (fold(sent), fold(kept));
    let is_number = sent.chars().all(|c| c.is_ascii_digit());
    let part = |whole: &str, part: &str| whole.starts_with(part) || (is_number && whole.ends_with(part));
    kept.is_empty() || sent.is_empty() || part(&sent, &kept) || (is_number && part(&kept, &sent))
}

/// The first characters of a text, without white space at the new end; all of it without a limit.
pub(crate) fn cut(text: &str, length: Option<u32>) -> &str {
    let end = length.and_then(|length| text.char_indices().nth(length as usize));
    end.map_or(text, |(end, _)| text[..end].trim_end())
}

/// A value in a sentence, shortened.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    let short = cut(&text, Some(60));
    if short.len() == text.len() { format!("“{text}”") } else { format!("“{short}…”") }
}

#[cfg(test)]
mod tests {
    use super::may_become;

    #[test]
    fn what_a_vendor_makes_of_a_text_is_told_from_what_a_person_writes_in_its_place() {
        for (sent, kept, may) in [
            ("PC-1", "pc-1 ", true),
            ("Zürcher Clinics AG", "ZU\u{308}RCHER CLINICS AG", true),
            ("Zürcher Clinics AG", "Zurcher Clinics", true),
            ("Grohe Straße", "GROHE STRASSE", true),
            ("Smith & Sons", "Smith &amp; Sons", true),
            ("A4:BB:6D:00:00:01", "a4bb6d000001", true),
            ("020 7946 0000", "+44 20 7946 0000", false),
            ("20 7946 0000", "+44 20 7946 0000", true),
            ("PC-1", "", true),
            ("PC-1", "PC-1 (reception)", false),
            ("PC-1", "Reception", false),
            ("SN-1", "SN-2", false),
        ] {
            assert_eq!(may_become(sent, kept), may, "{sent} {kept}");
        }
    }
}

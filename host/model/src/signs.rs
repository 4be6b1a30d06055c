//! Invisible characters of a text, and the folded form of a name.
//!
//! A pasted id or name may contain invisible characters. An id with one differs from the id, while a name with one is
//! the same name. Printing to a terminal is in `cli::terminal`, the comparison of names in matching is in
//! `engine::names`.

use unicode_normalization::UnicodeNormalization;

/// Whether a character is invisible: zero width, a mark of writing direction, a variation selector.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Folds a text to the form that people see and type: lower case, without invisible characters, wide and composed
/// letters as plain ones, single spaces between words.
#[must_use]
pub fn seen(text: &str) -> String {
    let plain: String = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.chars().filter(|c| !is_invisible(*c)).nfkc().flat_map(char::to_lowercase).nfc().collect()
    };
    let mut words = plain.split_whitespace();
    let mut out = String::with_capacity(plain.len());
    out.push_str(words.next().unwrap_or_default());
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_seen_the_same() {
        for (kept, typed) in [
            ("Con\u{200b}toso Legal", "contoso legal"),
            ("\u{200f}Acme\u{a0}\u{a0}Ltd ", "Acme Ltd"),
            ("Zu\u{308}rcher", "Zürcher"),
            ("\u{ff21}\u{ff23}\u{ff2d}\u{ff25}", "acme"),
            ("\u{200b}", ""),
        ] {
            assert_eq!(seen(kept), seen(typed), "{kept:?}");
        }
        assert_ne!(seen("5\u{421}G1234"), seen("5CG1234"), "another alphabet is another name");
        assert_ne!(seen("Müller"), seen("Muller"));
    }
}

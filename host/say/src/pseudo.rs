//! The pseudo-language: English with accents, and longer by two fifths, as a long language would be.
//!
//! Only the wording of an entry is changed, not its arguments.

use std::borrow::Cow;

/// Puts accents on vowels and doubles every second of them.
pub(super) fn stretch(text: &str) -> Cow<'_, str> {
    let mut vowels = 0_usize;
    let mut longer = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        let accented = match letter {
            'a' => 'á',
            'e' => 'é',
            'i' => 'í',
            'o' => 'ó',
            'u' => 'ú',
            other => {
                longer.push(other);
                continue;
            }
        };
        vowels += 1;
        longer.push(accented);
        if vowels.is_multiple_of(2) {
            longer.push(accented);
            longer.push(accented);
        }
    }
    Cow::Owned(longer)
}

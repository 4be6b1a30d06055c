//! Names as a vendor keeps them: it may compose what was written, change its case, or cut it. One comparison for all
//! look-ups by name, and the part of a name that survives all of it, to ask by.
//! Leaves alone: likeness of names, which is the host's.

use crate::{Item, Named, Selection};
use unicode_normalization::UnicodeNormalization;

/// The longest part of a name to ask by: more finds nothing that less would not.
const PART: usize = 40;

/// Whether a name that a vendor tells is the one that was written (`wanted`): compared in normal form C, without regard to
/// case or white space around it, and by the first `length` characters where the vendor keeps no more.
pub fn same(wanted: &str, told: &str, length: Option<u32>) -> bool {
    let most = length.map_or(usize::MAX, |length| length as usize);
    folded(wanted, most) == folded(told, most)
}

/// As [`same`] for an item's name; yes where the selection asks for no name.
pub fn answers(selection: &Selection, name: &str, length: Option<u32>) -> bool {
    match selection {
        Selection::Named(named) => same(&named.name, name, length),
        _ => true,
    }
}

/// As [`same`] for an item: its name, and its parent where one is asked for.
pub fn is(named: &Named, item: &Item, length: Option<u32>) -> bool {
    same(&named.name, &item.name, length) && (named.parent.is_none() || named.parent == item.parent)
}

/// Cut before its case is changed, as the vendor does: other cases may have other lengths.
fn folded(name: &str, most: usize) -> String {
    let name = name.trim();
    if name.is_ascii() {
        return name[..name.len().min(most)].trim_end().to_ascii_lowercase();
    }
    let composed: String = name.nfc().take(most).collect();
    composed.trim_end().to_lowercase().nfc().collect()
}

/// The longest run of a name that every vendor keeps as it was written but for its case: plain letters, digits and spaces
/// within the first `length` characters. Empty where there is none, as in a name of another script.
pub fn part(name: &str, length: Option<u32>) -> &str {
    let name = name.trim();
    let end = name.char_indices().nth(length.unwrap_or(u32::MAX) as usize).map_or(name.len(), |(at, _)| at);
    let mut best = "";
    let mut from = 0;
    for (at, sign) in name[..end].char_indices().chain([(end, '\u{0}')]) {
        if sign.is_ascii_alphanumeric() || sign == ' ' {
            continue;
        }
        // A letter before a combining mark becomes another one.
        let mut run = &name[from..at];
        if !sign.is_ascii() {
            run = run.get(..run.len().saturating_sub(1)).unwrap_or_default();
        }
        let run = run.trim();
        let run = run.get(..PART).unwrap_or(run).trim_end();
        if run.len() > best.len() {
            best = run;
        }
        from = at + sign.len_utf8();
    }
    best
}

/// The forms that a vendor may keep a name in: as it is written, composed, and decomposed; each once.
pub fn forms(name: &str) -> Vec<String> {
    let name = name.trim();
    let mut forms = vec![name.to_owned()];
    if !name.is_ascii() {
        for form in [name.nfc().collect::<String>(), name.nfd().collect()] {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_again_composed_in_capitals_or_cut() {
        for (wanted, told, length) in [
            ("Zu\u{308}rcher Clinics AG", "Zürcher Clinics AG", None),
            ("Zürcher Clinics AG", "ZÜRCHER CLINICS AG", None),
            (" Acme Ltd", "acme ltd ", None),
            ("Acme Holding Limited", "Acme Holding", Some(12)),
            ("Acme Holding Limited", "Acme", Some(5)),
            ("Zu\u{308}rcher", "Zürch", Some(5)),
        ] {
            assert!(same(wanted, told, length), "{wanted} {told}");
        }
        for (wanted, told, length) in [
            ("Acme Ltd", "Acme", None),
            ("Acme Ltd", "Acme", Some(100)),
            ("Zürcher", "Zurcher", None),
            ("Acme A", "Acme B", Some(6)),
        ] {
            assert!(!same(wanted, told, length), "{wanted} {told}");
        }
    }

    #[test]
    fn the_part_to_ask_by_is_one_that_every_vendor_keeps() {
        for (name, length, expected) in [
            ("Acme Ltd", None, "Acme Ltd"),
            ("Zu\u{308}rcher Clinics AG", None, "rcher Clinics AG"),
            ("Zürcher Clinics AG", None, "rcher Clinics AG"),
            ("Cafe\u{301} Noir", None, "Noir"),
            ("Smith & Sons", None, "Smith"),
            ("Acme Holding Limited", Some(8), "Acme Hol"),
            ("東京", None, ""),
            ("", None, ""),
        ] {
            assert_eq!(part(name, length), expected, "{name}");
        }
        assert_eq!(part(&"x".repeat(90), None).len(), PART);
        assert_eq!(forms("Zürich").len(), 2);
        assert_eq!(forms("Acme"), ["Acme"]);
    }
}

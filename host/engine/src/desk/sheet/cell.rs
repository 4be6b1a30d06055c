//! Single cells: protected from being run or changed by a spreadsheet, and read back unchanged.
//!
//! An apostrophe before a text marks it as text, as in any spreadsheet. It is written before a cell that would start a
//! formula, before one that would become a number or a date, and before an apostrophe that would be read as such a
//! mark; on import exactly these are removed.

/// Characters that begin a formula in a spreadsheet.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// Beginnings of the names of months in English, German and Italian.
const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "mär", "apr", "may", "mai", "mag", "jun", "giu", "jul", "lug", "aug", "ago", "sep", "set",
    "oct", "okt", "ott", "nov", "dec", "dez", "dic", "gen",
];
/// Number of digits that survive as a number in a spreadsheet: with one more it shows `1.23457E+11`, and saves what it
/// shows.
const EXACT_DIGITS: usize = 11;

/// Text of a cell for export.
pub(super) fn guarded(text: &str) -> String {
    if needs_guard(text) { format!("'{text}") } else { text.to_owned() }
}

/// Text of an imported cell: without the text mark, and `="0123"` as `0123`.
pub(super) fn unguarded(cell: &str) -> &str {
    if let Some(inner) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'))
        && !inner.contains('"')
    {
        return inner;
    }
    match cell.strip_prefix('\'') {
        Some(rest) if needs_guard(rest) => rest,
        _ => cell,
    }
}

/// Whether a text needs the mark. A lone `-` is a keyword of the file and no formula.
fn needs_guard(text: &str) -> bool {
    text != "-" && (text.starts_with(FORMULA) || text.starts_with('\'') || becomes_a_number(text) || is_a_date(text))
}

/// Whether a cell looks like an id that a spreadsheet altered: `8.93901E+18`, `12-Sep`, `01.02.2026`.
pub(crate) fn altered(cell: &str) -> bool {
    is_scientific(cell) || is_a_date(cell)
}

fn becomes_a_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = digits == text.len();
    (plain && digits > 1 && text.starts_with('0')) || (plain && digits > EXACT_DIGITS) || is_scientific(text)
}

/// `7E3`, `7,3928E+07`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let parts: Vec<&str> = mantissa.split(['.', ',']).collect();
    digits(exponent) && parts.len() <= 2 && parts.iter().all(|part| digits(part))
}

/// `1-2`, `01.02.2026`, `12-Sep`, `SEP12`, `Sep 2026`.
fn is_a_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '.', '/', ' ']).collect();
    let digits = |part: &str| matches!(part.len(), 1..=4) && part.chars().all(|c| c.is_ascii_digit());
    let month = |part: &str| {
        let part = part.to_lowercase();
        part.chars().all(char::is_alphabetic) && MONTHS.iter().any(|month| part.starts_with(month)) && part.len() < 12
    };
    match parts.as_slice() {
        [one] => {
            let letters = one.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
            letters > 0 && month(&one[..letters]) && digits(&one[letters..])
        }
        [one, other] => {
            (digits(one) && digits(other)) || (month(one) && digits(other)) || (digits(one) && month(other))
        }
        [day, middle, year] => digits(day) && digits(year) && (digits(middle) || month(middle)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_starts_a_formula_and_no_id_becomes_a_number() {
        for text in [
            "=HYPERLINK(\"http://x.example/\")",
            "+cmd|'/c calc'!A0",
            "@SUM(1)",
            "-2+3",
            "\tx",
            "-Acme-",
            "0123",
            "8939010102358478435",
            "123456789012",
            "73928E03",
            "7.3928E+07",
            "SEP12",
            "1-2",
            "12-Sep",
            "01.02.2026",
            "'quoted",
        ] {
            let cell = guarded(text);
            assert!(cell.starts_with('\''), "{text}");
            assert_eq!(unguarded(&cell), text);
        }
        for text in ["", "-", "Acme", "29683", "12345678901", "5f0c1d7e", "O'Neil", "10", "CIXA-MSP", "a-b-c-d"] {
            assert_eq!(guarded(text), text);
        }
        assert_eq!(unguarded("=\"0123\""), "0123");
        assert!(altered("8.93901E+18") && altered("12-Sep") && !altered("29683") && !altered("123"));
    }

    proptest! {
        #[test]
        fn what_goes_out_comes_back(text in ".{0,20}") {
            let cell = guarded(&text);
            prop_assert!(text == "-" || !cell.starts_with(FORMULA));
            if !text.starts_with("=\"") {
                prop_assert_eq!(unguarded(&cell), text.as_str());
            }
        }
    }
}

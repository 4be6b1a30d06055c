//! Names as keys: what is left of a name when spelling habits are taken away.
//!
//! Two views of one name. [`plain`] forgets case, accents and punctuation only; it is
//! for sites and for telling exact twins. [`Company`] also takes the legal form off the
//! end, since one system says `Acme Ltd.` and the other `ACME Limited`. Whatever else a
//! name says stays significant: `Acme` and `Acme Holdings` are near, not equal.
//!
//! How near two names are is not decided here (see `matching::score`).

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Legal forms, as [`plain`] leaves them, of one or several words. Only looked for at the end.
#[rustfmt::skip]
const LEGAL_FORMS: &[&str] = &[
    "ab", "ag", "aps", "as", "bv", "bvba", "co", "company", "corp", "corporation", "doo", "ead", "eg", "eood", "eurl",
    "ev", "gesmbh", "gmbh", "inc", "incorporated", "kft", "kg", "kgaa", "limited", "llc", "llp", "lp", "ltd", "ltda",
    "mbh", "nv", "ohg", "oy", "oyj", "plc", "proprietary limited", "pte", "pty", "pvt", "sa", "sapa", "sarl", "sas",
    "sasu", "se", "sl", "slu", "snc", "spa", "sp zoo", "sp z oo", "spzoo", "srl", "srls", "sro", "ug",
    "ug haftungsbeschrankt", "vof", "zrt",
];

/// A name without case, accents and punctuation: words with single spaces between them.
/// `&` and `+` become `and`; dots and apostrophes join (`S.r.l.` is `srl`), all other
/// punctuation parts. Empty when there is no letter or digit in it.
#[must_use]
pub fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    let mut push = |text: &str, gap: &mut bool| {
        if std::mem::take(gap) && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(text);
    };
    let mut buffer = [0; 4];
    for c in name.nfkd().flat_map(char::to_lowercase).nfkd() {
        match c {
            _ if is_combining_mark(c) => {}
            '.' | '\'' | '\u{2019}' | '\u{2018}' | '`' | '\u{ad}' => {}
            '&' | '+' => {
                gap = true;
                push("and", &mut gap);
                gap = true;
            }
            // Letters that have no decomposition, as they are spelt without their accent.
            'ß' => push("ss", &mut gap),
            'æ' => push("ae", &mut gap),
            'œ' => push("oe", &mut gap),
            'ø' => push("o", &mut gap),
            'đ' | 'ð' => push("d", &mut gap),
            'ł' => push("l", &mut gap),
            'ħ' => push("h", &mut gap),
            'ı' => push("i", &mut gap),
            'þ' => push("th", &mut gap),
            'ς' => push("σ", &mut gap),
            _ if c.is_alphanumeric() => push(c.encode_utf8(&mut buffer), &mut gap),
            _ => gap = true,
        }
    }
    out
}

/// A company's name in two parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Company {
    /// What tells it from others.
    pub core: String,
    /// Its legal form, in its short spelling; empty when it says none.
    pub form: String,
}

impl Company {
    /// Parts a name. The core is never empty unless [`plain`] of the name is.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let plain = plain(name);
        let mut words: Vec<&str> = plain.split(' ').collect();
        let whole = words.len();
        while let Some(form) = form_at_end(&words) {
            words.truncate(words.len() - form);
            // `GmbH & Co. KG`: what joined two forms is no name either.
            if words.len() > 1 && words.last() == Some(&"and") && words.len() < whole {
                words.pop();
            }
        }
        let core = words.join(" ");
        let form = canonical_form(plain.get(core.len()..).unwrap_or_default());
        Self { core, form }
    }
}

/// How many words at the end are one legal form; never all of them. Single letters are
/// read together, as in `S. p. A.`.
fn form_at_end(words: &[&str]) -> Option<usize> {
    (1..=3.min(words.len().saturating_sub(1))).rev().find(|&count| {
        let end = &words[words.len() - count..];
        let glued = count > 1 && end.iter().all(|word| word.chars().count() == 1);
        LEGAL_FORMS.contains(&end.join(if glued { "" } else { " " }).as_str())
    })
}

/// One spelling per legal form: `limited` is `ltd`, `s r l` is `srl`.
fn canonical_form(form: &str) -> String {
    let mut out = String::new();
    let mut letters = false;
    for word in form.split_whitespace().filter(|word| *word != "and") {
        let short = match word {
            "limited" => "ltd",
            "incorporated" => "inc",
            "corporation" => "corp",
            "company" => "co",
            "proprietary" => "pty",
            other => other,
        };
        let letter = short.chars().count() == 1;
        if !(out.is_empty() || letter && letters) {
            out.push(' ');
        }
        out.push_str(short);
        letters = letter;
    }
    out
}

/// The domain of a web address, a bare domain or an e-mail address, without `www.`;
/// none when there is none.
#[must_use]
pub fn domain(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    let valid = host.contains('.')
        && host.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    valid.then(|| host.to_owned())
}

/// A device's name as a key: the host part, without case and domain.
#[must_use]
pub fn host(name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    let short = name.split('.').next().unwrap_or_default().trim();
    let host = if short.is_empty() { name.as_str() } else { short };
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_forgets_spelling_habits() {
        for (name, expected) in [
            ("  ACME   Ltd. ", "acme ltd"),
            ("Müller & Söhne", "muller and sohne"),
            ("Smith+Sons", "smith and sons"),
            ("O’Neil's", "oneils"),
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("Łódź-Nord", "lodz nord"),
            ("İstanbul", "istanbul"),
            ("Ærø/Smørrebrød", "aero smorrebrod"),
            ("Fi\u{ad}li\u{fb01}ale", "filifiale"),
            ("...", ""),
            ("", ""),
            ("& Co", "and co"),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
    }

    #[test]
    fn a_legal_form_is_only_taken_off_the_end() {
        for (name, core, form) in [
            ("Acme Ltd", "acme", "ltd"),
            ("ACME, Limited.", "acme", "ltd"),
            ("Rossi S.r.l.", "rossi", "srl"),
            ("Rossi S. r. l.", "rossi", "srl"),
            ("Banca Sella S.p.A.", "banca sella", "spa"),
            ("Müller GmbH & Co. KG", "muller", "gmbh co kg"),
            ("Kowalski Sp. z o.o.", "kowalski", "sp z oo"),
            ("Wombat Pty Ltd", "wombat", "pty ltd"),
            ("Limited Edition Prints", "limited edition prints", ""),
            ("SA", "sa", ""),
            ("AG AG", "ag", "ag"),
            ("Acme Holdings", "acme holdings", ""),
            ("Smith & Co", "smith", "co"),
            ("", "", ""),
        ] {
            let company = Company::new(name);
            assert_eq!((company.core.as_str(), company.form.as_str()), (core, form), "{name}");
        }
    }

    #[test]
    fn domains_are_found_in_addresses() {
        for (address, expected) in [
            ("https://www.Acme.com/contact?x=1", Some("acme.com")),
            ("acme.co.uk", Some("acme.co.uk")),
            ("info@acme.com", Some("acme.com")),
            ("http://user:pw@acme.com:8080/", Some("acme.com")),
            ("n/a", None),
            ("localhost", None),
            ("acme..com", None),
            ("two words.com", None),
            ("", None),
        ] {
            assert_eq!(domain(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn a_host_is_a_name_without_its_domain() {
        assert_eq!(host("PC-01.corp.local").as_deref(), Some("pc-01"));
        assert_eq!(host(" Pc-01 ").as_deref(), Some("pc-01"));
        assert_eq!(host(".").as_deref(), Some("."));
        assert_eq!(host("  "), None);
    }
}

//! Names as keys: what is left of a name when spelling habits are taken away.
//!
//! Two views of one name. [`plain`] forgets case, accents and punctuation only; it is for sites and for exact
//! duplicates. [`Company`] also takes the legal form off the end, since one system says `Acme Ltd.` and the other
//! `ACME Limited`. Whatever else a name says stays significant: `Acme` and `Acme Holdings` are near, not equal.
//!
//! What people cannot see or did not mean is taken away for comparing only: invisible
//! signs, wide letters, `&amp;` for `&`. Nothing here is ever written anywhere.
//!
//! How near two names are is not decided here (see `matching::score`).

use crosswalk_model::signs::is_invisible;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The most letters of a name that are compared: what is longer differs before, or is no name.
const COMPARED: usize = 256;

/// Legal forms, as [`plain`] leaves them, of one or several words. Only looked for at the end.
#[rustfmt::skip]
const LEGAL_FORMS: &[&str] = &[
    "ab", "ag", "aps", "as", "bv", "bvba", "co", "company", "corp", "corporation", "doo", "ead", "eg", "eood", "eurl",
    "ev", "gesmbh", "gmbh", "inc", "incorporated", "kft", "kg", "kgaa", "limited", "llc", "llp", "lp", "ltd", "ltda",
    "mbh", "nv", "ohg", "oy", "oyj", "plc", "proprietary limited", "pte", "pty", "pvt", "sa", "sapa", "sarl", "sas",
    "sasu", "se", "sl", "slu", "snc", "spa", "sp zoo", "sp z oo", "spzoo", "srl", "srls", "sro", "ug",
    "ug haftungsbeschrankt", "vof", "zrt",
];

/// The first `most` signs of a text without those that nobody sees, in one form (NFKC).
pub(crate) fn visible(text: &str, most: usize) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(&text[..text.len().min(most)]);
    }
    Cow::Owned(text.chars().take(most).filter(|c| !is_invisible(*c)).nfkc().collect())
}

/// A text as it is meant: HTML entities, encoded once or twice, read as what they stand for.
fn meant(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let once = html_escape::decode_html_entities(text);
    let twice = html_escape::decode_html_entities(once.as_ref()).into_owned();
    Cow::Owned(twice)
}

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
    let name = meant(name);
    for c in name.chars().take(COMPARED).nfkd().flat_map(char::to_lowercase).nfkd() {
        match c {
            _ if is_combining_mark(c) || is_invisible(c) => {}
            '.' | '\'' | '\u{2019}' | '\u{2018}' | '`' => {}
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

/// The one label behind a name that is a domain of a house; others count as one from two labels on.
const LOCAL_DOMAINS: &[&str] = &["corp", "home", "internal", "intra", "intranet", "lan", "local", "localdomain"];

/// What systems call themselves until somebody gives them a name, without dashes and spaces.
#[rustfmt::skip]
const MADE_UP: &[&str] = &[
    "android", "debian", "fedora", "imac", "ipad", "iphone", "localhost", "macbook", "macbookair", "macbookpro",
    "macmini", "newdevice", "raspberrypi", "ubuntu", "unknown",
];

/// A device's name, without case and invisible signs.
///
/// The part before the first dot stands for the whole only against a name without a dot, and only where
/// a domain follows it: `pc-7.acme.local` is `PC-7`, but `maria.rossi-mbp` is not `maria`, and of two names
/// with dots each says more than its first word. An address such as `192.168.10.21` is one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// All of it.
    pub full: String,
    /// What is before its domain, where it has one.
    pub short: Option<String>,
}

impl Host {
    /// Parses a name; `None` when nothing of it can be seen.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let meant = meant(name);
        let seen = visible(&meant, COMPARED);
        let full = seen.trim().trim_end_matches('.').to_lowercase();
        let full = if full.is_empty() { seen.trim().to_owned() } else { full };
        if full.is_empty() {
            return None;
        }
        let is_address = full.parse::<std::net::IpAddr>().is_ok();
        let short = full.split_once('.').filter(|(host, domain)| {
            let labels = || domain.split('.');
            let is_domain = labels().count() > 1 || LOCAL_DOMAINS.contains(domain);
            !is_address
                && is_domain
                && !host.is_empty()
                && labels().all(|label| !label.is_empty() && !label.contains(' '))
        });
        let short = short.map(|(host, _)| host.to_owned());
        Some(Self { short, full })
    }

    /// Whether two names may be those of one device.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let meets = |one: &Self, two: &Self| one.short.as_ref() == Some(&two.full);
        self.full == other.full || meets(self, other) || meets(other, self)
    }

    /// Whether a system gave the name at its setup, so that it says nothing of whose device it is:
    /// `DESKTOP-1H2J3K`, `WIN-9QK2…`, `localhost`, `MacBook-Pro`.
    #[must_use]
    pub fn is_made_up(&self) -> bool {
        let name = self.short.as_deref().unwrap_or(&self.full);
        let letters = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
        let random = ["desktop-", "laptop-", "win-", "minint-"].iter().find_map(|start| name.strip_prefix(start));
        random.is_some_and(|rest| (5..=12).contains(&rest.len()) && letters(rest))
            || MADE_UP.contains(&name.replace(['-', ' ', '_'], "").as_str())
    }

    /// What a device of the same name is found by: its whole name, and its short one.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.full.as_str()).chain(self.short.as_deref())
    }
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
    fn what_nobody_sees_or_means_parts_no_names() {
        for (one, other) in [
            ("Con\u{200b}toso Legal", "Contoso Legal"),
            ("\u{200f}Acme Ltd", "Acme Ltd"),
            ("Contoso\u{a0}Dental", "Contoso Dental"),
            ("\u{ff21}\u{ff23}\u{ff2d}\u{ff25} \u{ff11}\u{ff12}", "ACME 12"),
            ("Smith &amp; Sons Ltd", "Smith & Sons Ltd"),
            ("Smith &amp;amp; Sons Ltd", "Smith & Sons Ltd"),
            ("D&#39;Angelo &quot;Due&quot; S.r.l.", "D'Angelo \"Due\" S.r.l."),
            ("M&uuml;ller", "Müller"),
            ("Zu\u{308}rcher Clinics", "Z\u{fc}rcher Clinics"),
        ] {
            assert_eq!(plain(one), plain(other), "{one}");
        }
        assert_ne!(plain("5\u{421}G1234"), plain("5CG1234"), "a letter of another script is another letter");
        assert!(plain(&"x".repeat(100_000)).len() <= COMPARED);
    }

    #[test]
    fn names_that_systems_make_up_are_known() {
        let made_up = |name: &str| Host::new(name).unwrap().is_made_up();
        for name in ["DESKTOP-1H2J3K", "LAPTOP-9QKX2M4B.acme.local", "WIN-A1B2C3D4E5F", "localhost", "MacBook-Pro"] {
            assert!(made_up(name), "{name}");
        }
        for name in ["DESKTOP-", "DESKTOP-ROSSI-2", "PC-ACCT-07", "WIN-DC", "srv01", "ubuntu-web", "maria.rossi-mbp"] {
            assert!(!made_up(name), "{name}");
        }
    }

    #[test]
    fn a_host_meets_its_name_with_a_domain_and_nothing_else() {
        let same = |a: &str, b: &str| Host::new(a).unwrap().is_same(&Host::new(b).unwrap());
        for (a, b) in [
            ("PC-01.corp.local", "pc-01"),
            (" Pc-01 ", "PC-01"),
            ("pc-7.lan", "PC-7"),
            ("pc-7.acme.example", "pc-7.acme.example."),
            ("192.168.10.21", "192.168.10.21"),
            ("PC\u{200b}-01", "pc-01"),
        ] {
            assert!(same(a, b) && same(b, a), "{a} / {b}");
        }
        for (a, b) in [
            ("192.168.10.21", "192.168.10.40"),
            ("192.168.10.21", "192"),
            ("maria.rossi-mbp", "maria.bianchi-mbp"),
            ("maria.rossi-mbp", "maria"),
            ("apple.tv.lobby", "apple.tv.board"),
            ("HP LaserJet v2.1", "HP LaserJet v2"),
            (".", ".."),
        ] {
            assert!(!same(a, b) && !same(b, a), "{a} / {b}");
        }
        assert_eq!(Host::new("  "), None);
    }
}

//! Blanks secrets that a vendor echoes before a connector, the log, the journal or a terminal sees
//! them.
//!
//! A secret is recognised in the forms that servers use: plain, percent- and form-encoded, as JSON
//! and HTML escape it, in hex, and in base64, also as a part of what was encoded (`user:password`).
//! All forms are searched for in one pass over a reply. Not recognised are a secret in pieces or in
//! a vendor's own encoding, and secrets under [`SECRET_MIN`] bytes, which would match by chance.

use super::encoding::form_encoded;
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, Match, MatchKind, packed};
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Shortest secret that is searched for, in bytes: shorter ones would match by chance.
pub const SECRET_MIN: usize = 6;

/// The replacement of a secret.
const BLANK: &str = "…";

/// The redactor of a set of secrets.
pub(super) struct Redactor {
    /// `None` without secrets.
    finder: Option<Finder>,
    /// Whether each of the finder's patterns is base64; then the base64 text around it is blanked,
    /// too.
    base64: Vec<bool>,
}

/// Searches for all forms. A connection is opened for each run, and most runs read little. The full
/// automaton takes long to build and finds hundreds of forms as fast as one, so it is built only
/// once there is much to search.
struct Finder {
    forms: Vec<String>,
    simple: Simple,
    table: OnceLock<Option<AhoCorasick>>,
    searched: AtomicUsize,
}

/// A searcher that is quick to build.
enum Simple {
    /// Compares the first bytes of up to some sixty forms at once, on processors that can.
    Packed(packed::Searcher),
    /// A non-contiguous automaton.
    Steps(AhoCorasick),
}

/// Bytes that are searched before the full automaton is built.
const WITHOUT_TABLE: usize = 256 * 1024;

impl Finder {
    fn new(forms: Vec<String>) -> Result<Self, BuildError> {
        let mut packed = packed::Config::new().match_kind(packed::MatchKind::LeftmostLongest).builder();
        let simple = match packed.extend(&forms).build() {
            Some(packed) => Simple::Packed(packed),
            None => Simple::Steps(Self::build(&forms, Some(AhoCorasickKind::NoncontiguousNFA))?),
        };
        Ok(Self { forms, simple, table: OnceLock::new(), searched: AtomicUsize::new(0) })
    }

    fn build(forms: &[String], kind: Option<AhoCorasickKind>) -> Result<AhoCorasick, BuildError> {
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).kind(kind).build(forms)
    }

    /// Iterates over non-overlapping matches: the leftmost, and the longest of those that begin
    /// there.
    fn find_iter<'f>(&'f self, bytes: &'f [u8]) -> Box<dyn Iterator<Item = Match> + 'f> {
        let searched = self.searched.fetch_add(bytes.len(), Ordering::Relaxed).saturating_add(bytes.len());
        let make = || self.table.get_or_init(|| Self::build(&self.forms, None).ok()).as_ref();
        let table = (searched >= WITHOUT_TABLE).then(make).flatten();
        match (table, &self.simple) {
            (Some(table), _) | (None, Simple::Steps(table)) => Box::new(table.find_iter(bytes)),
            (None, Simple::Packed(packed)) => Box::new(packed.find_iter(bytes)),
        }
    }
}

impl Redactor {
    /// A redactor for these secrets.
    pub(super) fn of<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut forms = BTreeMap::new();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SECRET_MIN) {
            for (form, base64) in forms_of(secret) {
                *forms.entry(form).or_insert(base64) &= base64;
            }
        }
        let base64 = forms.values().copied().collect();
        if forms.is_empty() {
            return Self { finder: None, base64 };
        }
        match Finder::new(forms.into_keys().collect()) {
            Ok(finder) => Self { finder: Some(finder), base64 },
            // Only patterns of gigabytes do not fit.
            Err(error) => {
                tracing::error!(%error, "the secrets of a connection are too large to be looked for");
                Self { finder: None, base64 }
            }
        }
    }

    /// Whether the text contains a form of a secret.
    pub(super) fn finds(&self, text: &[u8]) -> bool {
        self.finder.as_ref().is_some_and(|finder| finder.find_iter(text).next().is_some())
    }

    /// Returns the text with secrets blanked.
    pub(super) fn text(&self, text: String) -> String {
        match self.blanked(text.as_bytes()) {
            Cow::Borrowed(_) => text,
            // Patterns are whole characters, and so is the replacement.
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Returns the bytes with secrets blanked.
    pub(super) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        match self.blanked(&bytes) {
            Cow::Borrowed(_) => bytes,
            Cow::Owned(blanked) => blanked,
        }
    }

    fn blanked<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let Some(finder) = &self.finder else { return Cow::Borrowed(bytes) };
        let mut found = finder.find_iter(bytes).peekable();
        if found.peek().is_none() {
            return Cow::Borrowed(bytes);
        }
        let hits = found.map(|hit| {
            let base64 = self.base64.get(hit.pattern().as_usize()).copied().unwrap_or_default();
            (hit.range(), base64)
        });
        let mut blanked = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for Range { start, end } in spans(bytes, hits, is_base64) {
            blanked.extend_from_slice(&bytes[done..start]);
            blanked.extend_from_slice(BLANK.as_bytes());
            done = end;
        }
        blanked.extend_from_slice(&bytes[done..]);
        Cow::Owned(blanked)
    }
}

/// Returns the ranges to blank: the matches in order, and for base64 the base64 text around them.
/// Each byte is visited at most twice, however many matches a text has.
fn spans(
    bytes: &[u8],
    hits: impl Iterator<Item = (Range<usize>, bool)>,
    mut is_part: impl FnMut(u8) -> bool,
) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut done = 0;
    for (Range { mut start, mut end }, base64) in hits {
        if end <= done {
            continue;
        }
        start = start.max(done);
        if base64 {
            start -= bytes[done..start].iter().rev().take_while(|byte| is_part(**byte)).count();
            end += bytes[end..].iter().take_while(|byte| is_part(**byte)).count();
        }
        spans.push(start..end);
        done = end;
    }
    spans
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// Returns the forms of a secret, and whether each is base64.
fn forms_of(secret: &str) -> Vec<(String, bool)> {
    let mut forms: Vec<(String, bool)> = vec![(secret.to_owned(), false)];
    if secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        // Nothing in it is ever escaped.
        forms.extend(encoded(secret));
        return forms;
    }
    for kept in ["*-._", "-._~", "-._~!'()*", "-._~!$&'()*+,;=:@/"] {
        for (lower, space) in [(false, "%20"), (true, "%20"), (false, "+"), (true, "+")] {
            forms.push((percent(secret, kept, space, lower), false));
        }
    }
    for escaped in ["", "/", "&<>", "\"&'<>+`", "\"&'<>+`/", "'"] {
        for (ascii, lower) in [(false, true), (false, false), (true, true), (true, false)] {
            forms.push((json(secret, escaped, ascii, lower), false));
        }
    }
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for quote in ["\"", "&quot;", "&#34;"] {
        for apostrophe in ["'", "&#39;", "&#x27;", "&apos;"] {
            forms.push((html.replace('"', quote).replace('\'', apostrophe), false));
        }
    }
    forms.extend(encoded(secret));
    // The form in which OAuth clients are sent in a header (RFC 6749, section 2.3.1).
    let sent = form_encoded(secret);
    if sent != secret {
        forms.extend(encoded(&sent));
    }
    forms
}

/// Returns a text in hex and in base64, and whether each form is base64.
fn encoded(text: &str) -> Vec<(String, bool)> {
    let hex = |upper: bool| {
        text.bytes().fold(String::new(), |mut hex, byte| {
            let _ = if upper { write!(hex, "{byte:02X}") } else { write!(hex, "{byte:02x}") };
            hex
        })
    };
    let mut forms = vec![(hex(false), false), (hex(true), false)];
    for before in 0..3 {
        for plain in [inside_base64(&STANDARD_NO_PAD, text, before), inside_base64(&URL_SAFE_NO_PAD, text, before)] {
            forms.push((percent(&plain, "-._~", "%20", false), true));
            forms.push((percent(&plain, "-._~", "%20", true), true));
            forms.push((plain.replace('/', "\\/"), true));
            forms.push((plain, true));
        }
    }
    forms
}

/// Returns the part of the base64 that depends on the secret alone, after `before` unknown bytes.
fn inside_base64(engine: &impl base64::Engine, secret: &str, before: usize) -> String {
    let whole = [&[0; 2][..before], secret.as_bytes()].concat();
    let encoded = engine.encode(&whole);
    let (first, last) = (if before == 0 { 0 } else { before + 1 }, usize::from(whole.len() % 3 != 0));
    encoded[first..encoded.len() - last].to_owned()
}

/// Percent-encodes all but letters, digits and the characters in `kept`.
fn percent(text: &str, kept: &str, space: &str, lower: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = char::from(byte);
        if byte.is_ascii_alphanumeric() || (byte.is_ascii() && kept.contains(plain)) {
            encoded.push(plain);
        } else if byte == b' ' {
            encoded.push_str(space);
        } else {
            let _ = if lower { write!(encoded, "%{byte:02x}") } else { write!(encoded, "%{byte:02X}") };
        }
    }
    encoded
}

/// Escapes as inside a JSON string: also the characters in `escaped` and, if `ascii`, all non-ASCII
/// ones.
fn json(text: &str, escaped: &str, ascii: bool, lower: bool) -> String {
    let mut json = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        match c {
            '/' if escaped.contains('/') => json.push_str("\\/"),
            '"' if !escaped.contains('"') => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if c.is_ascii_control() || escaped.contains(c) || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut units) {
                    let _ = if lower { write!(json, "\\u{unit:04x}") } else { write!(json, "\\u{unit:04X}") };
                }
            }
            c => json.push(c),
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    const SECRETS: [&str; 6] = [
        "s3cret-key",
        "p&ss w/rd+\"q'<r>%",
        "pässwörd-ß",
        "back\\slash/and/slash",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "🔑 of the house",
    ];

    fn echoes(secret: &str) -> Vec<String> {
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let mut url = url::Url::parse("https://x.example/").unwrap();
        url.query_pairs_mut().append_pair("key", secret);
        let json = serde_json::json!({ "echo": secret }).to_string();
        let mut echoes = vec![
            secret.to_owned(),
            form.clone(),
            form.replace('+', "%20"),
            url.to_string(),
            json.clone(),
            json.replace('/', "\\/"),
            json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e"),
            json.replace('&', "\\u0026").replace('<', "\\u003C").replace('>', "\\u003E"),
            secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
            secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ];
        for before in ["", "u", "us", "user:", "anna@vendor.example:", "a b:"] {
            for after in ["", ":", "xy", "xyz"] {
                let text = format!("{before}{secret}{after}");
                echoes.extend([STANDARD.encode(&text), URL_SAFE.encode(&text), STANDARD_NO_PAD.encode(&text)]);
                let encoded: String = url::form_urlencoded::byte_serialize(STANDARD.encode(&text).as_bytes()).collect();
                echoes.push(encoded);
                let pair = format!("{before}{form}{after}");
                echoes.extend([STANDARD.encode(&pair), URL_SAFE.encode(&pair)]);
                echoes.push(serde_json::json!(STANDARD.encode(&text)).to_string().replace('/', "\\/"));
            }
        }
        echoes
    }

    #[test]
    fn what_a_server_echoes_is_blanked_in_every_form_it_takes() {
        let (little, much) = (Redactor::of(SECRETS), Redactor::of(SECRETS));
        assert_eq!(much.text("x".repeat(WITHOUT_TABLE)).len(), WITHOUT_TABLE);
        let has_table =
            |redactor: &Redactor| redactor.finder.as_ref().is_some_and(|finder| finder.table.get().is_some());
        assert!(has_table(&much));
        for (redactor, secret) in SECRETS.iter().flat_map(|secret| [(&little, *secret), (&much, *secret)]) {
            for echo in echoes(secret) {
                let seen = redactor.text(format!("before {echo} after"));
                assert!(seen.starts_with("before ") && seen.ends_with(" after"), "{echo}: {seen}");
                assert!(seen.contains('…'), "{secret} as {echo}: {seen}");
                assert!(!seen.contains(secret), "{secret} as {echo}: {seen}");
                assert!(redactor.finds(echo.as_bytes()), "{secret} as {echo}");
            }
        }
        assert!(!has_table(&little));
    }

    #[test]
    fn nothing_of_a_base64_text_with_a_secret_in_it_is_left() {
        let redactor = Redactor::of(["s3cret-key"]);
        for before in ["", "a", "ab", "abc", "anna:"] {
            let echo = STANDARD.encode(format!("{before}s3cret-key!"));
            assert_eq!(redactor.text(format!("{{\"basic\":\"{echo}\"}}")), "{\"basic\":\"…\"}", "{before}");
        }
    }

    #[test]
    fn a_text_that_repeats_a_key_a_thousand_times_is_gone_through_twice_at_most() {
        let bytes = STANDARD.encode("s3cret-key!!".repeat(1_000)).into_bytes();
        let hits = (0..1_000).map(|nth| (nth * 16..nth * 16 + 12, true));
        let mut looked = 0;
        let spans = spans(&bytes, hits, |byte| {
            looked += 1;
            is_base64(byte)
        });
        assert_eq!(spans.as_slice(), std::slice::from_ref(&(0..bytes.len())));
        assert!(looked <= 2 * bytes.len(), "{looked} looks at {} bytes", bytes.len());
    }

    #[test]
    fn a_client_secret_of_other_characters_is_not_left_in_the_header_of_its_login() {
        let secret = "abc~DEF~ghi";
        let header = STANDARD.encode(format!("client-1:{}", form_encoded(secret)));
        let redactor = Redactor::of([secret]);
        assert_eq!(redactor.text(format!("bad header Basic {header}")), "bad header Basic …");
        let hex = form_encoded(secret).bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(redactor.text(hex), "…");
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        let redactor = Redactor::of(["s3cret-key", "short", ""]);
        for text in ["", "nothing to see", "s3cret-ke", "a short text", "{\"a\":1}", "äöü"] {
            assert_eq!(redactor.text(text.to_owned()), text);
        }
        assert_eq!(redactor.bytes(vec![0xff, 0, 1]), [0xff, 0, 1]);
        assert_eq!(redactor.bytes(b"\xffs3cret-key\xfe".to_vec()), [b"\xff", "…".as_bytes(), b"\xfe"].concat());
        assert_eq!(redactor.text("s3cret-keys3cret-key s3cret-key".to_owned()), "…… …");
        assert_eq!(Redactor::of([]).text("s3cret-key".to_owned()), "s3cret-key");
    }

    proptest! {
        #[test]
        fn a_secret_is_never_left(secret in "[ -~äß€]{6,40}", around in "[ -~äß€]{0,8}") {
            let redactor = Redactor::of([secret.as_str()]);
            for echo in echoes(&secret) {
                let seen = redactor.text(format!("{around}\n{echo}\n{around}"));
                prop_assert!(!seen.contains(&secret), "{}", seen);
                prop_assert!(seen.contains('…'), "{} as {}", secret, echo);
            }
        }
    }
}

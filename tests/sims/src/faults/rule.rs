//! The table of faults, and one fault that is switched on: how its text is read, and which calls it strikes.
//! Leaves alone: what a fault does, which is its caller's.

use super::FaultError;

/// Every fault: its name, what it concerns when not told, its modes, what it does.
pub(super) const NAMES: &[(&str, Concern, &[&str], &str)] = &[
    ("throttle", Concern::Both, &[], "429; retry-after:SECONDS adds the header"),
    ("server-error", Concern::Both, &[], "5xx before anything is done; status:N (500)"),
    ("lost-reply", Concern::Writes, &[], "the call is carried out, then the connection drops without a reply"),
    ("drop-connection", Concern::Both, &[], "the connection drops without a reply and nothing is done"),
    ("slow", Concern::Both, &[], "each reply waits ms:N (1000)"),
    ("hang", Concern::Both, &[], "no reply comes; ms:N ends the wait with a dropped connection"),
    ("cut-body", Concern::Reads, &[], "the connection drops in the middle of the body"),
    ("half-page", Concern::Reads, &[], "the body is well framed but its JSON stops half-way"),
    ("unauthorized", Concern::Both, &[], "401, as with an expired or wrong login"),
    ("html-ok", Concern::Both, &[], "an HTML page with status 200 in place of JSON; nothing is done"),
    ("html-error", Concern::Both, &[], "an HTML page with status:N (502); nothing is done"),
    ("row-appears", Concern::Reads, &[], "a new row joins the listed collection just before a later page is read"),
    ("row-leaves", Concern::Reads, &[], "a row leaves the listed collection just before a later page is read"),
    (
        "reorder",
        Concern::Reads,
        &[],
        "rows of a page come back to front; an unordered offset walk changes order between pages",
    ),
    ("cut-values", Concern::Writes, &[], "saved texts are cut to chars:N (20); field:NAME narrows it"),
    ("upper-case", Concern::Writes, &[], "saved texts of field:NAME (serialNumber) become upper case"),
    ("trim-values", Concern::Writes, &[], "spaces around saved texts are dropped; field:NAME narrows it"),
    ("duplicate-submit", Concern::Writes, &[], "a create is carried out twice, as when a gateway sends it again"),
    (
        "empty-page",
        Concern::Reads,
        &["linked"],
        "a later page has no rows and no page after it, while the total stays; page:N picks one, linked keeps the next page",
    ),
    (
        "empty-list",
        Concern::Reads,
        &["linked", "whole"],
        "the first page of a list has no rows, while the total stays; whole: and the total is 0",
    ),
    ("stale-reads", Concern::Reads, &[], "for ms:N (5000) after a write, reads answer as before it"),
    (
        "slow-write",
        Concern::Writes,
        &["early"],
        "the write is carried out after ms:N (33000), whoever still waits; early: at once, and only the reply is late",
    ),
    (
        "renew-ids",
        Concern::Reads,
        &["case"],
        "once, before a read: every device and customer goes on under a new id; case: the same id in capitals",
    ),
    (
        "merge-accounts",
        Concern::Reads,
        &["keep"],
        "once, before a read: the newest account is merged into the one before it and gone; keep: it stays, out of use",
    ),
    (
        "recompose-names",
        Concern::Writes,
        &["nfc", "upper", "cut"],
        "saved names are composed (nfc), in capitals (upper) or cut (cut:N); field:NAME is another field",
    ),
    ("day-offset", Concern::Both, &[], "days come as midnight of a zone hours:N (1) ahead of UTC, and are read so"),
    ("bare-serials", Concern::Reads, &[], "serials that could be numbers come as bare JSON numbers"),
];

/// Faults that change what a vendor holds: once, unless told otherwise.
const ONCE: [&str; 2] = ["renew-ids", "merge-accounts"];

/// Which calls a fault concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concern {
    Reads,
    Writes,
    Both,
}

/// One fault that is switched on.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) concern: Concern,
    pub(super) path: Option<String>,
    pub(super) after: u64,
    pub(super) every: Option<u64>,
    pub(super) left: Option<u64>,
    pub(super) seen: u64,
    pub(super) fired: u64,
    pub(super) numbers: Numbers,
    pub(super) field: Option<String>,
    /// One of the fault's modes.
    pub(super) mode: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    pub(super) ms: Option<u64>,
    pub(super) status: Option<u64>,
    pub(super) retry_after: Option<u64>,
    pub(super) chars: Option<u64>,
    pub(super) page: Option<u64>,
    pub(super) hours: Option<u64>,
}

impl Rule {
    /// Reads a fault; none where it is switched off.
    pub(super) fn parse(name: &str, value: &str) -> Result<Option<Rule>, FaultError> {
        let Some((name, concern, modes, _)) = NAMES.iter().find(|(n, ..)| n.eq_ignore_ascii_case(name)) else {
            let known: Vec<_> = NAMES.iter().map(|(n, ..)| *n).collect();
            return Err(FaultError(format!("no fault is called {name:?}; there are {}", known.join(", "))));
        };
        let mut rule = Rule {
            name,
            text: value.to_owned(),
            concern: *concern,
            path: None,
            after: 0,
            every: None,
            left: None,
            seen: 0,
            fired: 0,
            numbers: Numbers::default(),
            field: None,
            mode: None,
        };
        for part in value.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (word, argument) = part.split_once(':').unwrap_or((part, ""));
            let number = || {
                argument
                    .parse::<u64>()
                    .map_err(|_| FaultError(format!("{name}: {word} wants a number, got {argument:?}")))
            };
            if let Some(mode) = modes.iter().find(|mode| **mode == word) {
                rule.mode = Some(mode);
                if !argument.is_empty() {
                    rule.numbers.chars = Some(number()?);
                }
                continue;
            }
            match word {
                "always" | "on" => {}
                "off" => return Ok(None),
                "reads" => rule.concern = Concern::Reads,
                "writes" => rule.concern = Concern::Writes,
                "both" => rule.concern = Concern::Both,
                "path" => rule.path = Some(argument.to_ascii_lowercase()),
                "field" => rule.field = Some(argument.to_owned()),
                "next" => rule.left = Some(number()?),
                "every" => rule.every = Some(number()?.max(1)),
                "after" => rule.after = number()?,
                "ms" => rule.numbers.ms = Some(number()?),
                "status" => rule.numbers.status = Some(number()?),
                "retry-after" => rule.numbers.retry_after = Some(number()?),
                "page" => rule.numbers.page = Some(number()?.max(1)),
                "hours" => rule.numbers.hours = Some(number()?),
                "chars" => rule.numbers.chars = Some(number()?),
                _ => match (part.parse::<u64>(), *name) {
                    (Ok(n), "slow" | "slow-write" | "stale-reads") => rule.numbers.ms = Some(n),
                    (Ok(n), "cut-values") => rule.numbers.chars = Some(n),
                    (Ok(n), _) => rule.left = Some(n),
                    (Err(_), _) => return Err(FaultError(format!("{name}: {part:?} is not understood"))),
                },
            }
        }
        if ONCE.contains(name) && rule.left.is_none() && rule.every.is_none() {
            rule.left = Some(1);
        }
        Ok(Some(rule))
    }

    pub(super) fn status(&self, default: u16) -> u16 {
        self.numbers.status.and_then(|s| u16::try_from(s).ok()).unwrap_or(default)
    }

    /// Whether it is about this page of a list, counted from 1.
    pub(super) fn is_page(&self, page: usize) -> bool {
        match (self.name, self.numbers.page) {
            ("empty-list", _) => page == 1,
            (_, Some(wanted)) => u64::try_from(page).is_ok_and(|page| page == wanted),
            (_, None) => page > 1,
        }
    }

    /// Whether it strikes this call. Counts the call.
    pub(super) fn strikes(&mut self, path: &str, write: bool) -> bool {
        let concerned = match self.concern {
            Concern::Reads => !write,
            Concern::Writes => write,
            Concern::Both => true,
        };
        if !concerned || self.left == Some(0) {
            return false;
        }
        if self.path.as_ref().is_some_and(|p| !path.to_ascii_lowercase().contains(p)) {
            return false;
        }
        self.seen += 1;
        if self.seen <= self.after || self.every.is_some_and(|n| !(self.seen - self.after).is_multiple_of(n)) {
            return false;
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        self.fired += 1;
        true
    }
}

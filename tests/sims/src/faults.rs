//! What can go wrong at a vendor, by name, switched while the sim runs.
//!
//! A fault is set with a small text, so that a test, the bin's `--fault` and a demo page all say
//! it the same way: `name=value`, where value is a comma-separated list of
//!
//! | part | meaning |
//! |---|---|
//! | `next:N` or a bare number (where no other number is meant) | the next N calls it concerns |
//! | `every:N` | every N-th call it concerns |
//! | `always`, `on` | every call it concerns (the default) |
//! | `after:N` | leave the first N calls alone |
//! | `reads`, `writes`, `both` | which calls it concerns |
//! | `path:TEXT` | only calls whose path contains TEXT (case-insensitive) |
//! | `ms:N`, `status:N`, `retry-after:N`, `chars:N`, `page:N`, `hours:N`, `field:NAME` | what some faults take, see [`Faults::names`] |
//! | a word alone (`linked`, `whole`, `early`, `case`, `keep`, `nfc`, `upper`, `cut:N`) | a mode of the one fault that has it |
//! | `off` | remove the fault |
//!
//! To add a fault: 1. a row in `NAMES` (`rule`); 2. the place where it bites: `server.rs` for what any
//! HTTP server can do wrong, the vendor for what needs its state; 3. a test.
//! Leaves alone: what the vendors do by design (limits, thread guard): those are options.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use rule::{NAMES, Rule};
use unicode_normalization::UnicodeNormalization;

mod rule;

/// A fault that was asked for and is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

/// The faults of one sim: a handle that tests keep and the server reads. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    any: AtomicBool,
    /// Slow writes that are not over.
    under_way: AtomicUsize,
    rules: Mutex<Vec<Rule>>,
    /// The id of the account it says it is, in place of its own.
    account: Mutex<Option<String>>,
}

/// What one call meets before it is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A refusal in the vendor's own words.
    Status { status: u16, retry_after: Option<u64> },
    /// A page of HTML.
    Html(u16),
    /// No reply, now or after a wait.
    Drop { after_ms: u64 },
    /// No reply ever.
    Hang,
}

/// What one call meets on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) delay_ms: u64,
    pub(crate) stop: Option<Stop>,
    pub(crate) lost_reply: bool,
    pub(crate) cut_body: bool,
    pub(crate) half_page: bool,
    pub(crate) slow_write: Option<SlowWrite>,
    pub(crate) bare_serials: bool,
}

/// A slow write that is not over.
#[derive(Debug)]
pub(crate) struct UnderWay(Faults);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A write that takes longer than anyone waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlowWrite {
    pub(crate) ms: u64,
    /// It is carried out at once, and only the reply is late.
    pub(crate) early: bool,
}

/// A page that has no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Emptied {
    /// It still names the page after it.
    pub(crate) linked: bool,
    /// The total is 0 as well: nothing says that there is anything.
    whole: bool,
}

impl Emptied {
    /// The total that is told with a list of so many rows.
    pub(crate) fn total(emptied: Option<Self>, rows: usize) -> usize {
        if emptied.is_some_and(|emptied| emptied.whole) { 0 } else { rows }
    }
}

/// What ids become by the fault `renew-ids`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewIds {
    /// Other ones.
    Other,
    /// The same in capitals.
    Case,
}

/// Fields that hold what a record is called, at all vendors.
const NAME_FIELDS: [&str; 5] = ["companyName", "accountName", "locationName", "name", "referenceTitle"];

impl Faults {
    /// From now on it says that it is the account of this id: another database behind the same address.
    pub fn answer_as(&self, account: &str) {
        *self.0.account.lock() = Some(account.to_owned());
    }

    /// The id of the account it says it is, its own being `own`.
    pub(crate) fn account(&self, own: &str) -> String {
        self.0.account.lock().clone().unwrap_or_else(|| own.to_owned())
    }

    /// Every fault that can be set, with a line on what it does.
    pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
        NAMES.iter().map(|(name, .., does)| (*name, *does))
    }

    /// Sets a fault, in place of any of the same name. See the module for the words of `value`.
    ///
    /// # Errors
    /// An unknown name or value, in words.
    pub fn set(&self, name: &str, value: &str) -> Result<(), FaultError> {
        let rule = Rule::parse(name, value)?;
        let mut rules = self.0.rules.lock();
        rules.retain(|r| !r.name.eq_ignore_ascii_case(name));
        rules.extend(rule);
        self.0.any.store(!rules.is_empty(), Ordering::Release);
        Ok(())
    }

    /// As [`Faults::set`], beside those of the same name that are already set.
    ///
    /// # Errors
    /// An unknown name or value, in words.
    pub fn add(&self, name: &str, value: &str) -> Result<(), FaultError> {
        let rule = Rule::parse(name, value)?;
        let mut rules = self.0.rules.lock();
        rules.extend(rule);
        self.0.any.store(!rules.is_empty(), Ordering::Release);
        Ok(())
    }

    /// Adds a fault written `name=value`, or `name` alone.
    ///
    /// # Errors
    /// An unknown name or value, in words.
    pub fn parse(&self, text: &str) -> Result<(), FaultError> {
        let (name, value) = text.split_once('=').unwrap_or((text, "on"));
        self.add(name.trim(), value.trim())
    }

    /// Removes every fault.
    pub fn clear(&self) {
        self.0.rules.lock().clear();
        self.0.any.store(false, Ordering::Release);
    }

    /// The faults now set, as `name=value`.
    pub fn active(&self) -> Vec<String> {
        self.0.rules.lock().iter().map(|r| format!("{}={}", r.name, r.text)).collect()
    }

    /// How often the faults of this name that are still set have struck.
    pub fn fired(&self, name: &str) -> u64 {
        self.0.rules.lock().iter().filter(|r| r.name == name).map(|r| r.fired).sum()
    }

    /// How many slow writes have not been carried out and answered yet, whoever still waits for them.
    pub fn slow_writes(&self) -> usize {
        self.0.under_way.load(Ordering::Acquire)
    }

    /// A slow write begins, and ends when what is returned is dropped.
    pub(crate) fn slow_write(&self) -> UnderWay {
        self.0.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(self.clone())
    }

    /// What a call with this path meets. Counts down the faults it meets.
    pub(crate) fn meet(&self, path: &str, write: bool) -> Trouble {
        let mut trouble = Trouble::default();
        if !self.0.any.load(Ordering::Acquire) {
            return trouble;
        }
        for rule in self.0.rules.lock().iter_mut() {
            // What needs the vendor's state is asked for by `strikes` and `reshape`.
            let stop = match rule.name {
                "throttle" => Stop::Status { status: 429, retry_after: rule.numbers.retry_after },
                "server-error" => Stop::Status { status: rule.status(500), retry_after: rule.numbers.retry_after },
                "unauthorized" => Stop::Status { status: 401, retry_after: None },
                "html-ok" => Stop::Html(200),
                "html-error" => Stop::Html(rule.status(502)),
                "drop-connection" => Stop::Drop { after_ms: 0 },
                "hang" => rule.numbers.ms.map_or(Stop::Hang, |after_ms| Stop::Drop { after_ms }),
                "slow" | "lost-reply" | "cut-body" | "half-page" | "slow-write" | "bare-serials" => {
                    // A call that was stopped already does not use these up.
                    if trouble.stop.is_none() && rule.strikes(path, write) {
                        match rule.name {
                            "slow" => trouble.delay_ms += rule.numbers.ms.unwrap_or(1000),
                            "lost-reply" => trouble.lost_reply = true,
                            "cut-body" => trouble.cut_body = true,
                            "bare-serials" => trouble.bare_serials = true,
                            "slow-write" => {
                                let ms = rule.numbers.ms.unwrap_or(33_000);
                                trouble.slow_write = Some(SlowWrite { ms, early: rule.mode.is_some() });
                            }
                            _ => trouble.half_page = true,
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            if trouble.stop.is_none() && rule.strikes(path, write) {
                trouble.stop = Some(stop);
            }
        }
        trouble
    }

    /// Whether the named fault, one that needs the vendor's state, strikes this call.
    pub(crate) fn strikes(&self, name: &str, path: &str, write: bool) -> bool {
        self.0.any.load(Ordering::Acquire)
            && self.0.rules.lock().iter_mut().filter(|r| r.name == name).any(|r| r.strikes(path, write))
    }

    /// Whether this page of a list, counted from 1, has no rows.
    pub(crate) fn empties(&self, path: &str, page: usize) -> Option<Emptied> {
        self.first(|rule| {
            let is_it = matches!(rule.name, "empty-page" | "empty-list") && rule.is_page(page);
            let (linked, whole) = (rule.mode == Some("linked"), rule.mode == Some("whole"));
            (is_it && rule.strikes(path, false)).then_some(Emptied { linked, whole })
        })
    }

    /// How long a write stays unseen by reads, in milliseconds, where it does.
    pub(crate) fn stale_ms(&self) -> Option<u64> {
        self.first(|rule| (rule.name == "stale-reads").then(|| rule.numbers.ms.unwrap_or(5000)))
    }

    /// What every id becomes before this read.
    pub(crate) fn renews_ids(&self, path: &str) -> Option<NewIds> {
        self.first(|rule| {
            let strikes = rule.name == "renew-ids" && rule.strikes(path, false);
            strikes.then_some(if rule.mode.is_some() { NewIds::Case } else { NewIds::Other })
        })
    }

    /// Whether two accounts become one before this read, and the merged one stays, out of use.
    pub(crate) fn merges_accounts(&self, path: &str) -> Option<bool> {
        self.first(|rule| (rule.name == "merge-accounts" && rule.strikes(path, false)).then_some(rule.mode.is_some()))
    }

    /// By how many hours days are off in this call.
    pub(crate) fn day_offset(&self, path: &str, write: bool) -> u64 {
        let hours = |rule: &mut Rule| {
            (rule.name == "day-offset" && rule.strikes(path, write)).then(|| rule.numbers.hours.unwrap_or(1))
        };
        self.first(hours).unwrap_or(0)
    }

    /// The first answer that a rule gives.
    fn first<T>(&self, ask: impl FnMut(&mut Rule) -> Option<T>) -> Option<T> {
        if !self.0.any.load(Ordering::Acquire) {
            return None;
        }
        self.0.rules.lock().iter_mut().find_map(ask)
    }

    /// What a vendor keeps of a text it is asked to save, where a fault changes it.
    pub(crate) fn reshape(&self, path: &str, field: &str, value: &str) -> Option<String> {
        if !self.0.any.load(Ordering::Acquire) {
            return None;
        }
        let mut kept: Option<String> = None;
        for rule in self.0.rules.lock().iter_mut() {
            let wanted = match rule.name {
                "upper-case" => Some(rule.field.as_deref().unwrap_or("serialNumber")),
                "cut-values" | "trim-values" => rule.field.as_deref(),
                "recompose-names" => match rule.field.as_deref() {
                    None if !NAME_FIELDS.iter().any(|name| name.eq_ignore_ascii_case(field)) => continue,
                    named => named,
                },
                _ => continue,
            };
            if wanted.is_some_and(|w| !w.eq_ignore_ascii_case(field)) {
                continue;
            }
            let now = kept.as_deref().unwrap_or(value);
            let changed: String = match (rule.name, rule.mode) {
                ("upper-case", _) | ("recompose-names", Some("upper")) => now.to_uppercase(),
                ("trim-values", _) => now.trim().to_owned(),
                ("recompose-names", mode) if mode != Some("cut") => now.nfc().collect(),
                _ => {
                    now.chars().take(usize::try_from(rule.numbers.chars.unwrap_or(20)).unwrap_or(usize::MAX)).collect()
                }
            };
            if changed != now && rule.strikes(path, true) {
                kept = Some(changed);
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(value: &str, calls: usize) -> Vec<bool> {
        let faults = Faults::default();
        faults.set("throttle", value).expect("a fault");
        (0..calls).map(|_| faults.meet("/a", false).stop.is_some()).collect()
    }

    #[test]
    fn when_a_fault_strikes() {
        assert_eq!(struck("next:2", 3), [true, true, false]);
        assert_eq!(struck("2", 3), [true, true, false]);
        assert_eq!(struck("every:2", 4), [false, true, false, true]);
        assert_eq!(struck("after:1,next:1", 3), [false, true, false]);
        assert_eq!(struck("writes", 2), [false, false]);
        assert_eq!(struck("path:/B", 2), [false, false]);
        assert_eq!(struck("path:/A,reads", 2), [true, true]);
        assert_eq!(struck("off", 1), [false]);
    }

    #[test]
    fn every_name_can_be_set_and_nonsense_cannot() {
        let faults = Faults::default();
        for (name, _) in Faults::names() {
            faults.parse(name).expect(name);
        }
        assert_eq!(faults.active().len(), NAMES.len());
        assert!(faults.parse("gremlins=1").is_err());
        assert!(faults.parse("slow=often").is_err());
        assert!(faults.parse("throttle=next:x").is_err());
        assert!(faults.parse("throttle=early").is_err(), "a mode of another fault");
    }

    #[test]
    fn pages_are_picked_by_number() {
        let faults = Faults::default();
        let empty = |page| faults.empties("/a", page).is_some();
        faults.set("empty-page", "on").expect("a fault");
        assert_eq!([1, 2, 3].map(empty), [false, true, true]);
        faults.set("empty-page", "page:2,next:1").expect("a fault");
        assert_eq!([1, 3, 2, 2].map(empty), [false, false, true, false]);
        faults.set("empty-page", "off").expect("a fault");
        faults.set("empty-list", "linked").expect("a fault");
        assert_eq!([1, 2].map(|page| faults.empties("/a", page)), [Some(Emptied { linked: true, whole: false }), None]);
    }

    #[test]
    fn names_are_recomposed_and_nothing_else() {
        let faults = Faults::default();
        for (mode, kept) in [("nfc", "Caf\u{e9} Ltd"), ("upper", "CAFE\u{301} LTD"), ("cut:5", "Cafe\u{301}")] {
            faults.set("recompose-names", mode).expect("a fault");
            assert_eq!(faults.reshape("/x", "companyName", "Cafe\u{301} Ltd").as_deref(), Some(kept), "{mode}");
            assert_eq!(faults.reshape("/x", "serialNumber", "Cafe\u{301} Ltd"), None, "{mode}");
        }
    }

    #[test]
    fn what_changes_the_vendor_happens_once() {
        let faults = Faults::default();
        faults.parse("renew-ids=case").expect("a fault");
        assert_eq!([(); 2].map(|()| faults.renews_ids("/a")), [Some(NewIds::Case), None]);
    }

    #[test]
    fn texts_are_reshaped_in_the_order_set() {
        let faults = Faults::default();
        faults.parse("trim-values").expect("a fault");
        faults.parse("cut-values=3").expect("a fault");
        faults.parse("upper-case").expect("a fault");
        assert_eq!(faults.reshape("/x", "serialNumber", " abcd ").as_deref(), Some("ABC"));
        assert_eq!(faults.reshape("/x", "name", "ab"), None);
    }
}

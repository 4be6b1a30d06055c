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
//! | `ms:N`, `status:N`, `retry-after:N`, `chars:N`, `field:NAME` | what some faults take, see [`Faults::names`] |
//! | `off` | remove the fault |
//!
//! To add a fault: 1. a row in `NAMES`; 2. the place where it bites: `server.rs` for what any
//! HTTP server can do wrong, the vendor for what needs its state; 3. a test.
//! Leaves alone: what the vendors do by design (limits, thread guard): those are options.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

/// Every fault: its name, what it concerns when not told, what it does.
const NAMES: &[(&str, Concern, &str)] = &[
    ("throttle", Concern::Both, "429; retry-after:SECONDS adds the header"),
    ("server-error", Concern::Both, "5xx before anything is done; status:N (500)"),
    ("lost-reply", Concern::Writes, "the call is carried out, then the connection drops without a reply"),
    ("drop-connection", Concern::Both, "the connection drops without a reply and nothing is done"),
    ("slow", Concern::Both, "each reply waits ms:N (1000)"),
    ("hang", Concern::Both, "no reply comes; ms:N ends the wait with a dropped connection"),
    ("cut-body", Concern::Reads, "the connection drops in the middle of the body"),
    ("half-page", Concern::Reads, "the body is well framed but its JSON stops half-way"),
    ("unauthorized", Concern::Both, "401, as with an expired or wrong login"),
    ("html-ok", Concern::Both, "an HTML page with status 200 in place of JSON; nothing is done"),
    ("html-error", Concern::Both, "an HTML page with status:N (502); nothing is done"),
    ("row-appears", Concern::Reads, "a new row joins the listed collection just before a later page is read"),
    ("row-leaves", Concern::Reads, "a row leaves the listed collection just before a later page is read"),
    (
        "reorder",
        Concern::Reads,
        "rows of a page come back to front; an unordered offset walk changes order between pages",
    ),
    ("cut-values", Concern::Writes, "saved texts are cut to chars:N (20); field:NAME narrows it"),
    ("upper-case", Concern::Writes, "saved texts of field:NAME (serialNumber) become upper case"),
    ("trim-values", Concern::Writes, "spaces around saved texts are dropped; field:NAME narrows it"),
    ("duplicate-submit", Concern::Writes, "a create is carried out twice, as when a gateway sends it again"),
];

/// Which calls a fault concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    Reads,
    Writes,
    Both,
}

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
    rules: Mutex<Vec<Rule>>,
}

/// One fault that is switched on.
#[derive(Clone, Debug)]
struct Rule {
    name: &'static str,
    text: String,
    concern: Concern,
    path: Option<String>,
    after: u64,
    every: Option<u64>,
    left: Option<u64>,
    seen: u64,
    fired: u64,
    numbers: Numbers,
    field: Option<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    ms: Option<u64>,
    status: Option<u64>,
    retry_after: Option<u64>,
    chars: Option<u64>,
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
}

impl Faults {
    /// Every fault that can be set, with a line on what it does.
    pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
        NAMES.iter().map(|(name, _, does)| (*name, *does))
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
                "slow" | "lost-reply" | "cut-body" | "half-page" => {
                    // A call that was stopped already does not use these up.
                    if trouble.stop.is_none() && rule.strikes(path, write) {
                        match rule.name {
                            "slow" => trouble.delay_ms += rule.numbers.ms.unwrap_or(1000),
                            "lost-reply" => trouble.lost_reply = true,
                            "cut-body" => trouble.cut_body = true,
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
                _ => continue,
            };
            if wanted.is_some_and(|w| !w.eq_ignore_ascii_case(field)) {
                continue;
            }
            let now = kept.as_deref().unwrap_or(value);
            let changed = match rule.name {
                "upper-case" => now.to_uppercase(),
                "trim-values" => now.trim().to_owned(),
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

impl Rule {
    fn parse(name: &str, value: &str) -> Result<Option<Rule>, FaultError> {
        let Some((name, concern, _)) = NAMES.iter().find(|(n, _, _)| n.eq_ignore_ascii_case(name)) else {
            let known: Vec<_> = NAMES.iter().map(|(n, _, _)| *n).collect();
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
        };
        for part in value.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (word, argument) = part.split_once(':').unwrap_or((part, ""));
            let number = || {
                argument
                    .parse::<u64>()
                    .map_err(|_| FaultError(format!("{name}: {word} wants a number, got {argument:?}")))
            };
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
                "chars" => rule.numbers.chars = Some(number()?),
                _ => match (part.parse::<u64>(), *name) {
                    (Ok(n), "slow") => rule.numbers.ms = Some(n),
                    (Ok(n), "cut-values") => rule.numbers.chars = Some(n),
                    (Ok(n), _) => rule.left = Some(n),
                    (Err(_), _) => return Err(FaultError(format!("{name}: {part:?} is not understood"))),
                },
            }
        }
        Ok(Some(rule))
    }

    fn status(&self, default: u16) -> u16 {
        self.numbers.status.and_then(|s| u16::try_from(s).ok()).unwrap_or(default)
    }

    fn strikes(&mut self, path: &str, write: bool) -> bool {
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

//! The vendor's limits on calls, kept on our side: calls in a window, and calls at one
//! time. A bucket counts the calls whose path fits its pattern; what `{}` keeps of the
//! path gives each value a bucket of its own.
//!
//! Windows live in the store, shared by every process that talks to the account
//! ([`Ports::budget_take`]). Calls are taken from there in small portions that last a few
//! seconds, so that a busy connection does not ask the store for every call: what a
//! portion leaves unused is lost to the window, at most 1 % of it. Calls at one time are
//! counted in this process, in the [`Ledger`] that every opening of every connection to the
//! same account shares: a vendor counts by credentials, not by our names.
//!
//! [`Ports::budget_take`]: crate::Ports::budget_take

use crate::Ports;
use crosswalk_model::BudgetTake;
use crosswalk_model::connection::BucketOverride;
use crosswalk_model::manifest::{BucketSpec, PathPattern, PatternError};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How long a portion lasts.
const PORTION_LIFE: Duration = Duration::from_secs(10);
/// The largest portion.
const PORTION_MAX: u32 = 64;
/// How many purses a ledger keeps before it throws idle ones away: paths are a guest's
/// to choose.
const PURSES_MAX: usize = 1_024;

/// The limits of one connection, parsed once.
#[derive(Debug)]
pub(super) struct Buckets(Vec<Bucket>);

#[derive(Debug)]
struct Bucket {
    name: String,
    paths: PathPattern,
    /// Calls and window in milliseconds.
    window: Option<(u32, i64)>,
    at_once: Option<u32>,
}

impl Buckets {
    /// Joins the vendor's numbers with the operator's; 0 lifts a limit.
    pub(super) fn new(
        specs: &BTreeMap<String, BucketSpec>,
        overrides: &BTreeMap<String, BucketOverride>,
    ) -> Result<Self, PatternError> {
        let mut buckets = Vec::new();
        for (name, spec) in specs {
            let own = overrides.get(name).copied().unwrap_or_default();
            let calls = own.calls.or(spec.calls).filter(|&calls| calls > 0);
            let at_once = own.at_once.or(spec.at_once).filter(|&at_once| at_once > 0);
            if calls.is_some() || at_once.is_some() {
                let window = calls.map(|calls| (calls, i64::from(spec.window_seconds) * 1_000));
                buckets.push(Bucket { name: name.clone(), paths: PathPattern::parse(&spec.paths)?, window, at_once });
            }
        }
        Ok(Self(buckets))
    }

    /// The largest number of calls at one time that some bucket allows.
    pub(super) fn widest(&self) -> Option<usize> {
        self.0.iter().filter_map(|bucket| bucket.at_once).max().map(|at_once| at_once as usize)
    }

    /// The purses a call to this path has to pay from. Always in the same order, so that
    /// two calls never wait for each other.
    pub(super) fn purses(&self, full_path: &str, ledger: &Ledger) -> Vec<Arc<Purse>> {
        let fits = |bucket: &Bucket| bucket.paths.kept(full_path).map(|kept| ledger.purse(bucket, &kept));
        self.0.iter().filter_map(fits).collect()
    }
}

/// The accounts of one tenant that are in use.
#[derive(Debug, Default)]
pub(crate) struct Accounts(Mutex<HashMap<[u8; 32], Weak<Ledger>>>);

impl Accounts {
    /// The ledger of the account with this digest.
    pub(super) fn ledger(&self, account: [u8; 32]) -> Arc<Ledger> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ledger) = all.get(&account).and_then(Weak::upgrade) {
            return ledger;
        }
        all.retain(|_, ledger| ledger.strong_count() > 0);
        let ledger = Arc::new(Ledger { account, purses: Mutex::default() });
        all.insert(account, Arc::downgrade(&ledger));
        ledger
    }
}

/// What every opening of one account shares: who is under way, and portions taken.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    account: [u8; 32],
    /// By bucket, what it keeps, and its numbers: two connections may have numbers of their own.
    purses: Mutex<HashMap<PurseKey, Arc<Purse>>>,
}

type PurseKey = (String, Option<(u32, i64)>, Option<u32>);

/// One bucket, for one value of what it keeps.
#[derive(Debug)]
pub(super) struct Purse {
    account: [u8; 32],
    /// `bucket` or `bucket/kept`.
    name: String,
    window: Option<(u32, i64)>,
    at_once: Option<Arc<Semaphore>>,
    portion: tokio::sync::Mutex<Portion>,
}

#[derive(Debug)]
struct Portion {
    left: u32,
    size: u32,
    ends: Instant,
}

impl Ledger {
    fn purse(&self, bucket: &Bucket, kept: &str) -> Arc<Purse> {
        let name = if kept.is_empty() { bucket.name.clone() } else { format!("{}/{kept}", bucket.name) };
        let mut purses = self.purses.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name, bucket.window, bucket.at_once);
        if let Some(purse) = purses.get(&key) {
            return Arc::clone(purse);
        }
        if purses.len() >= PURSES_MAX {
            purses.retain(|_, purse| Arc::strong_count(purse) > 1);
        }
        let purse = Arc::new(Purse {
            account: self.account,
            name: key.0.clone(),
            window: bucket.window,
            at_once: bucket.at_once.map(|limit| Arc::new(Semaphore::new(limit as usize))),
            portion: tokio::sync::Mutex::new(Portion { left: 0, size: 0, ends: Instant::now() }),
        });
        purses.insert(key, Arc::clone(&purse));
        purse
    }
}

/// Why a call may not go out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closed {
    /// The window opens in so many milliseconds, which is too long to wait.
    Spent(u64),
    /// The store could not tell.
    Store(String),
}

/// Waits for a place in every purse, then pays one call from each. The places are given
/// back when the permits are dropped.
pub(super) async fn enter(
    purses: &[Arc<Purse>],
    ports: &dyn Ports,
    wait_until: Instant,
) -> Result<Vec<OwnedSemaphorePermit>, Closed> {
    let mut permits = Vec::with_capacity(purses.len());
    for purse in purses {
        if let Some(places) = &purse.at_once {
            // The semaphore is never closed; if it were, the limit would hold all the same.
            permits.extend(Arc::clone(places).acquire_owned().await);
        }
    }
    pay(purses, ports, wait_until).await?;
    Ok(permits)
}

/// Pays one call from each purse: a retry pays again, in the place it has.
pub(super) async fn pay(purses: &[Arc<Purse>], ports: &dyn Ports, wait_until: Instant) -> Result<(), Closed> {
    for purse in purses {
        purse.pay(ports, wait_until).await?;
    }
    Ok(())
}

impl Purse {
    async fn pay(&self, ports: &dyn Ports, wait_until: Instant) -> Result<(), Closed> {
        let Some((calls, window_ms)) = self.window else { return Ok(()) };
        let mut portion = self.portion.lock().await;
        loop {
            let now = Instant::now();
            let fresh = now < portion.ends;
            if fresh && portion.left > 0 {
                portion.left -= 1;
                return Ok(());
            }
            // A connection that is busy takes more at a time; one that is not takes single calls.
            let largest = (calls / 100).clamp(1, PORTION_MAX);
            let wanted = if fresh { (portion.size * 2).clamp(1, largest) } else { 1 };
            match ports.budget_take(&self.account, &self.name, calls, window_ms, wanted).await.map_err(Closed::Store)? {
                BudgetTake::Granted(got) if got > 0 => {
                    *portion = Portion { left: got, size: got, ends: now + PORTION_LIFE };
                }
                BudgetTake::Granted(_) => return Err(Closed::Spent(u64::try_from(window_ms).unwrap_or_default())),
                BudgetTake::Wait(ms) => {
                    let wait = Duration::from_millis(ms.max(1));
                    if now + wait > wait_until {
                        return Err(Closed::Spent(ms));
                    }
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::TestPorts;

    fn buckets(toml: &str, overrides: &[(&str, BucketOverride)]) -> Buckets {
        let specs: BTreeMap<String, BucketSpec> = toml::from_str(toml).unwrap();
        let overrides = overrides.iter().map(|(name, own)| ((*name).to_owned(), *own)).collect();
        Buckets::new(&specs, &overrides).unwrap()
    }

    const ENTITY: &str = "[entity]\npaths = \"/v1/{}/**\"\nat-once = 3\n[all]\npaths = \"**\"\ncalls = 1000\n";

    #[tokio::test]
    async fn each_value_kept_of_a_path_has_its_own_places() {
        let (buckets, ledger, ports) = (buckets(ENTITY, &[]), Ledger::default(), TestPorts::default());
        let later = Instant::now() + Duration::from_secs(1);
        let enter = async |path: &str| enter(&buckets.purses(path, &ledger), &ports, later).await.unwrap();
        let mut held = Vec::new();
        for path in ["/v1/assets", "/v1/Assets/query", "/v1/assets/1", "/v1/companies"] {
            held.push(enter(path).await);
        }
        let fourth = tokio::time::timeout(Duration::from_millis(20), enter("/V1/ASSETS"));
        assert!(fourth.await.is_err(), "a change of case opens no new bucket");
        drop(held);
        enter("/v1/assets").await;
        assert_eq!(buckets.widest(), Some(3));
    }

    #[tokio::test]
    async fn two_openings_of_a_connection_share_their_places() {
        let ledger = Ledger::default();
        let (one, two) = (buckets(ENTITY, &[]), buckets(ENTITY, &[]));
        let (one, two) = (one.purses("/v1/assets", &ledger), two.purses("/v1/assets", &ledger));
        assert!(one.iter().zip(&two).all(|(one, two)| Arc::ptr_eq(one, two)));
    }

    #[tokio::test]
    async fn two_connections_to_one_account_share_it_and_others_do_not() {
        let accounts = Accounts::default();
        let (one, two, other) = (accounts.ledger([1; 32]), accounts.ledger([1; 32]), accounts.ledger([2; 32]));
        assert!(Arc::ptr_eq(&one, &two) && !Arc::ptr_eq(&one, &other));
        let own = BucketOverride { calls: None, at_once: Some(1) };
        let narrow = buckets(ENTITY, &[("entity", own)]);
        let wide = buckets(ENTITY, &[]);
        let (narrow, wide) = (narrow.purses("/v1/assets", &one), wide.purses("/v1/assets", &two));
        assert!(Arc::ptr_eq(&narrow[0], &wide[0]), "the window of all calls");
        assert!(!Arc::ptr_eq(&narrow[1], &wide[1]), "numbers of their own");
    }

    #[tokio::test]
    async fn the_operator_s_numbers_hold() {
        let none = BucketOverride { calls: Some(0), at_once: Some(0) };
        let free = buckets(ENTITY, &[("entity", none), ("all", none)]);
        assert!(free.purses("/v1/assets", &Ledger::default()).is_empty());
        let five = buckets(ENTITY, &[("entity", BucketOverride { calls: None, at_once: Some(5) })]);
        assert_eq!(five.widest(), Some(5));
    }

    #[tokio::test]
    async fn windows_are_taken_in_growing_portions_and_never_overdrawn() {
        let (buckets, ledger, ports) = (buckets(ENTITY, &[]), Ledger::default(), TestPorts::default());
        let purses = buckets.purses("/x", &ledger);
        let now = Instant::now();
        let mut paid = 0;
        let closed = loop {
            match pay(&purses, &ports, now).await {
                Ok(()) => paid += 1,
                Err(closed) => break closed,
            }
        };
        assert_eq!(paid, 1_000);
        assert!(matches!(closed, Closed::Spent(ms) if ms > 0), "{closed:?}");
        let takes = ports.takes.load(std::sync::atomic::Ordering::Relaxed);
        assert!((100..150).contains(&takes), "asked the store {takes} times");
    }
}

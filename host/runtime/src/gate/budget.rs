//! The vendor's call limits, enforced on our side: calls per window and concurrent calls. A bucket
//! counts the calls whose path matches its pattern. Each value that `{}` captures from the path has
//! its own bucket.
//!
//! Windows live in the store, shared by all processes that talk to the account
//! ([`Ports::budget_take`]). Calls are taken from there in small portions that last a few seconds,
//! so a busy connection does not ask the store for every call; the unused rest of a portion, at
//! most 1 % of the window, is lost. Concurrent calls are counted in this process, in the
//! [`AccountBudget`] shared by every opening of every connection to the same account: a vendor
//! counts by credentials, not by our names.
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

/// Lifetime of a portion.
const PORTION_LIFE: Duration = Duration::from_secs(10);
/// Most calls of a portion.
const PORTION_MAX: u32 = 64;
/// Most slots of an account before idle ones are dropped: a guest chooses the paths.
const SLOTS_MAX: usize = 1_024;

/// The limits of one connection, parsed once.
#[derive(Debug)]
pub(super) struct Buckets(Vec<Bucket>);

#[derive(Debug)]
struct Bucket {
    name: String,
    paths: PathPattern,
    /// Calls, and the window in milliseconds.
    window: Option<(u32, i64)>,
    at_once: Option<u32>,
}

impl Buckets {
    /// Combines the vendor's numbers with the operator's; 0 removes a limit.
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

    /// The largest limit of concurrent calls among the buckets.
    pub(super) fn widest(&self) -> Option<usize> {
        self.0.iter().filter_map(|bucket| bucket.at_once).max().map(|at_once| at_once as usize)
    }

    /// Returns the slots that a call to this path uses, always in the same order, so that two calls
    /// never deadlock.
    pub(super) fn slots(&self, full_path: &str, budget: &AccountBudget) -> Vec<Arc<BucketSlot>> {
        let fits = |bucket: &Bucket| bucket.paths.kept(full_path).map(|kept| budget.slot(bucket, &kept));
        self.0.iter().filter_map(fits).collect()
    }
}

/// The budgets of one tenant's accounts that are in use.
#[derive(Debug, Default)]
pub(crate) struct AccountBudgets(Mutex<HashMap<[u8; 32], Weak<AccountBudget>>>);

impl AccountBudgets {
    /// Returns the budget of the account with this digest.
    pub(super) fn budget(&self, account: [u8; 32]) -> Arc<AccountBudget> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(budget) = all.get(&account).and_then(Weak::upgrade) {
            return budget;
        }
        all.retain(|_, budget| budget.strong_count() > 0);
        let budget = Arc::new(AccountBudget { account, slots: Mutex::default() });
        all.insert(account, Arc::downgrade(&budget));
        budget
    }
}

/// State shared by all openings of one account: concurrent calls and portions taken.
#[derive(Debug, Default)]
pub(super) struct AccountBudget {
    account: [u8; 32],
    /// Keyed by bucket, captured value and numbers, as two connections may have different numbers.
    slots: Mutex<HashMap<SlotKey, Arc<BucketSlot>>>,
}

type SlotKey = (String, Option<(u32, i64)>, Option<u32>);

/// One bucket for one captured value.
#[derive(Debug)]
pub(super) struct BucketSlot {
    account: [u8; 32],
    /// `bucket` or `bucket/captured`.
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

impl AccountBudget {
    fn slot(&self, bucket: &Bucket, kept: &str) -> Arc<BucketSlot> {
        let name = if kept.is_empty() { bucket.name.clone() } else { format!("{}/{kept}", bucket.name) };
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name, bucket.window, bucket.at_once);
        if let Some(slot) = slots.get(&key) {
            return Arc::clone(slot);
        }
        if slots.len() >= SLOTS_MAX {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        let slot = Arc::new(BucketSlot {
            account: self.account,
            name: key.0.clone(),
            window: bucket.window,
            at_once: bucket.at_once.map(|limit| Arc::new(Semaphore::new(limit as usize))),
            portion: tokio::sync::Mutex::new(Portion { left: 0, size: 0, ends: Instant::now() }),
        });
        slots.insert(key, Arc::clone(&slot));
        slot
    }
}

/// Reasons for which a call may not go out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Denied {
    /// Milliseconds until the window opens: too long to wait.
    Exhausted(u64),
    /// The store failed.
    Store(String),
}

/// Acquires a permit for a concurrent call in every slot, then takes one call from each. Dropping
/// the permits releases them.
pub(super) async fn acquire(
    slots: &[Arc<BucketSlot>],
    ports: &dyn Ports,
    wait_until: Instant,
) -> Result<Vec<OwnedSemaphorePermit>, Denied> {
    let mut permits = Vec::with_capacity(slots.len());
    for slot in slots {
        if let Some(places) = &slot.at_once {
            // The semaphore is never closed; if it were, the limit would still hold.
            permits.extend(Arc::clone(places).acquire_owned().await);
        }
    }
    take_calls(slots, ports, wait_until).await?;
    Ok(permits)
}

/// Takes one call from each slot; a retry takes again, under the permits it has.
pub(super) async fn take_calls(
    slots: &[Arc<BucketSlot>],
    ports: &dyn Ports,
    wait_until: Instant,
) -> Result<(), Denied> {
    for slot in slots {
        slot.take_call(ports, wait_until).await?;
    }
    Ok(())
}

impl BucketSlot {
    async fn take_call(&self, ports: &dyn Ports, wait_until: Instant) -> Result<(), Denied> {
        let Some((calls, window_ms)) = self.window else { return Ok(()) };
        let mut portion = self.portion.lock().await;
        loop {
            let now = Instant::now();
            let fresh = now < portion.ends;
            if fresh && portion.left > 0 {
                portion.left -= 1;
                return Ok(());
            }
            // A busy connection takes more at a time; an idle one takes single calls.
            let largest = (calls / 100).clamp(1, PORTION_MAX);
            let wanted = if fresh { (portion.size * 2).clamp(1, largest) } else { 1 };
            match ports.budget_take(&self.account, &self.name, calls, window_ms, wanted).await.map_err(Denied::Store)? {
                BudgetTake::Granted(got) if got > 0 => {
                    *portion = Portion { left: got, size: got, ends: now + PORTION_LIFE };
                }
                BudgetTake::Granted(_) => return Err(Denied::Exhausted(u64::try_from(window_ms).unwrap_or_default())),
                BudgetTake::Wait(ms) => {
                    let wait = Duration::from_millis(ms.max(1));
                    if now + wait > wait_until {
                        return Err(Denied::Exhausted(ms));
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
        let (buckets, budget, ports) = (buckets(ENTITY, &[]), AccountBudget::default(), TestPorts::default());
        let later = Instant::now() + Duration::from_secs(1);
        let acquire = async |path: &str| acquire(&buckets.slots(path, &budget), &ports, later).await.unwrap();
        let mut held = Vec::new();
        for path in ["/v1/assets", "/v1/Assets/query", "/v1/assets/1", "/v1/companies"] {
            held.push(acquire(path).await);
        }
        let fourth = tokio::time::timeout(Duration::from_millis(20), acquire("/V1/ASSETS"));
        assert!(fourth.await.is_err(), "a change of case opens no new bucket");
        drop(held);
        acquire("/v1/assets").await;
        assert_eq!(buckets.widest(), Some(3));
    }

    #[tokio::test]
    async fn two_openings_of_a_connection_share_their_places() {
        let budget = AccountBudget::default();
        let (one, two) = (buckets(ENTITY, &[]), buckets(ENTITY, &[]));
        let (one, two) = (one.slots("/v1/assets", &budget), two.slots("/v1/assets", &budget));
        assert!(one.iter().zip(&two).all(|(one, two)| Arc::ptr_eq(one, two)));
    }

    #[tokio::test]
    async fn two_connections_to_one_account_share_it_and_others_do_not() {
        let accounts = AccountBudgets::default();
        let (one, two, other) = (accounts.budget([1; 32]), accounts.budget([1; 32]), accounts.budget([2; 32]));
        assert!(Arc::ptr_eq(&one, &two) && !Arc::ptr_eq(&one, &other));
        let own = BucketOverride { calls: None, at_once: Some(1) };
        let narrow = buckets(ENTITY, &[("entity", own)]);
        let wide = buckets(ENTITY, &[]);
        let (narrow, wide) = (narrow.slots("/v1/assets", &one), wide.slots("/v1/assets", &two));
        assert!(Arc::ptr_eq(&narrow[0], &wide[0]), "the window of all calls");
        assert!(!Arc::ptr_eq(&narrow[1], &wide[1]), "numbers of their own");
    }

    #[tokio::test]
    async fn the_operator_s_numbers_hold() {
        let none = BucketOverride { calls: Some(0), at_once: Some(0) };
        let free = buckets(ENTITY, &[("entity", none), ("all", none)]);
        assert!(free.slots("/v1/assets", &AccountBudget::default()).is_empty());
        let five = buckets(ENTITY, &[("entity", BucketOverride { calls: None, at_once: Some(5) })]);
        assert_eq!(five.widest(), Some(5));
    }

    #[tokio::test]
    async fn windows_are_taken_in_growing_portions_and_never_overdrawn() {
        let (buckets, budget, ports) = (buckets(ENTITY, &[]), AccountBudget::default(), TestPorts::default());
        let slots = buckets.slots("/x", &budget);
        let now = Instant::now();
        let mut taken = 0;
        let denied = loop {
            match take_calls(&slots, &ports, now).await {
                Ok(()) => taken += 1,
                Err(denied) => break denied,
            }
        };
        assert_eq!(taken, 1_000);
        assert!(matches!(denied, Denied::Exhausted(ms) if ms > 0), "{denied:?}");
        let takes = ports.takes.load(std::sync::atomic::Ordering::Relaxed);
        assert!((100..150).contains(&takes), "asked the store {takes} times");
    }
}

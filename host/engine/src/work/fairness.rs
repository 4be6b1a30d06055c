//! Fair distribution of the places in which work runs concurrently.
//!
//! Work that waits for a vendor costs no processor and little memory, so there are many more places than processors.
//! The limits only bound how many places a vendor that hangs can block:
//!
//! - a tenant has at most [`OF_ONE`], as more would only queue for the same accounts' call budgets;
//! - past its first, a tenant gets one only while less than half of all are taken, so that the other half is left for
//!   tenants without any: hanging tenants block nobody until they number half of the places;
//! - work that failed at its last try has at most a quarter, whatever the number of tenants: a vendor that is down for
//!   all its customers leaves the rest to the others.
//!
//! Pure: the loop that asks is `worker`.

use crosswalk_model::TenantName;

/// Maximum number of places of one tenant.
const OF_ONE: usize = 4;

/// A place in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The tenant that uses it.
    pub(crate) tenant: TenantName,
    /// Key of the work: no second work of the tenant with the same key runs beside it.
    pub(crate) key: String,
    /// Whether the work had failed at its last try.
    pub(crate) failed: bool,
}

/// Number of places in `taken` that belong to a tenant.
pub(crate) fn held(taken: &[&Taken], tenant: &TenantName) -> usize {
    taken.iter().filter(|one| one.tenant == *tenant).count()
}

/// Whether a tenant that holds `held` places may take one more of `all`; `failed` marks work that failed at its last
/// try.
pub(crate) fn may(all: usize, taken: &[&Taken], held: usize, failed: bool) -> bool {
    let one_more = held == 0 || (held < OF_ONE && taken.len() < all / 2);
    let on_trial = || taken.iter().filter(|one| one.failed).count() < (all / 4).max(1);
    taken.len() < all && one_more && (!failed || on_trial())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets tenants `t0`, `t1`, … ask for one more place in turn until none gets any.
    fn fill(all: usize, tenants: usize, failed: bool) -> Vec<Taken> {
        let mut taken: Vec<Taken> = Vec::new();
        loop {
            let before = taken.len();
            for n in 0..tenants {
                let tenant: TenantName = format!("t{n}").parse().unwrap();
                let now: Vec<&Taken> = taken.iter().collect();
                if may(all, &now, held(&now, &tenant), failed) {
                    taken.push(Taken { tenant, key: before.to_string(), failed });
                }
            }
            if taken.len() == before {
                return taken;
            }
        }
    }

    fn left_for_a_newcomer(all: usize, tenants: usize, failed: bool) -> bool {
        let taken = fill(all, tenants, failed);
        may(all, &taken.iter().collect::<Vec<_>>(), 0, false)
    }

    #[test]
    fn one_tenant_has_a_few_and_never_all_but_the_only_place() {
        assert_eq!([1, 2, 4, 8, 32, 64].map(|all| fill(all, 1, false).len()), [1, 1, 2, 4, 4, 4]);
    }

    #[test]
    fn tenants_that_hang_leave_places_until_they_are_as_many() {
        assert_eq!(fill(32, 4, false).len(), 16);
        assert_eq!(fill(32, 20, false).len(), 20);
        assert!((1..32).all(|tenants| left_for_a_newcomer(32, tenants, false)));
        assert!(!left_for_a_newcomer(32, 32, false));
        assert!((1..4).all(|tenants| left_for_a_newcomer(4, tenants, false)), "with few places as well");
    }

    #[test]
    fn what_failed_before_leaves_most_places_however_many_it_concerns() {
        assert_eq!(fill(32, 500, true).len(), 8);
        assert_eq!([1, 2, 4].map(|all| fill(all, 500, true).len()), [1, 1, 1]);
        assert!(left_for_a_newcomer(32, 500, true));
    }
}

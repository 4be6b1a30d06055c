//! Memory budget of look-ups, per tenant and for the process. Each look-up has a limit of its own (`rules::walk`), but
//! a hundred at once would hold a hundred times that.
//!
//! Counts bytes only; reading pages is `run`'s.

use crate::rules::words::grouped;
use crosswalk_model::{Failure, TenantName};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Bytes of records that the look-ups of one tenant may hold at one time.
const TENANT: u64 = 256 << 20;
/// Bytes of records that the look-ups of all tenants may hold at one time.
const PROCESS: u64 = 1 << 30;

/// Bytes held now, by tenant.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<HashMap<TenantName, u64>>);

/// Bytes held by one look-up; released on drop.
#[derive(Debug)]
pub(crate) struct Share<'h> {
    held: &'h Held,
    tenant: TenantName,
    bytes: u64,
}

impl Held {
    /// Begins a look-up that holds nothing yet.
    pub(crate) fn begin(&self, tenant: &TenantName) -> Share<'_> {
        Share { held: self, tenant: tenant.clone(), bytes: 0 }
    }
}

impl Share<'_> {
    /// Adds `bytes` to this look-up's share.
    ///
    /// # Errors
    /// `Unavailable`: the tenant or the process is at its limit; a later try finds room again.
    pub(crate) fn hold(&mut self, bytes: u64) -> Result<(), Failure> {
        let mut held = self.held.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, all) = (held.get(&self.tenant).copied().unwrap_or(0), held.values().sum::<u64>());
        let full = |whose: &str, most: u64| {
            let most = grouped(most >> 20);
            Err(Failure::Unavailable {
                message: format!("look-ups of {whose} hold {most} MiB of records at this time"),
            })
        };
        if own + bytes > TENANT {
            return full("the tenant", TENANT);
        }
        if all + bytes > PROCESS {
            return full("all tenants", PROCESS);
        }
        *held.entry(self.tenant.clone()).or_default() += bytes;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut held = self.held.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = held.get_mut(&self.tenant) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                held.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantName {
        name.parse().unwrap()
    }

    #[test]
    fn a_tenant_and_the_process_hold_so_much_and_it_is_given_back() {
        let held = Held::default();
        let said = |result: Result<(), Failure>| result.unwrap_err().to_string();
        {
            let mut one = held.begin(&tenant("one"));
            one.hold(TENANT - 10).unwrap();
            let mut two = held.begin(&tenant("one"));
            assert!(said(two.hold(11)).contains("look-ups of the tenant hold 256 MiB"));
            two.hold(10).unwrap();
            let others: Vec<Share<'_>> = ["two", "three", "four"]
                .map(|name| {
                    let mut share = held.begin(&tenant(name));
                    share.hold(TENANT).unwrap();
                    share
                })
                .into();
            assert!(said(held.begin(&tenant("five")).hold(1)).contains("all tenants hold 1,024 MiB"));
            drop(others);
            held.begin(&tenant("five")).hold(1).unwrap();
        }
        assert!(held.0.lock().unwrap().is_empty());
    }
}

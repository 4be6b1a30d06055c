//! One line, or one customer's usage, from the same snapshot as the list of all lines. Lists are `desk`'s.

use super::snapshot::{self, UsageSnapshot};
use super::view::{UsageLine, view};
use crate::error::Error;
use crate::ground::opened;
use crate::ground::tenant::Tenant;
use crate::rules::plan::line::Place;
use crosswalk_model::{Kind, LineKey, Said, Sync};
use std::collections::HashMap;

/// Returns the present state of a line; `None` if there is no such line.
pub(crate) async fn usage_line(tenant: &Tenant, sync: &Sync, key: &LineKey) -> Result<Option<UsageLine>, Error> {
    let target = opened::open(tenant, &sync.target).await?;
    let books = snapshot::stored(tenant, sync, &target).await?;
    let customer =
        tenant.store.records_by_ids(&sync.source, Kind::Customer, std::slice::from_ref(&key.customer)).await?;
    let names: HashMap<&str, &str> =
        customer.iter().map(|stored| (stored.record.id.as_str(), stored.record.name.as_str())).collect();
    let mut lines = books.lines_of(&key.customer).into_iter();
    Ok(lines.find(|line| line.product == key.product).map(|line| view(&books, &names, &key.customer, line)))
}

/// Reason why none of a customer's usage is billed; `None` if it is billed, or nothing is counted.
pub(crate) async fn usage_unbilled(tenant: &Tenant, sync: &Sync, customer: &str) -> Result<Option<Said>, Error> {
    let Ok(target) = opened::open(tenant, &sync.target).await else { return Ok(None) };
    let books = snapshot::stored(tenant, sync, &target).await?;
    let counted = !books.lines_of(customer).is_empty();
    Ok(why_unbilled(&books, customer).filter(|_| counted))
}

fn why_unbilled(books: &UsageSnapshot<'_>, customer: &str) -> Option<Said> {
    match books.place(customer) {
        Place::Contract(_) => books.contract_trouble(customer),
        Place::Off(why) | Place::Excluded(why) | Place::Nowhere(why) => Some(why),
    }
}

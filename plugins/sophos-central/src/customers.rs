//! Customers: the partner's tenants, those still being provisioned included, as they are billed all the same.

use crate::client::{extra, failure, no_cursor};
use crate::partner::Partner;
use crate::tenants::{self, Tenant, Tenants};
use crosswalk_sdk::http::segment;
use crosswalk_sdk::{Customer, Failure, Gap, Host, Item, Page, Selection, json};

fn item(tenant: &Tenant<'_>) -> Item {
    let id = tenant.id.trimmed().to_owned();
    let mut customer = Customer { id, name: tenant.shown(), ..Customer::default() };
    // `region` would be the one of an address.
    extra(&mut customer.extra, "data-region", &tenant.data_region);
    extra(&mut customer.extra, "data-geography", &tenant.data_geography);
    extra(&mut customer.extra, "billing-type", &tenant.billing_type);
    extra(&mut customer.extra, "status", &tenant.status);
    customer.into_item()
}

/// Reads customers. The cursor is the number of a page, the rows so far and the total as last told.
///
/// # Errors
/// Why there are none.
pub(crate) fn read(
    host: &dyn Host,
    partner: &Partner,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    match selection {
        Selection::Everything => {
            let place: Vec<u64> =
                after.unwrap_or("1 0 0").split(' ').filter_map(|number| number.parse().ok()).collect();
            let [number, seen, told] = place[..] else { return Err(no_cursor(after)) };
            let reply = tenants::page(host, partner, number)?;
            let page = Tenants::open(&reply, number)?;
            let seen = seen + page.sent();
            let total = page.total_after(Some(told).filter(|told| *told > 0), seen);
            Ok(Page {
                items: page.rows.iter().map(item).collect(),
                next: page.next.map(|number| format!("{number} {seen} {}", total.unwrap_or(0))),
                total,
                gaps: page.gaps,
                ..Page::default()
            })
        }
        Selection::Ids(ids) => {
            let request = |id: &String| partner.get(&format!("/partner/v1/tenants/{}", segment(id)));
            let replies = if ids.is_empty() { Vec::new() } else { host.send_all(ids.iter().map(request).collect()) };
            let mut page = Page::default();
            for (id, reply) in ids.iter().zip(replies) {
                let reply = reply?;
                match reply.is_success() {
                    true => page.items.push(item(&json::parse(reply.text())?)),
                    false if reply.status == 404 => {}
                    // Of one customer: it belongs to another partner, say. A refused login is everybody's.
                    false if matches!(reply.status, 401 | 429) => return Err(failure(&reply)),
                    false => page.gaps.push(Gap::of_item(id, None, failure(&reply))),
                }
            }
            Ok(page)
        }
        _ => Err(Failure::Unsupported("Sophos Central's customers are listed, or asked for by their ids".to_owned())),
    }
}

//! Locations, which are only read: the vendor makes one with its account and has no call for more. They come with the
//! account; where its list leaves them out, each account is asked for singly.

use crate::client::{Client, Rows, get, nothing, one};
use crate::customers::{self, Account, Place};
use crosswalk_sdk::{Failure, Gap, Item, Location, Nullable, Page, Response, Selection};

/// Accounts of a page: each may cost a call.
const ACCOUNTS: u32 = 25;

impl Place<'_> {
    fn item(&self, account: i64) -> Item {
        let mut location = Location {
            id: self.id.0.to_string(),
            parent: Some(account.to_string()),
            name: self.location_name.text().into_value().unwrap_or_default(),
            active: self.is_active.clone(),
            primary: self.is_main.clone(),
            ..Location::default()
        };
        if let Some(address) = self.address() {
            location.phone = address.phone.text();
            location.fax = address.fax.text();
            location.email = address.email_address.text();
            location.address_1 = address.address1.text();
            location.address_2 = address.address2.text();
            location.city = address.city.text();
            location.region = address.state.text();
            location.postal_code = address.zip_code.text();
            location.country = address.country.text();
        }
        location.into_item()
    }
}

impl Account<'_> {
    fn places(&self) -> impl Iterator<Item = Item> {
        self.locations.value().into_iter().flatten().map(|place| place.item(self.id.0))
    }
}

/// Reads locations.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    match selection {
        Selection::Everything => everything(client, after),
        Selection::OfParent(account) => of(client, account, selection),
        Selection::Named(named) => match &named.parent {
            Some(account) => of(client, account, selection),
            None => Err(Failure::Unsupported("a location is asked for by its name within its account".to_owned())),
        },
        _ => Err(Failure::Unsupported("locations cannot be asked for in this way".to_owned())),
    }
}

fn of(client: &Client<'_>, account: &str, selection: &Selection) -> Result<Page, Failure> {
    crate::client::number(account)?;
    let reply = client.get(customers::single(account))?;
    let account: Account<'_> = one(&reply)?;
    let mut page = nothing();
    page.items.extend(account.places().filter(|item| crate::answers(selection, item)));
    Ok(page)
}

fn everything(client: &Client<'_>, after: Option<&str>) -> Result<Page, Failure> {
    let alone = std::cell::RefCell::new(Vec::<i64>::new());
    let rows = |reply: &Response| {
        let (mut page, accounts) = Rows::<Account<'_>>::open(reply)?.split();
        for account in accounts {
            match account.locations {
                Nullable::Value(_) => page.rows.extend(account.places()),
                _ => alone.borrow_mut().push(account.id.0),
            }
        }
        Ok(page)
    };
    let mut page = client.walk_apart((&customers::list(), "accounts"), ACCOUNTS, after, rows)?;
    let alone = alone.into_inner();
    let requests = alone.iter().map(|id| get(format!("/v2/crm/accounts/summary/{id}"))).collect();
    for (id, reply) in alone.iter().zip(client.get_all(requests)) {
        let read = reply.and_then(|reply| {
            let account: Account<'_> = one(&reply)?;
            Ok(account.places().collect::<Vec<_>>())
        });
        match read {
            Ok(places) => page.items.extend(places),
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(cause) => page.gaps.push(Gap { parent: Some(id.to_string()), item: None, cause }),
        }
    }
    Ok(page)
}

//! Usage: each row of the reports as it is. Rows of one customer, product and month add up; that is the host's to do.
//!
//! The vendor gives a row no id. It is named by its month, account, product, order and order line (else its serial number); a
//! second row of the same name gets `~2`, a third `~3`, in the order of the report, which lists an account's rows together:
//! the names of the account that a page ends with travel in the cursor.

use crate::client::{extra, pieces};
use crate::licences::Licence;
use crate::report::{Maker, Row};
use crosswalk_sdk::json::Str;
use crosswalk_sdk::{Item, Nullable, Reference, Usage};
use std::collections::BTreeMap;

/// Rows so far.
pub(crate) struct Rows {
    items: Vec<Item>,
    /// How often each name came.
    times: BTreeMap<String, u32>,
    /// The month and account of the last row, and the rest of the names of its rows.
    last: (String, Vec<String>),
}

impl Rows {
    /// The id of a row by its name, which is counted.
    fn named(&mut self, account: String, rest: String) -> String {
        let name = format!("{account}/{rest}");
        if self.last.0 != account {
            self.last = (account, Vec::new());
        }
        self.last.1.push(rest);
        let times = self.times.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name}~{times}") }
    }
}

fn text(told: &Nullable<Str<'_>>) -> String {
    told.text().into_value().unwrap_or_default()
}

impl Maker for Rows {
    const IS_OF_MONTHS: bool = true;

    fn resume(mut seen: Vec<String>) -> Self {
        let mut rows = Self { items: Vec::new(), times: BTreeMap::new(), last: Default::default() };
        if let Some(account) = seen.pop() {
            seen.into_iter().for_each(|rest| drop(rows.named(account.clone(), rest)));
        }
        rows
    }

    fn row(&mut self, month: &str, row: &Row<'_>, sku: &str) {
        let account = row.account_id.trimmed();
        let line = match row.order_line_item_number.text() {
            Nullable::Value(line) => line,
            Nullable::Null | Nullable::Absent => text(&row.account_number_or_serial_number),
        };
        let rest = format!("{sku}/{}/{line}", text(&row.order_number));
        let mut usage = Usage {
            id: self.named(format!("{month}/{account}"), rest),
            parent: Some(account.to_owned()),
            name: row.product_description.text().into_value().unwrap_or_else(|| sku.to_owned()),
            quantity: pieces(&row.billable_quantity),
            actual: pieces(&row.actual_quantity),
            period: Nullable::Value(month.to_owned()),
            effective: row.billing_start_date.day(None),
            product: Nullable::Value(Reference(sku.to_owned())),
            ..Usage::default()
        };
        extra(&mut usage.extra, "order-number", &row.order_number);
        extra(&mut usage.extra, "serial-number", &row.account_number_or_serial_number);
        extra(&mut usage.extra, "account-status", &row.account_status);
        self.items.push(usage.into_item());
    }

    fn licence(&mut self, tenant: &str, licence: &Licence<'_>) {
        let usage = Usage {
            id: format!("licence/{}", licence.id.trimmed()),
            parent: Some(tenant.to_owned()),
            name: licence.name(),
            product: Nullable::or_absent(licence.product_id().map(Reference)),
            quantity: pieces(&licence.quantity),
            actual: licence.in_use(),
            effective: licence.start_date.day(None),
            ..Usage::default()
        };
        self.items.push(usage.into_item());
    }

    fn finish(self) -> (Vec<Item>, Vec<String>) {
        let (account, mut seen) = self.last;
        seen.push(account);
        (self.items, seen)
    }
}

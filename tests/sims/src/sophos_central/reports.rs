//! The monthly usage reports of the simulated Sophos Central.
//!
//! A report is a list of rows in the order of the tenants. When a month ends its report stays as it is and the next one starts from
//! it; what tests set is set in the running month unless they name another.
//! Leaves alone: paging and how a row is written.

use std::sync::Arc;

use super::SophosOptions;
use super::products::Product;
use super::state::{State, month_number};
use crate::world::Rng;

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its place in the order, kept for life: what keys of pages are made of.
    pub(super) number: u64,
    /// The tenant's place.
    pub(super) tenant: usize,
    /// The product's place.
    pub(super) product: usize,
    pub(super) order: String,
    pub(super) line: String,
    pub(super) serial: String,
    pub(super) billable: Option<f64>,
    pub(super) actual: Option<f64>,
    /// Instead of the month's first day.
    pub(super) start: Option<String>,
}

/// A row that a test adds. The product is added where it is not known.
#[derive(Clone, Debug, Default)]
pub struct NewRow {
    /// The tenant's id.
    pub tenant: String,
    /// The SKU, else the code, of the product.
    pub sku: String,
    /// `orderNumber`.
    pub order: String,
    /// `orderLineItemNumber`.
    pub line: String,
    /// `accountNumberOrSerialNumber`.
    pub serial: String,
    /// `billableQuantity`; none leaves it out.
    pub billable: Option<f64>,
    /// `actualQuantity`; none leaves it out.
    pub actual: Option<f64>,
    /// `billingStartDate`; none: the month's first day.
    pub start: Option<String>,
}

impl State {
    /// The same products and quantities for every month so far. Every fourth tenant has its first product in two rows, every fifth
    /// uses less of it than it pays for; the first row of all has a date that does not exist, as a sample of the vendor's.
    pub(super) fn seed_reports(&mut self, options: &SophosOptions) {
        let mut rows = Vec::new();
        for tenant in 0..self.tenants.len() {
            if self.tenants[tenant].billing_type != "usage" {
                continue;
            }
            let mut rng = Rng::new(options.seed.wrapping_mul(0x9e37).wrapping_add(tenant as u64));
            let count = options.products.min(self.products.len());
            let first = rng.below(self.products.len());
            for nth in 0..count {
                let billable = rng.range(3, 80);
                let product = (first + nth) % self.products.len();
                let odd = options.oddities && nth == 0;
                let split = if odd && tenant % 4 == 1 { 2 } else { 1 };
                for part in 0..split {
                    let number = self.fresh_row();
                    let here = if part == 0 { billable } else { 5 };
                    let unused = if odd && tenant % 5 == 2 { 2 } else { 0 };
                    rows.push(Row {
                        number,
                        tenant,
                        product,
                        order: format!("{}", 4_000_000 + tenant * 10 + part),
                        line: format!("{}", (nth + 1) * 10),
                        serial: format!("L{:010}", number * 7919),
                        billable: Some(here as f64),
                        actual: Some((here - unused) as f64),
                        start: (odd && tenant == 0).then(|| "2021-04-31".to_owned()),
                    });
                }
            }
        }
        let rows = Arc::new(rows);
        let running = self.running();
        for month in running - i64::from(options.history)..=running {
            self.reports.insert(month, rows.clone());
        }
    }

    /// Starts the reports of the months that began since.
    pub(super) fn roll(&mut self) {
        let running = self.running();
        while let Some((&last, rows)) = self.reports.last_key_value()
            && last < running
        {
            let rows = rows.clone();
            self.reports.insert(last + 1, rows);
        }
    }

    /// The rows of a month; none where there is no report: one to come, too old, held back.
    pub(super) fn report(&mut self, month: i64) -> Option<Arc<Vec<Row>>> {
        self.roll();
        let there = month <= self.running() && !self.withheld.contains(&month);
        self.reports.get(&month).filter(|_| there).cloned()
    }

    fn report_mut(&mut self, month: &str) -> Option<&mut Vec<Row>> {
        self.roll();
        self.reports.get_mut(&month_number(month)?).map(Arc::make_mut)
    }

    /// The product's place; made where it is not known.
    fn product(&mut self, sku: &str) -> usize {
        if let Some(known) = self.products.iter().position(|p| p.key() == sku) {
            return known;
        }
        let text = sku.to_owned();
        self.products.push(Product {
            sku: text.clone(),
            code: format!("{sku}-MSP"),
            description: format!("Central {sku}"),
            group: "User".to_owned(),
        });
        self.products.len() - 1
    }

    pub(super) fn add_row(&mut self, month: &str, new: NewRow) -> bool {
        let Some(&tenant) = self.place_of.get(&new.tenant) else { return false };
        let (number, product) = (self.fresh_row(), self.product(&new.sku));
        let Some(rows) = self.report_mut(month) else { return false };
        // An account's rows stand together.
        let at = rows.iter().rposition(|r| r.tenant <= tenant).map_or(0, |last| last + 1);
        let NewRow { order, line, serial, billable, actual, start, .. } = new;
        rows.insert(at, Row { number, tenant, product, order, line, serial, billable, actual, start });
        true
    }

    pub(super) fn set_quantity(&mut self, month: &str, tenant: &str, sku: &str, quantity: i64) -> bool {
        let Some(&place) = self.place_of.get(tenant) else { return false };
        let product = self.product(sku);
        let Some(rows) = self.report_mut(month) else { return false };
        let mut own: Vec<&mut Row> = rows.iter_mut().filter(|r| r.tenant == place && r.product == product).collect();
        let wanted = quantity as f64;
        let Some((first, others)) = own.split_first_mut() else {
            let (tenant, sku) = (tenant.to_owned(), sku.to_owned());
            let (order, line, amount) = (format!("{}", 5_000_000 + place), "10".to_owned(), Some(wanted));
            return self.add_row(
                month,
                NewRow { tenant, sku, order, line, billable: amount, actual: amount, ..NewRow::default() },
            );
        };
        let rest: f64 = others.iter().filter_map(|r| r.billable).sum();
        let left = if rest <= wanted { wanted - rest } else { wanted };
        if rest > wanted {
            others.iter_mut().for_each(|r| (r.billable, r.actual) = (Some(0.0), Some(0.0)));
        }
        (first.billable, first.actual) = (Some(left), Some(left));
        true
    }

    pub(super) fn remove_product(&mut self, tenant: &str, sku: &str) -> bool {
        let Some(&place) = self.place_of.get(tenant) else { return false };
        let (product, month) = (self.product(sku), self.month());
        let Some(rows) = self.report_mut(&month) else { return false };
        let before = rows.len();
        rows.retain(|r| r.tenant != place || r.product != product);
        rows.len() < before
    }

    pub(super) fn withhold(&mut self, month: &str, withheld: bool) -> bool {
        let Some(number) = month_number(month) else { return false };
        if withheld {
            self.withheld.insert(number);
        } else {
            self.withheld.remove(&number);
        }
        true
    }

    pub(super) fn billed(&mut self, month: &str) -> Vec<(String, String, i64)> {
        self.roll();
        let rows = month_number(month).and_then(|number| self.reports.get(&number));
        let mut billed: Vec<((usize, usize), i64)> = Vec::new();
        for row in rows.into_iter().flat_map(|rows| rows.iter()) {
            let quantity = row.billable.unwrap_or(0.0) as i64;
            match billed.iter_mut().rev().take_while(|(of, _)| of.0 == row.tenant).find(|(of, _)| of.1 == row.product) {
                Some((_, sum)) => *sum += quantity,
                None => billed.push(((row.tenant, row.product), quantity)),
            }
        }
        let named = |((tenant, product), quantity): ((usize, usize), i64)| {
            (self.tenants[tenant].id.clone(), self.products[product].key().to_owned(), quantity)
        };
        billed.into_iter().map(named).collect()
    }
}

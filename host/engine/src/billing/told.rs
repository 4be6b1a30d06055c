//! What a usage snapshot reports beside lines: counts for the history, and findings about what cannot be billed or
//! bills nothing.

use super::snapshot::UsageSnapshot;
use crate::rules::plan::line::{PRODUCT, Product, QUANTITY, integer};
use crate::rules::plan::{Finding, line as lines};
use crosswalk_model::usage::Count;
use crosswalk_model::{Cause, Kind, Record, said};
use std::collections::{BTreeMap, HashMap};

/// Findings on rows that name no product: nobody can bill them.
pub(super) fn without_product(books: &UsageSnapshot<'_>) -> Vec<Finding> {
    let nameless = |rows: &[Record]| rows.iter().filter(|row| row.text("product").is_none()).count();
    let rows = books.rows.iter().map(|(customer, rows)| (customer, nameless(rows))).filter(|(_, count)| *count > 0);
    let finding = |(customer, count): (&String, usize)| {
        let message = said!("usage-rows-without-product", count);
        Finding::new(Cause::NoProduct, Kind::Customer, customer.clone(), customer.clone(), message)
    };
    rows.map(finding).collect()
}

/// Findings on services this sync created that bill nothing, with their number of lines: a line keeps the price its
/// service had when it was added.
pub(super) fn unpriced(books: &UsageSnapshot<'_>) -> Vec<Finding> {
    let made = books.products.iter().filter_map(|(source, product)| match product {
        Product::Linked { id, name, made: true, unpriced } => Some((source, id, name, *unpriced)),
        _ => None,
    });
    let finding = |(source, id, name, unpriced): (&String, &String, &String, bool)| {
        let lines = books.lines.iter().flat_map(HashMap::values).flatten();
        let of_service = lines.filter(|line| line.text(PRODUCT) == Some(id) && line.active());
        let of_service: Vec<&Record> = of_service.collect();
        let is_free = |line: &&&Record| lines::is_free(line) || (unpriced && line.text("price").is_none());
        let free = of_service.iter().filter(is_free).count();
        let message = match (free, of_service.len()) {
            (0, 0) if unpriced => said!("usage-service-unpriced", service = name),
            (0, _) => return None,
            (free, _) => said!("usage-lines-unpriced", service = name, count = free),
        };
        Some(Finding::new(Cause::Unpriced, Kind::Product, "", source.clone(), message))
    };
    let mut found: Vec<Finding> = made.filter_map(finding).collect();
    found.sort_by(|a, b| a.source.cmp(&b.source));
    found
}

/// Counts summed by line and month, for customers whose reports were read: zero for a known line that the newest report
/// does not name, and no entry where a row has no number.
pub(super) fn counts(books: &UsageSnapshot<'_>) -> Vec<Count> {
    let mut sums = BTreeMap::<(&str, &str, &str), (Option<i64>, Option<i64>)>::new();
    for (customer, rows) in books.rows.iter().filter(|(customer, _)| books.fetched.why(customer).is_none()) {
        for row in rows {
            let Some(product) = row.text(PRODUCT) else { continue };
            let key = (customer.as_str(), product, row.text("period").unwrap_or_default());
            let sum = sums.entry(key).or_insert((Some(0), None));
            sum.0 = sum.0.zip(integer(row.field(QUANTITY))).and_then(|(sum, more)| sum.checked_add(more));
            if let Some(actual) = integer(row.field("actual")) {
                sum.1 = Some(sum.1.unwrap_or_default().saturating_add(actual));
            }
        }
    }
    let known = books.links.iter().filter(|(customer, _)| books.fetched.why(customer).is_none());
    for (customer, links) in known {
        let period = books.fetched.period().unwrap_or_default();
        for product in links.keys() {
            let counted = |period: &str| sums.contains_key(&(customer.as_str(), product.as_str(), period));
            if !counted(period) && !counted("") {
                sums.insert((customer, product, period), (Some(0), None));
            }
        }
    }
    let count = |((customer, product, period), (quantity, actual)): ((&str, &str, &str), (Option<i64>, _))| {
        let (customer, product, period) = (customer.to_owned(), product.to_owned(), period.to_owned());
        Some(Count { customer, product, period, quantity: quantity?, actual })
    };
    sums.into_iter().filter_map(count).collect()
}

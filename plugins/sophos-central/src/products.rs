//! Products: what the reports (and, where they are read, the licences) name, each of them once a walk. The vendor has no list
//! of its own.
//!
//! Which ones were told travels in the cursor; the running month comes first, so that the newest description is the one that is
//! told. With more products than a cursor holds, some are told twice, which is the same product again.

use crate::client::extra;
use crate::licences::Licence;
use crate::report::{Maker, Row};
use crosswalk_sdk::{Item, Nullable, Product};

/// Products so far.
pub(crate) struct Products {
    seen: Vec<String>,
    items: Vec<Item>,
}

impl Products {
    fn add(&mut self, product: Product) {
        if !self.seen.contains(&product.id) {
            self.seen.push(product.id.clone());
            self.items.push(product.into_item());
        }
    }
}

impl Maker for Products {
    const IS_OF_MONTHS: bool = false;

    fn resume(seen: Vec<String>) -> Self {
        Self { seen, items: Vec::new() }
    }

    fn row(&mut self, _: &str, row: &Row<'_>, id: &str) {
        let name = row.product_description.text().into_value().unwrap_or_else(|| id.to_owned());
        let mut product = Product { id: id.to_owned(), name, code: row.product_code.text(), ..Product::default() };
        extra(&mut product.extra, "group", &row.product_group);
        self.add(product);
    }

    fn licence(&mut self, _: &str, licence: &Licence<'_>) {
        if let Some(id) = licence.product_id() {
            let (name, code) = (licence.name(), Nullable::or_absent(licence.code()));
            self.add(Product { id, name, code, ..Product::default() });
        }
    }

    fn finish(self) -> (Vec<Item>, Vec<String>) {
        (self.items, self.seen)
    }
}

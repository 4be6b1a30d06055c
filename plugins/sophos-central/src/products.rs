//! Products: what the reports (and, where they are read, the licences) name, each of them once a walk. The vendor has no list
//! of its own.
//!
//! Which ones were told travels in the cursor; the running month comes first, so that the newest description is the one that is
//! told. With more products than a cursor holds, some are told twice, which is the same product again.

use crate::client::extra;
use crate::licences::Licence;
use crate::report::{Maker, Row};
use crosswalk_sdk::{Item, Product, Told};

/// What of a cursor's 8 KiB is for ids.
const ROOM: usize = 6 << 10;

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
    const NEWEST_FIRST: bool = true;

    fn resume(seen: Vec<String>) -> Self {
        Self { seen, items: Vec::new() }
    }

    fn row(&mut self, _: &str, row: &Row<'_>) {
        let Some(id) = row.product() else { return };
        let name = row.product_description.text().into_value().unwrap_or_else(|| id.clone());
        let mut product = Product { id, name, code: row.product_code.text(), ..Product::default() };
        extra(&mut product.extra, "group", &row.product_group);
        self.add(product);
    }

    fn licence(&mut self, _: &str, licence: &Licence<'_>) {
        if let Some(id) = licence.product_id() {
            let (name, code) = (licence.name(), Told::or_nothing(licence.code()));
            self.add(Product { id, name, code, ..Product::default() });
        }
    }

    fn finish(mut self) -> (Vec<Item>, Vec<String>) {
        // As JSON, an id has quotes and a comma around it.
        let mut room = ROOM;
        let fits = self.seen.iter().rev().take_while(|id| {
            let size = id.len() + 3;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
        let kept = fits.count();
        let seen = self.seen.split_off(self.seen.len() - kept);
        (self.items, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_a_cursor_is_told_again() {
        let mut products = Products::resume(Vec::new());
        for number in 0..2000 {
            products.add(Product { id: format!("SKU{number:04}"), ..Product::default() });
        }
        let (items, seen) = products.finish();
        assert_eq!((items.len(), seen.len()), (2000, ROOM / 10));
        let mut products = Products::resume(seen);
        products.add(Product { id: "SKU1999".to_owned(), ..Product::default() });
        products.add(Product { id: "SKU0000".to_owned(), ..Product::default() });
        assert_eq!(products.items.len(), 1);
    }
}

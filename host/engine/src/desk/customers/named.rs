//! Resolves records as people name them: by id, or by their whole name where only one has it, first as stored and then
//! as it looks. Links and decisions are made elsewhere.

use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crosswalk_model::said::Arg;
use crosswalk_model::signs::{is_invisible, seen};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{ConnectionName, Kind, Record, Said, SyncName, said};
use unicode_normalization::UnicodeNormalization;

impl Tenant {
    /// Resolves source customers, each by its id or its whole name, to ids.
    ///
    /// # Errors
    /// There is no such sync; none, or more than one, has the name.
    #[boxed]
    pub async fn customers_named(&self, sync: &SyncName, names: &[String]) -> Result<Vec<String>, Error> {
        let source = self.sync(sync).await?.source;
        let hint = said!("customer-hint-list", list = Call::of(Verb::CustomerList).with("sync", sync));
        named_at(self, &source, Kind::Customer, names, &hint).await
    }

    /// Resolves a target customer by its id or its whole name, to its id.
    ///
    /// # Errors
    /// There is no such sync; none, or more than one, has the name.
    #[boxed]
    pub async fn account_named(&self, sync: &SyncName, name: &str) -> Result<String, Error> {
        let target = self.sync(sync).await?.target;
        let hint = said!("customer-hint-find", find = Call::of(Verb::CustomerFind).with("sync", sync));
        Ok(named_at(self, &target, Kind::Customer, &[name.to_owned()], &hint).await?.concat())
    }

    /// Resolves source products, each by its id or its whole name, to ids.
    ///
    /// # Errors
    /// There is no such sync; none, or more than one, has the name.
    #[boxed]
    pub async fn products_named(&self, sync: &SyncName, names: &[String]) -> Result<Vec<String>, Error> {
        let source = self.sync(sync).await?.source;
        let hint = said!("customer-hint-products", list = Call::of(Verb::ProductList).with("sync", sync));
        named_at(self, &source, Kind::Product, names, &hint).await
    }

    /// Resolves a target product by its id or its whole name, to its id.
    ///
    /// # Errors
    /// There is no such sync; none, or more than one, has the name.
    #[boxed]
    pub async fn service_named(&self, sync: &SyncName, name: &str) -> Result<String, Error> {
        let target = self.sync(sync).await?.target;
        let hint = said!("customer-hint-services", find = Call::of(Verb::ProductFind).with("sync", sync));
        Ok(named_at(self, &target, Kind::Product, &[name.to_owned()], &hint).await?.concat())
    }
}

async fn named_at(
    tenant: &Tenant,
    connection: &ConnectionName,
    kind: Kind,
    names: &[String],
    hint: &Said,
) -> Result<Vec<String>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (present, gone): (Vec<_>, Vec<_>) =
        tenant.store.records_all(connection, kind).await?.into_iter().partition(|stored| stored.gone_at.is_none());
    let records = |stored: Vec<crosswalk_store::Stored>| stored.into_iter().map(|one| one.record).collect::<Vec<_>>();
    let (present, gone) = (records(present), records(gone));
    // A record that is gone can still be named, as long as no other has its name.
    names
        .iter()
        .map(|name| {
            find(&present, name, kind, hint)?.map_or_else(
                || find(&gone, name, kind, hint)?.ok_or_else(|| Error::not_found(kind.as_str(), name, hint.clone())),
                Ok,
            )
        })
        .collect()
}

/// Finds the named record; an error where several have the name.
fn find(records: &[Record], name: &str, kind: Kind, hint: &Said) -> Result<Option<String>, Error> {
    if let Some(record) = records.iter().find(|record| record.id == name) {
        return Ok(Some(record.id.clone()));
    }
    match called(records, name).as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.id.clone())),
        several => {
            let ids: Vec<&str> = several.iter().map(|record| record.id.as_str()).collect();
            Err(Error::invalid(
                said!("customer-name-shared", count = ids.len(), kind, name, ids = Arg::list(ids)),
                Said::several([said!("customer-hint-by-id"), hint.clone()]),
            ))
        }
    }
}

/// Returns the records that a typed name means: those with the same visible name, or of these, where one has exactly
/// this name, only those that also look like it. Names that differ only in invisible characters can be distinguished by
/// their ids alone. A name without visible characters means none.
pub(crate) fn called<'r>(records: &'r [Record], typed: &str) -> Vec<&'r Record> {
    let key = seen(typed);
    let mut called: Vec<&Record> =
        records.iter().filter(|record| !key.is_empty() && seen(&record.name) == key).collect();
    if called.iter().any(|record| record.name == typed) {
        let look = look(typed);
        called.retain(|record| self::look(&record.name) == look);
    }
    called
}

/// Visible form of a name: without invisible characters, in normal form C.
fn look(name: &str) -> String {
    name.chars().filter(|c| !is_invisible(*c)).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::record;
    use crosswalk_say::English;

    fn find_customer(records: &[Record], name: &str) -> Result<Option<String>, String> {
        find(records, name, Kind::Customer, &Said::default()).map_err(|error| error.said().english())
    }

    #[test]
    fn an_id_wins_over_a_name_and_a_name_must_be_of_one() {
        let all = [record("1", None, "Acme", &[]), record("2", None, "ACME", &[]), record("Acme", None, "Other", &[])];
        assert_eq!(find_customer(&all, "Acme").unwrap().as_deref(), Some("Acme"));
        assert_eq!(find_customer(&all, "other").unwrap().as_deref(), Some("Acme"));
        assert_eq!(find_customer(&all, "Ac").unwrap(), None);
        assert_eq!(find_customer(&all, "acme").unwrap_err(), "2 customers are called `acme`: 1, 2");
    }

    #[test]
    fn a_name_as_it_is_kept_wins_over_one_that_only_looks_so() {
        let names = ["ACME", "Acme", "Con\u{200b}toso", "Contoso", "Fabrikam", "Fabrikam", "FABRIKAM", "\u{200b}"];
        let all: Vec<Record> =
            names.iter().enumerate().map(|(nth, name)| record(&nth.to_string(), None, name, &[])).collect();
        let found = |name: &str| find_customer(&all, name);
        for (name, id) in [("ACME", "0"), ("Acme", "1"), ("FABRIKAM", "6")] {
            assert_eq!(found(name).unwrap().as_deref(), Some(id), "{name:?}");
        }
        for name in ["Con\u{200b}toso", "Contoso", "contoso"] {
            assert!(found(name).unwrap_err().starts_with("2 customers are called"), "{name:?}: nobody sees which");
        }
        assert_eq!(found("Fabrikam").unwrap_err(), "2 customers are called `Fabrikam`: 4, 5");
        assert_eq!(found("fabrikam").unwrap_err(), "3 customers are called `fabrikam`: 4, 5, 6");
        for nothing in ["", " ", "\u{200b}"] {
            assert_eq!(found(nothing).unwrap(), None, "{nothing:?}");
        }
    }
}

//! Customers in a file, out and in: how hundreds are mapped and switched in a spreadsheet or by a program.
//!
//! CSV (RFC 4180, with a header) or JSON (a list of objects of the same names). A file is taken
//! whole or not at all: every bad row is named, and nothing is stored while one is left.

use super::super::Tenant;
use super::super::links::Decision;
use super::{CustomerFilter, CustomerState, CustomerView};
use crate::error::Error;
use crate::model::{Kind, Link, Switch, SyncName};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One row. On the way in `customer` says which; `account`, `contract`, `usage` and `tickets` say
/// what is decided, where they are not empty; the other columns are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerRow {
    /// The source customer's id.
    pub customer: String,
    /// What the source calls it.
    #[serde(default)]
    pub customer_name: String,
    /// The account's id; `exclude` leaves the customer out, `-` forgets what was decided.
    #[serde(default)]
    pub account: String,
    /// What the target calls it, or the best candidate.
    #[serde(default)]
    pub account_name: String,
    /// The contract's id; `exclude`, or `-`, as above.
    #[serde(default)]
    pub contract: String,
    /// What it is called, or the best candidate.
    #[serde(default)]
    pub contract_name: String,
    /// `on` or `off`.
    #[serde(default)]
    pub usage: String,
    /// `on` or `off`.
    #[serde(default)]
    pub tickets: String,
    /// How it stands.
    #[serde(default)]
    pub state: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

impl Tenant {
    /// The customers of a sync as rows of a file. Candidates stand in the columns of names, so
    /// that a proposal is taken by writing its id, and not by sending the file back.
    ///
    /// # Errors
    /// No such sync.
    pub async fn customer_export(&self, sync: &SyncName, filter: &CustomerFilter) -> Result<Vec<CustomerRow>, Error> {
        let list = self.customer_list(sync, filter).await?;
        let word = |on: bool| if on { "on" } else { "off" }.to_owned();
        Ok(list
            .customers
            .into_iter()
            .map(|view| {
                let offered = view.candidates.first().map(|best| format!("{}? ({})", best.name, best.target));
                let (account, account_name) = view.account.clone().unwrap_or_default();
                let (contract, contract_name) = view.contract.unwrap_or_default();
                let linked = view.account.is_some();
                CustomerRow {
                    customer: view.id,
                    customer_name: view.name,
                    account: if view.state == CustomerState::Excluded && !linked {
                        "exclude".to_owned()
                    } else {
                        account
                    },
                    account_name: if linked { account_name } else { offered.clone().unwrap_or_default() },
                    contract_name: if contract.is_empty() && linked {
                        offered.unwrap_or_default()
                    } else {
                        contract_name
                    },
                    contract,
                    usage: word(view.usage),
                    tickets: word(view.tickets),
                    state: view.state.as_str().to_owned(),
                    reason: view.reason,
                }
            })
            .collect())
    }

    /// Takes decisions from the text of a CSV or JSON file. Gives how many customers changed.
    ///
    /// # Errors
    /// All bad rows, by number; then nothing was stored.
    pub async fn customer_import(&self, sync: &SyncName, text: &str) -> Result<usize, Error> {
        let name = sync;
        let sync = self.sync(sync).await?;
        let (rows, mut problems) = parse(text);
        let known = self.customer_list(name, &CustomerFilter::default()).await?.customers;
        let known: HashMap<&str, &CustomerView> = known.iter().map(|view| (view.id.as_str(), view)).collect();
        let mut seen = HashMap::<String, usize>::new();
        let mut targets = HashMap::<(&str, String), usize>::new();
        let (mut links, mut switched) = (Vec::<Link>::new(), Vec::<(Switch, bool, String)>::new());
        let mut changed = std::collections::BTreeSet::new();
        for (place, row) in rows {
            let mut wrong = |why: String| problems.push(format!("row {place}: {why}"));
            if let Some(before) = seen.insert(row.customer.clone(), place) {
                wrong(format!("customer {} stands in row {before} already", row.customer));
                continue;
            }
            let Some(view) = known.get(row.customer.as_str()) else {
                wrong(format!("there is no customer {}", row.customer));
                continue;
            };
            let now = |one: &Option<(String, String)>| one.as_ref().map(|(id, _)| id.clone());
            let account = decision(&row.account, now(&view.account).as_deref())
                .filter(|decision| !(view.state == CustomerState::Excluded && *decision == Decision::Exclude));
            let contract = decision(&row.contract, now(&view.contract).as_deref());
            for (what, decision) in [("account", &account), ("contract", &contract)] {
                let Some(Decision::Link(target)) = decision else { continue };
                if let Some(before) = targets.insert((what, target.clone()), place) {
                    wrong(format!("{what} {target} stands in row {before} already"));
                }
            }
            if account.is_some() || contract.is_some() {
                match self.mapped(&sync, &row.customer, account.as_ref(), contract.as_ref()).await {
                    Ok(decided) => {
                        links.extend(decided);
                        changed.insert(row.customer.clone());
                    }
                    Err(error) => wrong(error.to_string()),
                }
            }
            let switches = [
                (Switch::Usage, Kind::Usage, &row.usage, view.usage),
                (Switch::Tickets, Kind::Alert, &row.tickets, view.tickets),
            ];
            for (switch, needs, text, is_on) in switches {
                match text.as_str() {
                    "" => {}
                    "on" | "off" if (text == "on") == is_on => {}
                    "on" if !sync.rules.kinds.contains_key(&needs) => {
                        wrong(format!("`{}` cannot be on: {needs} takes no part in the sync", switch.as_str()));
                    }
                    "on" | "off" => {
                        switched.push((switch, text == "on", row.customer.clone()));
                        changed.insert(row.customer.clone());
                    }
                    other => wrong(format!("`{}` is `{other}`: write on, off or nothing", switch.as_str())),
                }
            }
        }
        if !problems.is_empty() {
            return Err(Error::Problems {
                what: "the file of customers".to_owned(),
                problems,
                hint: "`crosswalk customer export` shows the form; mend the rows and import it again".to_owned(),
            });
        }
        self.store.links_put(name, &links).await?;
        self.note_mapped(&sync, &links).await?;
        for switch in [Switch::Usage, Switch::Tickets] {
            for on in [true, false] {
                let of = switched.iter().filter(|one| (one.0, one.1) == (switch, on)).map(|one| one.2.clone());
                let customers: Vec<String> = of.collect();
                if !customers.is_empty() {
                    self.customer_switch(name, &customers, switch, on).await?;
                }
            }
        }
        Ok(changed.len())
    }
}

/// What a cell decides; none when it is empty, or says what stands already.
fn decision(cell: &str, now: Option<&str>) -> Option<Decision> {
    match cell {
        "" => None,
        "-" => Some(Decision::Forget),
        "exclude" => Some(Decision::Exclude),
        id if Some(id) == now => None,
        id => Some(Decision::Link(id.to_owned())),
    }
}

/// The rows with their numbers, and what cannot be read. The first row after a CSV's header is 1.
fn parse(text: &str) -> (Vec<(usize, CustomerRow)>, Vec<String>) {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    if text.trim_start().starts_with('[') {
        match serde_json::from_str::<Vec<serde_json::Value>>(text) {
            Ok(values) => {
                for (index, value) in values.into_iter().enumerate() {
                    match serde_json::from_value(value) {
                        Ok(row) => rows.push((index + 1, row)),
                        Err(error) => problems.push(format!("row {}: {error}", index + 1)),
                    }
                }
            }
            Err(error) => problems.push(format!("it is no list of JSON objects: {error}")),
        }
        return (rows, problems);
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(text.as_bytes());
    for (index, row) in reader.deserialize::<CustomerRow>().enumerate() {
        match row {
            Ok(row) => rows.push((index + 1, row)),
            Err(error) => {
                problems.push(format!("row {}: {error}", index + 1));
                if error.position().is_none() {
                    break;
                }
            }
        }
    }
    (rows, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_and_json_read_alike_and_name_what_is_wrong() {
        let csv = "customer,account,contract,usage\nc1,7,31,on\nc2,exclude,,\n";
        let json =
            r#"[{"customer":"c1","account":"7","contract":"31","usage":"on"},{"customer":"c2","account":"exclude"}]"#;
        let (from_csv, none) = parse(csv);
        assert_eq!((from_csv.len(), none.len()), (2, 0));
        assert_eq!(from_csv, parse(json).0);
        assert_eq!(decision(&from_csv[1].1.account, None), Some(Decision::Exclude));
        assert_eq!(decision(&from_csv[0].1.account, Some("7")), None);
        assert!(parse("customer,colour\nc1,red\n").1[0].contains("row 1"));
        assert!(parse(r#"[{"customer":"c1","colour":"red"}]"#).1[0].contains("unknown field"));
        assert_eq!(parse("[{]").1.len(), 1);
    }
}

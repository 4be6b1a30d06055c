//! Export and import of customers: hundreds are mapped and switched in a spreadsheet or by a program.
//!
//! A file is imported whole or not at all: every bad row is named, and nothing is stored while one is left. Rows
//! unchanged since their export decide nothing. The file's format is `sheet`'s.

use super::rows::by_source;
use super::{CustomerFilter, CustomerState, CustomerView};
use crate::boxed;
use crate::desk::decisions::{self, By};
use crate::desk::imports::{Cause, Import, ImportChange, Problems, by_a_spreadsheet, misplaced, refusal, refused};
use crate::desk::links::Decision;
use crate::desk::sheet::{self, Form, Sheet};
use crate::error::Error;
use crate::ground::find;
use crate::ground::tenant::Tenant;
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Decider, Kind, Link, LinkState, Said, Switch, Sync, SyncName, said};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Columns of the file, in order.
pub const CUSTOMER_COLUMNS: &[&str] = &[
    "customer",
    "customer_name",
    "account",
    "account_name",
    "contract",
    "contract_name",
    "usage",
    "tickets",
    "state",
    "reason",
    "revision",
];

const FORM: Form = Form {
    what: "customers",
    required: &["customer"],
    deciding: &["account", "contract", "usage", "tickets"],
    known: CUSTOMER_COLUMNS,
};

/// One row. On import `customer` identifies it; `account`, `contract`, `usage` and `tickets` decide where they are not
/// empty; the other columns are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRow {
    /// The source customer's id.
    pub customer: String,
    /// Name of the customer at the source.
    #[serde(default)]
    pub customer_name: String,
    /// The account's id; `exclude` leaves the customer out, `-` removes the decision.
    #[serde(default)]
    pub account: String,
    /// Name of the account at the target, or of the best candidate.
    #[serde(default)]
    pub account_name: String,
    /// The contract's id; `exclude` or `-` as above.
    #[serde(default)]
    pub contract: String,
    /// Name of the contract, or of the best candidate.
    #[serde(default)]
    pub contract_name: String,
    /// `on` or `off`.
    #[serde(default)]
    pub usage: String,
    /// `on` or `off`.
    #[serde(default)]
    pub tickets: String,
    /// State of the mapping.
    #[serde(default)]
    pub state: String,
    /// Reason of the state.
    #[serde(default)]
    pub reason: Said,
    /// Digest of the state at export; empty in a file that was not exported.
    #[serde(default)]
    pub revision: String,
}

impl CustomerRow {
    fn of(view: CustomerView) -> Self {
        let word = |on: bool| if on { "on" } else { "off" }.to_owned();
        let offered = view.candidates.first().map(|best| format!("{}? ({})", best.name, best.target));
        let (account, account_name) = view.account.clone().unwrap_or_default();
        let (contract, contract_name) = view.contract.unwrap_or_default();
        let linked = view.account.is_some();
        let row = Self {
            customer: view.id,
            customer_name: view.name,
            account: if view.state == CustomerState::Excluded && !linked { "exclude".to_owned() } else { account },
            account_name: if linked { account_name } else { offered.clone().unwrap_or_default() },
            contract_name: if contract.is_empty() && linked { offered.unwrap_or_default() } else { contract_name },
            contract: if view.state == CustomerState::Excluded && linked { "exclude".to_owned() } else { contract },
            usage: word(view.usage),
            tickets: word(view.tickets),
            state: view.state.as_str().to_owned(),
            reason: view.reason,
            revision: String::new(),
        };
        Self { revision: row.digest(), ..row }
    }

    fn digest(&self) -> String {
        sheet::revision(&[&self.account, &self.contract, &self.usage, &self.tickets])
    }
}

impl Tenant {
    /// Returns the customers of a sync as rows of a file. Candidates are in the name columns, so that a proposal is
    /// accepted by writing its id, and not by returning the file unchanged.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn customer_export(&self, sync: &SyncName, filter: &CustomerFilter) -> Result<Vec<CustomerRow>, Error> {
        let list = self.customer_list(sync, filter).await?;
        Ok(list.customers.into_iter().map(CustomerRow::of).collect())
    }

    /// Imports decisions from a CSV or JSON file; with `dry_run`, only returns the changes it would make.
    ///
    /// # Errors
    /// The file as a whole, or all its bad rows; nothing is stored then.
    #[boxed]
    pub async fn customer_import(&self, name: &SyncName, file: &[u8], dry_run: bool) -> Result<Import, Error> {
        let sync = self.sync(name).await?;
        let export = Call::of(Verb::CustomerExport).with("sync", name);
        let sheet = Sheet::read(file, &FORM).map_err(|why| refused(&FORM, why, export.clone()))?;
        let mut problems = Problems::default();
        let mut rows = Vec::new();
        for row in &sheet.rows {
            match row.parse::<CustomerRow>() {
                Ok(parsed) if parsed.revision != parsed.digest() => rows.push((row.number, parsed)),
                Ok(_) => {}
                Err(why) => problems.add(Cause::Unreadable, row.number, why),
            }
        }
        let views = self.customer_list(name, &CustomerFilter::default()).await?.customers;
        let known: HashMap<&str, &CustomerView> = views.iter().map(|view| (view.id.as_str(), view)).collect();
        // A file is judged by its end state: a target that one row frees, another may use.
        let freed = rows.iter().filter(|(_, row)| {
            let now = known.get(row.customer.as_str()).and_then(|view| view.account.as_ref());
            now.is_some_and(|(id, _)| !row.account.is_empty() && row.account != *id)
        });
        let mut taking = Taking {
            tenant: self,
            sync: &sync,
            freed: freed.map(|(_, row)| row.customer.clone()).collect(),
            accounts: by_source(self.store.links_all(&sync.name, Kind::Customer).await?),
            contracts: by_source(self.store.links_between(&sync.name, Kind::Customer, Kind::Contract).await?),
            targets: HashMap::new(),
            links: Vec::new(),
            switched: Vec::new(),
            changes: Vec::new(),
            problems,
        };
        let mut seen = HashMap::<&str, usize>::new();
        for (number, row) in &rows {
            let number = *number;
            if let Some(before) = seen.insert(&row.customer, number) {
                let source = row.customer.as_str();
                let why = said!("file-row-source-twice", kind = Kind::Customer, source, before = before.to_string());
                taking.problems.add(Cause::Twice, number, why);
                continue;
            }
            let Some(&view) = known.get(row.customer.as_str()) else {
                let missing = said!("file-row-no-customer", customer = row.customer.escape_debug().to_string());
                let why = Said::several([missing, by_a_spreadsheet(&row.customer)]);
                taking.problems.add(Cause::Unknown, number, why);
                continue;
            };
            taking.take(Given { number, row, view, now: CustomerRow::of(view.clone()) }).await?;
        }
        let Taking { links, switched, changes, problems, .. } = taking;
        problems.refuse(&FORM, export)?;
        let decision = match dry_run {
            true => String::new(),
            false => decisions::decide_with(self, &sync, By::File, links, switched).await?.decision,
        };
        Ok(Import { decision, changes, ignored: sheet.ignored })
    }
}

/// A row of the file beside its customer as it stands.
struct Given<'r> {
    number: usize,
    row: &'r CustomerRow,
    view: &'r CustomerView,
    /// The row that an export would write now.
    now: CustomerRow,
}

impl Given<'_> {
    fn change(&self, what: &'static str, before: &str, after: &str) -> ImportChange {
        ImportChange {
            row: self.number,
            kind: Kind::Customer,
            source: self.row.customer.clone(),
            name: self.view.name.clone(),
            what,
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }
}

/// Rows being turned into decisions.
struct Taking<'a> {
    tenant: &'a Tenant,
    sync: &'a Sync,
    /// Customers whose accounts are free at the end of the file.
    freed: HashSet<String>,
    /// Present links by customer: to accounts and to contracts.
    accounts: HashMap<String, Link>,
    contracts: HashMap<String, Link>,
    /// The row that uses a target already.
    targets: HashMap<(&'static str, String), usize>,
    links: Vec<Link>,
    switched: Vec<(String, Switch, Option<bool>)>,
    changes: Vec<ImportChange>,
    problems: Problems,
}

impl Taking<'_> {
    /// Adds the decisions of a row; its errors are added to the problems.
    async fn take(&mut self, given: Given<'_>) -> Result<(), Error> {
        let Given { number, row, view, now } = &given;
        let account = decision(&row.account, self.accounts.get(&row.customer));
        let contract = decision(&row.contract, self.contracts.get(&row.customer));
        if let Some(why) = self.misplaced_row(row, view, account.as_ref(), contract.as_ref()).await? {
            self.problems.add(Cause::Name, *number, why);
            return Ok(());
        }
        if !row.revision.is_empty() && row.revision != now.revision {
            self.problems.add(Cause::Old, *number, decided_since(now));
            return Ok(());
        }
        for (what, decision) in [("account", &account), ("contract", &contract)] {
            let alone = !self.sync.rules.shares(Kind::Customer);
            let Some(Decision::Link(target)) = decision.as_ref().filter(|_| alone) else { continue };
            if let Some(before) = self.targets.insert((what, target.clone()), *number) {
                let why = said!("file-row-cell-twice", cell = what, target, before = before.to_string());
                self.problems.add(Cause::Twice, *number, why);
            }
        }
        if account.is_some() || contract.is_some() {
            self.take_links(&given, account.as_ref(), contract.as_ref()).await;
        }
        self.take_switches(&given);
        Ok(())
    }

    /// Adds the links of a row, or the reason why they are refused.
    async fn take_links(&mut self, given: &Given<'_>, account: Option<&Decision>, contract: Option<&Decision>) {
        let Given { number, row, now, .. } = given;
        let mapped = super::mapped(self.tenant, self.sync, &row.customer, account, contract, &self.freed);
        match mapped.await {
            Ok(decided) => {
                for (what, decision, before, after) in [
                    ("account", account, &now.account, &row.account),
                    ("contract", contract, &now.contract, &row.contract),
                ] {
                    if decision.is_some() {
                        self.changes.push(given.change(what, before, after));
                    }
                }
                self.links.extend(decided);
            }
            Err(error) => self.problems.add(Cause::Refused, *number, refusal(&error, &[&row.account, &row.contract])),
        }
    }

    /// Adds the switches of a row.
    fn take_switches(&mut self, given: &Given<'_>) {
        let Given { number, row, view, .. } = given;
        for (switch, needs, text, is_on) in [
            (Switch::Usage, Kind::Usage, row.usage.to_lowercase(), view.usage),
            (Switch::Tickets, Kind::Alert, row.tickets.to_lowercase(), view.tickets),
        ] {
            match text.as_str() {
                "" => {}
                "on" | "off" if (text == "on") == is_on => {}
                "on" if !self.sync.rules.kinds.contains_key(&needs) => {
                    let why = said!("file-row-switch-impossible", switch = switch.as_str(), kind = needs);
                    self.problems.add(Cause::Refused, *number, why);
                }
                "on" | "off" => {
                    self.changes.push(given.change(switch.as_str(), if is_on { "on" } else { "off" }, &text));
                    self.switched.push((row.customer.clone(), switch, Some(text == "on")));
                }
                other => {
                    let why = said!("file-row-switch-unreadable", switch = switch.as_str(), text = other);
                    self.problems.add(Cause::Unreadable, *number, why);
                }
            }
        }
    }

    /// Whether a name in a row belongs to another record than the id beside it.
    async fn misplaced_row(
        &self,
        row: &CustomerRow,
        view: &CustomerView,
        account: Option<&Decision>,
        contract: Option<&Decision>,
    ) -> Result<Option<Said>, Error> {
        let cell = |cell: &'static str| said!("file-row-cell", cell);
        if let Some(why) = misplaced(cell("customer"), &row.customer, &view.name, &row.customer_name) {
            return Ok(Some(why));
        }
        for (what, kind, decision, beside) in [
            ("account", Kind::Customer, account, &row.account_name),
            ("contract", Kind::Contract, contract, &row.contract_name),
        ] {
            let Some(Decision::Link(target)) = decision else { continue };
            let there = find::record(self.tenant, &self.sync.target, kind, target).await?;
            if let Some(why) = there.and_then(|there| misplaced(cell(what), target, &there.name, beside)) {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }
}

fn decided_since(now: &CustomerRow) -> Said {
    let or_none = |cell: &String| if cell.is_empty() { Arg::from(said!("file-row-none")) } else { Arg::from(cell) };
    said!(
        "file-row-customer-since",
        customer = now.customer.as_str(),
        account = or_none(&now.account),
        contract = or_none(&now.contract),
        usage = now.usage.as_str(),
        tickets = now.tickets.as_str(),
    )
}

/// Decision of a cell; `None` if it is empty, or equals the present link.
fn decision(cell: &str, link: Option<&Link>) -> Option<Decision> {
    let state = link.map_or(LinkState::Unmapped, |link| link.state);
    let target = link.and_then(Link::linked);
    match cell {
        "" => None,
        // A result of matching is not a decision that could be removed.
        "-" => (!matches!(state, LinkState::Unmapped | LinkState::Proposed | LinkState::Conflict)
            || link.is_some_and(|link| link.decided_by == Some(Decider::Operator) || !link.declined.is_empty()))
        .then_some(Decision::Forget),
        "exclude" => (state != LinkState::Excluded).then_some(Decision::Exclude),
        id if Some(id) == target => None,
        id => Some(Decision::Link(id.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::NOW;

    #[test]
    fn a_cell_decides_what_does_not_stand_already() {
        let of = |state, target: Option<&str>| Link {
            state,
            target: target.map(str::to_owned),
            ..Link::unmapped(Kind::Customer, "c", NOW)
        };
        let (linked, excluded) = (of(LinkState::Linked, Some("7")), of(LinkState::Excluded, None));
        assert_eq!(decision("", Some(&linked)), None);
        assert_eq!(decision("7", Some(&linked)), None);
        assert_eq!(decision("8", Some(&linked)), Some(Decision::Link("8".to_owned())));
        assert_eq!(decision("exclude", None), Some(Decision::Exclude));
        assert_eq!(decision("exclude", Some(&linked)), Some(Decision::Exclude));
        assert_eq!(decision("exclude", Some(&excluded)), None);
        assert_eq!(decision("-", Some(&linked)), Some(Decision::Forget));
        assert_eq!(decision("-", Some(&excluded)), Some(Decision::Forget));
        assert_eq!(decision("-", Some(&of(LinkState::Create, None))), Some(Decision::Forget));
        let not_that = Link { declined: vec!["7".to_owned()], ..of(LinkState::Unmapped, None) };
        assert_eq!(decision("-", Some(&not_that)), Some(Decision::Forget));
        for state in [LinkState::Unmapped, LinkState::Proposed, LinkState::Conflict] {
            assert_eq!(decision("-", Some(&of(state, None))), None);
        }
    }
}

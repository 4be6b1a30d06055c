//! Usage in a plan: contracts and products are mapped, counts put into the history, lines planned.

use super::super::connections::Opened;
use super::super::context::Work;
use super::super::observe::Observed;
use super::super::plan::usage::{CONTRACT, Choice, Line, PRODUCT, Place, Product, lines, plan_usage};
use super::super::plan::{Finding, Planned};
use super::super::planning::{Account, Draft};
use super::super::stop::beside_others;
use super::super::{brakes, matching};
use super::{Books, NotFetched, TargetRead, fetched_before};
use crate::error::Error;
use crate::model::run::ReadFlaw;
use crate::model::{
    Action, Failure, FieldDiff, Kind, Link, LinkState, Operation, PlanId, PlannedChange, Record, Risk, Value, Writable,
};
use matching::{CustomerMatchInput, Decision};
use std::collections::{HashMap, HashSet};

/// What lines are written on: gathered once an apply.
pub(in crate::engine) struct Ground {
    /// A newer plan of the whole sync counts anew.
    is_old: bool,
    /// Where each linked customer's quantities go, by id and name; or why nowhere.
    contracts: HashMap<String, Result<(String, String), String>>,
    products: HashMap<String, Product>,
}

impl Ground {
    /// Why a line must not be written any more; none when it may be.
    pub(in crate::engine) fn refusal(&self, change: &PlannedChange) -> Option<String> {
        let of = |name: &str| change.fields.iter().find(|diff| diff.name == name)?.after.as_text();
        if self.is_old {
            return Some("a newer plan counts it anew: apply that".to_owned());
        }
        match self.contracts.get(&change.customer) {
            None => return Some("its customer is not linked to an account any more".to_owned()),
            Some(Err(why)) => return Some(why.clone()),
            Some(Ok((id, _))) if Some(id.as_str()) == of(CONTRACT) => {}
            Some(Ok((_, name))) => return Some(format!("the customer has the contract {name} by now")),
        }
        match of(PRODUCT).and_then(|product| self.products.get(product)) {
            Some(Product::Excluded) if change.action == Action::Create => {
                Some("its product was excluded since".to_owned())
            }
            Some(Product::Open(why)) => Some(why.clone()),
            _ => None,
        }
    }
}

impl Work<'_> {
    /// Plans what belongs to billing: nothing where usage takes no part.
    pub(in crate::engine) async fn plan_billing(
        &self,
        draft: &mut Draft<'_, '_>,
        accounts: &[Account],
        observed: Option<&Observed>,
    ) -> Result<(), Error> {
        if !self.sync.rules.kinds.contains_key(&Kind::Usage) {
            return Ok(());
        }
        self.plan_products(draft, None).await?;
        let not_fetched = match observed {
            Some(observed) => not_fetched(&self.source, observed),
            None => fetched_before(&self.store, &self.sync).await?,
        };
        self.store.fetched_put(&self.sync.name, not_fetched.whole.clone(), &not_fetched.of).await?;
        let read = TargetRead::of(draft);
        let mut books = Books::open(&self.store, &self.sync, &self.target, not_fetched, read, self.now()).await?;
        if observed.is_some() {
            self.store.counts_put(&self.sync.source, books.counts(), self.now()).await?;
        }
        self.plan_contracts(&mut books, accounts).await?;
        let mut outcomes = HashMap::new();
        for account in accounts {
            let (customer, target) = (account.source.as_str(), account.linked());
            let planned = self.plan_customer(draft, &books, customer, target, &HashMap::new());
            let Some((lines, changes)) = planned else { continue };
            outcomes.insert(customer.to_owned(), self.outcome(&books, observed, (customer, target), &lines));
            draft.keep(changes).await?;
        }
        self.store.links_put(&self.sync.name, &std::mem::take(&mut draft.noted)).await?;
        let known: HashSet<&str> = accounts.iter().map(|account| account.source.as_str()).collect();
        draft.find(books.without_product());
        draft.find(
            books
                .rows
                .keys()
                .filter(|customer| !known.contains(customer.as_str()))
                .map(|customer| Finding {
                    source: customer.clone(),
                    message: "usage is reported of a customer that the source does not list".to_owned(),
                })
                .collect(),
        );
        Ok(self.store.outcomes_put(&self.sync.name, outcomes).await?)
    }

    /// Plans one customer's lines: the changes are for the caller to keep, and links that remember
    /// more than before are noted in the draft. Nothing when the target has no usage.
    pub(super) fn plan_customer(
        &self,
        draft: &mut Draft<'_, '_>,
        books: &Books<'_>,
        customer: &str,
        account: Option<&str>,
        choices: &HashMap<String, Choice>,
    ) -> Option<(Vec<Line>, Vec<PlannedChange>)> {
        let weighed = books.with(customer, account, choices, |input| {
            let mut lines = lines(input);
            if !choices.is_empty() {
                lines.retain(|line| choices.contains_key(&line.product));
            }
            let planned = plan_usage(input, &lines);
            (lines, planned)
        });
        let (lines, Planned { changes, findings, noted }) = weighed?;
        draft.find(findings);
        let changes = draft.without_open(Kind::Usage, changes);
        let (mut held, mut free): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.held.is_some());
        let rules = &self.sync.rules;
        let unit = brakes::Unit {
            in_use: u32::MAX,
            first_run: draft.first_run(Kind::Usage),
            trust: rules.kinds[&Kind::Usage].trust,
        };
        brakes::hold(&mut free, unit, &rules.brakes);
        brakes::hold_with_customer(&mut free, draft.customer_hold(customer));
        draft.in_use(Kind::Usage, lines.len() as u64);
        free.append(&mut held);
        draft.noted.extend(noted);
        Some((lines, free))
    }

    /// Maps the source's products, and plans those that an operator wants created: all, or those of `only`.
    pub(super) async fn plan_products(
        &self,
        draft: &mut Draft<'_, '_>,
        only: Option<&HashSet<&str>>,
    ) -> Result<(), Error> {
        let kind = Kind::Product;
        let (Some(can), Some(rules)) = (self.target.description.kind(kind), self.sync.rules.kinds.get(&kind)) else {
            return Ok(());
        };
        let source = self.store.records_present(&self.source.name, kind).await?;
        let target = self.store.records_present(&self.target.name, kind).await?;
        let links = self.store.links_all(&self.sync.name, kind).await?;
        let source = draft.read_whole(kind, source, &links);
        let matched = beside_others(|| {
            matching::match_customers(&CustomerMatchInput {
                kind,
                source: &source,
                target: &target,
                target_complete: draft.target_complete(kind),
                links: &links,
                stamp_of: &|id| self.stamp(kind, id).unwrap_or_default(),
                rules,
                describe: can,
                stopped: &|| self.parts.stop.is_stopped(),
            })
        });
        self.go_on()?;
        let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
        let (mut decided, mut create) = (Vec::new(), Vec::new());
        for (record, matched) in source.iter().zip(&matched) {
            let link = links.get(record.id.as_str()).copied();
            match &matched.decision {
                // Nothing is written for it at either side.
                Decision::Linked { target, by, reason } => {
                    decided.push(self.linked(kind, link, &record.id, target, by, reason))
                }
                Decision::Create { .. } if only.is_some_and(|only| !only.contains(record.id.as_str())) => {}
                Decision::Create { reason } if can.writes.contains(&Operation::Create) => {
                    create.push(new_product(record, link, can, reason));
                }
                Decision::Create { .. } => draft.find(vec![Finding {
                    source: record.id.clone(),
                    message: format!(
                        "`{}` cannot create products with its settings: create {} there, and map it",
                        self.target.name, record.name
                    ),
                }]),
                other => decided.extend(matching::decided(link, kind, &record.id, other, self.now())),
            }
        }
        self.store.links_put(&self.sync.name, &decided).await?;
        let mut create = draft.without_open(kind, create);
        let unit = brakes::Unit { in_use: u32::MAX, first_run: draft.first_run(kind), trust: rules.trust };
        brakes::hold(&mut create, unit, &self.sync.rules.brakes);
        draft.in_use(kind, links.values().filter(|link| link.linked().is_some()).count() as u64);
        draft.keep(create).await
    }

    /// What a plan's lines have to agree with when they are written, as it is now.
    pub(in crate::engine) async fn usage_ground(&self, plan: PlanId) -> Result<Ground, Error> {
        let newest = self.store.plan_list(&self.sync.name, 1).await?.first().map(|newest| newest.id);
        let books = self.books().await?;
        let accounts = self.accounts().await?;
        let contract = |(customer, account): (&String, &String)| {
            let contract = match books.place(customer, Some(account)) {
                Place::Contract(contract) => Ok((contract.id.clone(), contract.name.clone())),
                Place::Off(why) | Place::Nowhere(why) => Err(why.to_owned()),
            };
            (customer.clone(), contract)
        };
        Ok(Ground {
            is_old: newest.is_some_and(|newest| newest > plan),
            contracts: accounts.iter().map(contract).collect(),
            products: books.products,
        })
    }

    /// Maps each linked customer to a contract of its account, and stores what was decided.
    async fn plan_contracts(&self, books: &mut Books<'_>, accounts: &[Account]) -> Result<(), Error> {
        let mut decided = Vec::new();
        for account in accounts {
            let (customer, Some(target)) = (account.source.as_str(), account.linked()) else { continue };
            let link = books.contract_links.get(customer);
            let next = match books.contract_decision(customer, target) {
                Decision::Linked { target, by, reason } => {
                    Some(self.linked(Kind::Customer, link, customer, &target, by, &reason))
                }
                other => matching::decided(link, Kind::Customer, customer, &other, self.now()),
            };
            decided.extend(next.map(|link| Link { target_kind: Kind::Contract, ..link }));
        }
        self.store.links_put(&self.sync.name, &decided).await?;
        for link in decided {
            let link = Link { revision: link.revision + 1, ..link };
            books.contract_links.insert(link.source.clone(), link);
        }
        Ok(())
    }

    fn linked(&self, kind: Kind, link: Option<&Link>, source: &str, target: &str, by: &str, reason: &str) -> Link {
        let link = link.cloned().unwrap_or_else(|| Link::unmapped(kind, source, self.now()));
        Link {
            state: LinkState::Linked,
            target: Some(target.to_owned()),
            decided_by: by.to_owned(),
            decided_at: self.now(),
            reason: reason.to_owned(),
            candidates: Vec::new(),
            ..link
        }
    }
}

/// Which counts a fresh observation left unknown.
fn not_fetched(source: &Opened, observed: &Observed) -> NotFetched {
    let Some(report) = Observed::of(&observed.source, Kind::Usage) else {
        return NotFetched { whole: Some(format!("`{}` was not asked for usage", source.name)), of: HashMap::new() };
    };
    let whole = report.failure.as_ref().map(Failure::to_string).or_else(|| {
        report.gaps.iter().find(|(parent, _)| parent.is_none()).map(|(_, cause)| cause.message().to_owned())
    });
    let moved = report.flaw.filter(|_| whole.is_none()).map(|flaw| match flaw {
        ReadFlaw::Moved { .. } => "the report changed while it was read: the next run reads it again".to_owned(),
        ReadFlaw::Short { told, came } => {
            format!("the report has {told} rows, {came} came: the next run reads it again")
        }
        ReadFlaw::Dropped { before, came } => {
            format!("the report fell from {before} rows to {came}: a second read that agrees is believed")
        }
    });
    let of = report.gaps.iter().filter_map(|(parent, cause)| Some((parent.clone()?, cause.message().to_owned())));
    NotFetched { whole: whole.or(moved), of: of.collect() }
}

fn new_product(
    record: &Record,
    link: Option<&Link>,
    can: &crate::model::KindDescription,
    reason: &str,
) -> PlannedChange {
    let writes = |name: &str| can.field(name).is_some_and(|field| field.writable != Writable::Never);
    let new = |name: &str, after: Value| FieldDiff { name: name.to_owned(), before: None, after };
    let mut fields = vec![new("name", Value::Text(record.name.clone()))];
    fields.extend(record.field("code").filter(|_| writes("code")).map(|code| new("code", code.clone())));
    PlannedChange {
        sequence: 0,
        kind: Kind::Product,
        action: Action::Create,
        customer: String::new(),
        source: record.id.clone(),
        target: None,
        name: record.name.clone(),
        fields,
        reason: reason.to_owned(),
        risk: Risk::Medium,
        calls: can.calls_per_change,
        held: None,
        link_revision: link.map_or(0, |link| link.revision),
    }
}

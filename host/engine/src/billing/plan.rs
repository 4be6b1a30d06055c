//! Usage in a plan: maps products and contracts, stores counts in the history, plans lines. Lines themselves are judged
//! in `rules::plan::line`.

use super::fetched::{self, Fetched, TargetRead, fetched_now};
use super::snapshot::UsageSnapshot;
use super::{outcomes, told};
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::line::{Choice, Line, plan_usage};
use crate::rules::plan::{Finding, Planned};
use crate::rules::{brakes, matching};
use crate::run::customers;
use crate::run::draft::Draft;
use crate::run::items::Account;
use crate::run::observe::Observed;
use crosswalk_model::{
    Action, Cause, Decider, FieldDiff, Hold, Kind, Link, LinkState, Operation, PlannedChange, Record, Risk, Said, Step,
    Value, Writable, said,
};
use matching::Decision;
use std::collections::{HashMap, HashSet};

/// Plans usage; does nothing where the sync has no usage.
pub(crate) async fn plan_billing(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    accounts: &[Account],
    observed: Option<&Observed>,
) -> Result<(), Error> {
    if !run.sync.rules.bills() {
        return Ok(());
    }
    plan_products(run, draft, None).await?;
    let fetched = match observed {
        Some(observed) => fetched(run, observed).await?,
        None => fetched_now(&run.store, &run.sync).await?,
    };
    let read = TargetRead::of(draft);
    let mut books = UsageSnapshot::open(&run.store, &run.sync, &run.target, fetched, read, run.now()).await?;
    if observed.is_some() {
        run.store.counts_put(&run.sync.source, told::counts(&books), run.now()).await?;
    }
    plan_contracts(run, &mut books, accounts).await?;
    let known: HashSet<&str> = accounts.iter().map(|account| account.source.as_str()).collect();
    let mut outcomes = HashMap::new();
    let mut weighed = books.weigh_all();
    for customer in books.customers() {
        let weighed = weighed.remove(&customer);
        let planned = plan_customer(run, draft, &books, &customer, &HashMap::new(), weighed);
        let Some((lines, changes)) = planned else { continue };
        let trouble = books.contract_trouble(&customer);
        let notes = lines.iter().map(|line| line.notes.len()).sum::<usize>() + usize::from(trouble.is_some());
        run.attend(notes as u64);
        if known.contains(customer.as_str()) {
            outcomes.insert(customer.clone(), outcomes::outcome(run, &books, observed, &customer, &lines));
        }
        let of_customer =
            |message| Finding::new(Cause::Contract, Kind::Customer, customer.clone(), customer.clone(), message);
        draft.find(trouble.into_iter().map(of_customer).collect());
        draft.keep(changes).await?;
    }
    run.store.links_put(&run.sync.name, &std::mem::take(&mut draft.noted)).await?;
    draft.find(told::unpriced(&books));
    draft.find(told::without_product(&books));
    draft.find(
        books
            .rows
            .keys()
            .filter(|customer| !known.contains(customer.as_str()))
            .map(|customer| {
                let message = said!("usage-customer-not-listed");
                Finding::new(Cause::Unlisted, Kind::Customer, customer.clone(), customer.clone(), message)
            })
            .collect(),
    );
    Ok(run.store.outcomes_put(&run.sync.name, outcomes).await?)
}

/// Returns which counts a fresh observation made known, and of which month; stores it for later plans.
async fn fetched(run: &SyncRun<'_>, observed: &Observed) -> Result<Fetched, Error> {
    let (mut fetched, periods) = Fetched::of(&run.source, observed);
    let mut rows = HashMap::<String, usize>::new();
    let period = |row: Record| row.text("period").map(str::to_owned);
    for period in run.store.records_pick(&run.sync.source, Kind::Usage, &["period"], period).await? {
        *rows.entry(period).or_default() += 1;
    }
    fetched.decide(&periods, &rows, &run.sync.rules.time_zone, run.now());
    fetched::store(&run.store, &run.sync.name, &fetched).await?;
    Ok(fetched)
}

/// Plans one customer's lines. Returns the lines and the changes, which the caller stores; links that remember more
/// than before are noted in the draft. `None` when the target has no usage. `weighed` holds the lines if they are known
/// already.
pub(crate) fn plan_customer(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    books: &UsageSnapshot<'_>,
    customer: &str,
    choices: &HashMap<String, Choice>,
    weighed: Option<Vec<Line>>,
) -> Option<(Vec<Line>, Vec<PlannedChange>)> {
    let weighed = books.weighed(customer, choices, weighed, |input, mut lines| {
        if !choices.is_empty() {
            lines.retain(|line| choices.contains_key(&line.product));
        }
        let planned = plan_usage(input, &lines);
        (lines, planned)
    });
    let (lines, Planned { changes, findings, noted }) = weighed?;
    draft.find(findings);
    let changes = draft.without_open(Kind::Usage, changes);
    let rules = &run.sync.rules;
    // A hold of the whole kind (a first run, a preview) applies together with the holds of the line.
    let own: Vec<Option<Hold>> = changes.iter().map(|change| change.held.clone()).collect();
    let mut changes = changes;
    changes.iter_mut().for_each(|change| change.held = None);
    let unit =
        brakes::Unit { in_use: None, first_run: draft.first_run(Kind::Usage), trust: rules.kinds[&Kind::Usage].trust };
    brakes::hold(&mut changes, unit, &rules.brakes);
    brakes::hold_with_customer(&mut changes, draft.customer_hold(customer));
    for (change, own) in changes.iter_mut().zip(own) {
        change.held = Hold::together(own.into_iter().chain(change.held.take()));
    }
    draft.noted.extend(noted);
    Some((lines, changes))
}

/// Maps the source's products, and plans those that an operator wants created: all, or those of `only`.
pub(crate) async fn plan_products(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    only: Option<&HashSet<&str>>,
) -> Result<(), Error> {
    let kind = Kind::Product;
    let (Some(can), Some(rules)) = (run.target.description.kind(kind), run.sync.rules.kinds.get(&kind)) else {
        return Ok(());
    };
    let source = run.store.records_present(&run.source.name, kind).await?;
    let target = run.store.records_present(&run.target.name, kind).await?;
    let links = run.store.links_all(&run.sync.name, kind).await?;
    let there: HashSet<String> = source.iter().map(|record| record.id.clone()).collect();
    let source = draft.read_whole(kind, source, &links);
    let matched = customers::match_all(run, draft, kind, &source, &target, &links, can);
    run.go_on()?;
    let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
    let (mut decided, mut create) = (Vec::new(), Vec::new());
    let gone = links.values().filter(|link| !there.contains(&link.source));
    decided.extend(gone.filter_map(|link| matching::withdrawn(link, run.now())));
    for (record, matched) in source.iter().zip(&matched) {
        let link = links.get(record.id.as_str()).copied();
        match &matched.decision {
            // Neither side is written for it.
            Decision::Linked { target, by, reason } => {
                decided.push(linked(run, kind, link, &record.id, target, *by, reason.clone()))
            }
            Decision::Create { .. } if only.is_some_and(|only| !only.contains(record.id.as_str())) => {}
            Decision::Create { reason } if can.writes.contains(&Operation::Create) => {
                create.push(new_product(record, link, can, reason.clone()));
            }
            Decision::Create { .. } => {
                let message =
                    said!("usage-cannot-create-product", target = &run.target.name, product = record.name.as_str());
                draft.find(vec![Finding::new(Cause::Cannot, kind, "", record.id.clone(), message)]);
            }
            other => decided.extend(matching::decided(link, kind, &record.id, other, run.now())),
        }
    }
    run.store.links_put(&run.sync.name, &decided).await?;
    let mut create = draft.without_open(kind, create);
    let unit = brakes::Unit { in_use: None, first_run: draft.first_run(kind), trust: rules.trust };
    brakes::hold(&mut create, unit, &run.sync.rules.brakes);
    draft.in_use(kind, links.values().filter(|link| link.linked().is_some()).count() as u64);
    draft.keep(create).await
}

/// Maps each linked customer to a contract of its account, stores the decisions, and adds up again by them.
async fn plan_contracts(run: &SyncRun<'_>, books: &mut UsageSnapshot<'_>, accounts: &[Account]) -> Result<(), Error> {
    let mut decided = Vec::new();
    for account in accounts {
        let (customer, Some(target)) = (account.source.as_str(), account.linked()) else { continue };
        let link = books.contract_links.get(customer);
        let next = match books.contract_decision(customer, target) {
            Decision::Linked { target, by, reason } => {
                Some(linked(run, Kind::Customer, link, customer, &target, by, reason))
            }
            other => matching::decided(link, Kind::Customer, customer, &other, run.now()),
        };
        decided.extend(next.map(|link| Link { target_kind: Kind::Contract, ..link }));
    }
    if decided.is_empty() {
        return Ok(());
    }
    run.store.links_put(&run.sync.name, &decided).await?;
    for link in decided {
        let link = Link { revision: link.revision + 1, ..link };
        books.contract_links.insert(link.source.clone(), link);
    }
    books.add_up();
    Ok(())
}

fn linked(
    run: &SyncRun<'_>,
    kind: Kind,
    link: Option<&Link>,
    source: &str,
    target: &str,
    by: Decider,
    reason: Said,
) -> Link {
    let link = link.cloned().unwrap_or_else(|| Link::unmapped(kind, source, run.now()));
    Link {
        state: LinkState::Linked,
        target: Some(target.to_owned()),
        decided_by: Some(by),
        decided_at: run.now(),
        reason,
        candidates: Vec::new(),
        ..link
    }
}

fn new_product(
    record: &Record,
    link: Option<&Link>,
    can: &crosswalk_model::KindDescription,
    reason: Said,
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
        step: Step::Record,
        reason,
        risk: Risk::Medium,
        calls: can.calls_per_change,
        held: None,
        link_revision: link.map_or(0, |link| link.revision),
    }
}

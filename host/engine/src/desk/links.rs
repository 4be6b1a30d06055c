//! Links as an operator decides them: listed, set, created, excluded, accepted.
//!
//! Decisions are saved row by row with a revision. A decision is turned into a link here, once, for single rows and for
//! files. Whether the link can be at all is checked in `check`; storing is in `decisions`.

mod check;

use self::check::{check_declined, check_target};
pub(crate) use self::check::{check_made, check_nobodys};
use super::decisions::{self, By, Decided};
use super::imports::by_a_spreadsheet;
use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crate::ground::{find, noting};
use crate::rules::plan::line::is_free;
use crosswalk_model::said::Arg;
use crosswalk_model::signs::seen;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Candidate, Decider, Event, Kind, Link, LinkState, ReverseDecision, Said, Sync, SyncName, Timestamp, said,
};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Filter of links.
#[derive(Debug, Clone, Default)]
pub struct LinkFilter {
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only these states; empty means all.
    pub states: Vec<LinkState>,
    /// Only links of this source customer.
    pub customer: Option<String>,
    /// Only names that contain this text, ignoring case.
    pub text: Option<String>,
}

/// A link with the names of both sides, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct LinkView {
    /// The link.
    pub link: Link,
    /// Name of the source record.
    pub source_name: String,
    /// Name of the target record, if it is linked.
    pub target_name: Option<String>,
    /// The source customer it belongs to (itself, for a customer).
    pub customer: String,
    /// Problem of the target record: a service for which nothing is charged.
    pub note: Option<Said>,
}

/// An operator's decision on one source record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Link it to this target record.
    Link(String),
    /// Create it at the target.
    Create,
    /// Do not sync it.
    Exclude,
    /// Never link it to this target record.
    Decline(String),
    /// Clear all decisions, refusals included: matching starts afresh.
    Forget,
}

impl Decision {
    /// State of the link once it is decided so.
    fn state(&self) -> LinkState {
        match self {
            Decision::Link(_) => LinkState::Linked,
            Decision::Create => LinkState::Create,
            Decision::Exclude => LinkState::Excluded,
            Decision::Decline(_) | Decision::Forget => LinkState::Unmapped,
        }
    }

    /// Target of the link once it is decided so.
    fn target(&self) -> Option<&String> {
        match self {
            Decision::Link(target) => Some(target),
            Decision::Create | Decision::Exclude | Decision::Decline(_) | Decision::Forget => None,
        }
    }
}

impl Tenant {
    /// Returns links with names. Locations and assets are listed customer by customer.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn link_list(&self, sync: &SyncName, filter: &LinkFilter) -> Result<Vec<LinkView>, Error> {
        let sync = self.sync(sync).await?;
        let kinds = sync.rules.kinds.keys().copied().filter(|kind| filter.kind.is_none_or(|only| only == *kind));
        let mut views = Vec::new();
        for kind in kinds {
            let links = self.store.links_all(&sync.name, kind).await?;
            for chunk in links.chunks(500) {
                views.extend(named(self, &sync, kind, chunk).await?.into_iter().filter(|view| passes(view, filter)));
            }
        }
        Ok(views)
    }

    /// Decides one link.
    ///
    /// # Errors
    /// There is no such source or target record; the target is linked already or belongs to another account; another
    /// decision was made meanwhile.
    #[boxed]
    pub async fn link_decide(
        &self,
        sync: &SyncName,
        kind: Kind,
        source: &str,
        decision: &Decision,
    ) -> Result<Link, Error> {
        let sync = self.sync(sync).await?;
        let link = decided(self, &sync, kind, source, decision).await?;
        let decided = decisions::decide(self, &sync, By::Operator, vec![link.clone()]).await?;
        Ok(decided.links.into_iter().next().unwrap_or(link))
    }

    /// Returns the proposals that [`link_accept`](Self::link_accept) would link, as the resulting links.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn link_acceptable(&self, sync: &SyncName, kind: Kind, score: f64) -> Result<Vec<Link>, Error> {
        let sync = self.sync(sync).await?;
        acceptable(self, &sync, kind, score).await
    }

    /// Links every proposal whose best candidate has at least this score and no close second. Each link keeps the score
    /// and the reason it was accepted for.
    ///
    /// # Errors
    /// There is no such sync; another decision was made meanwhile.
    #[boxed]
    pub async fn link_accept(&self, sync: &SyncName, kind: Kind, score: f64) -> Result<Decided, Error> {
        let links = self.link_acceptable(sync, kind, score).await?;
        self.link_accept_these(sync, score, links).await
    }

    /// Stores exactly the proposals that [`link_acceptable`](Self::link_acceptable) returned and a person confirmed.
    ///
    /// # Errors
    /// There is no such sync; one of them was decided or planned again meanwhile: nothing is stored then.
    #[boxed]
    pub async fn link_accept_these(&self, sync: &SyncName, score: f64, links: Vec<Link>) -> Result<Decided, Error> {
        let sync = self.sync(sync).await?;
        decisions::decide(self, &sync, By::Score(score), links).await
    }

    /// Decides whether a target customer is created at the source; `None` takes a decision back.
    ///
    /// # Errors
    /// There is no such sync, or it does not write to its source; there is no such customer in the target, or it is
    /// linked.
    #[boxed]
    pub async fn reverse_decide(
        &self,
        sync: &SyncName,
        target: &str,
        decision: Option<ReverseDecision>,
    ) -> Result<(), Error> {
        let sync = self.sync(sync).await?;
        if !sync.rules.reverse {
            return Err(Error::invalid(
                said!("link-no-reverse", sync = &sync.name, source = &sync.source),
                said!("link-hint-reverse"),
            ));
        }
        if find::record(self, &sync.target, Kind::Customer, target).await?.is_none() {
            return Err(Error::not_found("target-record", format!("customer {target}"), plan_first(&sync)));
        }
        if let Some(link) = self.store.links_of_target(&sync.name, Kind::Customer, target).await?.first() {
            return Err(Error::invalid(
                said!("link-taken", kind = Kind::Customer, target, other = link.source.as_str()),
                said!("link-hint-free", forget = forget_call(&sync, Kind::Customer, &link.source)),
            ));
        }
        let word = decision.map_or("undecided", ReverseDecision::as_str);
        let store = noting::noting(
            self,
            Some(&sync.name),
            Event::Decided,
            said!("link-reverse-decided", target, decision = word),
        )?;
        Ok(store.reverse_put(&sync.name, target, decision, self.parts.clock.now()).await?)
    }
}

async fn named(tenant: &Tenant, sync: &Sync, kind: Kind, links: &[Link]) -> Result<Vec<LinkView>, Error> {
    let sources: Vec<String> = links.iter().map(|link| link.source.clone()).collect();
    let targets: Vec<String> = links.iter().filter_map(|link| link.target.clone()).collect();
    let sources = tenant.store.records_by_ids(&sync.source, kind, &sources).await?;
    let targets = tenant.store.records_by_ids(&sync.target, kind, &targets).await?;
    let find = |stored: &[crosswalk_store::Stored], id: &str| {
        stored.iter().find(|stored| stored.record.id == id).map(|stored| stored.record.clone())
    };
    Ok(links
        .iter()
        .map(|link| {
            let source = find(&sources, &link.source);
            let target = link.linked().and_then(|id| find(&targets, id));
            LinkView {
                note: target.filter(|target| kind == Kind::Product && is_free(target)).map(|_| said!("link-note-free")),
                source_name: source.as_ref().map(|record| record.name.clone()).unwrap_or_default(),
                target_name: link.target.as_deref().and_then(|id| find(&targets, id)).map(|record| record.name),
                customer: source.and_then(|record| record.parent).unwrap_or_else(|| link.source.clone()),
                link: link.clone(),
            }
        })
        .collect())
}

/// Returns the proposals of a kind that a score accepts, as links; stores nothing. Where several propose one target,
/// none is taken.
pub(crate) async fn acceptable(tenant: &Tenant, sync: &Sync, kind: Kind, score: f64) -> Result<Vec<Link>, Error> {
    let links = tenant.store.links_all(&sync.name, kind).await?;
    let proposed = links.into_iter().filter_map(|link| {
        let best = link.candidates.first().filter(|best| link.state == LinkState::Proposed && best.score >= score)?;
        let clear = !crate::rules::matching::has_close_second(&link.candidates);
        clear.then(|| (link.source.clone(), best.clone()))
    });
    let mut proposed: Vec<(String, Candidate)> = proposed.collect();
    // A record that is gone from the source does not compete for the target.
    let sources: Vec<String> = proposed.iter().map(|(source, _)| source.clone()).collect();
    let stored = tenant.store.records_by_ids(&sync.source, kind, &sources).await?;
    let there: HashSet<&str> =
        stored.iter().filter(|one| one.gone_at.is_none()).map(|one| one.record.id.as_str()).collect();
    proposed.retain(|(source, _)| there.contains(source.as_str()));
    let mut asked = HashMap::<&str, u32>::new();
    for (_, best) in &proposed {
        *asked.entry(&best.target).or_default() += 1;
    }
    let mut accepted = Vec::new();
    for (source, best) in proposed.iter().filter(|(_, best)| asked[best.target.as_str()] == 1) {
        if let Ok(link) = decided(tenant, sync, kind, source, &Decision::Link(best.target.clone())).await {
            accepted.push(Link { reason: accepted_for(best), ..link });
        }
    }
    Ok(accepted)
}

/// Builds the link of a decision and checks it; stores nothing.
pub(crate) async fn decided(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    source: &str,
    decision: &Decision,
) -> Result<Link, Error> {
    decided_among(tenant, sync, kind, source, decision, &HashSet::new()).await
}

/// As [`decided`], among decisions that are stored together: `freed` are source records of this kind whose targets are
/// free once all of them are stored.
pub(crate) async fn decided_among(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    source: &str,
    decision: &Decision,
    freed: &HashSet<String>,
) -> Result<Link, Error> {
    let record = find::record(tenant, &sync.source, kind, source).await?.ok_or_else(|| {
        let list = Call::of(Verb::LinkList).with("sync", &sync.name).with("kind", kind);
        let hint = said!("link-hint-list", list, plan = Call::of(Verb::Plan).with("sync", &sync.name));
        let hint = Said::several([by_a_spreadsheet(source), hint]);
        Error::not_found("source-record", format!("{kind} {}", source.escape_debug()), hint)
    })?;
    let now = tenant.parts.clock.now();
    let link =
        tenant.store.link_get(&sync.name, kind, source).await?.unwrap_or_else(|| Link::unmapped(kind, source, now));
    match decision {
        Decision::Link(target) => check_target(tenant, sync, kind, &record, target, freed).await?,
        Decision::Decline(target) => check_declined(tenant, sync, &link, target).await?,
        Decision::Create | Decision::Exclude | Decision::Forget => {}
    }
    Ok(with_decision(link, decision, sync.rules.shares(kind), now))
}

/// Returns a link as a decision leaves it. `shares`: whether several source records may be linked to its target.
fn with_decision(mut link: Link, decision: &Decision, shares: bool, now: Timestamp) -> Link {
    let target = decision.target();
    if link.target.as_ref() != target {
        link.forget();
        // Choosing another target, or a new one, declines the one proposed or linked.
        if matches!(decision, Decision::Link(_) | Decision::Create) {
            let not_taken = link.candidates.iter().map(|candidate| &candidate.target).chain(&link.target);
            let declined: Vec<String> =
                not_taken.filter(|id| Some(*id) != target && !link.declined.contains(id)).cloned().collect();
            link.declined.extend(declined);
        }
    }
    if let Some(target) = target {
        link.declined.retain(|id| id != target);
    }
    if *decision == Decision::Forget {
        link.declined.clear();
    }
    if let Decision::Decline(target) = decision
        && !link.declined.contains(target)
    {
        link.declined.push(target.clone());
    }
    link.shared = target.is_some() && shares;
    link.state = decision.state();
    link.target = target.cloned();
    link.candidates.clear();
    // A cleared link has no decision: it is matching's again.
    let (by, reason) = match decision {
        Decision::Forget | Decision::Decline(_) => (None, Said::default()),
        _ => (Some(Decider::Operator), said!("link-decided-by-operator")),
    };
    link.decided_by = by;
    link.decided_at = now;
    link.reason = reason;
    link
}

/// Basis of an accepted proposal.
pub(crate) fn accepted_for(best: &Candidate) -> Said {
    said!("link-accepted", score = Arg::decimal(format!("{:.2}", best.score)), reason = &best.reason)
}

/// Advice for a target record that is not known yet.
fn plan_first(sync: &Sync) -> Said {
    said!("link-hint-plan", plan = Call::of(Verb::Plan).with("sync", &sync.name), target = &sync.target)
}

fn forget_call(sync: &Sync, kind: Kind, source: &str) -> Call {
    Call::of(Verb::LinkForget).with("sync", &sync.name).with("kind", kind).with("source", source)
}

fn passes(view: &LinkView, filter: &LinkFilter) -> bool {
    let text = filter.text.as_deref().map(seen);
    (filter.states.is_empty() || filter.states.contains(&view.link.state))
        && filter.customer.as_ref().is_none_or(|customer| *customer == view.customer)
        && text.is_none_or(|text| {
            seen(&view.source_name).contains(&text)
                || view.target_name.as_ref().is_some_and(|name| seen(name).contains(&text))
        })
}

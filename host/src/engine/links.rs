//! Links as an operator decides them: listed, set, created, excluded, accepted.
//!
//! Decisions are saved row by row with a revision. Whether a target can be linked at all
//! (it exists, it is in use, it belongs to the linked account) is checked here, once, for
//! single rows and for files.

use super::Tenant;
use crate::error::Error;
use crate::model::{Kind, Link, LinkState, Record, Sync, SyncName};
use serde::Serialize;

/// Which links are listed.
#[derive(Debug, Clone, Default)]
pub struct LinkFilter {
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only these states; empty: all.
    pub states: Vec<LinkState>,
    /// Only those of this source customer.
    pub customer: Option<String>,
    /// Only names that contain this text, ignoring case.
    pub text: Option<String>,
}

/// A link with the names of both sides, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct LinkView {
    /// The link.
    pub link: Link,
    /// What the source calls it.
    pub source_name: String,
    /// What the target calls it, if it is linked.
    pub target_name: Option<String>,
    /// The source customer it belongs to (itself, for a customer).
    pub customer: String,
}

/// What an operator decides of one source record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is this target record.
    Link(String),
    /// It is to be created.
    Create,
    /// It is not to be synced.
    Exclude,
    /// Nothing is decided any more: matching starts afresh.
    Forget,
}

impl Tenant {
    /// Links with names. Locations and assets are listed customer by customer.
    ///
    /// # Errors
    /// No such sync.
    pub async fn link_list(&self, sync: &SyncName, filter: &LinkFilter) -> Result<Vec<LinkView>, Error> {
        let sync = self.sync(sync).await?;
        let kinds = sync.rules.kinds.keys().copied().filter(|kind| filter.kind.is_none_or(|only| only == *kind));
        let mut views = Vec::new();
        for kind in kinds {
            let links = self.store.links_all(&sync.name, kind).await?;
            for chunk in links.chunks(500) {
                views.extend(self.named(&sync, kind, chunk).await?.into_iter().filter(|view| passes(view, filter)));
            }
        }
        Ok(views)
    }

    async fn named(&self, sync: &Sync, kind: Kind, links: &[Link]) -> Result<Vec<LinkView>, Error> {
        let sources: Vec<String> = links.iter().map(|link| link.source.clone()).collect();
        let targets: Vec<String> = links.iter().filter_map(|link| link.target.clone()).collect();
        let sources = self.store.records_by_ids(&sync.source, kind, &sources).await?;
        let targets = self.store.records_by_ids(&sync.target, kind, &targets).await?;
        let find = |stored: &[crate::store::Stored], id: &str| {
            stored.iter().find(|stored| stored.record.id == id).map(|stored| stored.record.clone())
        };
        Ok(links
            .iter()
            .map(|link| {
                let source = find(&sources, &link.source);
                LinkView {
                    source_name: source.as_ref().map(|record| record.name.clone()).unwrap_or_default(),
                    target_name: link.target.as_deref().and_then(|id| find(&targets, id)).map(|record| record.name),
                    customer: source.and_then(|record| record.parent).unwrap_or_else(|| link.source.clone()),
                    link: link.clone(),
                }
            })
            .collect())
    }

    /// Decides one link.
    ///
    /// # Errors
    /// No such source or target record; the target is linked already or belongs to
    /// another account; somebody else decided meanwhile.
    pub async fn link_decide(
        &self,
        sync: &SyncName,
        kind: Kind,
        source: &str,
        decision: &Decision,
    ) -> Result<Link, Error> {
        let sync = self.sync(sync).await?;
        let link = self.decided(&sync, kind, source, decision).await?;
        self.store.links_put(&sync.name, std::slice::from_ref(&link)).await?;
        self.note_mapped(&sync, std::slice::from_ref(&link)).await?;
        Ok(Link { revision: link.revision + 1, ..link })
    }

    /// Links every proposal whose best candidate has at least this score and no close second.
    ///
    /// # Errors
    /// No such sync; somebody else decided meanwhile.
    pub async fn link_accept(&self, sync: &SyncName, kind: Kind, score: f64) -> Result<Vec<Link>, Error> {
        let sync = self.sync(sync).await?;
        let mut accepted = Vec::new();
        for link in self.store.links_all(&sync.name, kind).await? {
            if link.state != LinkState::Proposed {
                continue;
            }
            let Some(best) = link.candidates.first().filter(|best| best.score >= score) else { continue };
            if link.candidates.get(1).is_some_and(|second| best.score - second.score < super::matching::CLOSE) {
                continue;
            }
            let decision = Decision::Link(best.target.clone());
            if let Ok(link) = self.decided(&sync, kind, &link.source, &decision).await {
                self.store.links_put(&sync.name, std::slice::from_ref(&link)).await?;
                accepted.push(link);
            }
        }
        self.note_mapped(&sync, &accepted).await?;
        Ok(accepted)
    }

    /// The link as a decision makes it, checked; not stored.
    pub(super) async fn decided(
        &self,
        sync: &Sync,
        kind: Kind,
        source: &str,
        decision: &Decision,
    ) -> Result<Link, Error> {
        let hint = format!(
            "`crosswalk link list {} --kind {kind}` lists the records; run `crosswalk plan {}` first if it is new",
            sync.name, sync.name
        );
        let record = self
            .record(&sync.source, kind, source)
            .await?
            .ok_or_else(|| Error::not_found("source record", format!("{kind} {source}"), hint))?;
        let now = self.parts.clock.now();
        let mut link =
            self.store.link_get(&sync.name, kind, source).await?.unwrap_or_else(|| Link::unmapped(kind, source, now));
        let (state, target) = match decision {
            Decision::Link(target) => {
                self.check_target(sync, kind, &record, target).await?;
                (LinkState::Linked, Some(target.clone()))
            }
            Decision::Create => (LinkState::Create, None),
            Decision::Exclude => (LinkState::Excluded, None),
            Decision::Forget => (LinkState::Unmapped, None),
        };
        if link.target != target {
            // What was written belongs to the old target; what was proposed and not taken was declined.
            link.written.clear();
            link.sent.clear();
            link.volatile_at = None;
            link.made = false;
            if *decision != Decision::Forget {
                let not_taken = link.candidates.iter().map(|candidate| &candidate.target).chain(&link.target);
                let declined: Vec<String> = not_taken
                    .filter(|id| Some(*id) != target.as_ref() && !link.declined.contains(id))
                    .cloned()
                    .collect();
                link.declined.extend(declined);
            }
        }
        if let Some(target) = &target {
            link.declined.retain(|id| id != target);
        }
        link.state = state;
        link.target = target;
        link.candidates.clear();
        // What is forgotten is nobody's decision: matching has it again.
        let (by, reason) = match decision {
            Decision::Forget => (String::new(), String::new()),
            _ => ("operator".to_owned(), "decided by the operator".to_owned()),
        };
        link.decided_by = by;
        link.decided_at = now;
        link.reason = reason;
        Ok(link)
    }

    /// Whether a source record may be linked to a target record.
    async fn check_target(&self, sync: &Sync, kind: Kind, source: &Record, target: &str) -> Result<(), Error> {
        let record = self.record(&sync.target, kind, target).await?.ok_or_else(|| {
            Error::not_found(
                "target record",
                format!("{kind} {target}"),
                format!("run `crosswalk plan {}` first if it is new in {}", sync.name, sync.target),
            )
        })?;
        // What belongs to a customer has to be of its account; customers and products stand by themselves.
        if !matches!(kind, Kind::Customer | Kind::Product) {
            let customer = source.parent.as_deref().unwrap_or_default();
            let account = self
                .store
                .link_get(&sync.name, Kind::Customer, customer)
                .await?
                .and_then(|link| link.linked().map(str::to_owned));
            match account {
                None => {
                    return Err(Error::invalid(
                        format!("the customer {customer} of {kind} {} is not linked yet", source.id),
                        format!("link it first: `crosswalk link set {} customer {customer} TARGET`", sync.name),
                    ));
                }
                Some(account) if record.parent.as_deref() != Some(&account) => {
                    return Err(Error::invalid(
                        format!(
                            "{kind} {target} (`{}`) belongs to another account, {}",
                            record.name,
                            record.parent.as_deref().unwrap_or("none")
                        ),
                        format!("choose a {kind} of account {account}, to which the customer is linked"),
                    ));
                }
                Some(_) => {}
            }
        }
        // Several sites may share a location; everything else is one to one.
        if kind != Kind::Location {
            let others = self.store.links_of_target(&sync.name, kind, target).await?;
            if let Some(other) =
                others.iter().find(|other| other.source != source.id && other.state == LinkState::Linked)
            {
                return Err(Error::invalid(
                    format!("{kind} {target} (`{}`) is linked to {} already", record.name, other.source),
                    format!("set that one free first: `crosswalk link forget {} {kind} {}`", sync.name, other.source),
                ));
            }
        }
        Ok(())
    }

    pub(super) async fn record(
        &self,
        connection: &crate::model::ConnectionName,
        kind: Kind,
        id: &str,
    ) -> Result<Option<Record>, Error> {
        let ids = [id.to_owned()];
        Ok(self
            .store
            .records_by_ids(connection, kind, &ids)
            .await?
            .into_iter()
            .find(|stored| stored.gone_at.is_none())
            .map(|stored| stored.record))
    }
}

fn passes(view: &LinkView, filter: &LinkFilter) -> bool {
    let text = filter.text.as_ref().map(|text| text.to_lowercase());
    (filter.states.is_empty() || filter.states.contains(&view.link.state))
        && filter.customer.as_ref().is_none_or(|customer| *customer == view.customer)
        && text.is_none_or(|text| {
            view.source_name.to_lowercase().contains(&text)
                || view.target_name.as_ref().is_some_and(|name| name.to_lowercase().contains(&text))
        })
}

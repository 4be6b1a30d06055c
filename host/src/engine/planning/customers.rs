//! Planning the customers of a sync, all at once: near names and many that leave show only over all of
//! them, and which account each is decides what is planned of the rest.

use super::{Account, Draft, item, split};
use crate::engine::brakes;
use crate::engine::context::Work;
use crate::engine::matching::{self, CustomerMatchInput, Decision, Matched};
use crate::error::Error;
use crate::model::{Action, Kind, Link, LinkState, Record};
use std::collections::HashMap;

impl Work<'_> {
    pub(super) async fn plan_customers(&self, draft: &mut Draft<'_, '_>) -> Result<Vec<Account>, Error> {
        let kind = Kind::Customer;
        let Some(can) = self.target.description.kind(kind) else { return Ok(Vec::new()) };
        let rules = &self.sync.rules.kinds[&kind];
        let (source, gone) = split(self.store.records_all(&self.source.name, kind).await?);
        let (target, _) = split(self.store.records_all(&self.target.name, kind).await?);
        let links = self.store.links_all(&self.sync.name, kind).await?;
        let source = draft.read_whole(kind, source, &links);
        let matched = matching::match_customers(&CustomerMatchInput {
            kind,
            source: &source,
            target: &target,
            target_complete: draft.target_complete(kind),
            links: &links,
            stamp_of: &|id| self.stamp(kind, id).unwrap_or_default(),
            rules,
            describe: can,
        });
        let reverse = self.plan_reverse(draft, &source, &target, &links, &matched).await?;
        let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
        let targets: HashMap<&str, &Record> = target.iter().map(|record| (record.id.as_str(), record)).collect();
        let (mut accounts, mut decided, mut leaving) = (Vec::new(), Vec::new(), Vec::new());
        for (record, matched) in source.iter().zip(&matched) {
            let link = links.get(record.id.as_str()).copied();
            decided.extend(matching::decided(link, kind, &record.id, &matched.decision, self.now()));
            let item = item(Some(record), None, link, matched, &targets);
            let changes = self.plan_items(draft, kind, &record.id, None, vec![item], can, 1);
            let account = match (&matched.decision, link) {
                (Decision::Linked { target, .. }, _) => Some(Some(target.clone())),
                (Decision::Create { .. }, _) if changes.iter().any(|change| change.action == Action::Create) => {
                    Some(None)
                }
                (Decision::Keep, Some(link)) => link.linked().map(|target| Some(target.to_owned())),
                _ => None,
            };
            if account.is_none() {
                draft.undecided += u32::from(
                    !matches!((&matched.decision, link), (Decision::Keep, Some(link)) if link.state == LinkState::Excluded),
                );
            }
            let (out, rest): (Vec<_>, Vec<_>) =
                changes.into_iter().partition(|change| change.action == Action::Deactivate);
            leaving.extend(out);
            draft.keep(rest).await?;
            accounts.push(Account { source: record.id.clone(), target: account });
        }
        for stored in &gone {
            let Some(link) = links.get(stored.record.id.as_str()).copied() else { continue };
            let matched = Matched { source: stored.record.id.clone(), decision: Decision::Keep };
            let item = item(None, Some(stored), Some(link), &matched, &targets);
            leaving.extend(self.plan_items(draft, kind, &stored.record.id, None, vec![item], can, 1));
            // Its sites and devices are gone with it, and are planned like those of the others.
            accounts.push(Account {
                source: stored.record.id.clone(),
                target: link.linked().map(|id| Some(id.to_owned())),
            });
        }
        // Each customer is its own unit; that many leave at once is only seen over all of them.
        let linked = links.values().filter(|link| link.state == LinkState::Linked).count();
        let linked = u32::try_from(linked).unwrap_or(u32::MAX);
        brakes::hold(&mut leaving, linked, &self.sync.rules.brakes, draft.first_run, rules.trust);
        draft.keep(leaving).await?;
        draft.keep(reverse).await?;
        decided.append(&mut draft.noted);
        self.store.links_put(&self.sync.name, &decided).await?;
        Ok(accounts)
    }
}

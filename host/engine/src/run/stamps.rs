//! Stamps that two target records share: a person copied one, or it was made twice. Each plan reports them while both
//! are in use; such a stamp decides nothing.

use super::draft::Draft;
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::Finding;
use crosswalk_model::said::Arg;
use crosswalk_model::{Cause, Link, Record, Side, said};

pub(crate) async fn tell_shared_stamps(run: &SyncRun<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    for kind in run.kinds() {
        let target_kind = kind.counterpart();
        if run.target.description.kind(target_kind).is_none_or(|can| can.stamp.is_none()) {
            continue;
        }
        let shared = run.store.records_sharing_stamps(&run.target.name, target_kind).await?;
        // One that left use keeps its key: its record was made anew in another account.
        let in_use: Vec<Record> = shared.into_iter().map(|stored| stored.record).filter(Record::active).collect();
        for twins in in_use.chunk_by(|one, next| one.stamp == next.stamp).filter(|twins| twins.len() > 1) {
            let ids: Vec<String> = twins.iter().map(|record| record.id.clone()).collect();
            let links = run.store.links_of_targets(&run.sync.name, target_kind, &ids).await?;
            let linked = links.first();
            let records = twins.iter().map(|Record { id, name, .. }| match linked.and_then(Link::linked) {
                Some(linked) if linked == id => said!("run-shared-key-linked", id, name),
                _ => said!("run-shared-key-of", id, name),
            });
            let (records, key) = (Arg::list(records), twins[0].stamp.as_deref().unwrap_or_default());
            let (count, connection) = (twins.len(), &run.target.name);
            let message = said!("run-shared-key", count, kind = target_kind, connection, key, records);
            let of = |kind, id: &String| Finding::new(Cause::SharedKey, kind, "", id.clone(), message.clone());
            let told = match linked {
                Some(link) => vec![of(kind, &link.source)],
                None => vec![of(target_kind, &ids[0]).at(Side::Target)],
            };
            draft.find(told);
        }
    }
    Ok(())
}

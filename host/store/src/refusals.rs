//! Refusals of the gate, in the journal. The same sentence within a day is counted in its first entry, and the number
//! of sentences per connection and day is limited. So a connector that asks for the same thing a thousand times a call,
//! or for a thousand things, does not fill the disk.

use super::connections::connection_id;
use super::journal::{self, EntryRow};
use super::rows::{count, first};
use super::{JournalEntry, StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Event, Timestamp, said};
use rusqlite::{Connection, params};

/// Time for which the same sentence is counted in its first entry, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Number of sentences of a connection in that time.
const SENTENCES: u64 = 200;
/// The sentence that stands for all further ones.
const OTHERS: &str = "more requests were refused today, for further reasons that are not listed";

impl TenantStore {
    /// Adds to the journal that the gate refused something to a connection, `times` times.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn refusal_note(
        &self,
        connection: &ConnectionName,
        sentence: &str,
        times: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (tenant, actor, name, sentence) = (self.id, self.actor.clone(), connection.clone(), sentence.to_owned());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &name)?;
            db.prepare_cached("DELETE FROM refusals WHERE tenant = ?1 AND connection = ?2 AND at <= ?3")?.execute([
                tenant,
                connection,
                now.0 - DAY_MS,
            ])?;
            let place = (tenant, connection);
            if count_again(db, place, &sentence, times)? {
                return Ok(());
            }
            let mut select =
                db.prepare_cached("SELECT count(*) FROM refusals WHERE tenant = ?1 AND connection = ?2")?;
            let there: u64 = first(select.query([tenant, connection])?, |row| count(row, 0))?.unwrap_or(0);
            let sentence = if there < SENTENCES { sentence.as_str() } else { OTHERS };
            if sentence == OTHERS && count_again(db, place, sentence, times)? {
                return Ok(());
            }
            let entry = JournalEntry {
                event: Event::Refused,
                message: said!("request-refused", connection = &name, sentence),
                detail: Some(serde_json::json!({ "times": times })),
                ..JournalEntry::at(now)
            };
            journal::append(db, (tenant, &actor), None, [&EntryRow::new(&entry)?])?;
            db.prepare_cached(
                "INSERT INTO refusals (tenant, connection, sentence, at, journal) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO UPDATE SET at = excluded.at, journal = excluded.journal",
            )?
            .execute(params![tenant, connection, sentence, now.0, db.last_insert_rowid()])?;
            Ok(())
        })
        .await
    }
}

/// Counts a sentence that the journal has already. Returns whether it has.
fn count_again(
    db: &Connection,
    (tenant, connection): (i64, i64),
    sentence: &str,
    times: u32,
) -> Result<bool, StoreError> {
    let counted = db
        .prepare_cached(
            "UPDATE journal SET detail = json_set(detail, '$.times', json_extract(detail, '$.times') + ?4) \
             WHERE tenant = ?1 AND id = (SELECT journal FROM refusals WHERE tenant = ?1 AND connection = ?2 AND sentence = ?3)",
        )?
        .execute(params![tenant, connection, sentence, times])?;
    Ok(counted > 0)
}

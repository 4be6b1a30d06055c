//! What the gate refused, in the journal: the same sentence again within a day is counted
//! where it stands, and a connection has so many sentences a day. A connector that asks for
//! the same thing a thousand times a call, or for a thousand things, fills no disk.

use super::connections::connection_id;
use super::journal::{self, Encoded};
use super::rows::{count, first};
use super::{JournalEntry, StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Timestamp};
use rusqlite::{Connection, params};

/// How long the same sentence is counted where it stands.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Sentences of a connection in that time.
const SENTENCES: u64 = 200;
/// What stands for all others.
const OTHERS: &str = "more requests were refused, for other reasons than those told singly today";

impl TenantStore {
    /// Journals that the gate refused something to a connection so many times.
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
        let (tenant, name, sentence) = (self.id, connection.clone(), sentence.to_owned());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &name)?;
            db.prepare_cached("DELETE FROM refusals WHERE tenant = ?1 AND connection = ?2 AND at <= ?3")?.execute([
                tenant,
                connection,
                now.0 - DAY_MS,
            ])?;
            let place = (tenant, connection);
            if again(db, place, &sentence, times)? {
                return Ok(());
            }
            let mut select =
                db.prepare_cached("SELECT count(*) FROM refusals WHERE tenant = ?1 AND connection = ?2")?;
            let there: u64 = first(select.query([tenant, connection])?, |row| count(row, 0))?.unwrap_or(0);
            let sentence = if there < SENTENCES { sentence.as_str() } else { OTHERS };
            if sentence == OTHERS && again(db, place, sentence, times)? {
                return Ok(());
            }
            let entry = JournalEntry {
                event: "refused".to_owned(),
                message: format!("{name}: {sentence}"),
                detail: Some(serde_json::json!({ "times": times })),
                ..JournalEntry::at(now)
            };
            journal::append(db, tenant, None, [&Encoded::new(&entry)?])?;
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

/// Counts a sentence that stands in the journal already; tells whether it does.
fn again(db: &Connection, (tenant, connection): (i64, i64), sentence: &str, times: u32) -> Result<bool, StoreError> {
    let counted = db
        .prepare_cached(
            "UPDATE journal SET detail = json_set(detail, '$.times', json_extract(detail, '$.times') + ?4) \
             WHERE tenant = ?1 AND id = (SELECT journal FROM refusals WHERE tenant = ?1 AND connection = ?2 AND sentence = ?3)",
        )?
        .execute(params![tenant, connection, sentence, times])?;
    Ok(counted > 0)
}

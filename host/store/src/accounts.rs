//! The account that each connection answers as. What follows from another account is left to the engine.

use super::connections::connection_id;
use super::rows::{first, time, time_or_none};
use super::{StoreError, TenantStore, reads};
use crate::boxed;
use crosswalk_model::{Account, ConnectionName, KnownAccount};
use rusqlite::{Connection, params};

impl TenantStore {
    /// Returns what is known of a connection's account; `None` before the vendor was asked.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn account(&self, connection: &ConnectionName) -> Result<Option<KnownAccount>, StoreError> {
        let (tenant, name) = (self.id, connection.clone());
        self.read(move |db| known(db, tenant, connection_id(db, tenant, &name)?)).await
    }

    /// Stores what is known of a connection's account. If that is lost, the vendor is asked again.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn account_put(&self, connection: &ConnectionName, known: &KnownAccount) -> Result<(), StoreError> {
        let (tenant, name, known) = (self.id, connection.clone(), known.clone());
        self.write_lightly(move |db| put(db, tenant, connection_id(db, tenant, &name)?, &known)).await
    }

    /// Stores what is known of a connection's account like [`account_put`](Self::account_put), and ends every
    /// unfinished walk, because its cursor belongs to the account before. With `forget` the connector's entries are
    /// deleted as well, because they are about another account's records.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn account_change(
        &self,
        connection: &ConnectionName,
        known: &KnownAccount,
        forget: bool,
    ) -> Result<(), StoreError> {
        let (tenant, name, known) = (self.id, connection.clone(), known.clone());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &name)?;
            put(db, tenant, connection, &known)?;
            reads::end_all(db, tenant, connection, known.asked_at)?;
            for table in ["entries", "stored"].into_iter().filter(|_| forget) {
                db.execute(
                    &format!("DELETE FROM {table} WHERE tenant = ?1 AND connection = ?2"),
                    [tenant, connection],
                )?;
            }
            Ok(())
        })
        .await
    }
}

pub(super) fn known(db: &Connection, tenant: i64, connection: i64) -> Result<Option<KnownAccount>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT name, id, since, said_at, revision, asked_at, other_name, other_id FROM accounts \
         WHERE tenant = ?1 AND connection = ?2",
    )?;
    first(select.query([tenant, connection])?, |row| {
        let other: Option<String> = row.get(6)?;
        Ok(KnownAccount {
            account: Account { name: row.get(0)?, id: row.get(1)? },
            since: time(row, 2)?,
            said_at: time_or_none(row, 3)?,
            revision: row.get(4)?,
            asked_at: time(row, 5)?,
            other: match other {
                Some(name) => Some(Account { name, id: row.get(7)? }),
                None => None,
            },
        })
    })
}

fn put(db: &Connection, tenant: i64, connection: i64, known: &KnownAccount) -> Result<(), StoreError> {
    let other = known.other.as_ref();
    db.prepare_cached(
        "INSERT INTO accounts (tenant, connection, name, id, since, said_at, revision, asked_at, other_name, other_id) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
         ON CONFLICT DO UPDATE SET name = excluded.name, id = excluded.id, since = excluded.since, \
         said_at = excluded.said_at, revision = excluded.revision, asked_at = excluded.asked_at, \
         other_name = excluded.other_name, other_id = excluded.other_id",
    )?
    .execute(params![
        tenant,
        connection,
        known.account.name,
        known.account.id,
        known.since.0,
        known.said_at.map(|at| at.0),
        known.revision,
        known.asked_at.0,
        other.map(|other| &other.name),
        other.and_then(|other| other.id.as_ref()),
    ])?;
    Ok(())
}

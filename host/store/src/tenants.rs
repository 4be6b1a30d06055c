//! Tenants: the MSPs in this database.

use super::rows::{collect, first, is_duplicate, word};
use super::{Store, StoreError};
use crate::boxed;
use crosswalk_model::{TenantName, Timestamp};
use rusqlite::params;

impl Store {
    /// Adds a tenant.
    ///
    /// # Errors
    /// `Exists`.
    #[boxed]
    pub async fn tenant_insert(&self, name: &TenantName, at: Timestamp) -> Result<(), StoreError> {
        let name = name.clone();
        self.write(move |db| {
            db.prepare_cached("INSERT INTO tenants (name, added_at) VALUES (?1, ?2)")?
                .execute(params![name.as_str(), at.0])
                .map(drop)
                .map_err(|error| if is_duplicate(&error) { StoreError::exists("tenant", &name) } else { error.into() })
        })
        .await
    }

    /// Returns all tenants, by name.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn tenant_list(&self) -> Result<Vec<TenantName>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached("SELECT name FROM tenants ORDER BY name")?;
            collect(select.query([])?, |row| word(row, 0))
        })
        .await
    }

    pub(super) async fn tenant_id(&self, name: &TenantName) -> Result<i64, StoreError> {
        let name = name.clone();
        self.read(move |db| {
            let mut select = db.prepare_cached("SELECT id FROM tenants WHERE name = ?1")?;
            first(select.query([name.as_str()])?, |row| Ok(row.get(0)?))?
                .ok_or_else(|| StoreError::not_found("tenant", &name))
        })
        .await
    }
}

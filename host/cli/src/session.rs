//! What a command has at hand: the engine, opened when first asked for, the tenant, and
//! the way out. `app` makes it; commands know nothing of how.

use super::output::Output;
use crosswalk_engine::error::Error;
use crosswalk_engine::{Engine, Tenant};
use crosswalk_model::TenantName;

/// What a command has at hand.
pub struct Session<'a> {
    /// Where answers go.
    pub output: &'a Output,
    /// The tenant it works for.
    pub tenant: &'a TenantName,
    /// Whether somebody chose that tenant, by flag, environment or file.
    pub tenant_named: bool,
    /// Opens the engine, or gives the one that is open: a command that needs none pays for none.
    pub open: &'a dyn Fn() -> anyhow::Result<Engine>,
    /// Gives a variable of the environment.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Session<'_> {
    pub(super) fn engine(&self) -> anyhow::Result<Engine> {
        (self.open)()
    }

    /// The engine for the tenant. The default one comes into being when first used.
    pub(super) async fn tenant(&self) -> anyhow::Result<Tenant> {
        let engine = self.engine()?;
        match engine.tenant(self.tenant).await {
            Err(Error::NotFound { .. }) if *self.tenant == TenantName::default() => {
                let added = engine.tenant_add(self.tenant).await;
                // Another process may have been quicker; then it is there now.
                match engine.tenant(self.tenant).await {
                    Err(Error::NotFound { .. }) => added?,
                    other => return Ok(other?),
                }
                Ok(engine.tenant(self.tenant).await?)
            }
            other => Ok(other?),
        }
    }

    pub(super) fn environment(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.is_empty())
    }
}

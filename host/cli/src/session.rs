//! The context of a command: the engine, opened on first use, the tenant, and the output. `app`
//! provides it; commands do not know how.

use super::output::Output;
use crosswalk_engine::error::Error;
use crosswalk_engine::{Engine, Tenant};
use crosswalk_model::{Actor, TenantName};

/// The context of a command.
pub struct Session<'a> {
    /// Destination of answers.
    pub output: &'a Output,
    /// The tenant to work for.
    pub tenant: &'a TenantName,
    /// Whether the tenant was chosen explicitly, by flag, environment or file.
    pub tenant_named: bool,
    /// Returns the engine, opening it on first use.
    pub open: &'a dyn Fn() -> anyhow::Result<Engine>,
    /// Reads a variable of the environment.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Session<'_> {
    pub(super) fn engine(&self) -> anyhow::Result<Engine> {
        (self.open)()
    }

    /// Returns the tenant, with the user of the terminal as the actor. The default one is created on first use.
    pub(super) async fn tenant(&self) -> anyhow::Result<Tenant> {
        Ok(self.open_tenant().await?.by(self.actor()))
    }

    /// The user who typed the command: also one who became another with sudo.
    fn actor(&self) -> Actor {
        let named = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| self.environment(name));
        Actor::Local(named.unwrap_or_else(|| "unknown".to_owned()))
    }

    async fn open_tenant(&self) -> anyhow::Result<Tenant> {
        let engine = self.engine()?;
        match engine.tenant(self.tenant).await {
            Err(Error::NotFound { .. }) if *self.tenant == TenantName::default() => {
                let added = engine.tenant_add(self.tenant).await;
                // Another process may have created it meanwhile.
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

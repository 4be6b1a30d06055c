//! `crosswalk tenant`: several MSPs in one installation. A single MSP never needs it.

use super::exit::Exit;
use super::session::Session;
use clap::Subcommand;
use crosswalk_model::{TenantName, said};
use serde_json::json;

/// Commands on tenants.
#[derive(Debug, Subcommand)]
pub(super) enum TenantCommand {
    /// Add a tenant; use it with --tenant NAME
    Add {
        /// Its name: lower-case letters, digits and dashes
        name: TenantName,
    },
    /// List the tenants
    List,
}

impl TenantCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let engine = session.engine()?;
        match self {
            TenantCommand::Add { name } => {
                engine.tenant_add(&name).await?;
                let added = || session.output.lang().say(said!("desk-cli-tenant-added", tenant = &name));
                session.output.answer(|| json!({ "tenant": name }), added)?;
            }
            TenantCommand::List => {
                let tenants = engine.tenant_list().await?;
                let text = || tenants.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
                session.output.answer(|| json!(tenants), text)?;
            }
        }
        Ok(Exit::Done)
    }
}
